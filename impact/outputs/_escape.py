"""Escaping at the point of writing, one function a format.

Titles, labels, levels and names come from specs and data files: they are text and nothing else. Numbers
never pass
through here.
"""

from __future__ import annotations

import html
import re
import unicodedata

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{''}",
    "`": r"\textasciigrave{}",
    # A cell that begins with [ or * would be read as an argument of the \\ before it.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "−": "$-$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    "²": r"\textsuperscript{2}",
    "∞": r"$\infty$",
    "\u00a0": "~",
    "…": r"\ldots{}",
    "±": r"$\pm$",
    "·": r"$\cdot$",
    "√": r"$\surd$",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "∅": r"$\emptyset$",
    "∪": r"$\cup$",
    "∈": r"$\in$",
    "≈": r"$\approx$",
    "∑": r"$\sum$",
    "Σ": r"$\Sigma$",
    "Δ": r"$\Delta$",
    "¹": r"\textsuperscript{1}",
    "³": r"\textsuperscript{3}",
    "ª": r"\textordfeminine{}",
    "º": r"\textordmasculine{}",
}
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "θ": "theta", "λ": "lambda", "μ": "mu",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
# signs beyond Latin letters that the fonts of LaTeX's T1 encoding and textcomp have
_IN_FONTS = frozenset("–—‘’“”„‚†‡•€‰™")
_LAST_LATIN = 0x17F
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~$&#])")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# Marks that turn the reading direction around would show another text than the one that is stored.
_DIRECTION = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF}


def plain(text: object) -> str:
    r"""One line of text without control characters: they are shown as ``\x1b``, line ends become spaces."""
    line = re.sub(r"[\r\n\t\v\f\u2028\u2029\x85]+", " ", str(text)).strip()
    return "".join(_shown(sign) for sign in line)


def _shown(sign: str) -> str:
    code = ord(sign)
    if unicodedata.category(sign) in ("Cc", "Cs") or code in _DIRECTION:
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    return sign


def html_text(text: object) -> str:
    """Text for HTML and SVG, for content and for quoted attributes."""
    return html.escape(plain(text), quote=True)


def markdown_text(text: object) -> str:
    """Text for Markdown, also inside a table cell."""
    return _MARKDOWN.sub(r"\\\1", plain(text))


def latex_text(text: object) -> str:
    """Text for LaTeX outside of mathematics."""
    return "".join(_latex_sign(sign) for sign in plain(text))


def _latex_sign(sign: str) -> str:
    """One sign; what no font of a plain LaTeX has is written by its code point, so that the document compiles."""
    if sign in _LATEX:
        return _LATEX[sign]
    if sign in _GREEK:
        return f"$\\{_GREEK[sign]}$"
    if ord(sign) <= _LAST_LATIN or sign in _IN_FONTS:
        return sign
    return " " if sign.isspace() else f"{{[}}U+{ord(sign):04X}{{]}}"


def sheet_text(text: object) -> str:
    """Text for a spreadsheet cell: what a spreadsheet would run gets an apostrophe in front."""
    cell = str(text).replace("\x00", "")
    return "'" + cell if cell.lstrip(" ").startswith(_FORMULA_STARTS) or cell.startswith("\n") else cell


def file_name(text: str) -> str:
    """A name safe on every file system: letters, digits, ``_``, ``-``; anything else becomes ``_``."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", unicodedata.normalize("NFKD", text)).strip("_")
    return name[:100] or "unnamed"
