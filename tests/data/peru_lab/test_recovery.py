"""Each true effect is recovered by the design that is recommended for it, and missed by the naive one.

Means of estimates are compared with the truth by their own Monte Carlo error (four of them). The sets marked slow have
as many draws as coverage needs; a share of covering intervals is judged against 0.92-0.98 with its Monte Carlo error.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import impact.data.peru_lab.sample as sample
from impact.core.errors import Place
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.worlds import effects_of
from impact.pipeline.street import run_plan
from impact.plan import make_plan
from impact.schema.nodes import from_plain

FEW, MANY = 6, 200
CR3 = {"vcov": {"cluster": "ubigeo", "type": "cr3"}}
BEFORE = {"before": "anio < 2020"}
RATE = "rate ~ exposure | ubigeo + month"
COUNT = "count ~ exposure + offset(log(population)) | ubigeo + month"
INCOME = "log_income_informal ~ {} | ubigeo + quarter"
CRIMES = ("burglary", "robbery", "assault", "homicide", "sexual_violence")
RATES = {
    "table": "crimes",
    "derive": {"rate": "1200000 * count / population"},
    "filter": BEFORE,
    "models": {f"C1_{kind}": {"formula": RATE, "filter": f"type == '{kind}'"} for kind in CRIMES},
    "common": {"weights": {"population": "sampling"}, **CR3},
}
COUNTS = {
    "table": "crimes",
    "filter": BEFORE,
    "models": {
        f"C1_{kind}": {"estimator": "ppml", "formula": COUNT, "filter": f"type == '{kind}'"}
        for kind in CRIMES
    },
    "common": CR3,
}
VICTIMS = {
    "table": "victimisation",
    "models": {
        "C2": {"formula": "insecure ~ exposure | ubigeo + month"},
        "C3": {"formula": "reported ~ exposure | ubigeo + month"},
        "C1_victimisation": {"formula": "victim ~ exposure | ubigeo + month"},
    },
    "common": CR3,
}
CITIES = {
    "table": "cities",
    "filter": BEFORE,
    "models": {
        name: {"formula": f"{outcome} ~ exposure | city + quarter"}
        for name, outcome in (
            ("B7", "paid_employment"), ("B8_formal", "log_wage_formal"), ("B8_informal", "log_wage_informal"),
        )
    },
    "common": {"vcov": {"cluster": "city", "type": "cr3"}},
}  # fmt: skip
INCOMES = {
    "table": "districts",
    "filter": {"metropolis": "metropolitan == 1 and anio < 2020"},
    "models": {
        "ols": {"formula": INCOME.format("exposure")},
        "iv": {"formula": INCOME.format("1") + " | exposure ~ z_settlement"},
    },
    "common": CR3,
}
CUT = {"estimator": "rd", "cutoff": 0.5, "treated_side": "below", "bandwidth": 120, "donut": 14}
PERMITS = {
    "table": "arrivals",
    "filter": {"after": "wave == 2"},
    "models": {
        "G1": {**CUT, "formula": "contract ~ days_to_cutoff", "fuzzy": "ptp"},
        "G2": {**CUT, "formula": "log_income ~ days_to_cutoff", "fuzzy": "ptp"},
        "G3": {**CUT, "formula": "ptp ~ days_to_cutoff"},
    },
}
COHORTS = {
    "table": "arrivals",
    "derive": {"post": "1 if wave == 2 else 0", "right": "eligible * post"},
    "filter": {"twice": "days_to_cutoff <= 31"},
    "models": {
        name: {"formula": f"{outcome} ~ 1 | person + wave | ptp ~ right"}
        for name, outcome in (("G1", "contract"), ("G1_health", "health_cover"), ("G2", "log_income"))
    },
    "common": {"vcov": {"cluster": "person"}},
}
TRIAL = {
    "table": "trial",
    "derive": {"growth": "log_profit_1 - log_profit_0"},
    "models": {
        "lots": {"formula": "log_profit_1 ~ assigned + log_profit_0 | stratum", "filter": "arm != 'outside'"},
        "matched": {"formula": "growth ~ assigned + schooling + age", "filter": "arm != 'control'"},
        "naive": {"formula": "growth ~ assigned", "filter": "arm != 'control'"},
    },
    "common": {"vcov": "hc3"},
    "term": "assigned",
}
PLACES = {
    "table": "attendance",
    "models": {
        "open": {"formula": "attendance ~ dose | ubigeo + anio", "filter": "closed == 0"},
        "naive": {"formula": "attendance ~ dose | ubigeo + anio"},
    },
    "common": CR3,
}


def truths(world="ac2020"):
    return effects_of(Settings(world=world))


def centred(draws, truth):
    """Whether the mean of the estimates is the truth within four Monte Carlo errors.

    The spread of few draws is a poor guide: where the errors that the estimates report are larger, those count.
    """
    estimates = draws[:, 0]
    spread = max(estimates.std(ddof=1), draws[:, 1].mean() if len(draws) < MANY else 0.0)
    return abs(estimates.mean() - truth) <= 4 * spread / math.sqrt(len(estimates))


def off(draws, truth):
    return not centred(draws, truth)


def coverage(draws, truth):
    return float(((draws[:, 2] <= truth) & (truth <= draws[:, 3])).mean())


def covers(draws, truth, *, low=0.92, high=0.98):
    """Whether the share of covering intervals is within the bar, up to two of its Monte Carlo errors."""
    error = 2 * math.sqrt(0.95 * 0.05 / len(draws))
    return low - error <= coverage(draws, truth) <= min(high + error, 1.0)


def rejection(draws):
    return float(((draws[:, 2] > 0) | (draws[:, 3] < 0)).mean())


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setitem(sample.A_QUARTER, "small", 2_000)


def test_residents_in_the_survey(few, lab, over_draws):
    """On a tenth of the small sample, with nobody sorting; the thin groups are for the set below."""
    names = ("B3", "B5", "B6")
    found = over_draws(lab.PERSONS, 3, rho_sort=0, models=names)
    for name in names:
        assert centred(found[name], truths()[name]), name


@pytest.mark.parametrize("world", ["ac2020", "mixed"])
def test_cities(over_draws, world):
    for name, draws in over_draws(CITIES, FEW, world=world).items():
        assert centred(draws, truths(world)[name]), name


def test_crime_rates_and_counts(over_draws):
    models = ("C1_robbery", "C1_homicide")
    for name, draws in over_draws(RATES, FEW, models=models).items():
        assert centred(draws, 0.0), name
    moved = over_draws(COUNTS, FEW, models=models, world="mixed")
    # recorded robbery moves with reporting as well, which bends it a little below the slope at no exposure
    assert 0.005 < moved["C1_robbery"][:, 0].mean() < 0.045
    assert centred(moved["C1_homicide"], 0.0)


def test_perception_victims_and_reports(over_draws):
    for name, draws in over_draws(VICTIMS, 2, world="mixed").items():
        assert centred(draws, truths("mixed")[name]), name


def test_permits(over_draws):
    for spec in (PERMITS, COHORTS):
        for name, draws in over_draws(spec, 3).items():
            assert centred(draws, truths()[name]), name


def test_holders_of_permits_differ_anyway(over_draws):
    """Selection on what nobody observes: holders compared with others are too well off."""
    naive = {
        "table": "arrivals",
        "filter": {"after": "wave == 2"},
        "models": {"G2": {"formula": "log_income ~ ptp + days_to_cutoff"}},
        "term": "ptp",
    }
    found = over_draws(naive, 6)["G2"]
    assert off(found, truths()["G2"]) and found[:, 0].mean() > 0.09


def test_bunching_spoils_the_cut_off_unless_a_donut_is_left_out(over_draws):
    whole = {**PERMITS, "models": {"G2": {k: v for k, v in PERMITS["models"]["G2"].items() if k != "donut"}}}
    spoilt = over_draws(whole, 12, bunching=0.9)["G2"]
    assert spoilt[:, 0].mean() > 0.12 and off(spoilt, 0.06)
    assert centred(over_draws(PERMITS, FEW, bunching=0.9, models=("G2",))["G2"], 0.06)
    assert centred(over_draws(whole, FEW, bunching=0.0)["G2"], 0.06)


def test_bunching_shows_in_the_density():
    model = {**CUT, "formula": "log_income ~ days_to_cutoff"}

    def p_value(bunching):
        block = {"table": "arrivals", "size": "full", "set": {"bunching": bunching}}
        tree = {"spec": 1, "data": {"lab": block}, "filter": {"after": "wave == 2"}, "models": {"rd": model},
                "tests": {"sorting": {"kind": "density", "of": "rd"}}}  # fmt: skip
        (finding,) = run_plan(make_plan(from_plain(tree, Place(file="spec.yaml")))).findings
        return finding.p_value

    assert p_value(0.3) < 0.001
    assert p_value(0.0) > 0.01


def test_training_by_lot_and_by_matching(over_draws):
    found = over_draws(TRIAL, 16)
    for name in ("lots", "matched"):
        assert centred(found[name], truths()["G4"]), name
    assert off(found["naive"], truths()["G4"]) and found["naive"][:, 0].mean() > 0.14


def test_places_at_school_without_the_year_of_closure(over_draws):
    found = over_draws(PLACES, 16)
    assert centred(found["open"], truths()["G5"])
    assert off(found["naive"], truths()["G5"]) and found["naive"][:, 0].mean() < 0.04


def test_sorting_fools_least_squares_and_not_the_instrument(over_draws):
    found = over_draws(INCOMES, 16)
    assert off(found["ols"], -0.004) and found["ols"][:, 0].mean() == pytest.approx(0.002, abs=0.004)
    assert abs(np.median(found["iv"][:, 0]) + 0.004) < 0.005
    unsorted = over_draws(INCOMES, FEW, rho_sort=0)
    assert centred(unsorted["ols"], -0.004) and centred(unsorted["iv"], -0.004)


def test_error_in_the_registry_shrinks_the_estimate(over_draws):
    """Classical error of half the variance takes half of the effect; the instrument brings it back."""
    spec = {**INCOMES, "filter": {"metropolis": "metropolitan == 1"}, "models": {
        "ols": {"formula": INCOME.format("exposure_registry")},
        "iv": {"formula": INCOME.format("1") + " | exposure_registry ~ z_settlement"},
        "exact": {"formula": INCOME.format("exposure")},
    }}  # fmt: skip
    found = over_draws(spec, 8, rho_sort=0, measurement=0.5, trend_sd=0.002)
    ratio = found["ols"][:, 0].mean() / found["exact"][:, 0].mean()
    assert ratio == pytest.approx(0.5, abs=0.06)
    assert centred(found["iv"], -0.004)


def test_migrants_left_out_of_the_population_raise_the_rate(over_draws, fit_lab):
    """The same counts over residents alone: a bit more than one per cent a point of the migrants' share.

    With s the share, the log of all people over residents is -log(1 - s), whose slope is 1/(1 - s), 1.0 to 1.2; in
    one simulation of 50 districts the gap was measured as 1.3 % with an error of about 0.1.
    """
    model = {**COUNTS["models"]["C1_robbery"], "formula": COUNT.replace("exposure", "share")}
    spec = {**COUNTS, "models": {"C1": model}, "common": {"vcov": {"cluster": "ubigeo"}}}
    within, without = (over_draws(spec, 4, denominator=how)["C1"][:, 0] for how in ("with", "without"))
    gap = without - within
    assert 0.0105 < gap.mean() < 0.0130
    assert gap.std(ddof=1) < 0.001


# ---- the sets below are run on demand


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_residents_at_length(lab, over_draws):
    """B1 to B6 and B9 with the whole small sample: bias and coverage."""
    for name, draws in over_draws(lab.PERSONS, 60, rho_sort=0).items():
        assert centred(draws, truths()[name]), name
        assert covers(draws, truths()[name], high=1.0), (name, coverage(draws, truths()[name]))


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    ("spec", "world", "names"),
    [
        (CITIES, "mixed", ("B7", "B8_formal", "B8_informal")),
        (RATES, "ac2020", ("C1_burglary", "C1_robbery", "C1_assault", "C1_homicide", "C1_sexual_violence")),
        (VICTIMS, "mixed", ("C2", "C3", "C1_victimisation")),
        (PERMITS, "ac2020", ("G1", "G2", "G3")),
        (COHORTS, "ac2020", ("G1", "G2", "G1_health")),
    ],
    ids=["cities", "rates", "victims", "permits", "cohorts"],
)
def test_others_at_length(over_draws, spec, world, names):
    found = over_draws(spec, MANY, world=world, models=names)
    for name in names:
        truth = truths(world)[name] if spec is not RATES else 0.0
        assert centred(found[name], truth), name
        assert covers(found[name], truth), (name, coverage(found[name], truth))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_trial_and_places_at_length(over_draws):
    for spec, name, truth in ((TRIAL, "lots", 0.10), (TRIAL, "matched", 0.10), (PLACES, "open", 0.06)):
        draws = over_draws(spec, MANY, models=(name,))[name]
        assert centred(draws, truth), name
        assert covers(draws, truth), (name, coverage(draws, truth))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_plain_clusters_find_crime_where_there_is_none(over_draws):
    """Districts are few and unequal: CR1 rejects a true null too often, the cluster jackknife (CV3) does not."""
    plain = {**RATES, "common": {**RATES["common"], "vcov": {"cluster": "ubigeo"}}}
    models = ("C1_robbery", "C1_homicide")
    naive, careful = (over_draws(spec, 400, models=models) for spec in (plain, RATES))
    for name in models:
        assert rejection(naive[name]) > 0.085, (name, rejection(naive[name]))
        assert 0.03 <= rejection(careful[name]) <= 0.09, (name, rejection(careful[name]))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_weak_instrument_fools_wald_and_not_anderson_rubin():
    """With strong sorting and next to no first stage the Wald interval misses; Anderson and Rubin's set does not."""
    model = {
        "formula": INCOME.format("1") + " | exposure ~ z_settlement",
        "vcov": {"cluster": "ubigeo", "type": "cr3"},
    }
    wald, robust = [], []
    for seed in range(1, MANY + 1):
        knobs = {"rho_sort": 0.9, "iv_strength": 0.05, "trend_sd": 0.05}
        tree = {
            "spec": 1,
            "data": {"lab": {"table": "districts", "seed": seed, "set": knobs}},
            "filter": INCOMES["filter"],
            "models": {"iv": model},
            "tests": {"ar": {"kind": "anderson_rubin", "of": "iv", "at": -0.004}},
        }
        run = run_plan(make_plan(from_plain(tree, Place(file="spec.yaml"))))
        inference = run.fitted[0].results[0].inference
        wald.append(inference.ci_low[0] <= -0.004 <= inference.ci_high[0])
        robust.append(run.findings[0].p_value >= 0.05)
    assert np.mean(wald) < 0.88
    assert 0.92 - 0.03 <= np.mean(robust) <= 1.0
