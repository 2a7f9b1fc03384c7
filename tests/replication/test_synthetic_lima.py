"""Metropolitan Lima against a synthetic Lima: the shipped spec, its numbers by general optimisers, and its refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.optimize import minimize

import impact
from impact.core.errors import DesignError
from impact.pipeline.study import StudyOptions, run_study

Floats = npt.NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[2]
OUTCOMES = {
    "overall": "victimization_pct",
    "theft": "theft_victimization_pct",
    "fraud": "fraud_victimization_pct",
    "insecurity": "perceived_insecurity_night_pct",
}
ESTIMATORS = ("synth", "synth_did", "synth_augmented", "matrix_completion")
BEFORE = 4


@pytest.fixture(scope="module")
def lima() -> dict[str, Any]:
    spec = ROOT / "specs" / "crime_synthetic_control_lima.yaml"
    return run_study(str(spec), StudyOptions(out=None, jobs=2)).document


@pytest.fixture(scope="module")
def tables() -> dict[str, tuple[Floats, Floats, list[str]]]:
    """Outcome → Lima (7,), controls (7, 24), their codes."""
    frame = pd.read_csv(ROOT / "data" / "peru_victimization_2013_2024.csv", dtype={"area_code": str})
    frame = frame[frame["year"].between(2013, 2019) & ~frame["area_code"].isin(["00", "07"])]
    found = {}
    for name, column in OUTCOMES.items():
        table = frame.pivot(index="year", columns="area_code", values=column)
        controls = table.drop(columns="1501")
        found[name] = (table["1501"].to_numpy(), controls.to_numpy(), list(controls.columns))
    return found


def att(document: dict[str, Any], model: str) -> float:
    return next(float(r["estimate"]) for r in document["rows"] if r["model"] == model and r["term"] == "att")


def simplex(a: Floats, b: Floats, *, ridge: float = 0.0, start: Floats | None = None) -> Floats:
    """Weights on the simplex, closest to b, by SLSQP."""
    found = minimize(
        lambda v: np.sum((b - a @ v) ** 2) + ridge * v @ v,
        np.full(a.shape[1], 1 / a.shape[1]) if start is None else start,
        jac=lambda v: -2 * a.T @ (b - a @ v) + 2 * ridge * v,
        bounds=[(0, 1)] * a.shape[1],
        constraints=[{"type": "eq", "fun": lambda v: v.sum() - 1, "jac": np.ones_like}],
        method="SLSQP",
        options={"maxiter": 5000, "ftol": 1e-15},
    )
    return np.asarray(found.x)


@pytest.mark.parametrize("outcome", ["overall", "fraud", "insecurity"])
def test_synthetic_control_by_slsqp(
    lima: dict[str, Any], tables: dict[str, tuple[Floats, Floats, list[str]]], outcome: str
) -> None:
    """Outcomes whose weights are unique: weights and effect by a general optimiser."""
    target, controls, codes = tables[outcome]
    weights = simplex(controls[:BEFORE], target[:BEFORE])
    facts = lima["models"][f"synth[y={outcome}]"]["extra"]["synthetic"]["2017"]
    found = [facts["weights"].get(code, 0.0) for code in codes]
    assert found == pytest.approx(weights, abs=1e-4)
    gap = (target - controls @ weights)[BEFORE:].mean()
    assert att(lima, f"synth[y={outcome}]") == pytest.approx(gap, abs=1e-3)


@pytest.mark.parametrize("outcome", ["overall", "fraud", "insecurity"])
def test_augmented_weights_by_normal_equations(
    lima: dict[str, Any], tables: dict[str, tuple[Floats, Floats, list[str]]], outcome: str
) -> None:
    """Ben-Michael, Feller and Rothstein (2021), lemma 1, on the weights by SLSQP and the penalty of the run."""
    target, controls, _ = tables[outcome]
    weights = simplex(controls[:BEFORE], target[:BEFORE])
    facts = lima["models"][f"augmented[y={outcome}]"]["extra"]
    x = (controls[:BEFORE] - controls[:BEFORE].mean(axis=1, keepdims=True)).T
    missed = target[:BEFORE] - controls[:BEFORE] @ weights
    more = x @ np.linalg.solve(x.T @ x + facts["penalty"] * np.eye(BEFORE), missed)
    gap = (target - controls @ (weights + more))[BEFORE:].mean()
    assert att(lima, f"augmented[y={outcome}]") == pytest.approx(gap, abs=1e-3)


@pytest.mark.parametrize("outcome", list(OUTCOMES))
def test_synthetic_differences_by_slsqp(
    lima: dict[str, Any], tables: dict[str, tuple[Floats, Floats, list[str]]], outcome: str
) -> None:
    """Arkhangelsky et al. (2021), equations 4 to 6, solved to the end; the reference stops early: 0.02 points apart."""
    target, controls, _ = tables[outcome]
    before, after = controls[:BEFORE], controls[BEFORE:]
    noise = np.diff(before, axis=0).std(ddof=1)
    centred = before - before.mean(axis=0)
    omega = simplex(centred, target[:BEFORE] - target[:BEFORE].mean(), ridge=(3**0.25 * noise) ** 2 * BEFORE)
    across = before.T - before.T.mean(axis=0)
    goal = after.mean(axis=0) - after.mean()
    periods = simplex(across, goal, ridge=(1e-6 * noise) ** 2 * len(goal))
    gap = target - controls @ omega
    expected = gap[BEFORE:].mean() - periods @ gap[:BEFORE]
    assert att(lima, f"sdid[y={outcome}]") == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("outcome", list(OUTCOMES))
def test_completion_by_plain_proximal_gradient(
    lima: dict[str, Any], tables: dict[str, tuple[Floats, Floats, list[str]]], outcome: str
) -> None:
    """Athey et al. (2021), equation 4.2, with the penalty of the run and effects by dummy regression."""
    target, controls, _ = tables[outcome]
    y = np.column_stack([controls, target]).T
    observed = np.ones(y.shape, dtype=bool)
    observed[-1, BEFORE:] = False
    rows, columns = np.nonzero(observed)
    dummies = np.zeros((len(rows), sum(y.shape)))
    dummies[np.arange(len(rows)), rows] = dummies[np.arange(len(rows)), len(y) + columns] = 1
    solve = np.linalg.pinv(dummies)
    threshold = lima["models"][f"completion[y={outcome}]"]["extra"]["penalty"] * len(rows) / 2
    low = np.zeros_like(y)
    for _ in range(3000):
        rest = (y - low)[rows, columns]
        step = low.copy()
        step[rows, columns] += rest - dummies @ (solve @ rest)
        left, values, right = np.linalg.svd(step, full_matrices=False)
        low = (left * np.maximum(values - threshold, 0)) @ right
    effects = solve @ (y - low)[rows, columns]
    fitted = low + effects[: len(y), None] + effects[len(y) :]
    expected = (y - fitted)[-1, BEFORE:].mean()
    assert att(lima, f"completion[y={outcome}]") == pytest.approx(expected, abs=1e-3)


def test_every_model_is_estimated_and_none_decides(lima: dict[str, Any]) -> None:
    """Four years before: W520 for every model, ranks by effect, no p-value but the conformal ones, no verdict."""
    main = {name: facts for name, facts in lima["models"].items() if facts["row"] is None}
    assert len(main) == 24
    for name, facts in main.items():
        assert facts["status"] == "ok", name
        assert "W520" in facts["warnings"], name
        assert 1 <= facts["extra"]["rank_effect"] <= facts["extra"]["n_sets"] + 1
        assert "rank_ratio" not in facts["extra"]
    assert {facts["status"] for facts in lima["models"].values()} == {"ok"}
    for row in lima["rows"]:
        assert row.get("verdict") in (None, "inconclusive")
        assert row["p_value"] is None or row["model"].startswith("augmented")
    assert "too few periods before" in lima["answer"]["reasons"][0]["en"]


def test_ranks_of_pairs(lima: dict[str, Any]) -> None:
    assert lima["models"]["both[y=overall]"]["extra"]["n_sets"] == 276
    dropped = [name for name in lima["models"] if name.startswith("synth[y=overall,row=drop_one")]
    assert len(dropped) == 24


def test_the_labour_cells_are_refused_by_name() -> None:
    """Two years before the arrival: E585 for each estimator of the family."""
    area = 'when(department_code == "15" and metropolitan == 1, "1501", department_code)'
    spec = {
        "spec": 1,
        "study": "labour",
        "seed": 1,
        "data": {"root": "here", "file": "peru_enaho_panel_cells.csv", "types": {"department_code": "text"}},
        "derive": {"area_id": area},
        "filter": {"years": "year in [2015, 2016, 2017, 2018]", "urban": "urban == 1"},
        "design": {"unit": "area_id", "time": "year", "treated": 'area_id in ["1501", "07"]', "from": 2017},
        "defaults": {"outcome": {"sum": "n_kept", "count": "n_employed"}},
        "models": {name: {"estimator": name} for name in ESTIMATORS},
    }
    with pytest.raises(DesignError) as caught:
        impact.run(spec, out=None, roots={"here": ROOT / "data"})
    assert [item.code for item in caught.value.faults] == ["E585"] * 4
    for name, item in zip(ESTIMATORS, caught.value.faults, strict=True):
        assert item.message.startswith(f"estimator '{name}' has 2 period(s) before treatment")
