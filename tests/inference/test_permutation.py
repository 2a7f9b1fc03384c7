"""Permutation inference against fitting every set again."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import numpy as np
import pytest

from impact.core.errors import DesignError
from impact.core.records import Treatment
from impact.inference._permutation import Candidates, PermuteOptions, SetSize, permute
from impact.inference.cluster import ClusterOptions, infer
from impact.kernels import reassign

N_UNITS = 9


def unbalanced(seed: int, *, n_units: int = N_UNITS, n_columns: int = 1):
    """Rows of units × periods, several a cell, some missing; profile of one or several columns."""
    random = np.random.default_rng(seed)
    unit = random.integers(0, n_units, 260)
    unit[: n_units * 6] = np.tile(np.arange(n_units), 6)
    time = random.integers(0, 6, 260)
    time[: n_units * 6] = np.repeat(np.arange(6), n_units)
    keep = ~((unit == 3) & (time == 5))
    unit, time = unit[keep], time[keep]
    treated = np.zeros(n_units)
    treated[[2, 5]] = 1.0
    if n_columns == 1:
        profile = (time >= 3).astype(float)[:, None] * (1.0 + 0.1 * time[:, None])
    else:
        profile = np.column_stack([time == 1, time == 3, time >= 4]).astype(float)
    control = random.normal(size=(len(unit), 2)) + unit[:, None] * 0.1
    y = random.normal(size=len(unit)) + unit + 0.3 * time + control @ [0.5, -1.0]
    y = y + 0.4 * treated[unit] * profile.sum(axis=1)
    weights = random.integers(1, 9, len(unit)).astype(float)
    return unit, time, treated, profile, control, y, weights


def design_of(dense, data, *, weighted, kind="frequency"):
    unit, time, treated, profile, control, y, weights = data
    x = {f"d{j}": treated[unit] * profile[:, j] for j in range(profile.shape[1])}
    x |= {"c0": control[:, 0], "c1": control[:, 1]}
    fit = dense(
        y,
        x,
        absorb={"unit": unit, "time": time},
        clusters={"unit": unit},
        weights=weights if weighted else None,
        kind=kind if weighted else "",
        focus=tuple(range(profile.shape[1])),
    )
    factor = fit.design.clusters["unit"]
    treatment = Treatment(factor, treated, profile, tuple(range(profile.shape[1])))
    return fit, dataclasses.replace(fit.design, treatment=treatment)


def refit(dense, data, members, *, weighted, outcome=None):
    """One set by brute force: estimate, t, and the estimates for the actual columns as outcomes."""
    unit, time, _, profile, control, y, weights = data
    treated = np.zeros(N_UNITS)
    treated[list(members)] = 1.0
    changed = (unit, time, treated, profile, control, y if outcome is None else outcome, weights)
    fit, design = design_of(dense, changed, weighted=weighted)
    inference = infer(fit.estimate, design, ClusterOptions(cluster="unit"), 0.95)
    m = profile.shape[1]
    return fit.estimate.params[:m], inference.statistic[:m]


@pytest.mark.parametrize("method", ["units", "sets"])
@pytest.mark.parametrize(("n_columns", "weighted"), [(1, False), (1, True), (3, True)])
def test_equal_to_refitting_every_set(dense, monkeypatch, method, n_columns, weighted):
    if method == "sets":
        monkeypatch.setattr(reassign, "LARGEST_TABLE", 0)
        monkeypatch.setattr(reassign, "BLOCK", 2000)
    data = unbalanced(4, n_columns=n_columns)
    fit, design = design_of(dense, data, weighted=weighted)
    found = permute(fit.estimate, design, PermuteOptions(), seed=1, level=0.95)
    expected = list(combinations(range(N_UNITS), 2))
    assert found.enumerated
    assert found.members.tolist() == [list(pair) for pair in expected]
    assert found.members[found.actual].tolist() == [2, 5]
    unit, _, treated, profile, *_ = data
    actual_columns = treated[unit][:, None] * profile
    for s in range(0, len(expected), 1 if n_columns == 1 else 5):
        estimate, statistic = refit(dense, data, expected[s], weighted=weighted)
        np.testing.assert_allclose(found.estimates[s], estimate, rtol=1e-10, atol=1e-11)
        np.testing.assert_allclose(found.statistics[s], statistic, rtol=1e-9)
        for j in range(n_columns):
            slope, _ = refit(dense, data, expected[s], weighted=weighted, outcome=actual_columns[:, j])
            np.testing.assert_allclose(found.slopes[s, :, j], slope, rtol=1e-9, atol=1e-10)
    own = np.abs(found.estimates)
    share = np.mean(own >= own[found.actual] * (1 - 1e-10), axis=0)
    np.testing.assert_allclose(found.p_value, share)
