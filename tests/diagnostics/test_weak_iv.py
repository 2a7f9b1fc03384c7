"""Cragg-Donald, Kleibergen-Paap and tF: fixest's numbers with their own degrees of freedom, names by variance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

PANEL = "yiv ~ z | i + t | d ~ q1 + q2"
VARIANCES = {"iid": "iid", "hetero": "hc1", "c": {"cluster": "c"}}


@pytest.fixture(scope="module")
def panel(test_panel, tmp_path_factory, asked):
    models = {name: {"formula": PANEL, "vcov": vcov} for name, vcov in VARIANCES.items()}
    models["one"] = {"formula": "yiv ~ z | i + t | d ~ q1", "vcov": {"cluster": "c"}}
    models["liml"] = {"formula": PANEL, "vcov": "iid", "method": "liml"}
    return asked((tmp_path_factory.mktemp("panel"), test_panel), models, ["weak_iv", "first_stage"])


def test_cragg_donald_of_fixest(panel):
    """fixest 0.13 prints 114.9850491: it does not count the effects (476 in place of 410 degrees of freedom)."""
    (test,) = panel[0][("weak_iv", "iid")]
    assert test["statistic"] * 476 / 410 == pytest.approx(114.9850491, abs=1e-6)
    assert "Cragg-Donald" in test["sentence"] and "Stock and Yogo" in test["sentence"]
    assert test["details"]["stock_yogo_size"]["0.1"] == 19.93 and test["verdict"] == "pass"


@pytest.mark.parametrize(
    ("kind", "printed", "factor"), [("hetero", 123.2971721, 469 / 410), ("c", 264.3011758, 479 / 480)]
)
def test_kleibergen_paap_of_fixest(panel, kind, printed, factor):
    """fixest 0.13, with its own degrees of freedom (N less K of the clustered model; (N − 1)/N)."""
    (test,) = panel[0][("weak_iv", kind)]
    assert test["statistic"] * factor == pytest.approx(printed, rel=2e-8)
    assert "Kleibergen-Paap" in test["sentence"] and "do not apply" in test["sentence"]


def test_one_regressor_gives_the_robust_f(panel):
    for kind in VARIANCES:
        partial = panel[0][("first_stage", kind)][0]["statistic"]
        assert panel[0][("weak_iv", kind)][0]["details"]["kleibergen_paap_f"] == pytest.approx(
            partial, rel=1e-9
        )


def test_values_of_two_stages_are_not_given_for_others(panel):
    assert "stock_yogo_size" not in panel[0][("weak_iv", "liml")][0]["details"]


def test_tf_stands_beside_one_instrument(panel):
    found, document = panel
    _, tf = found[("weak_iv", "one")]
    row = next(row for row in document["rows"] if row["model"] == "one" and row["term"] == "d")
    f = tf["details"]["first_stage_f"]
    assert f == pytest.approx(found[("first_stage", "one")][0]["statistic"], rel=1e-9)
    half = tf["details"]["critical"] * row["std_error"]
    assert [tf["ci_low"], tf["ci_high"]] == pytest.approx([row["estimate"] - half, row["estimate"] + half])
    assert [row["ci_low_tf"], row["ci_high_tf"]] == pytest.approx([tf["ci_low"], tf["ci_high"]])


def test_tf_is_unbounded_below_four(asked):
    model = {
        "formula": "lcrmrte ~ ldensity | county + year | lpolpc ~ lpctymle",
        "vcov": {"cluster": "county"},
    }
    found, _ = asked("crime4", {"m": model}, ["weak_iv"])
    _, tf = found[("weak_iv", "m")]
    assert (tf["ci_low"], tf["ci_high"]) == ("-inf", "inf") and "no value can be excluded" in tf["sentence"]


def test_several_regressors_by_eigenvalues(aer, asked):
    """Cragg-Donald by the eigenvalues of dense matrices."""
    found, document = asked(
        "crime4", {"m": {"formula": aer["two_endogenous"]["formula"], "vcov": "iid"}}, ["weak_iv"]
    )

    data = pd.read_csv(Path(__file__).parents[2] / "data" / "crime4.csv")
    w = np.column_stack([np.ones(len(data)), data[["lpctymle", "ldensity"]]])
    x, z = data[["lpolpc", "lprbarr"]].to_numpy(), data[["lprbconv", "lprbpris", "lavgsen"]].to_numpy()
    x, z = (part - w @ np.linalg.lstsq(w, part, rcond=None)[0] for part in (x, z))
    hat = z @ np.linalg.lstsq(z, x, rcond=None)[0]
    sigma = (x - hat).T @ (x - hat) / (len(data) - 6)
    expected = np.min(np.linalg.eigvals(np.linalg.solve(sigma, hat.T @ hat)).real) / 3
    assert found[("weak_iv", "m")][0]["statistic"] == pytest.approx(expected, rel=1e-8)
    assert "W550" not in document["models"]["m"]["warnings"]
