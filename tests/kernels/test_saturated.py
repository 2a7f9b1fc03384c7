"""Saturated and restricted event studies from moments by group, against least squares with every dummy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import impact.kernels.saturated as saturated


def panel(seed, *, units=14, periods=5, groups=3, gaps=0.2, weighted=True):
    rng = np.random.default_rng(seed)
    group = np.sort(rng.integers(0, groups, units))
    group[:groups] = np.arange(groups)
    weights = 0.5 + rng.random((units, periods)) if weighted else np.ones((units, periods))
    weights[rng.random((units, periods)) < gaps] = 0.0
    # one unit of each group is there throughout, so that periods are linked
    weights[:groups] = 1.0
    y = rng.normal(size=(units, periods)) + rng.normal(size=(units, 1))
    return np.where(weights > 0, y, np.nan), weights, group


def dummies(weights, *columns):
    """Columns, unit and period dummies of the rows that are there, times the root of their weights."""
    units, periods = weights.shape
    there = weights.ravel() > 0
    unit = np.kron(np.eye(units), np.ones((periods, 1)))
    time = np.tile(np.eye(periods), (units, 1))
    x = np.column_stack([*columns, unit, time])[there]
    return x * np.sqrt(weights.ravel()[there])[:, None], there


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_cells_are_those_of_the_regression_with_dummies(seed):
    y, weights, group = panel(seed)
    units, periods = y.shape
    base = np.array([0, 2, 3])
    cells = [(g, t) for g in (1, 2) for t in range(periods) if t != base[g]]
    columns = [
        ((group[:, None] == g) & (np.arange(periods)[None] == t)).astype(float).ravel() for g, t in cells
    ]
    x, there = dummies(weights, *columns)
    w = weights.ravel()[there]
    params, _, rank, _ = np.linalg.lstsq(x, y.ravel()[there] * np.sqrt(w), rcond=None)
    # a few draws lose the rows that link a cohort to its base period
    assume(rank == len(cells) + units + periods - 1)
    found = saturated.group_paths(y, weights, group, 3)
    place = np.array(cells)
    arguments = (place[:, 0], place[:, 1], base[place[:, 0]])
    assert saturated.cell_effects(found, *arguments) == pytest.approx(params[: len(cells)], abs=1e-9)
    residual = y.ravel()[there] * np.sqrt(w) - x @ params
    assert found.rss == pytest.approx(float(residual @ residual), rel=1e-9)
    aggregates = np.random.default_rng(seed).normal(size=(len(cells), 3))
    influence = saturated.cell_influence(found, group, arguments, aggregates)
    scores = np.zeros((units, x.shape[1]))
    np.add.at(scores, np.repeat(np.arange(units), periods)[there], x * residual[:, None])
    expected = (scores @ np.linalg.pinv(x.T @ x))[:, : len(cells)] @ aggregates
    assert influence == pytest.approx(expected, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_restricted_paths_are_the_regression_with_dummies(seed):
    y, weights, group = panel(seed)
    units, periods = y.shape
    columns = np.random.default_rng(seed + 1).normal(size=(3, periods, 2))
    by_row = columns[group].reshape(units * periods, 2)
    x, there = dummies(weights, by_row)
    w = weights.ravel()[there]
    params = np.linalg.lstsq(x, y.ravel()[there] * np.sqrt(w), rcond=None)[0]
    found = saturated.restricted_paths(y, weights, group, columns)
    assert found.params == pytest.approx(params[:2], abs=1e-9)
    residual = y.ravel()[there] * np.sqrt(w) - x @ params
    assert found.rss == pytest.approx(float(residual @ residual), rel=1e-9)
    scores = np.zeros((units, x.shape[1]))
    np.add.at(scores, np.repeat(np.arange(units), periods)[there], x * residual[:, None])
    assert found.influence == pytest.approx((scores @ np.linalg.pinv(x.T @ x))[:, :2], abs=1e-9)


def test_what_is_not_identified_is_refused():
    y, weights, group = panel(3, gaps=0.0)
    split = weights.copy()
    split[group == 1, :2] = 0.0
    split[np.flatnonzero(group == 1)[0]] = [1, 1, 0, 0, 0]
    with pytest.raises(saturated.NotLinkedError):
        saturated.group_paths(y, split, group, 3)
    same = np.ones((3, 5, 1)) * np.arange(5.0)[None, :, None]
    with pytest.raises(saturated.NotLinkedError):
        saturated.restricted_paths(y, weights, group, same)
    with pytest.raises(saturated.NotLinkedError):
        saturated.restricted_paths(y, weights, group, np.zeros((3, 5, 1)))
