"""Lines of a table in other units: every number is the stored one, moved as the unit says."""

from __future__ import annotations

import math

import pytest

from impact.outputs.grids.lines import Line
from impact.outputs.grids.unit_lines import in_unit, unit_lines, units_shown
from impact.schema.display import TableBlock

ROW = {
    "model": "m", "term": "x", "estimate": -0.2, "std_error": 0.05, "ci_low": -0.3, "ci_high": -0.1, "mde80": 0.14,
    "primary_ci_low": "-inf", "primary_ci_high": 0.4, "p_value": 0.01, "verdict": "effect", "mean_outcome": -4.0,
    "exposure_mean": 2.0, "exposure_sd": 3.0, "per_sd": -0.6, "elasticity": 0.1, "semi_elasticity": 5.0,
}  # fmt: skip


def document(scale="level", **more):
    return {"models": {"m": {"focus": ["x"], "extra": {"outcome_scale": scale}}}, **more}


def test_per_standard_deviation():
    found = in_unit(ROW, "per_sd", document())
    assert [found[k] for k in ("estimate", "std_error", "ci_low", "ci_high", "mde80")] == pytest.approx(
        [-0.6, 0.15, -0.9, -0.3, 0.42]
    )
    assert (found["primary_ci_low"], found["primary_ci_high"]) == ("-inf", pytest.approx(1.2))
    assert found["p_value"] == 0.01
    assert "verdict" not in found


def test_a_negative_mean_turns_the_interval_round():
    found = in_unit(ROW, "elasticity", document())
    assert [found[k] for k in ("estimate", "std_error", "ci_low", "ci_high")] == pytest.approx(
        [0.1, 0.025, 0.05, 0.15]
    )
    assert (found["primary_ci_low"], found["primary_ci_high"]) == (pytest.approx(-0.2), "inf")


def test_per_cent_of_a_logarithm_is_exponential():
    row = ROW | {"semi_elasticity": 100 * math.expm1(-0.2)}
    found = in_unit(row, "semi_elasticity", document("log"))
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(
        (100 * math.expm1(-0.3), 100 * math.expm1(-0.1))
    )
    assert found["std_error"] == pytest.approx(100 * math.exp(-0.2) * 0.05)
    assert in_unit(ROW, "elasticity", document("log"))["std_error"] == pytest.approx(0.1)


def test_lines_are_repeated_only_where_there_is_a_unit():
    lines = [
        Line("exposure", (ROW, None)),
        Line("age", ({"model": "m", "term": "age", "estimate": 1.0}, None)),
    ]
    found = unit_lines(lines, ("estimate", "per_sd", "elasticity"), document(), "en")
    labels = ["exposure", "exposure, per standard deviation", "exposure, elasticity", "age"]
    assert [line.label for line in found] == labels
    assert unit_lines(lines, (), document(), "en") == tuple(lines)
    assert next(line.label for line in unit_lines(lines, ("per_sd",), document(), "es")).endswith(
        "desviación estándar"
    )


@pytest.mark.parametrize(
    ("block", "unit", "expected"),
    [
        ({}, "a point", ("estimate", "per_sd", "elasticity")),
        ({}, None, ()),
        ({"cell": ["estimate"]}, "a point", ()),
        ({"stat": []}, "a point", ()),
        ({"stat": ["per_sd"], "cell": ["estimate"]}, None, ("per_sd",)),
        ({"rows": "models"}, "a point", ()),
    ],
)
def test_which_units_a_table_shows(block, unit, expected):
    lines = [Line("exposure", (ROW,))]
    found = units_shown(TableBlock.model_validate(block), document(unit_of_exposure=unit), lines)
    assert found == expected
