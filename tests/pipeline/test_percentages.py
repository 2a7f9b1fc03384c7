"""Rows of models in logarithms hold percentage effects. Oracle: the estimates and errors of the same rows, by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import impact
from impact.pipeline.percentages import is_logarithm
from impact.schema.expressions.parse import parse_expression

FIELDS = ("percent", "percent_std_error", "percent_ci_low", "percent_ci_high", "percent_kennedy")


@pytest.fixture(scope="module")
def folder(test_panel, tmp_path_factory):
    place = tmp_path_factory.mktemp("percent")
    pd.DataFrame({**test_panel, "ly": np.log(np.asarray(test_panel["y"]) + 5)}).to_csv(
        place / "p.csv", index=False
    )
    return place


def run(folder, **changes):
    spec = {
        "spec": 1,
        "study": "p",
        "data": {"root": "here", "file": "p.csv"},
        "derive": {"up": "y + 5", "lup": "log(up) if up > 0 else missing"},
        "models": {
            "level": "y ~ D + z",
            "called": "log(y + 5) ~ D + z",
            "derived": {"formula": "lup ~ D + z | i + t", "vcov": {"cluster": "i"}},
            "column": "ly ~ D + z",
            "counts": {"estimator": "ppml", "formula": "cnt ~ D + z"},
            "choice": {"estimator": "logit", "formula": "D ~ z"},
        },
    }
    return impact.run({**spec, **changes}, out=None, roots={"here": folder}).document


def in_percent(document):
    return {row["model"] for row in document["rows"] if "percent" in row}


def test_what_the_spec_says_is_in_logs(folder):
    document = run(folder)
    assert in_percent(document) == {"called", "derived", "counts"}
    for row in document["rows"]:
        if row["model"] != "derived":
            continue
        b, error = row["estimate"], row["std_error"]
        by_hand = [
            math.exp(b) - 1,
            math.exp(b) * error,
            *(math.exp(row[end]) - 1 for end in ("ci_low", "ci_high")),
        ]
        by_hand.append(math.exp(b - error**2 / 2) - 1)
        assert [row[name] for name in FIELDS] == pytest.approx([100 * value for value in by_hand], rel=1e-9)
    assert not any("percent" in row for row in document["rows"] if row["term"] == "Intercept")


def test_a_table_or_an_answer_says_it(folder):
    table = {"main": {"columns": ["column", "choice"], "cell": ["percent", "percent_se"]}}
    assert in_percent(run(folder, tables=table)) == {"called", "derived", "counts", "column"}
    answer = {"model": "column", "term": "D", "scale": "log", "about": "D raises y"}
    assert "column" in in_percent(run(folder, answer=answer))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("log(a)", True), ("b", True), ("log(a) if a > 0 else missing", True), ("missing if a > 0 else b", True),
        ("log(a) if a > 0 else 0", False), ("log(a) + 1", False), ("a", False), ("exp(log(a))", False), ("c", False),
    ],
)  # fmt: skip
def test_logarithms(expression, expected):
    derive = {
        name: parse_expression(text) for name, text in (("b", "log(a)"), ("c", "c"), ("d", "e"), ("e", "d"))
    }
    assert is_logarithm(parse_expression(expression).root, derive) is expected
    assert is_logarithm(parse_expression("d").root, derive) is False
