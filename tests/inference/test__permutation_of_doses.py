"""Permutation of doses: each assignment against statsmodels on the moved paths; size; and what cannot be moved."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import impact
from impact.core.errors import DesignError, SpecError

MOVE = {"sets": "exposure", "unit": "d", "time": "t", "reps": 199}


def panel(seed, units=6, periods=4, effect=0.0):
    rng = np.random.default_rng(seed)
    d, t = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    path = rng.gamma(1.0, 1.0, units)[d] * (t >= 2) * (1 + t)
    y = rng.normal(size=units)[d] + 0.3 * t + effect * path + rng.normal(size=units * periods)
    return pd.DataFrame({"d": [f"u{k}" for k in d], "t": t, "m": path, "y": y, "w": rng.uniform(1, 3, len(d)),
                         "z": rng.normal(size=len(d))})  # fmt: skip


def run(data, tmp_path, model="y ~ m + z | d + t", **blocks):
    data.to_csv(tmp_path / "x.csv", index=False)
    spec = {
        "spec": 1,
        "data": "x.csv",
        "model": model,
        "vcov": {"cluster": "d"},
        "permute": MOVE,
        "seed": 4,
        **blocks,
    }
    path = tmp_path / "s.yaml"
    path.write_text(json.dumps(spec), encoding="utf-8")
    return impact.run(path, out=None).document


def moved(data, order):
    wide = data.pivot(index="d", columns="t", values="m")
    new = pd.DataFrame(wide.to_numpy()[list(order)], index=wide.index, columns=wide.columns)
    return np.array([new.loc[d, t] for d, t in zip(data.d, data.t, strict=True)])


def fit(data, m, weights=None):
    dummies = pd.get_dummies(data[["d", "t"]].astype(str), drop_first=True, dtype=float)
    x = np.column_stack([m, data.z, np.ones(len(data)), dummies])
    own = sm.WLS(data.y, x, weights=np.ones(len(data)) if weights is None else weights).fit()
    clustered = own.get_robustcov_results("cluster", groups=pd.factorize(data.d)[0])
    return np.asarray(own.params)[0], clustered.tvalues[0]


def point(data, m):
    dummies = pd.get_dummies(data[["d", "t"]].astype(str), drop_first=True, dtype=float)
    return np.linalg.lstsq(np.column_stack([m, data.z, np.ones(len(data)), dummies]), data.y, rcond=None)[0][
        0
    ]


@pytest.mark.parametrize("weighted", [False, True])
def test_all_assignments_of_few_units(tmp_path, weighted):
    data = panel(3, units=5, effect=0.4)
    blocks = {"weights": {"w": "analytic"}} if weighted else {}
    document = run(data, tmp_path, **blocks)
    facts = document["models"]["model"]["extra"]["permutation"]
    assert (facts["n_sets"], facts["enumerated"], facts["of_doses"]) == (120, True, True)
    weights = data.w if weighted else None
    values = [fit(data, moved(data, order), weights) for order in permutations(range(5))]
    np.testing.assert_allclose(facts["estimates"]["m"], [b for b, _ in values], rtol=1e-8)
    row = next(r for r in document["rows"] if r["term"] == "m")
    b, t = (np.array(found) for found in zip(*values, strict=True))
    assert row["p_permutation"] == pytest.approx(np.mean(np.abs(b) >= abs(b[0]) * (1 - 1e-10)))
    assert row["p_permutation_t"] == pytest.approx(np.mean(np.abs(t) >= abs(t[0]) * (1 - 1e-8)))
    assert row["primary"] == "permutation"


def test_the_interval_holds_what_is_not_rejected(tmp_path):
    """Inversion: the p-value of y − b0 m is at least 5 per cent at the ends, and less beyond them."""
    data = panel(7, units=4, effect=0.5)
    document = run(data, tmp_path)
    row = next(r for r in document["rows"] if r["term"] == "m")
    for end, outward in ((row["ci_low_permutation"], -1e-2), (row["ci_high_permutation"], 1e-2)):
        if isinstance(end, str) or end is None:
            continue
        for value, inside in ((end, True), (end + outward, False)):
            fits = [
                point(data.assign(y=data.y - value * data.m), moved(data, order))
                for order in permutations(range(4))
            ]
            p = np.mean(np.abs(fits) >= abs(fits[0]) * (1 - 1e-7))
            assert (p > 0.05) == inside or abs(p - 0.05) < 1e-9


def test_drawn_assignments_hold_the_actual_one_and_repeat(tmp_path):
    data = panel(1, units=10)
    first, second = run(data, tmp_path), run(data, tmp_path)
    assert first["rows"] == second["rows"]
    facts = first["models"]["model"]["extra"]["permutation"]
    assert (facts["n_sets"], facts["enumerated"]) == (200, False)
    row = next(r for r in first["rows"] if r["term"] == "m")
    assert facts["estimates"]["m"][facts["actual"]] == pytest.approx(row["estimate"])
    assert row["p_permutation"] >= 1 / 200


def test_size_under_no_effect(tmp_path):
    """With no effect p is uniform over the assignments: of 60 panels about 5 per cent reject at 5 per cent."""
    rejected = 0
    for seed in range(60):
        row = next(r for r in run(panel(100 + seed, units=5), tmp_path)["rows"] if r["term"] == "m")
        rejected += row["p_permutation"] <= 0.05
    assert rejected <= 9  # 0.6 per cent of binomial(60, 0.05) lie above 8


def refused(call):
    with pytest.raises(DesignError) as caught:
        call()
    assert caught.value.faults[0].code == "E293"
    return caught.value.faults[0].message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x.iloc[1:], "lacks a t"),
        (lambda x: pd.concat([x, x.assign(m=x.m + 1)]), "differs within one"),
    ],
)
def test_paths_that_cannot_be_moved(tmp_path, change, words):
    assert words in refused(lambda: run(change(panel(2)), tmp_path))


@pytest.mark.parametrize(
    ("model", "permute", "words"),
    [
        ("y ~ m + z | d", MOVE, "no absorbed effect or cluster"),
        ("y ~ m + z | d + t", MOVE | {"within": "d"}, "belong to sets"),
        ("y ~ m + z | d + t", MOVE | {"adjust": "size"}, "belong to sets"),
        ("y ~ m + z | d + t", MOVE | {"among": 'd != "u1"'}, "among"),
        ({"formula": "y ~ m + z | d + t", "treatment": ["m", "z"]}, MOVE, "2 terms of interest"),
        ({"formula": "c ~ m | d + t", "estimator": "ppml"}, MOVE, "not least squares"),
    ],
)
def test_what_goes_with_sets_of_units_only(tmp_path, model, permute, words):
    data = panel(2).assign(c=lambda x: np.abs(x.y).round())
    assert words in refused(lambda: run(data, tmp_path, model, permute=permute))


@pytest.mark.parametrize("permute", [{"sets": "exposure"}, {"unit": "d", "time": "t"}])
def test_unit_and_time_belong_together(tmp_path, permute):
    with pytest.raises(SpecError) as caught:
        run(panel(2), tmp_path, permute=permute)
    assert caught.value.faults[0].code == "E293"
