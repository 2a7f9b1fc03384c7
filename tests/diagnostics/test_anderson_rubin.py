"""Anderson-Rubin: reference values, the regression of y − b d, sets of every shape in rows and words, W508."""

from __future__ import annotations

import math

import numpy as np
import pytest

import impact as im
from impact.core.interval_sets import set_text

PANEL = "yiv ~ z | i + t | d ~ q1 + q2"
VARIANCES = {
    "iid": "iid",
    "c": {"cluster": "c"},
    "i": {"cluster": "i"},
    "hc3": "hc3",
    "cr2": {"cluster": "c", "type": "cr2"},
}
# F at 0.8 and 95 per cent set for yiv ~ z | i + t | d ~ q1 + q2, from dense matrices and root finding
AT = {"iid": 0.4037479674, "c": 0.4678031692, "i": 0.3344053098}
SETS = {
    "iid": (0.5851326725, 0.8949116718),
    "c": (0.6063230554, 0.8939990407),
    "i": (0.5849897766, 0.9066659720),
}


@pytest.fixture(scope="module")
def panel(test_panel, tmp_path_factory, asked):
    models = {name: {"formula": PANEL, "vcov": vcov} for name, vcov in VARIANCES.items()}
    return asked(
        (tmp_path_factory.mktemp("panel"), test_panel), models, ["anderson_rubin"], anderson_rubin={"at": 0.8}
    )


@pytest.mark.parametrize("kind", SETS)
def test_reference_values(panel, kind):
    found, document = panel
    (test,) = found[("anderson_rubin", kind)]
    assert test["statistic"] == pytest.approx(AT[kind], abs=1e-9)
    assert (test["ci_low"], test["ci_high"]) == pytest.approx(SETS[kind], abs=1e-9)
    assert (test["df"], test["df2"]) == (2, {"iid": 410, "c": 11, "i": 59}[kind])
    row = next(row for row in document["rows"] if row["model"] == kind and row["term"] == "d")
    assert (row["ci_low_ar"], row["ci_high_ar"], row["pieces_ar"]) == pytest.approx(
        (*SETS[kind], 1), abs=1e-9
    )
    other = next(row for row in document["rows"] if row["model"] == kind and row["term"] == "z")
    assert other["ci_low_ar"] is None and other["effective_f"] is None


@pytest.mark.parametrize("kind", VARIANCES)
def test_it_is_the_joint_test_of_the_instruments(panel, test_panel, tmp_path, kind, asked):
    """For any variance: y − 0.8 d on z, q1, q2, with the Wald test of q1 and q2 together."""
    columns = {**test_panel, "gap": test_panel["yiv"] - 0.8 * test_panel["d"]}
    spec = {"m": {"formula": "gap ~ z + q1 + q2 | i + t", "vcov": VARIANCES[kind]}}
    found, _ = asked((tmp_path, columns), spec, ["wald"], wald={"hypotheses": ["q1 = 0", "q2 = 0"]})
    (test,) = panel[0][("anderson_rubin", kind)]
    assert test["statistic"] == pytest.approx(found[("wald", "m")][0]["statistic"], rel=1e-7)


def _crime(instruments, vcov=None):
    formula = f"lcrmrte ~ ldensity | county + year | lpolpc ~ {instruments}"
    return {"formula": formula, "vcov": vcov or {"cluster": "county"}}


def test_weak_instruments_print_the_set(asked):
    models = {"two": _crime("lprbconv + lprbpris"), "one": _crime("lpctymle")}
    found, document = asked("crime4", models, ["anderson_rubin"])
    for name, words in (("two", "unbounded"), ("one", "the data exclude no value")):
        assert "W508" in document["models"][name]["warnings"]
        assert words in found[("anderson_rubin", name)][0]["sentence"]
    row = next(row for row in document["rows"] if row["model"] == "two" and row["term"] == "lpolpc")
    assert row["pieces_ar"] == 2 and row["ci_low_ar"] == "-inf" and row["ci_high_ar_2"] == "inf"
    assert row["ci_high_ar"] < row["estimate"] + 2 < row["ci_low_ar_2"]
    said = next(
        notice for notice in document["notices"] if notice["code"] == "W508" and notice["of"] == "two"
    )
    assert "∪" in str(said)


def test_strong_instruments_do_not_warn(panel):
    assert all("W508" not in facts["warnings"] for facts in panel[1]["models"].values())


def test_sets_of_every_shape_in_words():
    inf = math.inf
    assert set_text(()) == "∅"
    assert set_text(((-inf, inf),)) == "(−∞, ∞)"
    assert set_text(((-inf, -0.3), (1.25, inf))) == "(−∞, −0.300] ∪ [1.25, ∞)"
    assert set_text(((0.0, 12345.6),)) == "[0, 12,346]"


def test_contradicting_instruments_leave_nothing(tmp_path, asked):
    """Two strong instruments, one with an effect of its own: the set is empty and said to be."""
    rng = np.random.default_rng(3)
    q = rng.normal(size=(800, 2))
    d = q @ [1.0, 1.0] + rng.normal(size=800)
    y = 0.5 * d + 3.0 * q[:, 1] + rng.normal(size=800)
    columns = {"y": y, "d": d, "q1": q[:, 0], "q2": q[:, 1]}
    found, document = asked(
        (tmp_path, columns),
        {"m": {"formula": "y ~ 1 | d ~ q1 + q2", "vcov": "hc1"}},
        ["anderson_rubin", "overid"],
    )
    (test,) = found[("anderson_rubin", "m")]
    assert test["ci_low"] is None and "empty" in test["sentence"]
    row = next(row for row in document["rows"] if row["term"] == "d")
    assert row["pieces_ar"] == 0 and row.get("ci_low_ar") is None
    assert found[("overid", "m")][0]["verdict"] == "warn"


def test_more_instruments_than_clusters_are_told(tmp_path):
    """Three clusters give the covariance of three instruments rank two at most: no set, and the tests say why."""
    rng = np.random.default_rng(8)
    q = rng.normal(size=(90, 3))
    d = q.sum(axis=1) + rng.normal(size=90)
    columns = {"y": 0.5 * d + rng.normal(size=90), "d": d, "g": np.repeat([1, 2, 3], 30)}
    columns |= {f"q{j}": q[:, j] for j in range(3)}
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    (tmp_path / "few.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for kind in ("anderson_rubin", "conditional_lr", "first_stage", "weak_iv"):
        spec = {
            "spec": 1,
            "data": {"root": "here", "file": "few.csv"},
            "model": {"formula": "y ~ 1 | d ~ q0 + q1 + q2", "vcov": {"cluster": "g"}},
            "tests": {"asked": {"kind": kind, "of": "model"}},
        }
        document = im.run(spec, out=None, roots={"here": tmp_path}).document
        assert "W640" in document["models"]["model"]["warnings"]
        (test,) = document["tests"]
        assert test["verdict"] == "fail" and "not positive definite" in test["sentence"], kind
