"""Panel estimators: linearmodels on the balanced test panel, dense algebra on an unbalanced one, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from linearmodels.panel import BetweenOLS, FirstDifferenceOLS, PanelOLS, RandomEffects

import impact.estimators.panel as panel_estimators
import impact.inference.cluster as cluster
import impact.inference.iid as iid
from impact.core.designs import AbsorbedFactor, Design, Factor, Panel, Sample, Term
from impact.core.errors import DesignError, Place
from impact.schema.faults_from_pydantic import validate_node
from impact.schema.nodes import from_plain

COLUMNS = ("D", "z")
NO_FACTOR = cluster.ClusterOptions(cluster="c", type="cr0")


def factor(name, values):
    labels, codes = np.unique(values, return_inverse=True)
    return Factor(name, codes.astype(np.int32), tuple(labels.tolist()))


def design_of(columns, rows=None, *, names=COLUMNS, **more):
    """y on a constant and the named columns, on some rows of the test panel in any order."""
    rows = np.arange(480) if rows is None else rows
    p = {name: values[rows] for name, values in columns.items()}
    x = np.column_stack([np.ones(len(rows)), *(p[name] for name in names)])
    return Design(
        outcome="y",
        terms=tuple(map(Term, ("Intercept", *names))),
        y=p["y"],
        x=x,
        sample=Sample(np.asarray(rows, dtype=np.int64)),
        clusters={name: factor(name, p[name]) for name in ("i", "c")},
        focus=(1,),
        panel=Panel(factor("i", p["i"]), factor("t", p["t"]), p["t"].astype(float)),
        intercept=True,
        **more,
    )


def options(method, **more):
    return panel_estimators.PanelOptions(method=method, **more)


def both(design, method, **more):
    """Estimate, iid errors, and clustered errors without factors, on the rows the estimator made."""
    estimate = panel_estimators.fit(design, options(method, **more))
    rows = estimate.design or design
    plain = iid.infer(estimate, rows, iid.IidOptions(), 0.95).std_error
    return estimate, plain, cluster.infer(estimate, rows, NO_FACTOR, 0.95).std_error


@pytest.fixture(scope="module")
def frame(test_panel):
    data = pd.DataFrame({"const": 1.0, **{name: test_panel[name] for name in ("i", "t", "c", "y", "D", "z")}})
    return data.set_index(["i", "t"])


def peer_errors(model, **more):
    groups = model.dependent.dataframe.index.get_level_values(0)
    by = pd.DataFrame({"c": 1 + (groups.to_numpy() - 1) // 5}, index=model.dependent.dataframe.index)
    plain = model.fit(cov_type="unadjusted", **more)
    grouped = model.fit(cov_type="clustered", clusters=by, debiased=False, **more)
    return plain, grouped


def test_random_effects_as_in_linearmodels(test_panel, frame):
    estimate, plain, grouped = both(design_of(test_panel), "random")
    peer, peer_grouped = peer_errors(RandomEffects(frame.y, frame[["const", "D", "z"]]))
    assert estimate.params == pytest.approx(peer.params.to_numpy(), rel=1e-9)
    assert plain == pytest.approx(peer.std_errors.to_numpy(), rel=1e-9)
    assert grouped == pytest.approx(peer_grouped.std_errors.to_numpy(), rel=1e-9)
    assert estimate.fit["sigma_unit"] ** 2 == pytest.approx(peer.variance_decomposition["Effects"], rel=1e-9)
    assert estimate.fit["sigma_error"] ** 2 == pytest.approx(
        peer.variance_decomposition["Residual"], rel=1e-9
    )
    assert estimate.fit["theta"] == pytest.approx(float(peer.theta.iloc[0].iloc[0]), rel=1e-9)


def test_first_differences_as_in_linearmodels(test_panel, frame):
    estimate, plain, grouped = both(design_of(test_panel), "first_difference")
    peer, peer_grouped = peer_errors(FirstDifferenceOLS(frame.y, frame[["D", "z"]]))
    assert estimate.n_obs == 420
    assert estimate.params == pytest.approx(peer.params.to_numpy(), rel=1e-9)
    assert plain == pytest.approx(peer.std_errors.to_numpy(), rel=1e-9)
    assert grouped == pytest.approx(peer_grouped.std_errors.to_numpy(), rel=1e-9)


@pytest.mark.parametrize("effects", ["unit", "twoways"])
def test_within_as_in_linearmodels(test_panel, frame, effects):
    estimate, plain, _ = both(design_of(test_panel), "within", effects=effects)
    model = PanelOLS(frame.y, frame[["D", "z"]], entity_effects=True, time_effects=effects == "twoways")
    peer = model.fit(cov_type="unadjusted")
    assert estimate.params == pytest.approx(peer.params.to_numpy(), rel=1e-9)
    assert plain == pytest.approx(peer.std_errors.to_numpy(), rel=1e-9)
    assert [term.name for term in estimate.terms] == ["D", "z"] and estimate.focus == (0,)


def test_between_as_in_linearmodels(test_panel, frame):
    estimate, plain, _ = both(design_of(test_panel), "between")
    peer = BetweenOLS(frame.y, frame[["const", "D", "z"]]).fit(cov_type="unadjusted")
    assert estimate.n_obs == estimate.n_units == 60
    assert estimate.params == pytest.approx(peer.params.to_numpy(), rel=1e-9)
    assert plain == pytest.approx(peer.std_errors.to_numpy(), rel=1e-9)


def test_between_clusters_follow_the_units(test_panel):
    """CR0 on unit means by dense algebra."""
    _, _, grouped = both(design_of(test_panel), "between")
    means = pd.DataFrame({name: test_panel[name] for name in ("i", "c", "y", "D", "z")}).groupby("i").mean()
    x = np.column_stack([np.ones(60), means.D, means.z])
    bread = np.linalg.inv(x.T @ x)
    scores = x * (means.y.to_numpy() - x @ (bread @ x.T @ means.y.to_numpy()))[:, None]
    sums = np.array([scores[means.c.to_numpy() == c].sum(axis=0) for c in range(1, 13)])
    assert grouped == pytest.approx(np.sqrt(np.diag(bread @ sums.T @ sums @ bread)), rel=1e-9)
    with pytest.raises(DesignError) as caught:
        bad = design_of(test_panel)
        changing = factor("when", np.arange(480) % 7)
        panel_estimators.fit(replace(bad, clusters={"when": changing}), options("between"))
    assert caught.value.faults[0].code == "E555"


@pytest.fixture
def unbalanced(test_panel):
    """Three quarters of the rows, shuffled, some units with gaps and some with one row."""
    rng = np.random.default_rng(11)
    rows = rng.permutation(480)[:330]
    return design_of(
        test_panel, rows[~((test_panel["i"][rows] == 3) & (test_panel["t"][rows] > 2))], names=("D", "z", "x")
    )


def dense_components(design):
    """Swamy-Arora by n × n projections and traces (Baltagi and Chang 1994, equations 10 and 11)."""
    unit = design.panel.unit
    n, units = len(design.y), unit.levels
    dummies = (unit.codes[:, None] == np.arange(units)).astype(float)
    project = dummies @ np.linalg.inv(dummies.T @ dummies) @ dummies.T
    inside = np.eye(n) - project
    x, y = design.x, design.y
    k_within = np.linalg.matrix_rank(inside @ x, tol=1e-8)
    u = inside @ y - inside @ x @ np.linalg.pinv(inside @ x, rcond=1e-10) @ (inside @ y)
    error = u @ u / (n - units - k_within)
    e = project @ y - project @ x @ np.linalg.solve(x.T @ project @ x, x.T @ project @ y)
    trace = np.trace(np.linalg.solve(x.T @ project @ x, x.T @ dummies @ dummies.T @ x))
    return (e @ e - (units - x.shape[1]) * error) / (n - trace), error, dummies


def test_random_effects_of_an_unbalanced_panel_are_generalized_least_squares(unbalanced):
    between, error, dummies = dense_components(unbalanced)
    omega = error * np.eye(len(unbalanced.y)) + between * dummies @ dummies.T
    weight = np.linalg.inv(omega)
    x = unbalanced.x
    b = np.linalg.solve(x.T @ weight @ x, x.T @ weight @ unbalanced.y)
    estimate, plain, _ = both(unbalanced, "random")
    assert estimate.fit["sigma_unit"] ** 2 == pytest.approx(between, rel=1e-9)
    assert estimate.fit["sigma_error"] ** 2 == pytest.approx(error, rel=1e-9)
    assert estimate.params == pytest.approx(b, rel=1e-9)
    residual = unbalanced.y - x @ b
    scale = residual @ weight @ residual / (len(x) - 4)
    assert plain == pytest.approx(np.sqrt(scale * np.diag(np.linalg.inv(x.T @ weight @ x))), rel=1e-9)


def test_first_differences_respect_gaps_and_any_order(unbalanced):
    """Only rows whose unit has the period before count; the order of the rows does not matter."""
    p = unbalanced.panel
    where = {
        (u, t): j for j, (u, t) in enumerate(zip(p.unit.codes.tolist(), p.time_values.tolist(), strict=True))
    }
    pairs = [(j, where[u, t - 1]) for (u, t), j in where.items() if (u, t - 1) in where]
    later, earlier = map(list, zip(*pairs, strict=True))
    y, x = unbalanced.y[later] - unbalanced.y[earlier], (unbalanced.x[later] - unbalanced.x[earlier])[:, 1:3]
    estimate = panel_estimators.fit(unbalanced, options("first_difference"))
    assert estimate.params == pytest.approx(np.linalg.lstsq(x, y, rcond=None)[0], rel=1e-9)
    assert set(estimate.dropped_terms) == {"x"}
    assert estimate.n_obs == len(pairs) == len(estimate.design.y)
    assert estimate.design.sample.steps[-1].dropped == len(unbalanced.y) - len(pairs)
    assert sorted(estimate.design.sample.kept.tolist()) == sorted(unbalanced.sample.kept[later].tolist())
    expected = {
        label
        for label, code in zip(p.unit.labels, range(p.unit.levels), strict=True)
        if code in p.unit.codes[later]
    }
    assert set(estimate.design.clusters["i"].labels) == expected


def test_differences_of_every_second_year_are_those_of_the_panel(test_panel):
    """The period of a panel seen every two years is two years."""
    odd = np.flatnonzero(test_panel["t"] % 2 == 1)
    estimate = panel_estimators.fit(design_of(test_panel, odd), options("first_difference"))
    assert estimate.n_obs == 60 * 3


def test_two_periods_make_within_and_first_differences_equal(test_panel):
    rows = np.flatnonzero(test_panel["t"] <= 2)
    design = design_of(test_panel, rows, names=("z",))
    within, differences = (panel_estimators.fit(design, options(m)) for m in ("within", "first_difference"))
    assert within.params == pytest.approx(differences.params, rel=1e-9)


def test_no_unit_variance_gives_pooled_least_squares(test_panel):
    rng = np.random.default_rng(2)
    design = design_of(test_panel)
    noise = rng.normal(size=480)
    # errors that add up to nothing in every unit leave less between units than within
    noise -= np.bincount(design.panel.unit.codes, weights=noise)[design.panel.unit.codes] / 8
    flat = replace(design, y=design.x @ [1.0, 0.5, 2.0] + noise)
    estimate = panel_estimators.fit(flat, options("random"))
    assert [found.code for found in estimate.notices] == ["W551"]
    assert estimate.params == pytest.approx(np.linalg.lstsq(flat.x, flat.y, rcond=None)[0], rel=1e-9)


@pytest.mark.parametrize("method", ["between", "random", "first_difference"])
def test_weights_and_effects_are_refused_by_name(test_panel, method):
    design = design_of(test_panel)
    weighted = replace(design, weights=test_panel["w"], weight_kind="analytic")
    absorbed = replace(design, absorb=(AbsorbedFactor(factor("c", test_panel["c"])),))
    for bad, word in ((weighted, "weights"), (absorbed, "absorbed effects (c)")):
        with pytest.raises(DesignError) as caught:
            panel_estimators.fit(bad, options(method))
        assert caught.value.faults[0].code == "E554"
        assert method in caught.value.faults[0].message and word in caught.value.faults[0].message


def test_without_panel_twice_in_a_period_and_too_few_units(test_panel):
    design = design_of(test_panel)
    cases = [
        (replace(design, panel=None), "within", "E506"),
        (design_of(test_panel, np.array([0, 1, 1, 2, 8, 9])), "first_difference", "E508"),
        (design_of(test_panel, np.arange(16)), "random", "E556"),
    ]
    for bad, method, code in cases:
        with pytest.raises(DesignError) as caught:
            panel_estimators.fit(bad, options(method))
        assert caught.value.faults[0].code == code


def test_two_ways_belong_to_within():
    node = from_plain({"method": "random", "effects": "twoways"}, Place(file="s.yaml"))
    made, faults = validate_node(panel_estimators.PanelOptions, node, where="models.m")
    assert made is None and [found.code for found in faults] == ["E554"]
