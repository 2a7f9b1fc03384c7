"""Overidentification: fixest and AER (Sargan), linearmodels' two-step GMM (Hansen J), just identified models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from linearmodels.iv import IVGMM

PANEL = "yiv ~ z | i + t | d ~ q1 + q2"
MROZ = "lwage ~ exper + expersq | educ ~ motheduc + fatheduc"
DATA = Path(__file__).parents[2] / "data" / "crime4.csv"


def test_sargan_of_fixest(test_panel, tmp_path, asked):
    """fixest 0.13: 0.2350449468 on 1 degree of freedom, p 0.6278080479."""
    found, _ = asked((tmp_path, test_panel), {"m": {"formula": PANEL, "vcov": "iid"}}, ["overid"])
    (test,) = found[("overid", "m")]
    assert test["statistic"] == pytest.approx(0.2350449468, abs=1e-9)
    assert (test["df"], test["p_value"]) == (1, pytest.approx(0.6278080479, abs=1e-9))


@pytest.mark.parametrize("case", ["pooled", "two_endogenous"])
def test_sargan_of_aer(case, aer, asked):
    found, _ = asked("crime4", {"m": {"formula": aer[case]["formula"], "vcov": "iid"}}, ["overid"])
    (test,) = found[("overid", "m")]
    assert test["statistic"] == pytest.approx(aer[case]["iid"]["sargan"], rel=1e-6)
    assert test["p_value"] == pytest.approx(aer[case]["iid"]["sargan_p"], rel=1e-6)


@pytest.mark.parametrize("kind", ["robust", "clustered"])
@pytest.mark.parametrize("method", ["2sls", "gmm"])
def test_hansen_j_of_linearmodels(kind, method, aer, asked):
    vcov = {"robust": "hc1", "clustered": {"cluster": "county"}}[kind]
    model = {"formula": aer["pooled"]["formula"], "vcov": vcov, "method": method}
    found, _ = asked("crime4", {"m": model}, ["overid"])
    data = pd.read_csv(DATA)
    exogenous = np.column_stack([np.ones(len(data)), data[["lpctymle", "ldensity"]]])
    more = {"clusters": data["county"]} if kind == "clustered" else {}
    peer = IVGMM(
        data["lcrmrte"], exogenous, data[["lpolpc"]], data[["lprbconv", "lprbpris"]], weight_type=kind, **more
    )
    j = peer.fit(iter_limit=2).j_stat
    (test,) = found[("overid", "m")]
    assert (test["statistic"], test["p_value"]) == pytest.approx((j.stat, j.pval), rel=1e-9)


def test_sargan_of_the_textbook(asked):
    """Wooldridge, Introductory Econometrics, example 15.8: N R² = .378071, p .5386 (Stata, estat overid)."""
    found, _ = asked("mroz", {"m": {"formula": MROZ, "vcov": "iid"}}, ["overid"])
    (test,) = found[("overid", "m")]
    assert test["statistic"] == pytest.approx(0.378071, abs=5e-7)
    assert test["p_value"] == pytest.approx(0.5386, abs=5e-5)


def test_variances_by_leverage_are_noted(aer, asked):
    found, _ = asked("crime4", {"m": {"formula": aer["pooled"]["formula"], "vcov": "hc3"}}, ["overid"])
    (test,) = found[("overid", "m")]
    assert test["statistic"] is None and "hc3 corrects by leverage" in test["sentence"]


def test_just_identified_is_noted(asked):
    model = {"formula": "lcrmrte ~ ldensity | county | lpolpc ~ lprbconv"}
    found, _ = asked("crime4", {"m": model}, ["overid"])
    assert "nothing to test" in found[("overid", "m")][0]["sentence"]
