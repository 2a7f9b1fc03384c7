"""The words of outputs exist in both languages, and every word the code asks for exists."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from impact.core import texts
from impact.outputs._footers import WORDS
from impact.schema.display import CellWord, RowKind

OUTPUTS = Path(texts.__file__).parent


def flat(language: str) -> dict[str, str]:
    found: dict[str, str] = {}

    def walk(prefix, value):
        for key, inner in value.items():
            name = f"{prefix}.{key}" if prefix else key
            if isinstance(inner, dict):
                walk(name, inner)
            else:
                found[name] = inner

    walk("", tomllib.loads((OUTPUTS / language / "outputs.toml").read_text(encoding="utf-8")))
    return found


def test_both_languages_have_the_same_words_and_fields():
    english, spanish = flat("en"), flat("es")
    assert set(english) == set(spanish)
    for key, words in english.items():
        fields = set(re.findall(r"\{(\w+)\}", words))
        assert fields == set(re.findall(r"\{(\w+)\}", spanish[key])), key


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_word_that_is_asked_for_exists(language):
    known = flat(language)
    sources = Path(texts.__file__).parents[2] / "outputs"
    asked = set()
    for file in sources.glob("*.py"):
        asked |= set(
            re.findall(r"\"((?:table|figure|report|terminal)\.[a-z_0-9.]+[a-z0-9])\"", file.read_text())
        )
        for code in re.findall(r"(?:fault|notice)\(\s*\"([EW]\d{3})\"", file.read_text()):
            assert f"{code}.message" in known
    assert len(asked) > 80
    asked -= {"figure.dpi", "figure.facecolor", "report.html", "report.html.j2"}
    assert not sorted(asked - set(known))
    for word in get_args(CellWord):
        assert f"table.stat.{word}" in known
    for kind in get_args(RowKind):
        assert f"table.title.{kind}" in known
        assert kind == "published" or f"table.corner.{kind}" in known
    assert all(f"table.footer.{word}" in known for word in WORDS)


def test_glossary():
    spanish = " ".join(flat("es").values()).casefold()
    for word in (
        "error estándar", "agrupado por", "intervalo de", "efectos fijos", "estudio de eventos",
        "no concluyente",
        "efecto mínimo detectable", "observaciones", "conglomerados", "ponderadores",
        "registro de la muestra",
        "efecto promedio del tratamiento sobre los tratados", "robustez", "replicado", "difiere",
    ):  # fmt: skip
        assert word in spanish, word
