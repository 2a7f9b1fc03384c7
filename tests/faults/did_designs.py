"""Bad designs by hand: a small good panel for each estimator, and one fault at a time. Read by the tests and the page."""

from __future__ import annotations

import numpy as np

import impact as im
import impact.catalog as catalog
from impact.core.errors import ImpactError

# options that make a good fit on the panel of each estimator
ESTIMATORS = {
    "did_2x2": {},
    "did_bjs": {},
    "did_cic": {"reps": 99, "seed": 1},
    "did_cs": {},
    "did_dcdh": {},
    "did_dose": {"dose": "d", "degree": 1},
    "did_etwfe": {},
    "did_gardner": {},
    "did_lp": {"pre": 2, "post": 1},
    "did_sa": {},
    "did_stacked": {"pre": 2, "post": 1},
    "did_triple": {"eligible": "q"},
    "did_twfe": {},
    "synth": {},
    "synth_augmented": {},
    "synth_did": {"errors": "jackknife", "seed": 1},
    "matrix_completion": {"seed": 1},
}
ESTIMATORS = {name: keys for name, keys in ESTIMATORS.items() if name in catalog.ESTIMATORS.names()}
STARTS = {
    "did_2x2": (5, 5, 0, 0),
    "did_cic": (5, 5, 0, 0),
    "synth": (6, 0, 0),
    "synth_augmented": (6, 0, 0),
    "synth_did": (5, 6, 0, 0),
    "matrix_completion": (6, 0, 0),
}
# notices about inference, thin rows and forbidden comparisons that good designs of this size have, too
USUAL = {"W511", "W512", "W513", "W519", "W537", "W543", "W544", "W546", "W547", "W520"}


def good(estimator):
    """Cohorts of six units, eight periods (two for estimators of two periods), a few covariates and weights."""
    rng = np.random.default_rng(1)
    starts = np.repeat(
        np.array(STARTS.get(estimator, (4, 5, 0)), dtype=float), 2 if estimator == "synth" else 6
    )
    unit = np.repeat(np.arange(len(starts)), 8)
    time, start = np.tile(np.arange(1.0, 9.0), len(starts)), starts[unit]
    level, fixed = rng.normal(size=len(starts)), rng.normal(size=len(starts))
    treated = ((start > 0) & (time >= start)).astype(float)
    noise = 0.5 * rng.normal(size=len(unit))
    data = {
        "i": unit + 1.0,
        "t": time,
        "g": start,
        "y": level[unit] + 0.3 * time + treated * (1 + 0.2 * time) + noise,
        "D": treated,
        "x": 0.5 * level[unit] + fixed[unit],
        "z": rng.normal(size=len(unit)),
        "w": rng.uniform(0.5, 2.0, len(starts))[unit],
        "q": (unit % 2).astype(float),
        "d": np.where(start > 0, 0.5 + rng.uniform(size=len(starts))[unit], 0.0),
    }
    if estimator in ("did_2x2", "did_cic"):
        data = rows(data, np.isin(time, (4, 5)))
    return data


def rows(data, kept):
    return {name: values[kept] for name, values in data.items()}


def last_cohort(data):
    return data["g"].max()


# --- faults: data → (data, keys of the design or model) ---


def one_unit(data):
    members = np.unique(data["i"][data["g"] == last_cohort(data)])
    return rows(data, ~np.isin(data["i"], members[1:])), {}


def gaps(data):
    periods = np.unique(data["t"])
    hole = (data["i"] == data["i"].max()) & (data["t"] == periods[1])
    return rows(data, ~hole & ~((data["i"] == 1) & (data["t"] == periods[-1]))), {}


def no_base_period(data):
    base = data["t"][data["t"] < last_cohort(data)].max()
    return rows(data, ~((data["g"] == last_cohort(data)) & (data["t"] == base))), {}


def duplicates(data):
    return {name: np.r_[values, values[:1]] for name, values in data.items()}, {}


def no_never_treated(data):
    return rows(data, data["g"] > 0), {}


def all_treated_at_once(data):
    return rows(data, data["g"] == last_cohort(data)), {}


def all_treated_always(data):
    return {**data, "g": np.full_like(data["g"], data["t"].min())}, {}


def one_always_treated(data):
    return {**data, "g": np.where(data["i"] == 1, data["t"].min(), data["g"])}, {}


def fractions_of_periods(data):
    return {**data, "t": data["t"] + 0.5 * (data["t"] == data["t"].max())}, {}


def fractions_of_cohorts(data):
    return {**data, "g": np.where(data["g"] == last_cohort(data), last_cohort(data) - 0.5, data["g"])}, {}


def every_second_year(data):
    return {**data, "t": 2 * data["t"], "g": 2 * data["g"]}, {}


def one_longer_step(data):
    return {**data, "t": np.where(data["t"] == data["t"].max(), data["t"] + 1, data["t"])}, {}


def varying_covariate(data):
    return data, {"controls": ["z"]}


def weight_zero(data):
    return {**data, "w": np.where(data["i"] == data["i"].max(), 0, data["w"])}, {"weights": {"w": "sampling"}}


def weight_negative(data):
    weights = data["w"].copy()
    weights[3] = -1
    return {**data, "w": weights}, {"weights": {"w": "sampling"}}


def outcome_missing(data):
    y = data["y"].copy()
    y[[5, -1]] = np.nan
    return {**data, "y": y}, {}


def outcome_infinite(data):
    y = data["y"].copy()
    y[5] = np.inf
    return {**data, "y": y}, {}


def outcome_constant(data):
    return {**data, "y": np.ones_like(data["y"])}, {}


def cohort_after_the_end(data):
    return {**data, "g": np.where(data["i"] == data["i"].max(), 99, data["g"])}, {}


def cohort_before_the_start(data):
    return {**data, "g": np.where(data["i"] == 1, -5, data["g"])}, {}


def cohort_missing(data):
    return {**data, "g": np.where(data["i"] == data["i"].max(), np.nan, data["g"])}, {}


def cohort_changes(data):
    cohort = data["g"].copy()
    cohort[0] = 0
    return {**data, "g": cohort}, {}


def collinear_covariates(data):
    return {**data, "x2": 2 * data["x"] + 1}, {"controls": ["x", "x2"]}


def constant_covariate(data):
    return {**data, "x2": np.ones_like(data["x"])}, {"controls": ["x2"]}


def complete_separation(data):
    return {**data, "x2": data["x"] + 50 * (data["g"] == last_cohort(data))}, {"controls": ["x2"]}


def no_overlap(data):
    return {**data, "x2": data["x"] + 50 * (data["g"] > 0)}, {"controls": ["x2"]}


def many_covariates(data):
    draws = np.random.default_rng(0).normal(size=(30, 40))
    unit = data["i"].astype(int)
    names = [f"v{k}" for k in range(30)]
    return {**data, **{name: draws[k][unit] for k, name in enumerate(names)}}, {"controls": names}


def switches_off(data):
    treatment = data["D"].copy()
    treatment[np.flatnonzero((data["i"] == 1) & (treatment > 0))[-1]] = 0
    return {**data, "D": treatment}, {"cohort": None, "treatment": "D"}


FAULTS = {
    "one_unit": (one_unit, "A cohort of one unit"),
    "gaps": (gaps, "Two units miss a period each"),
    "no_base_period": (no_base_period, "A whole cohort misses the period before its treatment"),
    "duplicates": (duplicates, "A unit stands twice in a period"),
    "no_never_treated": (no_never_treated, "Nobody is never treated"),
    "all_treated_at_once": (all_treated_at_once, "Everybody is treated from the same period on"),
    "all_treated_always": (all_treated_always, "Everybody is treated in every period"),
    "one_always_treated": (one_always_treated, "A unit is treated in every period"),
    "fractions_of_periods": (fractions_of_periods, "Periods that are no whole numbers"),
    "fractions_of_cohorts": (fractions_of_cohorts, "Cohorts that are no whole numbers"),
    "every_second_year": (every_second_year, "Periods two years apart"),
    "one_longer_step": (one_longer_step, "One step between periods is longer than the others"),
    "varying_covariate": (varying_covariate, "A covariate that varies within units"),
    "weight_zero": (weight_zero, "Weights of zero"),
    "weight_negative": (weight_negative, "A negative weight"),
    "outcome_missing": (outcome_missing, "The outcome is missing in some periods"),
    "outcome_infinite": (outcome_infinite, "An infinite outcome"),
    "outcome_constant": (outcome_constant, "The outcome is the same everywhere"),
    "cohort_after_the_end": (cohort_after_the_end, "A cohort after the last period, not declared in `never`"),
    "cohort_before_the_start": (cohort_before_the_start, "A cohort before the first period"),
    "cohort_missing": (cohort_missing, "A missing cohort, not declared in `never`"),
    "cohort_changes": (cohort_changes, "Two cohorts in one unit"),
    "collinear_covariates": (collinear_covariates, "Covariates that are combinations of each other"),
    "constant_covariate": (constant_covariate, "A covariate that is constant"),
    "complete_separation": (complete_separation, "A covariate that tells a cohort from all others"),
    "no_overlap": (no_overlap, "A covariate without overlap of treated and untreated"),
    "many_covariates": (many_covariates, "More covariates than units"),
    "switches_off": (switches_off, "Treatment that switches off"),
}


def fit(estimator, fault=None):
    """The fit of an estimator on its good panel, or with a fault."""
    data, more = good(estimator), {}
    if fault is not None:
        # a treatment that ends needs a period after it
        wide = fault == "switches_off" and estimator in ("did_2x2", "did_cic")
        data, more = FAULTS[fault][0](good("did_cs") if wide else data)
    keys = {"never": 0, **ESTIMATORS[estimator], **more}
    if fault == "every_second_year":
        keys = {name: 2 * value if name in ("pre", "post") else value for name, value in keys.items()}
    cohort, controls = keys.pop("cohort", "g"), keys.pop("controls", ())
    if cohort is None:
        del keys["never"]
    return im.did(
        data, y="y", time="t", unit="i", cohort=cohort, estimator=estimator, controls=controls, more=keys
    )


def answer(estimator, fault=None):
    """The answer in a word, and the message: the code of an error, or the drops and notices of an estimate."""
    try:
        found = fit(estimator, fault)
    except ImpactError as error:
        first = error.faults[0]
        return first.code, f"{first.message} {first.help} {first.details}"
    estimate, design = found.estimate, found.result.design
    steps = [*design.sample.steps, *(() if estimate.design is None else estimate.design.sample.steps)]
    drops = list(dict.fromkeys(f"drop {step.name}" for step in steps if step.dropped))
    notices = (*design.notices, *estimate.notices, *found.inference.notices)
    codes = sorted({notice.code for notice in notices} - USUAL)
    said = "; ".join([*(f"{step.name}: {step.reason}" for step in steps), *(n.message for n in notices)])
    return ", ".join([*drops, *codes]) or "estimates", said
