"""Conditional likelihood ratio of models: with one instrument it is Anderson-Rubin; refusals; sets."""

from __future__ import annotations

import pytest

import impact.kernels.distributions as distributions

PANEL = "yiv ~ z | i + t | d ~ q1 + q2"


@pytest.fixture(scope="module")
def panel(test_panel, tmp_path_factory, asked):
    models = {
        "one": {"formula": "yiv ~ z | i + t | d ~ q1", "vcov": "iid"},
        "iid": {"formula": PANEL, "vcov": "iid"},
        "c": {"formula": PANEL, "vcov": {"cluster": "c"}},
        "hc3": {"formula": PANEL, "vcov": "hc3"},
    }
    kinds = ["conditional_lr", "anderson_rubin"]
    return asked((tmp_path_factory.mktemp("panel"), test_panel), models, kinds)


def test_one_instrument_is_anderson_rubin(panel):
    (lr,), (ar,) = panel[0][("conditional_lr", "one")], panel[0][("anderson_rubin", "one")]
    assert lr["statistic"] == pytest.approx(ar["statistic"], rel=1e-9)
    assert lr["p_value"] == pytest.approx(float(distributions.chi2_sf(ar["statistic"], 1)), rel=1e-9)


@pytest.mark.parametrize("kind", ["iid", "c"])
def test_set_is_inside_reach_of_the_estimate(panel, kind):
    (test,) = panel[0][("conditional_lr", kind)]
    row = next(row for row in panel[1]["rows"] if row["model"] == kind and row["term"] == "d")
    assert test["ci_low"] < row["estimate"] < test["ci_high"]
    # strong instruments: close to the usual interval
    assert test["ci_high"] - test["ci_low"] == pytest.approx(3.92 * row["std_error"], rel=0.1)


def test_variances_without_cross_covariances_are_noted(panel):
    (test,) = panel[0][("conditional_lr", "hc3")]
    assert test["statistic"] is None and "hc3" in test["sentence"]


def test_several_regressors_are_noted(aer, asked):
    found, _ = asked("crime4", {"m": {"formula": aer["two_endogenous"]["formula"]}}, ["conditional_lr"])
    assert "one endogenous regressor" in found[("conditional_lr", "m")][0]["sentence"]
