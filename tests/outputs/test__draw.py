"""Everything that is written is the same for the same results, whatever the machine's settings."""

import hashlib
import json
import os
import pickle
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from impact.core import texts
from impact.outputs._draw import draw_outputs, figure_blocks
from impact.outputs._footers import WORDS
from impact.outputs.results_json import json_bytes
from impact.schema.display import CellWord, RowKind

SCRIPT = """
import hashlib, pickle, sys
document, request = pickle.load(sys.stdin.buffer)
from impact.outputs._draw import draw_outputs
assert "matplotlib" not in sys.modules
for name, content in draw_outputs(document, request).items():
    print(name, hashlib.sha256(content).hexdigest())
"""


def digests(files):
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


SETTINGS = {"LC_ALL": "C", "LANG": "C", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "4711", "COLUMNS": "40"}


def test_same_bytes_under_other_settings_and_from_the_stored_file(document, wanted, tmp_path, drawn_files):
    asked = replace(wanted, languages=("en", "es"))
    here = digests(drawn_files)
    stored = json.loads(json_bytes(document))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=pickle.dumps((stored, asked)),
        env={**os.environ, **SETTINGS},
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert dict(line.split() for line in done.stdout.decode().splitlines()) == here


def test_names_of_the_files(document, wanted):
    one_table = {"t": wanted.tables["robustness"]}
    one_figure = {"f": wanted.figures["bound"]}
    files = draw_outputs(document, replace(wanted, tables=one_table, figures=one_figure))
    assert list(files) == [
        "README.md", "figures/f.csv", "figures/f.png", "figures/f.svg", "report.html", "results.csv", "results.json",
        "spec.resolved.yaml", "tables/t-float.tex", "tables/t.docx", "tables/t.html", "tables/t.md", "tables/t.tex",
        "tables/t.xlsx",
    ]  # fmt: skip


def test_natural_figures(document, wanted):
    blocks = figure_blocks(document, replace(wanted, figures={}))
    assert {name: (block.kind, block.models) for name, block in blocks.items()} == {
        "event": ("event_study", ["event"]),
        "robustness": ("coefplot", ["main"]),
    }


def test_inputs_are_not_changed(document, wanted):
    before = json_bytes(document)
    draw_outputs(document, replace(wanted, figures={"f": wanted.figures["bound"]}))
    assert json_bytes(document) == before


TEXTS = Path(texts.__file__).parent


def flat(language: str) -> dict[str, str]:
    found: dict[str, str] = {}

    def walk(prefix, value):
        for key, inner in value.items():
            name = f"{prefix}.{key}" if prefix else key
            if isinstance(inner, dict):
                walk(name, inner)
            else:
                found[name] = inner

    for area in ("outputs", "listings", "domains"):
        walk("", tomllib.loads((TEXTS / language / f"{area}.toml").read_text(encoding="utf-8")))
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
    asked -= {"figure.dpi", "figure.facecolor", "report.html", "report.html.j2", "report.js"}
    assert not sorted(asked - set(known))
    for word in get_args(CellWord):
        assert f"table.stat.{word}" in known
    for kind in get_args(RowKind):
        assert f"table.title.{kind}" in known
        assert kind in ("published", "speccurve") or f"table.corner.{kind}" in known
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


def test_made_up_data_are_named_in_every_figure_and_line(document, wanted):
    document["synthetic"] = True
    files = draw_outputs(document, replace(wanted, languages=("en", "es")))
    pictures = [name for name in files if name.startswith("figures/") and name.endswith(".svg")]
    assert pictures
    for name in pictures:
        word = "Datos sintéticos" if name.endswith(".es.svg") else "Synthetic data"
        assert word in files[name].decode("utf-8"), name
    assert all(
        line.split(",").count("true") for line in files["results.csv"].decode("utf-8").splitlines()[1:]
    )
    assert "synthetic" in files["results.csv"].decode("utf-8").splitlines()[0].split(",")
