"""Places, people, stocks and instruments against the numbers of the policy paper and the census, and the knobs."""

from __future__ import annotations

import numpy as np
import pytest

from impact.data.peru_lab.districts import make_districts
from impact.data.peru_lab.geography import CALLAO, LIMA, N_METRO, REGIONS, make_geography
from impact.data.peru_lab.settings import Knobs, Settings
from impact.data.peru_lab.stocks import MONTHS, QUARTERS, make_exposure, stock_at, within_sd


def metro(seed, **knobs):
    return make_geography(Settings(seed=seed, knobs=Knobs(**knobs)))


def test_twenty_five_departments_with_the_people_of_the_census():
    assert len({region.code for region in REGIONS}) == 25
    assert sum(region.people for region in REGIONS) == 29_381_884  # INEI, census of 2017
    place = metro(1)
    people = np.bincount(place.region, place.natives * 1.01)
    assert people == pytest.approx([region.people for region in REGIONS], abs=2)


def test_fifty_metropolitan_districts():
    place = metro(1)
    codes = place.ubigeo[place.metro].tolist()
    assert codes == [f"1501{k:02d}" for k in range(1, 44)] + [f"0701{k:02d}" for k in range(1, 8)]
    assert set(place.region[place.metro].tolist()) == {LIMA, CALLAO}
    assert (place.natives[place.metro] * 1.01)[:43].sum() == pytest.approx(8_574_974, abs=25)
    assert all(len(code) == 6 for code in place.ubigeo.tolist()) and len(set(place.ubigeo.tolist())) == 122


@pytest.mark.parametrize(
    ("end_of", "stock"), [(2013, 3_000), (2016, 8_000), (2017, 110_000), (2018, 530_000), (2019, 870_000),
                          (2020, 1_000_000), (2021, 1_150_000)],
)  # fmt: skip
def test_stocks(end_of, stock):
    assert stock_at(end_of + 1.0) == stock
    if end_of >= 2014:
        exposure = make_exposure(metro(3), Settings(seed=3), periods=QUARTERS)
        assert exposure.migrants[:, 4 * (end_of - 2013) - 1].sum() == pytest.approx(stock, abs=61)


def test_the_stock_of_may_2022_is_the_papers():
    assert stock_at(2022.4167) == 1_300_000


@pytest.mark.parametrize("share", [0.75, 0.69, 0.84])
def test_the_metropolis_has_the_share_that_is_asked_for(share):
    place = metro(2, lima_share=share)
    assert place.weight[place.metro].sum() == pytest.approx(share, abs=1e-12)
    assert place.weight.sum() == pytest.approx(1.0, abs=1e-12)


def test_exposure_has_the_spread_that_was_measured():
    """End of 2019: mean 6.0, SD 3.6; within districts and months of 2014-2019, 1.17 points (a measured lab)."""
    facts = []
    for seed in range(40):
        exposure = make_exposure(metro(seed), Settings(seed=seed), periods=MONTHS).exposure[:N_METRO, :72]
        facts.append([exposure[:, -1].mean(), exposure[:, -1].std(), within_sd(exposure)])
    mean, spread, within = np.mean(facts, axis=0)
    assert 5.8 < mean < 7.4
    assert 3.2 < spread < 4.8
    assert 1.0 < within < 1.45


def correlations(**knobs):
    """Means over 60 labs of correlations within the metropolis: weight with trend, with 2007, and 2007 with trend."""
    found = []
    for seed in range(60):
        place = metro(seed, **knobs)
        inside = place.metro
        weight = np.log(place.weight / place.natives)[inside]
        old = np.log(place.settlement / place.natives)[inside]
        found.append([np.corrcoef(a, b)[0, 1] for a, b in
                      ((weight, place.demand[inside]), (weight, old), (old, place.demand[inside]))])  # fmt: skip
    return np.mean(found, axis=0)


@pytest.mark.parametrize(("rho", "iv"), [(0.3, 0.6), (0.0, 0.6), (0.3, 0.15), (0.8, 0.5)])
def test_sorting_and_strength_are_what_the_knobs_say(rho, iv):
    sorting, strength, leak = correlations(rho_sort=rho, iv_strength=iv)
    error = 4 / np.sqrt(60 * 49)
    assert sorting == pytest.approx(rho, abs=error)
    assert strength == pytest.approx(iv, abs=error)
    # the instrument is valid: the settlement of 2007 has nothing to do with the trend
    assert leak == pytest.approx(0.0, abs=error)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5])
def test_the_registry_errs_by_the_share_that_is_asked_for(share):
    ratios = []
    for seed in range(20):
        settings = Settings(seed=seed, knobs=Knobs(measurement=share))
        exposure = make_exposure(make_geography(settings), settings, periods=QUARTERS)
        error = (exposure.by_register - exposure.exposure)[:N_METRO]
        ratios.append((within_sd(error) / within_sd(exposure.by_register[:N_METRO])) ** 2)
    assert np.mean(ratios) == pytest.approx(share, abs=0.05)


def test_the_table_of_districts():
    table = make_districts(Settings())
    assert len(table["ubigeo"]) == 122 * 32
    assert np.array_equal(table["population"], table["natives"] + table["migrants"])
    assert table["exposure"] == pytest.approx(100 * table["migrants"] / table["natives_2016"], abs=2e-3)
    assert table["settlement_2007"][:122].sum() == pytest.approx(1.0, abs=1e-5)
    without = make_districts(Settings(knobs=Knobs(denominator="without")))
    assert np.array_equal(without["population"], without["natives"])


def test_the_distance_to_tumbes_is_that_of_the_globe():
    table = make_districts(Settings())
    # Lima to Tumbes: 12.0453 S 77.0308 W to 3.5711 S 80.4592 W, haversine with radius 6371.0088 km
    assert table["km_tumbes"][0] == pytest.approx(1014.5, abs=2.0)
    assert table["km_tumbes"][table["department"] == "Tumbes"].max() == 0.0


def test_income_of_districts_differs_between_worlds_by_the_effect_alone():
    one, other = make_districts(Settings(world="mixed")), make_districts(Settings(world="null"))
    gap = one["log_income_informal"] - other["log_income_informal"]
    assert gap == pytest.approx(-0.006 * one["exposure"], abs=1.1e-5)
