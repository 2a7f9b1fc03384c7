"""First stages: reference values on the test panel, AER's weak-instrument F, the regression itself, other variances."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators.iv as iv
import impact.inference.cluster as cluster
from impact.core.designs import AbsorbedFactor, Design, Factor, Sample, Term
from impact.core.reduced_forms import joint_form

PANEL = "yiv ~ z | i + t | d ~ q1 + q2"
VARIANCES = {"iid": "iid", "hetero": "hc1", "c": {"cluster": "c"}, "i": {"cluster": "i"}}
# effective F from dense matrices; partial F (Wald) by fixest 0.13 for yiv ~ z | i + t | d ~ q1 + q2
EFFECTIVE = {"iid": 99.0417440, "hetero": 104.8215923, "c": 135.3942924, "i": 106.0606945}
PARTIAL = {"iid": 99.0417440, "hetero": 107.7864404, "c": 264.8529528, "i": 131.5114101}


@pytest.fixture(scope="module")
def panel(test_panel, tmp_path_factory, asked):
    models = {name: {"formula": PANEL, "vcov": vcov} for name, vcov in VARIANCES.items()}
    return asked((tmp_path_factory.mktemp("panel"), test_panel), models, ["first_stage"])


@pytest.mark.parametrize("kind", VARIANCES)
def test_reference_values(panel, kind):
    found, document = panel
    (test,) = found[("first_stage", kind)]
    assert test["statistic"] == pytest.approx(PARTIAL[kind], abs=1e-6)
    assert test["details"]["effective_f"] == pytest.approx(EFFECTIVE[kind], abs=1e-6)
    assert test["verdict"] == "pass"
    row = next(row for row in document["rows"] if row["model"] == kind and row["term"] == "d")
    assert row["effective_f"] == pytest.approx(EFFECTIVE[kind], abs=1e-6)


def test_coefficients_are_those_of_the_regression(panel, test_panel, tmp_path, asked):
    found, _ = panel
    rows = {row["term"]: row for row in found[("first_stage", "c")][0]["details"]["coefficients"]}
    _, document = asked(
        (tmp_path, test_panel), {"m": {"formula": "d ~ z + q1 + q2 | i + t", "vcov": {"cluster": "c"}}}, []
    )
    plain = {row["term"]: row for row in document["rows"]}
    assert set(rows) == {"q1", "q2"}
    for name, row in rows.items():
        for field in ("estimate", "std_error", "p_value", "ci_low", "ci_high"):
            assert row[field] == pytest.approx(plain[name][field], rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("case", ["pooled", "two_endogenous"])
@pytest.mark.parametrize("kind", ["iid", "hc0"])
def test_partial_f_as_aer_prints_it(case, kind, aer, asked):
    model = {"formula": aer[case]["formula"], "vcov": kind}
    found, _ = asked("crime4", {"m": model}, ["first_stage"])
    expected = aer[case][kind]
    shown = [test["statistic"] for test in found[("first_stage", "m")]]
    assert shown == pytest.approx(np.atleast_1d(expected["weak"]).tolist(), rel=1e-7)
    assert [test["df"] for test in found[("first_stage", "m")]] == np.atleast_1d(expected["weak_df"]).tolist()


def test_weak_instruments_warn(asked):
    model = {
        "formula": "lcrmrte ~ ldensity | county + year | lpolpc ~ lprbconv + lprbpris",
        "vcov": {"cluster": "county"},
    }
    found, _ = asked("crime4", {"m": model}, ["first_stage"], first_stage={"bias": 20})
    (test,) = found[("first_stage", "m")]
    assert test["verdict"] == "warn" and test["details"]["effective_f"] < test["details"]["critical"]["0.2"]
    assert "Anderson-Rubin" in test["sentence"]


def test_models_without_instruments_are_noted(asked):
    found, _ = asked("crime4", {"m": {"formula": "lcrmrte ~ ldensity | county"}}, ["first_stage"])
    (test,) = found[("first_stage", "m")]
    assert test["verdict"] == "note" and "no instruments" in test["sentence"]


def factor(name, values):
    labels, codes = np.unique(values, return_inverse=True)
    return Factor(name, codes.astype(np.int32), tuple(labels.tolist()))


@pytest.mark.parametrize("by", ["c", ("c", "t")])
def test_scores_and_sums_agree(test_panel, by):
    """Two ways to the joint covariance: exact by scores, and its symmetric part by sums of equations."""
    x = np.column_stack([test_panel["z"], test_panel["d"]])
    clusters = {name: factor(name, test_panel[name]) for name in ("i", "c", "t")}
    design = Design(
        "yiv",
        (Term("z"), Term("d")),
        test_panel["yiv"],
        x,
        Sample(np.arange(480)),
        absorb=(AbsorbedFactor(clusters["i"]), AbsorbedFactor(clusters["t"])),
        clusters=clusters,
        endogenous=(1,),
        instruments=np.column_stack([test_panel["q1"], test_panel["q2"]]),
        instrument_names=("q1", "q2"),
    )
    estimate = iv.fit(design, iv.IvOptions())
    options = cluster.ClusterOptions(cluster=by)

    def infer(other):
        return cluster.infer(other, design, options, 0.95)

    exact = joint_form(estimate, infer(estimate).variance, infer)
    sums = joint_form(estimate, {"kind": "other"}, infer)
    assert exact.crossed and not sums.crossed
    for a in range(2):
        for b in range(2):
            block = exact.covariance[a, :, b]
            symmetric = (block + exact.covariance[b, :, a]) / 2
            assert (sums.covariance[a, :, b] + sums.covariance[b, :, a]) / 2 == pytest.approx(
                symmetric, rel=1e-8, abs=1e-14
            )
    whole = exact.covariance.reshape(4, 4)
    assert whole == pytest.approx(whole.T, abs=1e-14)


def test_first_stage_of_the_textbook(asked):
    """Wooldridge, Introductory Econometrics, example 15.5: F(2, 423) = 55.40; .0613966 (.0314367) in Stata."""
    model = {"formula": "lwage ~ exper + expersq | educ ~ motheduc + fatheduc", "vcov": "iid"}
    found, document = asked("mroz", {"m": model}, ["first_stage"])
    (test,) = found[("first_stage", "m")]
    assert (test["df"], test["df2"], test["statistic"]) == (2, 423, pytest.approx(55.40, abs=5e-3))
    row = next(row for row in document["rows"] if row["term"] == "educ")
    assert row["estimate"] == pytest.approx(0.0613966, abs=5e-8)
    assert row["std_error"] == pytest.approx(0.0314367, abs=5e-8)
