"""LIML, Fuller and two-step GMM: reference values, linearmodels, dummies in place of effects, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from linearmodels.iv import IVGMM, IVLIML

import impact.estimators.iv as iv
import impact.inference.cluster as cluster
import impact.inference.hetero as hetero
import impact.inference.iid as iid
from impact.core.designs import AbsorbedFactor, Design, Factor, Sample, Term
from impact.core.errors import DesignError, EstimationError


def factor(name, values):
    labels, codes = np.unique(values, return_inverse=True)
    return Factor(name, codes.astype(np.int32), tuple(labels.tolist()))


def design_of(
    panel, *, endogenous=("d",), instruments=("q1", "q2", "q1q2"), absorb=(), clusters=("c",), **more
):
    """yiv on a constant (or effects), z and the endogenous columns."""
    columns = {**panel, "q1q2": panel["q1"] * panel["q2"]}
    columns["d2"] = columns["d"] * columns["x"] + columns["q1"] ** 2
    head = ["z"] if absorb else ["one", "z"]
    columns["one"] = np.ones(len(panel["z"]))
    names = [*head, *endogenous]
    return Design(
        outcome="yiv",
        terms=tuple(map(Term, names)),
        y=columns["yiv"],
        x=np.column_stack([columns[name] for name in names]),
        sample=Sample(np.arange(len(columns["one"]))),
        absorb=tuple(AbsorbedFactor(factor(name, panel[name])) for name in absorb),
        clusters={name: factor(name, panel[name]) for name in clusters},
        endogenous=tuple(range(len(head), len(names))),
        instruments=np.column_stack([columns[name] for name in instruments]),
        instrument_names=tuple(instruments),
        intercept=not absorb,
        **more,
    )


def options_of(method, alpha=1.0):
    own = {"fuller": {"alpha": alpha}, "gmm": {"gmm_weight": "robust"}}.get(method, {})
    return iv.IvOptions(method=method, **own)


def parts(design):
    head = [j for j in range(design.x.shape[1]) if j not in design.endogenous]
    return design.y, design.x[:, head], design.x[:, list(design.endogenous)], design.instruments


@pytest.mark.parametrize("endogenous", [("d",), ("d", "d2")])
@pytest.mark.parametrize("method", ["liml", "fuller"])
@pytest.mark.parametrize("weighted", [False, True])
def test_k_class_as_in_linearmodels(test_panel, endogenous, method, weighted):
    weights = {"weights": test_panel["w"], "weight_kind": "analytic"} if weighted else {}
    design = design_of(test_panel, endogenous=endogenous, **weights)
    options = options_of(method, alpha=4.0)
    estimate = iv.fit(design, options)
    peer = IVLIML(*parts(design), weights=weights.get("weights"), fuller=4.0 if method == "fuller" else 0.0)
    robust = peer.fit(cov_type="robust", debiased=True)
    assert estimate.fit["kappa"] == pytest.approx(robust.kappa, rel=1e-9)
    assert estimate.params == pytest.approx(robust.params.to_numpy(), rel=1e-8)
    found = hetero.infer(estimate, design, hetero.HeteroOptions(type="hc1"), 0.95)
    assert found.std_error == pytest.approx(robust.std_errors.to_numpy(), rel=1e-8)
    classical = peer.fit(cov_type="unadjusted", debiased=True)
    found = iid.infer(estimate, design, iid.IidOptions(), 0.95)
    assert found.std_error == pytest.approx(classical.std_errors.to_numpy(), rel=1e-8)


def test_liml_reference_value(test_panel):
    """kappa and the coefficient of d for yiv ~ z | i + t | d ~ q1 + q2, from dense matrices."""
    design = design_of(test_panel, instruments=("q1", "q2"), absorb=("i", "t"))
    estimate = iv.fit(design, iv.IvOptions(method="liml"))
    assert estimate.fit["kappa"] == pytest.approx(1.0004898173, abs=1e-10)
    assert estimate.params[1] == pytest.approx(0.7520756230, abs=1e-10)


@pytest.mark.parametrize("method", ["liml", "fuller", "gmm"])
def test_effects_are_dummies(test_panel, method):
    within = design_of(test_panel, absorb=("t",))
    dummies = np.column_stack([test_panel["t"] == level for level in range(2, 9)]).astype(float)
    plain = design_of(test_panel)
    long = replace(
        plain,
        x=np.column_stack([dummies, plain.x]),
        terms=(*(Term(f"t{j}") for j in range(2, 9)), *plain.terms),
        endogenous=(9,),
    )
    options = options_of(method)
    one, other = iv.fit(within, options), iv.fit(long, options)
    if method != "gmm":
        assert one.params == pytest.approx(other.params[-2:], rel=1e-8)
        assert one.fit["kappa"] == pytest.approx(other.fit["kappa"], rel=1e-10)
        found = [
            hetero.infer(e, d, hetero.HeteroOptions(type="hc1"), 0.95)
            for e, d in ((one, within), (other, long))
        ]
        assert found[0].std_error == pytest.approx(found[1].std_error[-2:], rel=1e-8)
    else:
        # the dummies' own moments hold exactly in the first but are weighed with the others in the second
        assert one.params == pytest.approx(other.params[-2:], rel=2e-3)


@pytest.mark.parametrize("kind", ["robust", "clustered"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("endogenous", [("d",), ("d", "d2")])
def test_gmm_as_in_linearmodels(test_panel, kind, weighted, endogenous):
    weights = {"weights": test_panel["w"], "weight_kind": "analytic"} if weighted else {}
    design = design_of(
        test_panel, endogenous=endogenous, clusters=("c",) if kind == "clustered" else (), **weights
    )
    estimate = iv.fit(design, iv.IvOptions(method="gmm"))
    more = {"clusters": test_panel["c"]} if kind == "clustered" else {}
    peer = IVGMM(*parts(design), weights=weights.get("weights"), weight_type=kind, **more)
    other = peer.fit(cov_type=kind, iter_limit=2, **more)
    assert estimate.params == pytest.approx(other.params.to_numpy(), rel=1e-7)
    if kind == "robust":
        found = hetero.infer(estimate, design, hetero.HeteroOptions(type="hc0"), 0.95)
        assert found.std_error == pytest.approx(other.std_errors.to_numpy(), rel=1e-6)
        assert estimate.fit["j"] == pytest.approx(other.j_stat.stat, rel=1e-6)


def test_gmm_by_iid_weight_is_two_stages(test_panel):
    design = design_of(test_panel)
    one = iv.fit(design, iv.IvOptions(method="gmm", gmm_weight="iid"))
    two = iv.fit(design, iv.IvOptions())
    assert one.params == pytest.approx(two.params, rel=1e-9)
    errors = [iid.infer(e, design, iid.IidOptions(), 0.95).std_error for e in (one, two)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-9)


@pytest.mark.parametrize("method", ["liml", "fuller", "gmm"])
def test_just_identified_all_methods_agree(test_panel, method):
    design = design_of(test_panel, instruments=("q1",), absorb=("i", "t"))
    two = iv.fit(design, iv.IvOptions())
    one = iv.fit(design, options_of(method, alpha=0.0))
    assert one.params == pytest.approx(two.params, rel=1e-8)
    if method == "liml":
        assert one.fit["kappa"] == pytest.approx(1.0, abs=1e-12)


def test_frequency_weights_are_repeated_rows(test_panel):
    counts = 1.0 + (np.arange(480) % 3)
    weighted = design_of(test_panel, weights=counts, weight_kind="frequency", clusters=())
    longer = {name: np.repeat(values, counts.astype(int)) for name, values in test_panel.items()}
    repeated = design_of(longer, clusters=())
    for method in ("liml", "fuller", "gmm"):
        one, other = (iv.fit(d, iv.IvOptions(method=method)) for d in (weighted, repeated))
        assert one.params == pytest.approx(other.params, rel=1e-9)
        errors = [
            hetero.infer(e, d, hetero.HeteroOptions(type="hc1"), 0.95).std_error
            for e, d in ((one, weighted), (other, repeated))
        ]
        assert errors[0] == pytest.approx(errors[1], rel=1e-9)


@pytest.mark.parametrize("method", ["liml", "gmm"])
def test_leverage_is_refused(test_panel, method):
    design = design_of(test_panel)
    estimate = iv.fit(design, iv.IvOptions(method=method))
    for refused in (
        lambda: hetero.infer(estimate, design, hetero.HeteroOptions(type="hc3"), 0.95),
        lambda: cluster.infer(estimate, design, cluster.ClusterOptions(cluster="c", type="cr3"), 0.95),
    ):
        with pytest.raises(EstimationError) as caught:
            refused()
        assert caught.value.faults[0].code == "E640"
    beside = cluster.infer(estimate, design, cluster.ClusterOptions(cluster="c"), 0.95)
    assert beside.extra == {} and np.all(beside.std_error > 0)


def test_gmm_by_several_clusters_is_refused(test_panel):
    design = design_of(test_panel, clusters=("c", "t"))
    with pytest.raises(DesignError) as caught:
        iv.fit(design, iv.IvOptions(method="gmm"))
    assert caught.value.faults[0].code == "E641"


def test_moments_with_fewer_clusters_than_instruments_are_refused(test_panel):
    clusters = {"two": factor("two", test_panel["i"] % 2)}
    design = replace(design_of(test_panel), clusters=clusters)
    with pytest.raises(EstimationError) as caught:
        iv.fit(design, iv.IvOptions(method="gmm"))
    assert caught.value.faults[0].code == "E642"
