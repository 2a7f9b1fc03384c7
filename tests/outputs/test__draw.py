"""Everything that is written is the same for the same results, whatever the machine's settings."""

import hashlib
import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace

from impact.outputs._draw import draw_outputs, figure_blocks
from impact.outputs.results_json import json_bytes

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
        "spec.resolved.yaml", "tables/t-float.tex", "tables/t.html", "tables/t.md", "tables/t.tex",
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
