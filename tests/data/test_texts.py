"""The texts of this area: the same codes and the same blanks to fill in both languages."""

from __future__ import annotations

import tomllib
from pathlib import Path
from string import Formatter
from typing import Any

from impact.core.texts import __file__ as texts_file

FOLDER = Path(texts_file).parent


def area(language: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / language / "data.toml").read_text(encoding="utf-8"))


def blanks(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def test_both_languages_say_the_same() -> None:
    english, spanish = area("en"), area("es")
    assert list(english) == list(spanish)
    for code, entry in english.items():
        assert set(entry) == set(spanish[code]), code
        for key, template in entry.items():
            other = spanish[code][key]
            assert other != template or not template or key == "help", (code, key)
            if key in ("message", "help"):
                assert blanks(template) == blanks(other), (code, key)
            if key == "explain":
                assert "{" not in template + other, code
