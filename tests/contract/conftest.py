"""One canonical study on the test panel, for every record of every registry."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import impact.catalog as catalog

STUDY = {
    "spec": 1,
    "study": "canonical",
    "seed": 7,
    "design": {"unit": "c", "time": "t", "treated": "c <= 3", "from": 5},
    "permute": {"unit": "c", "sets": "same_size"},
    "vcov": {"cluster": "c"},
    "models": {
        "main": {"formula": "y ~ exposed + z | i + t"},
        "second": {"formula": "yiv ~ exposed + z | i + t"},
        "halves": {"formula": "y ~ exposed | i + t", "by": "half", "permute": None},
    },
    "robustness": {
        "of": "main",
        "rows": {
            "late": {"filter+": "t > 1"},
            "before": {"filter+": "t < 5", "design.from": 3, "expect": "no_effect"},
        },
    },
    "title": {"en": "Canonical study", "es": "Estudio canónico"},
    "language": ["en", "es"],
}


def write(folder: Path, columns, rows) -> Path:
    file = folder / "panel.csv"
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(columns)
        for k in rows:
            writer.writerow([repr(values[k].item()) for values in columns.values()])
    return file


@pytest.fixture(scope="session")
def test_panel(test_panel):
    """With a column for estimators that need to know who is eligible, and an outcome of 0 and 1."""
    return {**test_panel, "eligible": test_panel["i"] // 4 % 2, "high": test_panel["y"] > 4}


@pytest.fixture(scope="session")
def panel_columns(test_panel):
    return {**test_panel, "half": test_panel["i"] % 2}


@pytest.fixture(scope="session")
def study(panel_columns, tmp_path_factory):
    """Run the canonical study with some keys changed (None: left out); ``rows`` reorders the file."""
    import impact

    folder = tmp_path_factory.mktemp("canonical")
    files = {}

    def run(*, rows=None, **changes):
        name = "plain" if rows is None else str(hash(tuple(rows)))
        if name not in files:
            place = folder / name
            place.mkdir()
            files[name] = write(place, panel_columns, range(480) if rows is None else rows)
        given = {**STUDY, "data": {"root": "here", "file": "panel.csv"}, **changes}
        spec = {key: value for key, value in given.items() if value is not None}
        return impact.run(spec, out=None, roots={"here": files[name].parent}).document

    return run


@pytest.fixture(scope="session")
def shuffled():
    return np.random.default_rng(4).permutation(480).tolist()


COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}
# what the canonical model needs beside the cohorts of the test panel: keys of the model, and of the spec
OWN = {
    "did_2x2": {"filter": "(t == 6 or t == 7) and g != 5"},
    "did_cic": {"filter": "(t == 6 or t == 7) and g != 5"},
    "did_triple": {"eligible": "eligible"},
    "did_dose": {"dose": "w"},
    "synth": {"filter": "g == 0 or (g == 7 and lat > -4 and lat < -3)"},
    "synth_augmented": {"filter": "g == 0 or (g == 7 and lat > -4 and lat < -3)"},
    "synth_did": {"reps": 20},
    "matrix_completion": {"reps": 20},
}
OWN_SPEC = {}
# and what regressions need beside their formula
OWN_REGRESSION = {
    "ppml": {"formula": "cnt ~ D + z + offset(q1) | i + t"},
    "logit": {"formula": "high ~ D + z + x"},
    "probit": {"formula": "high ~ D + z + x"},
    "heckman": {"selected": "eligible", "selection": ["q1", "x"]},
    "lee_bounds": {"formula": "y ~ D", "selected": "eligible"},
    "matching": {"vcov": "own"},
    "rd": {"formula": "y ~ z", "cutoff": 0.5, "fuzzy": "D", "vcov": "own"},
    "oaxaca": {"formula": "y ~ z + x", "group": "D"},
}


@pytest.fixture(scope="session")
def block_of():
    return canonical_block


def canonical_block(keyword):
    """The canonical model of an estimator, from what its record accepts."""
    accepts = catalog.ESTIMATORS.load(keyword).accepts
    if "adoption" in accepts:
        clustered = {"vcov": {"cluster": "c"}} if "clusters" in accepts else {}
        spec = {"design": COHORTS, "seed": 5, **OWN_SPEC.get(keyword, {})}
        return {
            "formula": None,
            "outcome": "y",
            "estimator": keyword,
            "spec": spec,
            **clustered,
            **OWN.get(keyword, {}),
        }
    if "means" in accepts:
        variable = "D" if keyword == "survey_proportion" else "y"
        clusters = {"survey": {"psu": "c"}} if keyword == "survey_total" else {"cluster": "c"}
        return {"formula": None, "of": variable, "estimator": keyword, "vcov": clusters}
    formula = "yiv ~ z | d ~ q1 + q2" if "instruments" in accepts else "y ~ D + z"
    if "absorb" in accepts:
        formula = "yiv ~ z | i + t | d ~ q1 + q2" if "instruments" in accepts else "y ~ D + z | i + t"
    block = {"formula": formula, "estimator": keyword, "vcov": {"cluster": "c"}}
    block |= OWN_REGRESSION.get(keyword, {})
    return {**block, "panel": {"unit": "i", "time": "t"}} if "panel" in accepts else block
