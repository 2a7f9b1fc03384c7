"""Durbin-Wu-Hausman: fixest and AER, and the regression with first-stage residuals under clusters."""

from __future__ import annotations

import numpy as np
import pytest

PANEL = "yiv ~ z | i + t | d ~ q1 + q2"


@pytest.fixture(scope="module")
def panel(test_panel, tmp_path_factory, asked):
    models = {"iid": {"formula": PANEL, "vcov": "iid"}, "c": {"formula": PANEL, "vcov": {"cluster": "c"}}}
    models["cr2"] = {"formula": PANEL, "vcov": {"cluster": "c", "type": "cr2"}}
    return asked((tmp_path_factory.mktemp("panel"), test_panel), models, ["endogeneity"])[0]


def test_wu_hausman_of_fixest(panel):
    """fixest 0.13: F 33.41501157 on (1, 410)."""
    (test,) = panel[("endogeneity", "iid")]
    assert test["statistic"] == pytest.approx(33.41501157, abs=1e-6)
    assert (test["df"], test["df2"]) == (1, 410)


@pytest.mark.parametrize("case", ["pooled", "two_endogenous"])
@pytest.mark.parametrize("kind", ["iid", "hc0"])
def test_wu_hausman_of_aer(case, kind, aer, asked):
    found, _ = asked("crime4", {"m": {"formula": aer[case]["formula"], "vcov": kind}}, ["endogeneity"])
    (test,) = found[("endogeneity", "m")]
    expected = aer[case][kind]
    assert test["statistic"] == pytest.approx(expected["wu_hausman"], rel=1e-6)
    assert test["df2"] == expected["wu_df2"] and test["p_value"] == pytest.approx(expected["wu_p"], rel=1e-5)


@pytest.mark.parametrize("kind", ["c", "cr2"])
def test_it_is_the_test_of_the_first_stage_residual(panel, test_panel, tmp_path, kind, asked):
    names = ("i", "t")
    dummies = [test_panel[name][:, None] == np.unique(test_panel[name])[None, 1:] for name in names]
    base = np.column_stack(
        [np.ones(480), *dummies, test_panel["z"], test_panel["q1"], test_panel["q2"]]
    ).astype(float)
    left = test_panel["d"] - base @ np.linalg.lstsq(base, test_panel["d"], rcond=None)[0]
    vcov = {"cluster": "c"} if kind == "c" else {"cluster": "c", "type": "cr2"}
    model = {"formula": "yiv ~ z + d + left | i + t", "vcov": vcov}
    _, document = asked((tmp_path, {**test_panel, "left": left}), {"m": model}, [])
    row = next(row for row in document["rows"] if row["term"] == "left")
    (test,) = panel[("endogeneity", kind)]
    assert test["statistic"] == pytest.approx(row["statistic"] ** 2, rel=1e-6)
    assert test["p_value"] == pytest.approx(row["p_value"], rel=1e-6)


def test_residual_of_the_textbook(asked):
    """Wooldridge, Introductory Econometrics, example 15.7: .0581666 (.0348073) on the residual, t 1.67, p .095."""
    model = {"formula": "lwage ~ exper + expersq | educ ~ motheduc + fatheduc", "vcov": "iid"}
    found, _ = asked("mroz", {"m": model}, ["endogeneity"])
    (test,) = found[("endogeneity", "m")]
    assert np.sqrt(test["statistic"]) == pytest.approx(0.0581666 / 0.0348073, rel=5e-6)
    assert (test["df2"], test["p_value"]) == (423, pytest.approx(0.095, abs=5e-4))


def test_a_regressor_that_is_another_and_an_instrument_has_no_residual_of_its_own(
    test_panel, tmp_path, asked
):
    """d2 = d + q1 has the residual of d: one restriction, and the F of the regression with that residual alone."""
    columns = {**test_panel, "d2": test_panel["d"] + test_panel["q1"]}
    base = np.column_stack([np.ones(480), *(test_panel[name] for name in ("q1", "q2", "z"))]).astype(float)
    columns["left"] = test_panel["d"] - base @ np.linalg.lstsq(base, test_panel["d"], rcond=None)[0]
    iv = {"formula": "yiv ~ 1 | d + d2 ~ q1 + q2 + z", "vcov": "hc0"}
    found, _ = asked((tmp_path, columns), {"iv": iv}, ["endogeneity"])
    ols = {"formula": "yiv ~ d + d2 + left", "vcov": "hc0"}
    _, document = asked((tmp_path, columns), {"ols": ols}, [])
    (test,) = found[("endogeneity", "iv")]
    row = next(row for row in document["rows"] if row["term"] == "left")
    assert test["df"] == 1 and test["statistic"] == pytest.approx(row["statistic"] ** 2, rel=1e-6)
    assert test["details"]["residuals_left_out"] == ["d2"] and "d2" in test["sentence"]


def test_a_regressor_made_of_the_instruments_is_not_tested(test_panel, tmp_path, asked):
    columns = {**test_panel, "d": test_panel["q1"] - 2.0 * test_panel["q2"]}
    models = {"iv": {"formula": "yiv ~ 1 | d ~ q1 + q2", "vcov": "hc1"}}
    found, _ = asked((tmp_path, columns), models, ["endogeneity"])
    (test,) = found[("endogeneity", "iv")]
    assert test["verdict"] == "note" and test.get("statistic") is None and "exogenous" in test["sentence"]
