"""The catalogue of spec messages: both languages, same values, codes of its own."""

import re
import tomllib
from pathlib import Path

from impact.core import texts

FOLDER = Path(texts.__file__).parent


def read(language, area):
    return tomllib.loads((FOLDER / language / f"{area}.toml").read_text(encoding="utf-8"))


def values(template):
    return set(re.findall(r"(?<!{){(\w+)}", template))


def test_both_languages_have_the_same_entries_and_values():
    english, spanish = read("en", "spec"), read("es", "spec")
    assert list(english) == list(spanish)
    for key, entry in english.items():
        assert set(entry) == set(spanish[key])
        for name in set(entry) - {"explain"}:
            assert values(entry[name]) == values(spanish[key][name]), (key, name)


def test_every_code_says_what_it_means():
    for code, entry in read("en", "spec").items():
        if re.fullmatch(r"[EW]1\d\d", code):
            assert entry["title"] and entry["message"] and entry["explain"].endswith(".")


def test_no_code_is_used_by_two_areas():
    own = {key for key in read("en", "spec") if re.fullmatch(r"[EW]\d\d\d", key)}
    for file in (FOLDER / "en").glob("*.toml"):
        if file.name != "spec.toml":
            assert not own & set(tomllib.loads(file.read_text(encoding="utf-8"))), file.name


def test_every_code_that_the_schema_raises_has_a_text():
    known = texts.catalogue("en")
    for file in (Path(texts.__file__).parents[2] / "schema").glob("*.py"):
        for code in re.findall(r'"([EW]\d{3})"', file.read_text(encoding="utf-8")):
            assert code in known, (file.name, code)
