"""Least squares and its variances against R (lm with dummies, sandwich, dense matrices) on the data that ship.

The numbers are made by `make_r_least_squares.R`, which stands beside this file. R's factors differ from the
tool's: `lm` counts the exact rank of the dummies where the tool counts levels minus overlaps, sandwich takes
each part's own G/(G−1) and all dummies as parameters. Every conversion is written out here.
"""

import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import impact as im

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "data"
NUMBERS = json.loads((HERE / "numbers" / "r_least_squares.json").read_text(encoding="utf-8"))["cases"]
CASES = [name for name in NUMBERS if name not in {"counties_series", "peru_persons"}]
# Where effects overlap more than once, the tool's rule (levels minus overlaps) counts one parameter more than
# the rank: the trends of all states together are a function of the year; early and late years share no state.
EXTRA_K = {"guns_trends": 1, "guns_crossed_effects": 1}
SANDWICH_CR1 = {"k": "full", "n": True, "g": "conventional"}


def wages(frame):
    return frame[(frame["nr"] <= 1500) & frame["exper"].between(2, 13)]


def counties(frame):
    frame = frame[((frame["countyreal"] != 8001) | (frame["year"] == 2003)) & (frame["countyreal"] < 14000)]
    treated = (frame["first_treat"] > 0) & (frame["year"] >= frame["first_treat"])
    return frame.assign(on=treated.astype(float))


def gapped(frame):
    state = frame["state"].rank(method="dense").astype(int)
    frame = frame[(state * 5 + frame["yr"]) % 9 != 0]
    return frame.assign(lg=np.log(frame["gsp"]), le=np.log(frame["emp"]), lp=np.log(frame["pc"]))


def places(frame):
    capital = pd.read_csv(DATA / "peru_departments.csv").set_index("department_code")
    frame = frame[frame["year"] <= 2019]
    code = frame["department_code"]
    lat, lon = code.map(capital["capital_latitude_deg"]), code.map(capital["capital_longitude_deg"])
    return frame.assign(lat=lat, lon=lon).dropna(subset=["lat"])


# The same preparations as in the R script.
PREPARE = {
    None: lambda frame: frame,
    "zero weights": lambda frame: frame.assign(zero=np.where(frame["sid"] % 7 == 0, 0, frame["popwt"])),
    "combination": lambda frame: frame.assign(double=2 * frame["unemployrt"] - 3 * frame["poverty"]),
    "t": lambda frame: frame.assign(t=frame["year"] - 1976),
    "late": lambda frame: frame.assign(late=frame["year"] >= 1988),
    "wages": wages,
    "a singleton": counties,
    "one series": counties,
    "gapped": gapped,
    "coordinates": places,
}


@cache
def frame_of(case):
    entry = NUMBERS[case]
    return PREPARE[entry.get("prepare")](pd.read_csv(DATA / f"{entry['data']}.csv"))


@cache
def fitted(case):
    return fit(case, "iid")


def fit(case, vcov, ssc=None):
    entry = NUMBERS[case]
    panel = tuple(entry["panel"]) if "panel" in entry else None
    return im.feols(
        entry["formula"], frame_of(case), vcov=vcov, ssc=ssc, weights=entry.get("weights"), panel=panel
    )


def listed(values):
    """Numbers of R as an array; not defined is NaN."""
    values = values if isinstance(values, list) else [values]
    return np.array([math.nan if value is None else value for value in values])


def errors(found, case):
    terms = NUMBERS[case]["terms"]
    own = found.se()
    return np.array([own[term] for term in (terms if isinstance(terms, list) else [terms])])


def exact_df(case):
    """√ of (N−K of the tool)/(N−K of R): turns the tool's σ² into R's."""
    df = NUMBERS[case]["df_resid"]
    return math.sqrt((df - EXTRA_K.get(case, 0)) / df)


@pytest.mark.parametrize("case", CASES)
def test_coefficients_and_fit(case):
    entry = NUMBERS[case]
    found = fitted(case)
    own = found.coef()
    terms = entry["terms"] if isinstance(entry["terms"], list) else [entry["terms"]]
    expected = listed(entry["coef"])
    # 1e-8 of the coefficient's own size: some coefficients of powers are far above one
    np.testing.assert_allclose([own[term] for term in terms], expected, rtol=1e-8, atol=1e-8)
    facts = found.glance()
    assert facts["n_obs"] == entry["n"]
    assert facts["df_resid"] == entry["df_resid"] - EXTRA_K.get(case, 0)
    assert facts["r2"] == pytest.approx(entry["r2"], abs=1e-10)
    assert facts["sigma"] * exact_df(case) == pytest.approx(entry["sigma"], rel=1e-10)
    assert facts["rmse"] == pytest.approx(rmse(case, entry), rel=1e-10)
    total = 1 - (1 - facts["r2_adjusted"]) * exact_df(case) ** 2
    assert total == pytest.approx(entry["r2_adjusted"], abs=1e-10)
    if "r2_within" in entry:
        assert facts["r2_within"] == pytest.approx(entry["r2_within"], abs=1e-10)
    assert set(found.estimate.dropped_terms) == set(entry.get("dropped", ()))


def rmse(case, entry):
    """√(Σ w u² / Σ w); R prints σ with Σ w u² over its degrees of freedom."""
    squares = entry["sigma"] ** 2 * entry["df_resid"]
    weights = entry.get("weights")
    total = entry["n"] if weights is None else frame_of(case)[next(iter(weights))].sum()
    return math.sqrt(squares / total)


SIMPLE = [(case, kind) for case in CASES for kind in NUMBERS[case]["se"] if ":" not in kind]


@pytest.mark.parametrize(("case", "kind"), SIMPLE)
def test_heteroskedastic(case, kind):
    found = errors(fitted(case).summary(vcov=kind), case)
    factor = exact_df(case) if kind in {"iid", "hc1"} else 1.0
    np.testing.assert_allclose(found * factor, listed(NUMBERS[case]["se"][kind]), rtol=1e-6)


CLUSTERED = [
    (case, kind)
    for case in CASES
    for kind in NUMBERS[case]["se"]
    if kind.split(":")[0] in {"cr0", "cr1", "cr2", "cr3"}
]


@pytest.mark.parametrize(("case", "kind"), CLUSTERED)
def test_clustered(case, kind):
    entry = NUMBERS[case]
    correction, by = kind.split(":")
    ssc = SANDWICH_CR1 if correction == "cr1" else None
    found = fitted(case).summary(vcov={"cluster": by.split(","), "type": correction}, ssc=ssc)
    factor = exact_df(case) if correction == "cr1" else 1.0
    np.testing.assert_allclose(errors(found, case) * factor, listed(entry["se"][kind]), rtol=1e-6)
    if kind in entry["df"]:
        chosen = [list(found.se()).index(term) for term in np.atleast_1d(entry["terms"])]
        np.testing.assert_allclose(found.inference.df[chosen], listed(entry["df"][kind]), rtol=1e-6)


def sample_of(case):
    rows = fitted(case).result.design.sample.kept
    return frame_of(case).iloc[rows]


def counted(case, clusters):
    """K of the nested rule, from the levels of the effects and who lies inside whom."""
    entry = NUMBERS[case]
    _, _, effects = entry["formula"].partition("|")
    k = len(fitted(case).coef())
    if not effects:
        return k
    rows = sample_of(case)
    full, saved = k, 0
    for place, effect in enumerate(effects.split("+")):
        name, slope = effect.strip().removesuffix("]").removesuffix("]"), "[" in effect
        name, only_slopes = name.partition("[")[0], "[[" in effect
        codes = rows.groupby(name.split("^")).ngroup()
        levels = codes.nunique()
        full += levels * (1 + (slope and not only_slopes)) - (place > 0)
        inside = any((rows.groupby(codes)[cluster].nunique() == 1).all() for cluster in clusters)
        saved += (levels - 1) * (inside and not only_slopes)
    return max(full - saved, k + 1) if "[[" not in effects else full


PRESET = [(case, kind) for case, kind in CLUSTERED if kind.startswith("cr0")]


@pytest.mark.parametrize(("case", "kind"), PRESET)
def test_default_factors(case, kind):
    """CR1 as it comes: R's CR0 times (N−1)/(N−K) with nested K and G/(G−1) with the smallest G."""
    entry = NUMBERS[case]
    clusters = kind.split(":")[1].split(",")
    found = fitted(case).summary(vcov={"cluster": clusters})
    groups = min(entry["groups"][cluster] for cluster in clusters)
    factor = (entry["n"] - 1) / (entry["n"] - counted(case, clusters)) * groups / (groups - 1)
    expected = listed(entry["se"][kind]) * math.sqrt(factor)
    np.testing.assert_allclose(errors(found, case), expected, rtol=1e-6)
    assert found.inference.df.tolist() == [groups - 1] * len(found.coef())


SERIAL = [
    (case, kind)
    for case in CASES
    for kind in NUMBERS[case]["se"]
    if kind.split(":")[0] in {"newey_west", "driscoll_kraay"}
]


@pytest.mark.parametrize(("case", "kind"), SERIAL)
def test_serial(case, kind):
    """sandwich::vcovPL without its n/(n−k), and dense sums over time values; then the default factors."""
    entry = NUMBERS[case]
    keyword, lags = kind.split(":")
    vcov = {keyword: {"lags": int(lags)}}
    plain = fitted(case).summary(vcov=vcov, ssc="none")
    np.testing.assert_allclose(errors(plain, case), listed(entry["se"][kind]), rtol=1e-6)
    unit, time = entry["panel"]
    clusters = [unit, time] if keyword == "newey_west" else [time]
    periods = sample_of(case)[time].nunique()
    factor = (entry["n"] - 1) / (entry["n"] - counted(case, clusters)) * periods / (periods - 1)
    default = fitted(case).summary(vcov=vcov)
    np.testing.assert_allclose(errors(default, case), errors(plain, case) * math.sqrt(factor), rtol=1e-9)


@pytest.mark.parametrize("lags", [1, 4])
def test_one_series(lags):
    """sandwich::NeweyWest(prewhite = FALSE, adjust = FALSE) takes the rows in their order."""
    entry = NUMBERS["counties_series"]
    frame = frame_of("counties_series")
    frame = frame[frame["countyreal"] != 8001]
    frame = frame.assign(row=np.arange(len(frame)))
    vcov = {"newey_west": {"lags": lags, "time": "row"}}
    found = im.feols(entry["formula"], frame, vcov=vcov, ssc="none")
    np.testing.assert_allclose(list(found.coef().values()), entry["coef"], rtol=1e-8)
    np.testing.assert_allclose(list(found.se().values()), entry["se"][f"newey_west:{lags}"], rtol=1e-6)


@pytest.mark.parametrize("kind", [kind for kind in NUMBERS["peru_places"]["se"] if "conley" in kind])
def test_conley(kind):
    entry = NUMBERS["peru_places"]
    _, kernel, km = kind.split(":")
    vcov = {"conley": {"lat": "lat", "lon": "lon", "km": float(km), "kernel": kernel}}
    plain = fitted("peru_places").summary(vcov=vcov, ssc="none")
    np.testing.assert_allclose(errors(plain, "peru_places"), listed(entry["se"][kind]), rtol=1e-6)
    default = fitted("peru_places").summary(vcov=vcov)
    factor = (entry["n"] - 1) / (entry["n"] - 3)
    np.testing.assert_allclose(
        errors(default, "peru_places"), errors(plain, "peru_places") * math.sqrt(factor), rtol=1e-12
    )


def test_a_singleton_is_left_out():
    """The county with one year is in the data here and not in R's."""
    assert len(frame_of("counties_singleton")) == NUMBERS["counties_singleton"]["n"] + 1


def test_sandwich_agrees_with_the_dense_matrices():
    """vcovCL's HC2 and HC3 of clusters are CR2 and CR3."""
    se = NUMBERS["guns_pooled"]["se"]
    for theirs, ours in (("sandwich HC2:state", "cr2:state"), ("sandwich HC3:state", "cr3:state")):
        np.testing.assert_allclose(se[theirs], se[ours], rtol=1e-9)


def test_f_statistics(tmp_path):
    """F of all slopes: lmtest::waldtest and summary.lm; the denominator here is that of the t-tests."""
    entry = NUMBERS["guns_pooled"]
    slopes = [term for term in entry["terms"] if term != "Intercept"]
    variances = {"iid": "iid", "hc1": "hc1", "cr1:state": {"cluster": "state"}}
    names = {key: key.partition(":")[0] for key in variances}
    spec = {
        "spec": 1,
        "data": {"root": "here", "file": "guns.csv"},
        "models": {names[k]: {"formula": entry["formula"], "vcov": v} for k, v in variances.items()},
        "tests": {
            names[k]: {"kind": "wald", "of": names[k], "hypotheses": [f"`{slope}` = 0" for slope in slopes]}
            for k in variances
        },
    }
    document = im.run(spec, out=None, roots={"here": DATA}).document
    found = {test["test"]: test for test in document["tests"]}
    for key, name in names.items():
        assert found[name]["statistic"] == pytest.approx(entry["wald"][key], rel=1e-6)
    assert found["iid"]["statistic"] == pytest.approx(entry["f"][0], rel=1e-8)
    assert (found["iid"]["df"], found["iid"]["df2"]) == tuple(entry["f"][1:])
    assert found["cr1"]["df2"] == entry["groups"]["state"] - 1


def test_persons_from_cells():
    """R has a row for each employed person; the tool has cells with sums, counts and frequency weights."""
    entry = NUMBERS["peru_persons"]
    by = {
        "department_code": "department_code",
        "year": "year",
        "department_code,year": ["department_code", "year"],
    }
    variances = {kind: kind for kind in ("iid", "hc0", "hc1", "hc2", "hc3", "hc4")}
    for kind in entry["se"]:
        correction, _, cluster = kind.partition(":")
        if correction in {"cr0", "cr3"}:
            variances[kind] = {"cluster": by[cluster], "type": correction}
        elif correction == "cr1":
            variances[kind] = {"cluster": by[cluster], "type": "cr1", "ssc": SANDWICH_CR1}
        elif correction == "jackknife mean":
            variances[kind] = {"jackknife": {"cluster": cluster, "centre": "mean"}}
    names = {kind: f"m{place}" for place, kind in enumerate(variances)}
    formula = f"kept ~ {entry['formula']}"
    spec = {
        "spec": 1,
        "data": {"root": "here", "file": "peru_enaho_panel_cells.csv"},
        "derive": {"exposed": "metropolitan * (year >= 2017)", "women": "sex == 'women'"},
        "filter": "urban == 1 and age_group == '14-24' and n_employed > 0 and year <= 2018",
        "outcomes": {"kept": {"sum": "n_kept", "count": "n_employed"}},
        "models": {names[k]: {"formula": formula, "vcov": v} for k, v in variances.items()},
    }
    document = im.run(spec, out=None, roots={"here": DATA}).document
    for kind, name in names.items():
        model = document["models"][name]
        assert model["error"] is None, (kind, model["error"])
        rows = {row["term"]: row for row in document["rows"] if row["model"] == name}
        chosen = [rows[term] for term in entry["terms"]]
        assert chosen[0]["n_obs"] == entry["n"]
        np.testing.assert_allclose([row["estimate"] for row in chosen], entry["coef"], rtol=1e-8)
        found = np.array([row["std_error"] for row in chosen], dtype=float)
        np.testing.assert_allclose(found, listed(entry["se"][kind]), rtol=1e-6, err_msg=kind)
    assert document["models"]["m0"]["r2"] == pytest.approx(entry["r2"], abs=1e-10)
