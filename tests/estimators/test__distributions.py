"""Refusals, groups and covariances that decompositions, selection models and quantiles share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact.core.designs import AbsorbedFactor, Design, Factor, Sample, Term
from impact.core.errors import DesignError
from impact.estimators._distributions import (
    as_factor,
    covariance_of,
    label_text,
    refuse_what_is_not_taken,
    row_weights,
    selection_of,
)


@pytest.fixture
def design():
    return Design("y", (Term("x"),), np.array([1.0, 2.0, np.nan, 4.0]), np.ones((4, 1)), Sample(np.arange(4)))


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("E501", {"y": np.empty(0)}), ("E502", {"y": np.array([2.0, 2.0, np.nan, 2.0])}),
        ("E650", {"weights": np.ones(4), "weight_kind": "frequency"}),
        ("E650", {"absorb": (AbsorbedFactor(Factor("g", np.zeros(4, dtype=np.int32), (1.0,))),)}),
        ("E650", {"within_sum_of_squares": np.ones(4), "weights": np.ones(4), "weight_kind": "frequency"}),
        ("E650", {"extra": {"groups": {}}}),
    ],
)  # fmt: skip
def test_refusals(design, code, changes):
    with pytest.raises(DesignError) as error:
        refuse_what_is_not_taken(replace(design, **changes), "oaxaca", ("weights:sampling",))
    assert error.value.faults[0].code == code


def test_what_is_taken_passes(design):
    sampling = replace(design, weights=np.ones(4), weight_kind="sampling")
    assert refuse_what_is_not_taken(sampling, "oaxaca", ("weights:sampling",)) is None
    counted = replace(design, weights=np.ones(4), weight_kind="frequency")
    assert refuse_what_is_not_taken(counted, "rif", ("weights",)) is None


def test_selection(design):
    assert selection_of(design, "heckman").tolist() == [1, 1, 0, 1]
    named = replace(design, columns={"selected": np.array([1.0, 0.0, 0.0, 1.0])})
    assert selection_of(named, "heckman").tolist() == [1, 0, 0, 1]
    for column in (np.ones(4), np.array([1.0, 2.0, 0.0, 0.0]), np.zeros(4)):
        with pytest.raises(DesignError) as error:
            selection_of(replace(design, columns={"selected": column}), "heckman")
        assert error.value.faults[0].code == "E653"
    everybody = replace(design, y=np.arange(4.0))
    assert selection_of(everybody, "lee_bounds").all()
    with pytest.raises(DesignError):
        selection_of(everybody, "heckman")


def test_labels_and_factors():
    assert [label_text(one) for one in (1.0, 0.5, "a")] == ["1", "0.5", "a"]
    factor = as_factor("g", np.array([2.0, 1.0, 2.0]))
    assert (factor.labels, factor.codes.tolist()) == ((1.0, 2.0), [1, 0, 1])
    assert as_factor("g", factor) is factor


def test_covariances_by_the_first_cluster(design):
    rows = np.arange(8.0).reshape(4, 2)
    assert covariance_of(rows, design) == pytest.approx(rows.T @ rows)
    pairs = Factor("g", np.array([0, 0, 1, 1], dtype=np.int32), (1.0, 2.0))
    sums = rows[::2] + rows[1::2]
    assert covariance_of(rows, replace(design, clusters={"g": pairs})) == pytest.approx(sums.T @ sums)
    assert row_weights(design).tolist() == [1, 1, 1, 1]
