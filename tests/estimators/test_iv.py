"""Two-stage least squares: reference values on the test panel, linearmodels, closed forms, identities, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from linearmodels.iv import IV2SLS

import impact.estimators.iv as iv
import impact.estimators.ols as ols
import impact.inference.cluster as cluster
import impact.inference.hetero as hetero
import impact.inference.iid as iid
from impact.core.designs import AbsorbedFactor, Design, Factor, Sample, Term
from impact.core.errors import DesignError

OPTIONS = iv.IvOptions()


def factor(name, values):
    labels, codes = np.unique(values, return_inverse=True)
    return Factor(name, codes.astype(np.int32), tuple(labels.tolist()))


def design_of(panel, *, exogenous=("z",), instruments=("q1", "q2"), absorb=("i", "t"), **more):
    """yiv on the exogenous columns and d, instrumented; a constant where nothing is absorbed."""
    names = [*exogenous, "d"]
    x = np.column_stack([panel[name] for name in names]).astype(float)
    if not absorb:
        names, x = ["Intercept", *names], np.column_stack([np.ones(len(x)), x])
    return Design(
        outcome="yiv",
        terms=tuple(map(Term, names)),
        y=panel["yiv"],
        x=x,
        sample=Sample(np.arange(len(x))),
        absorb=tuple(AbsorbedFactor(factor(name, panel[name])) for name in absorb),
        clusters={name: factor(name, panel[name]) for name in ("i", "c")},
        focus=(len(names) - 1,),
        endogenous=(len(names) - 1,),
        instruments=np.column_stack([panel[name] for name in instruments]),
        instrument_names=tuple(instruments),
        intercept=not absorb,
        **more,
    )


def dense(design):
    """Coefficients, structural residual and projected x by pseudo-inverses of the weighted columns."""
    w = np.ones(len(design.y)) if design.weights is None else design.weights
    root = np.sqrt(w)[:, None]
    exogenous = [j for j in range(design.x.shape[1]) if j not in design.endogenous]
    base = np.column_stack([design.x[:, exogenous], design.instruments]) * root
    x, y = design.x * root, design.y * root[:, 0]
    hat = base @ (np.linalg.pinv(base) @ x)
    b = np.linalg.solve(hat.T @ hat, hat.T @ y)
    return b, design.y - design.x @ b, hat / root


# errors of z and d by fixest 0.13 for yiv ~ z | i + t | d ~ q1 + q2
ERRORS = {
    "iid": (0.0448815084603, 0.0628732846635),
    "hetero": (0.0437001759732, 0.0693048044176),
    "c": (0.0375880283461, 0.0524890938441),
    "i": (0.0431711799021, 0.0648737786553),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_reference_values(test_panel, kind):
    design = design_of(test_panel)
    estimate = iv.fit(design, OPTIONS)
    assert estimate.params == pytest.approx([0.229700484816, 0.752477855912], abs=1e-10)
    if kind == "iid":
        found = iid.infer(estimate, design, iid.IidOptions(), 0.95)
    elif kind == "hetero":
        found = hetero.infer(estimate, design, hetero.HeteroOptions(type="hc1"), 0.95)
    else:
        found = cluster.infer(estimate, design, cluster.ClusterOptions(cluster=kind), 0.95)
    assert found.std_error == pytest.approx(ERRORS[kind], abs=1e-10)


def test_first_stage_f_is_the_iid_wald(test_panel):
    estimate = iv.fit(design_of(test_panel), OPTIONS)
    assert estimate.fit["first_stage_f"] == pytest.approx(99.0417440, abs=1e-6)
    stage = estimate.tables["first_stage"]["d"]
    assert (stage["df"], stage["df_resid"]) == (2, 480 - 67 - 3)
    both = replace(
        design_of(test_panel),
        y=test_panel["d"],
        x=np.column_stack([test_panel[name] for name in ("z", "q1", "q2")]),
        terms=tuple(map(Term, ("z", "q1", "q2"))),
        focus=(),
    )
    first = ols.fit(both, ols.OlsOptions())
    assert list(stage["coefficients"].values()) == pytest.approx(first.params[1:], abs=1e-10)


@pytest.mark.parametrize("kind", ["", "analytic"])
def test_without_effects_as_in_linearmodels(test_panel, kind):
    weights = test_panel["w"] if kind else None
    design = design_of(test_panel, exogenous=("z", "x"), absorb=(), weights=weights, weight_kind=kind)
    estimate = iv.fit(design, OPTIONS)
    peer = IV2SLS(design.y, design.x[:, :3], design.x[:, 3:], design.instruments, weights=weights)
    robust = peer.fit(cov_type="robust", debiased=True)
    classical = peer.fit(cov_type="unadjusted", debiased=True)
    assert estimate.params == pytest.approx(robust.params.to_numpy(), rel=1e-9)
    found = hetero.infer(estimate, design, hetero.HeteroOptions(type="hc1"), 0.95)
    assert found.std_error == pytest.approx(robust.std_errors.to_numpy(), rel=1e-9)
    found = iid.infer(estimate, design, iid.IidOptions(), 0.95)
    assert found.std_error == pytest.approx(classical.std_errors.to_numpy(), rel=1e-9)
    b, residual, hat = dense(design)
    assert estimate.params == pytest.approx(b, rel=1e-9)
    assert estimate.linear.residual == pytest.approx(residual, abs=1e-9)
    assert estimate.linear.x == pytest.approx(hat, abs=1e-9)


def test_one_instrument_is_the_ratio_of_two_regressions(test_panel):
    design = design_of(test_panel, instruments=("q1",))
    estimate = iv.fit(design, OPTIONS)
    slopes = []
    for outcome in ("yiv", "d"):
        reduced = replace(
            design,
            y=test_panel[outcome],
            x=np.column_stack([test_panel["z"], test_panel["q1"]]),
            terms=(Term("z"), Term("q1")),
        )
        slopes.append(ols.fit(reduced, ols.OlsOptions()).params[1])
    assert estimate.params[1] == pytest.approx(slopes[0] / slopes[1], rel=1e-9)


def test_a_regressor_that_instruments_itself_gives_least_squares(test_panel):
    design = design_of(test_panel, instruments=("d",))
    plain = ols.fit(design, ols.OlsOptions())
    estimate = iv.fit(design, OPTIONS)
    assert estimate.params == pytest.approx(plain.params, rel=1e-9)
    assert estimate.linear.bread == pytest.approx(plain.linear.bread, rel=1e-9)
    assert estimate.fit["r2"] == pytest.approx(plain.fit["r2"], rel=1e-9)


def test_frequency_weights_are_repeated_rows(test_panel):
    counts = 1.0 + (np.arange(480) % 3)
    weighted = design_of(test_panel, absorb=("t",), weights=counts, weight_kind="frequency")
    longer = {name: np.repeat(values, counts.astype(int)) for name, values in test_panel.items()}
    repeated = design_of(longer, absorb=("t",))
    errors = []
    for design in (weighted, repeated):
        estimate = iv.fit(design, OPTIONS)
        assert estimate.n_obs == counts.sum()
        found = iid.infer(estimate, design, iid.IidOptions(), 0.95)
        errors.append([*estimate.params, *found.std_error, estimate.fit["first_stage_f"]])
    assert errors[0] == pytest.approx(errors[1], rel=1e-9)


def test_collinear_instrument_does_not_count(test_panel):
    design = design_of(test_panel)
    doubled = replace(
        design,
        instruments=np.column_stack([design.instruments, design.instruments @ [1.0, 2.0]]),
        instrument_names=("q1", "q2", "q3"),
    )
    one, other = iv.fit(design, OPTIONS), iv.fit(doubled, OPTIONS)
    assert other.params == pytest.approx(one.params, rel=1e-9)
    assert other.tables["first_stage"]["d"]["df"] == 2
    assert other.tables["first_stage"]["d"]["coefficients"]["q3"] is None


def test_weak_first_stages_are_said(test_panel):
    """Of several endogenous regressors; one alone has its effective F (W508, tests of Anderson-Rubin)."""
    rng = np.random.default_rng(5)
    weak = replace(
        design_of(test_panel, exogenous=("z", "e")),
        instruments=rng.normal(size=(480, 2)),
        instrument_names=("noise", "more"),
        endogenous=(1, 2),
        focus=(),
    )
    assert [found.code for found in iv.fit(weak, OPTIONS).notices] == ["W550", "W550"]
    assert iv.fit(design_of(test_panel), OPTIONS).notices == ()


@pytest.mark.parametrize("instrument", ["c", "x", "z"])
def test_instrument_that_says_nothing_of_its_own_is_refused(test_panel, instrument):
    """c and x are constant within units; z is a control already."""
    with pytest.raises(DesignError) as caught:
        iv.fit(design_of(test_panel, instruments=(instrument,)), OPTIONS)
    assert caught.value.faults[0].code == "E553"


def test_two_endogenous_that_move_together_are_refused(test_panel):
    """Two instruments, but both endogenous columns have the same projection on them."""
    q = np.column_stack([np.ones(480), test_panel["q1"], test_panel["q2"]])
    noise = test_panel["z"] - q @ np.linalg.lstsq(q, test_panel["z"], rcond=None)[0]
    common = test_panel["q1"] - test_panel["q2"]
    bad = replace(
        design_of(test_panel, absorb=()),
        x=np.column_stack([np.ones(480), common + noise, 2 * common - noise]),
        terms=tuple(map(Term, ("Intercept", "a", "b"))),
        focus=(),
        endogenous=(1, 2),
    )
    with pytest.raises(DesignError) as caught:
        iv.fit(bad, OPTIONS)
    assert caught.value.faults[0].code == "E553"


def test_no_instruments_is_refused(test_panel):
    with pytest.raises(DesignError) as caught:
        iv.fit(replace(design_of(test_panel), instruments=None), OPTIONS)
    assert caught.value.faults[0].code == "E552"
