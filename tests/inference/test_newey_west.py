"""Newey–West against fixest and sandwich, and against the double sum over pairs of rows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from impact.core.designs import Panel
from impact.core.errors import DesignError
from impact.inference.newey_west import NeweyWestOptions, infer


def errors(fit, **options):
    return infer(fit.estimate, fit.design, NeweyWestOptions(**options), 0.95)


@pytest.mark.parametrize(
    ("lags", "expected"),
    [(1, [0.0612489666005, 0.0549767267685]), (2, [0.0641771245292, 0.0541269437859])],
)
def test_fixest(two_way, lags, expected):
    found = errors(two_way, lags=lags)
    assert found.std_error == pytest.approx(expected, abs=1e-11)
    assert found.df.tolist() == [7, 7]
    assert found.variance["k"] == 3


def test_default_lags_are_the_fourth_root(two_way):
    assert errors(two_way).variance["lags"] == 1


def test_full_k_as_pyfixest(two_way):
    assert errors(two_way, lags=2, ssc={"k": "full"}).std_error[0] == pytest.approx(0.069138274, abs=1e-9)


def test_a_missing_period_is_a_gap(test_panel, dense):
    p = test_panel
    keep = ~((p["t"] == 4) & (p["i"] % 3 == 0))
    cut = {name: values[keep] for name, values in p.items()}
    fit = dense(
        cut["y"], {"const": np.ones(keep.sum()), "D": cut["D"], "z": cut["z"]}, clusters={"t": cut["t"]}
    )
    unit_fit = dense(cut["y"], {"D": cut["D"]}, clusters={"i": cut["i"]})
    panel = Panel(unit_fit.design.clusters["i"], fit.design.clusters["t"], cut["t"].astype(float))
    design = dataclasses.replace(fit.design, panel=panel)
    linear = fit.estimate.linear
    scores = linear.x * linear.residual[:, None]
    distance = np.abs(cut["t"][:, None] - cut["t"][None, :])
    weight = np.maximum(1 - distance / 3, 0) * (cut["i"][:, None] == cut["i"][None, :])
    expected = linear.bread @ scores.T @ weight @ scores @ linear.bread
    found = infer(fit.estimate, design, NeweyWestOptions(lags=2, ssc="none"), 0.95)
    np.testing.assert_allclose(found.vcov, expected, rtol=1e-11)


def test_repeated_periods_are_refused(two_way, pooled):
    panel = dataclasses.replace(two_way.design.panel, unit=pooled.design.clusters["c"])
    design = dataclasses.replace(two_way.design, panel=panel)
    with pytest.raises(DesignError) as caught:
        infer(two_way.estimate, design, NeweyWestOptions(lags=1), 0.95)
    assert caught.value.code == "E508"


def test_no_panel_is_refused(pooled):
    with pytest.raises(DesignError) as caught:
        errors(pooled, lags=1)
    assert caught.value.code == "E506"
