"""Replicate weights of a file's rows: which columns, multiplied by the weights, factors by kind, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DesignError, SpecError
from impact.design.survey_rows import survey_of
from impact.design.table import Columns
from impact.schema.expressions.context import Context

COLUMNS: Columns = {
    "y": np.array([1.0, 2, 4, 8]),
    "w": np.array([2.0, 2, 3, 3]),
    "none": np.array([0.0, 2, 3, 3]),
    "j1": np.array([0.0, 4, 3, 3]),
    "j2": np.array([4.0, 0, 3, 3]),
    "j3": np.array([2.0, 2, 0, 6]),
    "j4": np.array([2.0, 2, 6, 0]),
    "f1": np.array([0.0, 2, 1, 1]),
    "f2": np.array([2.0, 0, 1, 1]),
    "gap": np.array([1.0, np.nan, 1, 1]),
    "less": np.array([1.0, -1, 1, 1]),
    "zero": np.zeros(4),
}


def survey(request_of, replicate, *, weights="w", **block):
    keys = {"weights": weights, "replicate": {"kind": "bootstrap", **replicate}}
    request = request_of(formula="y ~ 1", spec={"survey": keys}, **block)
    return survey_of(request, COLUMNS, Context(rows=4))["survey"]


def made(request_of, *, columns="j*", **replicate):
    found = survey(request_of, {"weights": columns, **replicate})
    assert found.stages == ()
    return found.replicates


def test_a_family_of_columns(request_of):
    found = made(request_of)
    assert found.weights.T.tolist() == [COLUMNS[f"j{number}"].tolist() for number in (1, 2, 3, 4)]
    assert found.factors.tolist() == [1.0] * 4
    assert not found.about_estimate


def test_factors_that_multiply_the_weights(request_of):
    found = made(request_of, columns="f*", combined=False, mse=True)
    assert found.weights[:, 0].tolist() == (COLUMNS["f1"] * COLUMNS["w"]).tolist()
    assert found.about_estimate
    assert made(request_of, columns=["j1", "j2"], combined=True).weights.shape == (4, 2)


@pytest.mark.parametrize(
    ("kind", "scale"),
    [("brr", 1 / 4), ("jk1", 3 / 4), ("jkn", 1.0), ("bootstrap", 1 / 3)],
)
def test_scales_by_kind(request_of, kind, scale):
    """R's svrepdesign: 1/R, (R − 1)/R, 1, 1/(R − 1)."""
    assert made(request_of, kind=kind).scale == pytest.approx(scale)
    assert made(request_of, kind="brr", fay=0.5).scale == pytest.approx(1.0)


def test_factors_of_a_jackknife_by_strata(request_of):
    assert made(request_of, kind="jkn").factors == pytest.approx([0.5] * 4)
    assert made(request_of, kind="jkn", rscales=[1.0, 2, 3, 4]).factors.tolist() == [1, 2, 3, 4]


def test_filters_leave_the_design(request_of):
    found = survey(request_of, {"weights": "j*"}, filter="y < 8").replicates
    assert np.isnan(found.weights).tolist() == [[False] * 4] * 3 + [[True] * 4]


@pytest.mark.parametrize(
    ("replicate", "match"),
    [
        ({"weights": ["f1"]}, "a single column"),
        ({"weights": ["j1", "gap"]}, "missing or negative"),
        ({"weights": ["j1", "less"]}, "missing or negative"),
        ({"weights": ["j1", "zero"]}, "zero sum to zero"),
        ({"weights": "f*", "combined": True, "kind": "jkn"}, "needs `rscales`"),
        ({"weights": "f*", "kind": "jkn", "rscales": [1, 1, 1]}, "3 numbers for 2"),
    ],
)
def test_what_cannot_be(request_of, replicate, match):
    with pytest.raises(DesignError, match=match) as caught:
        survey(request_of, replicate)
    assert caught.value.faults[0].code == "E690"


def test_rows_without_a_sampling_weight(request_of):
    with pytest.raises(DesignError, match="weight of zero"):
        survey(request_of, {"weights": ["j2", "j3"]}, weights="none")
    with pytest.raises(DesignError, match="`weights:`"):
        survey(request_of, {"weights": "j*"}, weights=None)


@pytest.mark.parametrize(
    ("columns", "error", "code"), [("brr_*", DesignError, "E691"), (["j1", "j9"], SpecError, "E514")]
)
def test_columns_that_are_not_there(request_of, columns, error, code):
    with pytest.raises(error) as caught:
        survey(request_of, {"weights": columns})
    assert caught.value.faults[0].code == code


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"psu": "p", "replicate": {"kind": "brr", "weights": "j*"}}, "E569"),
        ({"singleton": "fail", "replicate": {"kind": "brr", "weights": "j*"}}, "E569"),
        ({"replicate": {"kind": "jk1", "weights": "j*", "fay": 0.3}}, "E690"),
        ({"replicate": {"kind": "brr", "weights": "j*", "scale": 0.3}}, "E690"),
        ({"replicate": {"kind": "jkn", "weights": "j*", "rscales": [-1, 1]}}, "E690"),
        ({"replicate": {"kind": "jkn", "weights": "j*", "rscales": [0, 0]}}, "E690"),
    ],
)
def test_options_that_do_not_go_together(request_of, keys, code):
    with pytest.raises(SpecError) as caught:
        request_of(formula="y ~ 1", spec={"survey": keys})
    assert caught.value.faults[0].code == code
