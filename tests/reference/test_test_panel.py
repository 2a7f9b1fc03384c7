"""Every check value of the 480-row panel through `im.feols`: fixest, sandwich and clubSandwich figures.

Sources (R 4.2.2): fixest 0.13.0 (development snapshot of May 2025) for the two-way model and the spatial and
serial errors, sandwich 3.0 for HC0 to HC4 and NeweyWest, clubSandwich (Debian 12) for CR2, CR3 and their
degrees of freedom. Where R was run with a convention of its own the factor is written out here.
"""

import math

import numpy as np
import pandas as pd
import pytest

import impact as im

TWO_WAY = "y ~ D + z | i + t"
POOLED = "y ~ D + z + x"
POOLED_TERMS = ("Intercept", "D", "z", "x")
PANEL = ("i", "t")
N, T = 480, 8


@pytest.fixture(scope="module")
def frame(test_panel):
    return pd.DataFrame(test_panel)


@pytest.fixture(scope="module")
def two_way(frame):
    """One fit: the variances below are changed without fitting again."""
    return im.feols(TWO_WAY, frame, vcov={"cluster": "i"}, panel=PANEL)


@pytest.fixture(scope="module")
def pooled(frame):
    return im.feols(POOLED, frame, vcov="iid", panel=PANEL)


def fit(frame, vcov, formula=TWO_WAY, **more):
    return im.feols(formula, frame, vcov=vcov, panel=PANEL, **more)


def errors(found):
    return np.array(list(found.se().values()))


def test_the_coefficients(two_way, pooled):
    assert two_way.coef() == pytest.approx({"D": 0.437392234238, "z": 0.428551743451}, abs=1e-12)
    expected = (2.22864424139, 1.61399651125, 0.53425005908, 1.95052369259)
    assert pooled.coef() == pytest.approx(dict(zip(POOLED_TERMS, expected, strict=True)), abs=5e-12)


# vcov, ssc → SE(D), SE(z), K (None: no factor with K), degrees of freedom of t
TWO_WAY_ERRORS = {
    "iid": ("iid", None, 0.0595507764867, 0.0566514331028, 69, 411),
    "hetero": ("hc1", None, 0.0579259551633, 0.0552453870984, 69, 411),
    "hc2": ("hc2", None, 0.05798227, 0.05531225, None, 411),
    "hc3": ("hc3", None, 0.06272189, 0.05984792, None, 411),
    "cluster i": ({"cluster": "i"}, None, 0.0810188481501, 0.0604603905587, 10, 59),
    "cluster c": ({"cluster": "c"}, None, 0.0845464086528, 0.0486160617772, 10, 11),
    "cluster t": ({"cluster": "t"}, None, 0.0382680973048, 0.1077466127400, 62, 7),
    "two-way c, t": ({"cluster": ["c", "t"]}, None, 0.0701707168131, 0.0918854282246, 3, 7),
    "two-way i, t": ({"cluster": ["i", "t"]}, None, 0.0724880701649, 0.1059337378420, 3, 7),
    "two-way c, t, own G": (
        {"cluster": ["c", "t"]}, {"g": "conventional"}, 0.0708615303331, 0.0938876870497, 3, 7,
    ),
    "cluster i, K full": ({"cluster": "i"}, {"k": "full"}, 0.0866391299851, 0.0646545310896, 69, 59),
    "cluster i, K none": ({"cluster": "i"}, {"k": "none"}, 0.0803380054228, 0.0599523110421, 2, 59),
    "cluster i, no N": ({"cluster": "i"}, {"n": False}, 0.0802541014778, 0.0598896976454, None, 59),
    "cluster i, no factor": ({"cluster": "i"}, "none", 0.0795825072316, 0.0593885198164, None, 59),
    "newey-west 1": (
        {"newey_west": {"lags": 1}}, None, 0.0612489666005, 0.0549767267685, 3, 7,
    ),
    "newey-west 2": (
        {"newey_west": {"lags": 2}}, None, 0.0641771245292, 0.0541269437859, 3, 7,
    ),
    "driscoll-kraay 1": (
        {"driscoll_kraay": {"lags": 1}}, None, 0.0418807263987, 0.0984591841942, 62, 7,
    ),
    "driscoll-kraay 2": (
        {"driscoll_kraay": {"lags": 2}}, None, 0.0384519993090, 0.0636298252873, 62, 7,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TWO_WAY_ERRORS)
def test_two_way_effects(frame, two_way, name):
    vcov, ssc, se_d, se_z, k, df = TWO_WAY_ERRORS[name]
    digits = 5e-9 if name in {"hc2", "hc3"} else 1e-11
    found = fit(frame, vcov, ssc=ssc)
    assert errors(found) == pytest.approx([se_d, se_z], abs=digits)
    assert found.inference.df.tolist() == [df, df]
    if k is not None:
        assert found.inference.variance["k"] == k
    np.testing.assert_array_equal(errors(two_way.summary(vcov=vcov, ssc=ssc)), errors(found))


# weights → SE(D), SE(z)
WEIGHTED_ERRORS = {
    "cluster": ({"cluster": "i"}, 0.0808865913694, 0.0620543518219),
    "hetero": ("hc1", 0.0603165809588, 0.0575470836473),
    "iid": ("iid", 0.0591635435038, 0.0560288466542),
}


@pytest.mark.parametrize("name", WEIGHTED_ERRORS)
def test_weights(frame, name):
    vcov, *expected = WEIGHTED_ERRORS[name]
    found = fit(frame, vcov, weights={"w": "analytic"})
    assert list(found.coef().values()) == pytest.approx([0.476386288, 0.453791619], abs=5e-10)
    assert errors(found) == pytest.approx(expected, abs=1e-11)


def test_p_value_and_fit(two_way):
    assert two_way.inference.p_value[0] == pytest.approx(1.2540811395e-06, rel=1e-10)
    facts = two_way.glance()
    assert facts["n_obs"] == N
    assert facts["r2"] == pytest.approx(0.937193384404, abs=1e-12)
    assert facts["r2_adjusted"] == pytest.approx(0.926802022212, abs=1e-12)
    assert facts["r2_within"] == pytest.approx(0.210586845537, abs=1e-12)
    assert facts["rmse"] == pytest.approx(0.331025376541, abs=1e-12)
    # Adjusted within R² is not printed; it follows from what is: 1 − (1 − R²)(N − ΣL + F − 1)/(N − K).
    within = 1 - (1 - facts["r2_within"]) * (facts["df_resid"] + 2) / facts["df_resid"]
    assert within == pytest.approx(0.206745418994, abs=1e-12)


def test_joint_test_of_both_terms(frame, tmp_path):
    """F is fixest's; its denominator is N − K there, and G − 1 (that of the t-tests) here, as in Stata."""
    frame.to_csv(tmp_path / "panel.csv", index=False)
    spec = {
        "spec": 1,
        "data": {"root": "here", "file": "panel.csv"},
        "models": {"main": {"formula": TWO_WAY, "vcov": {"cluster": "c"}}},
        "tests": {"both": {"kind": "wald", "of": "main", "hypotheses": ["D = 0", "z = 0"]}},
    }
    document = im.run(spec, out=None, roots={"here": tmp_path}).document
    (found,) = document["tests"]
    assert found["statistic"] == pytest.approx(72.3533178616, abs=1e-9)
    assert (found["df"], found["df2"]) == (2, 11)


def singleton_rows(frame):
    return frame[(frame["i"] != 2) | (frame["t"] == 1)]


def test_a_singleton_is_dropped_and_kept(frame, tmp_path):
    rows = singleton_rows(frame)
    dropped = fit(rows, {"cluster": "i"})
    assert dropped.glance()["n_obs"] == 472
    assert dropped.coef()["D"] == pytest.approx(0.4438062387, abs=5e-11)
    assert dropped.se()["D"] == pytest.approx(0.0817747401, abs=5e-11)
    rows.to_csv(tmp_path / "panel.csv", index=False)
    model = {"formula": TWO_WAY, "vcov": {"cluster": "i"}}
    spec = {
        "spec": 1,
        "data": {"root": "here", "file": "panel.csv"},
        "models": {"kept": {**model, "singletons": "keep"}, "dropped": model},
    }
    document = im.run(spec, out=None, roots={"here": tmp_path}).document
    rows_of = {row["model"]: row for row in document["rows"] if row["term"] == "D"}
    assert (rows_of["kept"]["n_obs"], rows_of["dropped"]["n_obs"]) == (473, 472)
    assert rows_of["kept"]["estimate"] == pytest.approx(0.4438062387, abs=5e-11)
    assert rows_of["kept"]["std_error"] == pytest.approx(0.0817613062, abs=5e-11)
    assert rows_of["dropped"]["std_error"] == pytest.approx(0.0817747401, abs=5e-11)


CONLEY = {"lat": "lat", "lon": "lon"}
# vcov → SE of const, D, z, x
POOLED_ERRORS = {
    "iid": ("iid", 0.1160712758, 0.0904575950, 0.1413635484, 0.1399951067),
    "hc0": ("hc0", 0.1032786660, 0.0829311128, 0.1339275219, 0.1378829355),
    "hc1": ("hc1", 0.1037117021, 0.0832788339, 0.1344890653, 0.1384610636),
    "hc2": ("hc2", 0.1037693552, 0.0833110373, 0.1345751405, 0.1385359126),
    "hc3": ("hc3", 0.1042628031, 0.0836931019, 0.1352263522, 0.1391925097),
    "hc4": ("hc4", 0.1038853738, 0.0833937384, 0.1347290558, 0.1386830637),
    "cluster": ({"cluster": "c"}, 0.1442172622, 0.1011221228, 0.1164504396, 0.2196364251),
    "two-way": ({"cluster": ["c", "t"]}, 0.1852298367, 0.3048530545, 0.0869383004, 0.3202788664),
    "cr0": ({"cluster": "c", "type": "cr0"}, 0.1376444441, 0.0965134004, 0.1111431168, 0.2096263177),
    "cr2": ({"cluster": "c", "type": "cr2"}, 0.1454394755, 0.1012688333, 0.1167364981, 0.2211815641),
    "cr3": ({"cluster": "c", "type": "cr3"}, 0.1537668959, 0.1063174346, 0.1226547282, 0.2336251604),
    "conley 50 triangular": (
        {"conley": {**CONLEY, "km": 50}}, 0.1881278352, 0.1279539019, 0.1307428752, 0.3614127560,
    ),
    "conley 50 spherical": (
        {"conley": {**CONLEY, "km": 50, "distance": "spherical"}},
        0.1881278352, 0.1279539019, 0.1307428752, 0.3614127560,
    ),
    "conley 100 triangular": (
        {"conley": {**CONLEY, "km": 100}}, 0.2076194191, 0.1269028735, 0.1391366671, 0.3535880805,
    ),
    "conley 100 spherical": (
        {"conley": {**CONLEY, "km": 100, "distance": "spherical"}},
        0.2076194191, 0.1269028735, 0.1391366671, 0.3535880805,
    ),
    "conley 200 triangular": (
        {"conley": {**CONLEY, "km": 200}}, 0.1925113593, 0.1542836111, 0.1322991310, 0.4129993950,
    ),
    "conley 200 spherical": (
        {"conley": {**CONLEY, "km": 200, "distance": "spherical"}},
        0.1935593623, 0.1506167304, 0.1323626911, 0.4145259849,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", POOLED_ERRORS)
def test_no_effects(frame, name):
    vcov, *expected = POOLED_ERRORS[name]
    found = fit(frame, vcov, POOLED)
    assert errors(found) == pytest.approx(expected, abs=6e-11)
    assert found.inference.df == pytest.approx(POOLED_DF.get(name, [POOLED_T.get(name, 476)] * 4), abs=6e-9)


POOLED_DF = {"cr2": [9.75916402, 10.93264481, 10.84194131, 9.82836464]}
POOLED_T = {"cluster": 11, "two-way": 7, "cr0": 11, "cr3": 11}


def test_satterthwaite_with_weights(frame):
    """clubSandwich reads the weights of `lm` as inverse variances of its working model."""
    found = fit(frame, {"cluster": "c", "type": "cr2"}, POOLED, weights={"w": "analytic"})
    expected = [0.1400730687, 0.1121329924, 0.1147361083, 0.1952057191]
    assert errors(found) == pytest.approx(expected, abs=6e-11)
    degrees = [9.40640201, 10.21943274, 10.10774648, 8.94575145]
    assert found.inference.df == pytest.approx(degrees, abs=6e-9)


def test_jackknife_is_cr3_with_its_factor(frame):
    """CV3 is (G − 1)/G times CR3; Stata's `vce(jackknife)` and summclust."""
    cr3 = np.array(POOLED_ERRORS["cr3"][1:])
    found = fit(frame, {"jackknife": {"cluster": "c"}}, POOLED)
    assert errors(found) == pytest.approx(cr3 * math.sqrt(11 / 12), abs=6e-11)


def test_one_series(frame):
    """sandwich::NeweyWest(lag=2, prewhite=FALSE) takes the rows as one series and has no factor."""
    expected = [0.1237139313, 0.1124444848, 0.1280335921, 0.1947435414]
    data = frame.assign(row=np.arange(N))
    vcov = {"newey_west": {"lags": 2, "time": "row"}}
    found = im.feols(POOLED, data, vcov=vcov, ssc="none")
    assert errors(found) == pytest.approx(expected, abs=6e-11)
