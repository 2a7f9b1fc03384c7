"""AKM and AKM0: ShiftShareSE in R on shipped data, clusters of shocks, sets of every shape, refusals by name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import impact as im
from impact.core.errors import DesignError, ImpactError, SpecError

NUMBERS = Path(__file__).parents[1] / "reference" / "numbers" / "r_shift_share.json"
CASES = json.loads(NUMBERS.read_text(encoding="utf-8"))["cases"]
SECTORS = ("hwy", "water", "util")
FULL = "log(gsp) ~ log(emp) | state + yr | log(p_cap) ~ z"
PLAIN = "log(gsp) ~ log(emp) | yr | log(p_cap) ~ z"
WEIGHTED = {"weights": {"emp": "analytic"}}
# case → model block, cluster of shocks
MODELS = {
    "full": ({"formula": FULL}, "shock"),
    "full_sector": ({"formula": FULL}, "sector"),
    "plain": ({"formula": PLAIN}, "shock"),
    "plain_weighted": ({"formula": PLAIN, **WEIGHTED}, "shock"),
    "plain_weighted_sector": ({"formula": PLAIN, **WEIGHTED}, "sector"),
    "late": ({"formula": PLAIN, "filter": "yr >= 1984"}, "shock"),
    "reduced": ({"formula": "log(gsp) ~ z + log(emp) | state + yr"}, "shock"),
    "reduced_weighted": ({"formula": "log(gsp) ~ z + log(emp) | yr", **WEIGHTED}, "shock"),
}


def spec_of(models, sectors=SECTORS, **more):
    """Public capital of the states: shares of its parts in 1970, national growth of each as shocks."""
    shares = {s: f"max({s} / (hwy + water + util) if yr == 1970 else missing, by=state)" for s in SECTORS}
    derive = {f"share_{s}": shares[s] for s in SECTORS}
    derive |= {f"all_{s}": f"log(sum({s}, by=yr))" for s in SECTORS}
    z = {
        "kind": "shift_share",
        "shares": {s: f"share_{s}" for s in sectors},
        "shocks": {s: f"all_{s}" for s in sectors},
        "time": "yr",
    }
    return {
        "spec": 1,
        "data": "shipped:munnell",
        "derive": derive,
        "instruments": {"z": z},
        "models": models,
        **more,
    }


def with_akm(block, **options):
    return {**block, "vcov": {"akm": {"instrument": "z", **options}}}


@pytest.fixture(scope="module")
def document():
    models = {}
    for name, (block, cluster) in MODELS.items():
        for null in (False, True):
            models[f"{name}_{null}"] = with_akm(block, cluster=cluster, null=null)
    return im.run(spec_of(models), out=None).document


def row_of(document, model):
    term = "z" if model.startswith("reduced") else "log(p_cap)"
    return next(row for row in document["rows"] if row["model"] == model and row["term"] == term)


@pytest.mark.parametrize("case", CASES)
def test_akm_as_shiftsharese_prints_it(document, case):
    row, expected = row_of(document, f"{case}_False"), CASES[case]
    assert row["estimate"] == pytest.approx(expected["beta"], rel=1e-8)
    # R solves on dummies of state and year, whose log of emp is nearly collinear: eight digits are shared
    assert row["std_error"] == pytest.approx(expected["akm"], rel=1e-7)
    assert row["p_value"] == pytest.approx(expected["akm_p"], rel=1e-6)
    half = 1.959963984540054 * row["std_error"]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((row["estimate"] - half, row["estimate"] + half))


@pytest.mark.parametrize("case", CASES)
def test_akm0_as_shiftsharese_prints_it(document, case):
    row, expected = row_of(document, f"{case}_True"), CASES[case]
    assert row["p_value"] == pytest.approx(expected["akm0_p"], rel=1e-6)
    if expected["akm0_low"] == "-Inf":
        assert (row["ci_low"], row["ci_high"]) == ("-inf", "inf")
        assert "W643" in document["models"][f"{case}_True"]["warnings"]
    else:
        ends = (expected["akm0_low"], expected["akm0_high"])
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(ends, rel=1e-6)
        length = row["ci_high"] - row["ci_low"]
        assert row["std_error"] == pytest.approx(length / (2 * 1.959963984540054))


def test_other_terms_have_no_error(document):
    other = next(row for row in document["rows"] if row["term"] == "log(emp)")
    assert other["estimate"] is not None and other["std_error"] is None and other["p_value"] is None


def test_it_tells_how_it_was_made(document):
    facts = document["models"]["full_sector_True"]["vcov"]
    assert (facts["kind"], facts["type"], facts["g"]) == ("akm", "akm0", {"sector": 3})
    assert "AKM0" in facts["text"] and "3 clusters of shocks" in facts["text"]


def test_one_origin_is_refused_by_name():
    """With one origin errors that are robust to exposure are undefined; identification by shares is said in words."""
    models = {"m": with_akm({"formula": PLAIN}), "by_place": {"formula": PLAIN, "vcov": {"cluster": "state"}}}
    document = im.run(spec_of(models, sectors=("hwy",)), out=None).document
    assert document["models"]["by_place"]["status"] == "ok"
    error = str(document["models"]["m"]["error"])
    assert "E644" in error and "one shock (hwy)" in error
    told = next(one for one in document["notices"] if one["code"] == "W450")
    assert "identified by the shares" in told["message"]["en"]


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (with_akm({"formula": PLAIN}, cluster="group"), "needs `group:`"),
        (with_akm({"formula": "log(gsp) ~ log(emp) | yr | log(p_cap) ~ z + unemp"}), "z, unemp"),
        (with_akm({"formula": "log(gsp) ~ log(emp) | yr"}), "neither a regressor nor an instrument"),
        (with_akm({"formula": PLAIN, "method": "liml"}), "two stages"),
    ],
)
def test_what_it_cannot_do_is_refused(block, words):
    with pytest.raises(DesignError, match="E644") as caught:
        im.run(spec_of({"m": block}), out=None)
    assert words in str(caught.value)


def test_the_instrument_must_be_built():
    with pytest.raises(SpecError, match="E197") as caught:
        im.run(spec_of({"m": {"formula": PLAIN, "vcov": {"akm": {"instrument": "zz"}}}}), out=None)
    assert caught.value.faults[0].suggestion == "z"


def test_the_instrument_must_be_named():
    with pytest.raises(ImpactError, match="instrument"):
        im.run(spec_of({"m": {"formula": PLAIN, "vcov": "akm"}}), out=None)


def test_shares_that_do_not_sum_to_one_want_their_sum_as_control():
    models = {
        "without": with_akm({"formula": PLAIN}),
        "with": with_akm({"formula": "log(gsp) ~ log(emp) + i(yr, z_shares) | yr | log(p_cap) ~ z"}),
    }
    document = im.run(spec_of(models, sectors=("hwy", "util")), out=None).document
    assert "W642" in document["models"]["without"]["warnings"]
    assert "W642" not in document["models"]["with"]["warnings"]
    assert any(one["code"] == "W449" for one in document["notices"])


def test_collinear_shares_have_no_shock_of_their_own():
    """A sector twice: its shares are dropped once a period, and the error is that of the sectors without it."""
    spec = spec_of({"m": with_akm({"formula": PLAIN})})
    z = spec["instruments"]["z"]
    z["shares"] = {"hwy": "share_hwy", "util": "half", "utility": "half", "water": "share_water"}
    z["shocks"] = {"hwy": "all_hwy", "util": "all_util", "utility": "all_util", "water": "all_water"}
    spec["derive"]["half"] = "share_util / 2"
    document = im.run(spec, out=None).document
    assert "W641" in document["models"]["m"]["warnings"]
    row = next(row for row in document["rows"] if row["term"] == "log(p_cap)")
    assert row["estimate"] == pytest.approx(CASES["plain"]["beta"], rel=1e-8)
    assert row["std_error"] == pytest.approx(CASES["plain"]["akm"], rel=1e-7)


def test_the_anderson_rubin_set_stands_beside(document):
    """The robust set under AKM: where it is bounded its ends are where the joint test has its critical value."""
    row = row_of(document, "plain_weighted_False")
    assert row["effective_f"] > 0 and row["pieces_ar"] == 1
    assert row["ci_low_ar"] < row["estimate"] < row["ci_high_ar"]
    assert np.isfinite(row["p_ar"])
