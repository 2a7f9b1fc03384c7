"""Place codes of Peru (ubigeo): three systems that share their form and not their numbers.

INEI's codes are the standard here: two digits for the department, four for the province, six for the district. RENIEC
numbers the departments otherwise (Callao is 24 there and 07 at INEI, where RENIEC has Cusco), so that a join across
systems matches the wrong places and raises no error. SUNAT's departments are INEI's.
"""

from __future__ import annotations

import unicodedata

DEPARTMENTS = {
    "01": "Amazonas", "02": "Áncash", "03": "Apurímac", "04": "Arequipa", "05": "Ayacucho", "06": "Cajamarca",
    "07": "Callao", "08": "Cusco", "09": "Huancavelica", "10": "Huánuco", "11": "Ica", "12": "Junín",
    "13": "La Libertad", "14": "Lambayeque", "15": "Lima", "16": "Loreto", "17": "Madre de Dios", "18": "Moquegua",
    "19": "Pasco", "20": "Piura", "21": "Puno", "22": "San Martín", "23": "Tacna", "24": "Tumbes", "25": "Ucayali",
}  # fmt: skip
# RENIEC leaves Callao out of the alphabet until the end
_RENIEC_ORDER = (
    "01", "02", "03", "04", "05", "06", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20",
    "21", "22", "23", "24", "07", "25",
)  # fmt: skip
FROM_RENIEC = {f"{number:02d}": inei for number, inei in enumerate(_RENIEC_ORDER, start=1)}
SYSTEMS = ("inei", "reniec", "sunat")
_OTHER_NAMES = {
    "provinciaconstitucionaldelcallao": "07",
    "provconstdelcallao": "07",
    "cuzco": "08",
    "limametropolitana": "15",
    "limaprovincias": "15",
    "regionlima": "15",
}


def plain(name: str) -> str:
    """A name in small letters without accents, blanks and signs."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in bare if c.isalnum() and not unicodedata.combining(c))


CODES = {plain(name): code for code, name in DEPARTMENTS.items()} | _OTHER_NAMES


def full_code(written: str) -> str | None:
    """A place code with the zero that it lost as a number: of 2, 4 or 6 digits; None for what is no code."""
    bare = written.strip()
    if bare.endswith(".0"):
        bare = bare[:-2]
    if not (bare.isascii() and bare.isdigit() and 1 <= len(bare) <= 6):
        return None
    code = bare.zfill(len(bare) + len(bare) % 2)
    return code if code[:2] in DEPARTMENTS and "00" not in (code[2:4], code[4:6]) else None
