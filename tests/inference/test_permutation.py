"""Permutation inference against fitting every set again."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls

import impact.kernels.permutation as distribution
from impact.core.designs import Treatment
from impact.core.errors import DesignError, ImpactError
from impact.core.options import SetSize
from impact.inference import _permutation
from impact.inference._options import PermuteOptions
from impact.inference._permutation import Candidates, permute
from impact.inference.cluster import ClusterOptions, infer
from impact.kernels import reassign
from impact.pipeline.fit import design_of as model_of
from impact.pipeline.fit import fit_design

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


def test_t_is_that_of_the_model(dense):
    fit, design = design_of(dense, unbalanced(4), weighted=True)
    found = permute(fit.estimate, design, PermuteOptions(), seed=1, level=0.95)
    own = infer(fit.estimate, design, ClusterOptions(cluster="unit"), 0.95)
    assert found.statistics[found.actual, 0] == pytest.approx(own.statistic[0], rel=1e-10)
    assert found.columns == (0,)
    assert found.primary == "estimate"
    assert found.smallest_p == 1 / 36


def test_draws_include_the_actual_set_and_follow_the_seed(dense, monkeypatch):
    monkeypatch.setattr(_permutation, "LARGEST_LIST", 30)
    fit, design = design_of(dense, unbalanced(4), weighted=True)
    found = permute(fit.estimate, design, PermuteOptions(reps=199), seed=5, level=0.95)
    again = permute(fit.estimate, design, PermuteOptions(reps=199), seed=5, level=0.95)
    other = permute(fit.estimate, design, PermuteOptions(reps=199), seed=6, level=0.95)
    assert not found.enumerated
    assert len(found.members) == 200
    assert found.members[found.actual].tolist() == [2, 5]
    count = np.sum(
        np.abs(np.delete(found.estimates[:, 0], found.actual)) >= abs(found.estimates[found.actual, 0])
    )
    assert found.p_value[0] == pytest.approx((1 + count) / 200)
    np.testing.assert_array_equal(found.members, again.members)
    np.testing.assert_array_equal(found.estimates, again.estimates)
    assert not np.array_equal(found.members, other.members)


def test_singles_and_sizes_put_the_actual_set_first(dense):
    fit, design = design_of(dense, unbalanced(4), weighted=True)
    singles = permute(fit.estimate, design, PermuteOptions(sets="singles"), seed=1, level=0.95)
    assert len(singles.members) == 1 + N_UNITS
    assert singles.members[singles.actual].tolist() == [2, 5]
    assert singles.members[1:].tolist() == [[-1, u] for u in range(N_UNITS)]
    alone, _ = refit(dense, unbalanced(4), [7], weighted=True)
    assert singles.estimates[8, 0] == pytest.approx(alone[0], rel=1e-10)
    triples = permute(fit.estimate, design, PermuteOptions(sets=SetSize(size=3)), seed=1, level=0.95)
    assert len(triples.members) == 1 + 84


def test_candidates_and_strata(dense):
    fit, design = design_of(dense, unbalanced(4), weighted=True)
    eligible = np.arange(N_UNITS) < 7
    among = permute(
        fit.estimate, design, PermuteOptions(), seed=1, level=0.95, candidates=Candidates(eligible)
    )
    assert len(among.members) == 21
    assert among.members.max() == 6
    strata = (np.arange(N_UNITS) >= 4).astype(np.int32)
    within = permute(
        fit.estimate, design, PermuteOptions(), seed=1, level=0.95, candidates=Candidates(None, strata)
    )
    assert len(within.members) == 4 * 5
    assert np.all((within.members < 4).sum(axis=1) == 1)
    with pytest.raises(DesignError) as caught:
        permute(
            fit.estimate,
            design,
            PermuteOptions(sets="singles"),
            seed=1,
            level=0.95,
            candidates=Candidates(None, strata),
        )
    assert caught.value.code == "E546"


def test_absorbed_sets_are_left_out_and_counted(dense):
    unit, time, treated, profile, control, y, weights = unbalanced(4)
    profile = profile * ~np.isin(unit, [0, 1])[:, None]  # units 0 and 1 are never seen under treatment
    data = (unit, time, treated, profile, control, y, weights)
    fit, design = design_of(dense, data, weighted=True)
    found = permute(fit.estimate, design, PermuteOptions(), seed=1, level=0.95)
    assert found.n_left_out == 1
    assert len(found.members) == 35
    assert [0, 1] not in found.members.tolist()
    assert found.members[found.actual].tolist() == [2, 5]


def test_size_adjustment_divides_by_the_predicted_spread(dense):
    fit, design = design_of(dense, unbalanced(4), weighted=True)
    plain = permute(fit.estimate, design, PermuteOptions(), seed=1, level=0.95)
    sized = permute(fit.estimate, design, PermuteOptions(adjust="size"), seed=1, level=0.95)
    assert np.isnan(plain.p_value_size[0])
    singles = permute(fit.estimate, design, PermuteOptions(sets="singles"), seed=1, level=0.95).estimates[
        1:, 0
    ]
    weights = np.bincount(unbalanced(4)[0], unbalanced(4)[-1])
    used = ~np.isin(np.arange(N_UNITS), [2, 5])
    lines = np.column_stack([np.ones(7), 1 / weights[used]])
    a, b = nnls(lines, singles[used] ** 2)[0]
    own = weights[sized.members]
    spread = np.sqrt(a * (own**2).sum(axis=1) / own.sum(axis=1) ** 2 + b / own.sum(axis=1))
    ratio = np.abs(sized.estimates[:, 0]) / spread
    assert sized.p_value_size[0] == pytest.approx(np.mean(ratio >= ratio[sized.actual] * (1 - 1e-10)))


def test_refusals(dense):
    fit, design = design_of(dense, unbalanced(4), weighted=True)

    def code(changed_design, options=None, estimate=None):
        with pytest.raises(ImpactError) as caught:
            permute(estimate or fit.estimate, changed_design, options or PermuteOptions(), seed=1, level=0.95)
        return caught.value.code

    assert code(dataclasses.replace(design, treatment=None)) == "E540"
    assert code(design, PermuteOptions(unit="region")) == "E541"
    wrong = dataclasses.replace(fit.estimate, params=fit.estimate.params * 1.01)
    assert code(design, estimate=wrong) == "E542"
    assert code(design, PermuteOptions(sets=SetSize(size=40))) == "E543"
    linear = dataclasses.replace(fit.estimate, linear=None)
    assert code(design, estimate=linear) == "E531"


DATA = Path(__file__).parent.parent.parent / "data"


@pytest.fixture(scope="module")
def cells():
    table = pd.read_csv(DATA / "peru_enaho_panel_cells.csv", dtype={"department_code": str})
    chosen = (table.age_group != "65+") & table.year.between(2015, 2018) & (table.n_employed > 0)
    table = table[chosen]
    lima = np.where(table.metropolitan == 1, "1501", "1500")
    area = np.where(table.department_code == "15", lima, table.department_code)
    return table.assign(area=np.where(table.department_code == "07", "0701", area))


def lima_model(dense, table, unit, treated, first_year=2017):
    count = table.n_employed.to_numpy(float)
    post = (table.year.to_numpy() >= first_year).astype(float)
    labels = table[unit].to_numpy()
    fit = dense(
        (table.n_kept / table.n_employed).to_numpy(),
        {"exposed": np.isin(labels, treated) * post},
        absorb={unit: labels, "year": table.year.to_numpy()},
        clusters={unit: labels},
        weights=count,
        kind="frequency",
        within=(table.n_kept - table.n_kept**2 / table.n_employed).to_numpy(),
        focus=(0,),
    )
    factor = fit.design.clusters[unit]
    assigned = np.isin(np.array(factor.labels), treated).astype(float)
    return fit, dataclasses.replace(fit.design, treatment=Treatment(factor, assigned, post[:, None], (0,)))


def test_kept_employment_all_areas(dense, cells):
    # independent dense computation on the persons of the survey panel
    fit, design = lima_model(dense, cells, "department_code", ["15", "07"])
    assert fit.estimate.params[0] == pytest.approx(-0.0229805, abs=5e-8)
    assert fit.estimate.n_obs == 60361
    expected = {"cr0": 0.0046907544, "cr1": 0.0047876398, "cr2": 0.0072984660, "cr3": 0.0145834774}
    for kind, error in expected.items():
        own = infer(fit.estimate, design, ClusterOptions(cluster="department_code", type=kind), 0.95)
        assert own.std_error[0] == pytest.approx(error, abs=6e-11)
        assert own.n_treated_clusters == 2
        assert "W511" in [notice.code for notice in own.notices]
    found = permute(fit.estimate, design, PermuteOptions(), seed=1, level=0.95)
    assert len(found.members) == 300
    assert found.p_value[0] == pytest.approx(0.040, abs=5e-4)
    assert found.p_value_t[0] == pytest.approx(0.067, abs=5e-4)


def test_kept_employment_urban(dense, cells):
    urban = cells[cells.urban == 1]
    fit, design = lima_model(dense, urban, "area", ["1501", "0701"])
    found = permute(fit.estimate, design, PermuteOptions(), seed=1, level=0.95)
    assert fit.estimate.params[0] == pytest.approx(-0.0149024, abs=5e-8)
    assert (fit.estimate.n_obs, len(found.members)) == (36478, 325)
    assert found.p_value[0] == pytest.approx(0.372, abs=5e-4)
    before = urban[urban.year <= 2016]
    placebo, _ = lima_model(dense, before, "area", ["1501", "0701"], first_year=2016)
    assert placebo.estimate.params[0] == pytest.approx(-0.0140814, abs=5e-8)
    women = urban[(urban.sex == "women") & (urban.age_group == "14-24")]
    fit, design = lima_model(dense, women, "area", ["1501", "0701"])
    found = permute(fit.estimate, design, PermuteOptions(), seed=1, level=0.95)
    assert fit.estimate.params[0] == pytest.approx(-0.1057607, abs=6e-8)
    assert fit.estimate.n_obs == 2635
    assert found.p_value[0] == pytest.approx(0.228, abs=5e-4)


@pytest.mark.parametrize(
    ("outcome", "estimate", "p_value"),
    [
        ("victimization_pct", -0.4208333, 0.877),
        ("theft_victimization_pct", 1.6274306, 0.231),
        ("fraud_victimization_pct", -4.5409722, 0.052),
    ],
)
def test_victimization(dense, outcome, estimate, p_value):
    table = pd.read_csv(DATA / "peru_victimization_2013_2024.csv")
    table = table[table.year.between(2013, 2019) & (table.area_code != 0)]
    area, post = table.area_code.to_numpy(), (table.year.to_numpy() >= 2017).astype(float)
    treated = [1501, 7]
    fit = dense(
        table[outcome].to_numpy(float),
        {"exposed": np.isin(area, treated) * post},
        absorb={"area": area, "year": table.year.to_numpy()},
        clusters={"area": area},
        focus=(0,),
    )
    factor = fit.design.clusters["area"]
    assigned = np.isin(np.array(factor.labels), treated).astype(float)
    design = dataclasses.replace(fit.design, treatment=Treatment(factor, assigned, post[:, None], (0,)))
    found = permute(fit.estimate, design, PermuteOptions(), seed=1, level=0.9)
    assert fit.estimate.params[0] == pytest.approx(estimate, abs=6e-8)
    assert found.p_value[0] == pytest.approx(p_value, abs=5e-4)
    # the interval's ends by fitting every set to y − b0 × treatment
    for end, outside in ((found.ci_low[0], -1e-6), (found.ci_high[0], 1e-6)):
        for b0, kept in ((end - outside, True), (end + outside, False)):
            p_at = np.mean(
                np.abs(found.estimates[:, 0] - b0 * found.slopes[:, 0, 0])
                >= abs(fit.estimate.params[0] - b0) * (1 - 1e-10)
            )
            assert (p_at > 0.1) == kept


COUNTS = {"unit": "i", "time": "t", "treated": "i <= 2", "from": 4}


def counts(request_of, as_frame, **block):
    """Twelve units in six periods; units 5 and 9 count nothing once treatment is on: that pair has no fit."""
    random = np.random.default_rng(7)
    unit, time = np.repeat(np.arange(1, 13), 6), np.tile(np.arange(1, 7), 12)
    y = random.poisson(6.0, size=72).astype(float)
    y[np.isin(unit, [5, 9]) & (time >= 4)] = 0.0
    frame = as_frame({"i": unit, "t": time, "y": y})
    permuted = {"permute": {"unit": "i", "sets": "same_size"}, "vcov": {"cluster": "i"}, **block}
    request = request_of(
        "y ~ exposed | i + t", estimator="ppml", spec={"design": COUNTS, "seed": 1}, **permuted
    )
    return fit_design(model_of(frame, request), request, None, 1)


def test_sets_without_a_maximum_are_left_out_of_everything(request_of, as_frame):
    """The pair (5, 9) alone has only zeros: p-value, interval and power are those of the 65 other pairs."""
    found = counts(request_of, as_frame).permutation
    assert (found.n_not_fitted, found.n_left_out, len(found.members)) == (1, 0, 65)
    assert [4, 8] not in found.members.tolist() and np.isfinite(found.estimates).all()
    size = np.abs(found.estimates[:, 0])
    assert found.p_value[0] == np.mean(size >= size[found.actual] * (1 - 1e-10))
    assert found.smallest_p == 1 / 65 and np.isfinite(found.mde80[0])
    # the ends of the interval are the last values that the same p-value does not reject
    for end, step in ((found.ci_low[0], -1e-6), (found.ci_high[0], 1e-6)):
        assert (
            distribution.p_value_at(found, 0, end + step)
            <= 0.05
            < distribution.p_value_at(found, 0, end - step)
        )


def test_refits_seek_the_maximum_as_the_model_did(request_of, as_frame, monkeypatch):
    asked = []

    def spy(*given, limits=None, **more):
        asked.append(limits)
        return refit_sets(*given, limits=limits, **more)

    refit_sets = _permutation.refit_sets
    monkeypatch.setattr(_permutation, "refit_sets", spy)
    counts(request_of, as_frame, tolerance=1e-8, max_iterations=777, steps=33)
    (limits,) = asked
    assert (limits.tolerance, limits.absorption_iterations, limits.steps) == (1e-8, 777, 33)
