"""Persons: margins of the policy paper's profile, the survey's design and codes, and effects between worlds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import impact.data.peru_lab.sample as sample
from impact.data.peru_lab.geography import make_geography
from impact.data.peru_lab.labour import keep_effect, make_careers, make_demand
from impact.data.peru_lab.persons import COLUMNS, make_persons
from impact.data.peru_lab.sample import make_roster
from impact.data.peru_lab.settings import Knobs, Settings
from impact.data.peru_lab.stocks import QUARTERS, make_exposure, stock_at
from impact.data.peru_lab.weights import higher_of_migrants
from impact.data.peru_lab.worlds import effects_of

# policy paper, Table 1 (ENAHO 2020), percent, residents and migrants; higher education: press and paper
TABLE_1 = {
    "women": (52, 51), "urban": (79, 98), "capital": (32, 69), "working_age": (64, 73), "employed": (94, 93),
    "informal": (81, 83),
}  # fmt: skip


@pytest.fixture(scope="module")
def persons():
    return pd.DataFrame(make_persons(Settings()))


@pytest.fixture
def few(monkeypatch):
    """The lab with a tenth of its persons, for tests that make it several times."""
    monkeypatch.setitem(sample.A_QUARTER, "small", 2_000)


def share(rows, flags, base):
    weight = rows["fac500a"]
    return 100 * weight[base & flags].sum() / weight[base].sum()


def margins(rows):
    everybody = rows["p207"] > 0
    force, works = rows["ocu500"].isin([1, 2]), rows["ocu500"] == 1
    return {
        "women": share(rows, rows["p207"] == 2, everybody),
        "urban": share(rows, rows["estrato"] <= 5, everybody),
        "capital": share(rows, rows["dominio"] == 8, everybody),
        "working_age": share(rows, rows["p208a"].between(14, 64), everybody),
        "employed": share(rows, works, force),
        "informal": share(rows, rows["ocupinf"] == 1, works),
    }


@pytest.mark.parametrize("migrant", [0, 1])
def test_the_profile_of_table_1_after_weighting(persons, migrant):
    for year in (None, 2016, 2018, 2020):
        rows = persons[(persons["migrante"] == migrant) & ((persons["anio"] == year) | (year is None))]
        found = margins(rows)
        assert {name: found[name] for name in TABLE_1} == pytest.approx(
            {name: values[migrant] for name, values in TABLE_1.items()}, abs=0.5
        )


@pytest.mark.parametrize(("migrant", "year", "percent"), [(0, 2020, 22), (1, 2018, 57), (1, 2020, 40)])
def test_higher_education(persons, migrant, year, percent):
    rows = persons[(persons["migrante"] == migrant) & (persons["anio"] == year)]
    assert share(rows, rows["p301a"] >= 7, rows["p208a"].between(14, 64)) == pytest.approx(percent, abs=0.5)


def test_the_group_that_loses_jobs_is_2_9_percent_of_the_labour_force(persons):
    rows = persons[persons["migrante"] == 0]
    group = (rows["p207"] == 2) & rows["p208a"].between(14, 24) & (rows["p301a"] <= 5)
    assert share(rows, group, rows["ocu500"].isin([1, 2])) == pytest.approx(2.9, abs=0.05)


def test_other_worlds_seeds_and_knobs_have_the_margins_too(few):
    settings = Settings(world="mixed", seed=11, knobs=Knobs(lima_share=0.84, lockdown=0.5, attrition=0.4))
    rows = pd.DataFrame(make_persons(settings))
    for migrant in (0, 1):
        found = margins(rows[rows["migrante"] == migrant])
        wanted = {name: values[migrant] for name, values in TABLE_1.items()}
        assert found == pytest.approx(wanted, abs=0.5)


def test_weights_add_up_to_the_people(persons):
    by_year = persons.groupby(["anio", "migrante"])["fac500a"].sum() / 4
    ends = stock_at(2019 + np.array([0.25, 0.5, 0.75, 1.0]))
    assert by_year[2019, 1] == pytest.approx(ends.mean(), rel=1e-3)
    assert 29e6 < by_year[2017, 0] < 31e6
    assert (persons["fac500a"] > 0).all()


def test_participation_and_pay(persons):
    for migrant, force, pay in ((0, 0.72, 1_560), (1, 0.80, 1_116)):
        rows = persons[(persons["migrante"] == migrant) & persons["anio"].between(2015, 2019)]
        grown = rows[rows["p208a"].between(14, 64)]
        assert grown["ocu500"].isin([1, 2]).mean() == pytest.approx(force, abs=0.02)
        money = rows["i524a1"].fillna(rows["i530a"]) / 12
        assert money.mean() == pytest.approx(pay, rel=0.06)
        assert np.log(money.dropna()).std() == pytest.approx(0.75, abs=0.04)


def test_codes_and_blanks(persons):
    assert tuple(persons.columns) == COLUMNS
    works = persons["ocu500"] == 1
    assert set(persons["p207"]) == {1, 2} and set(persons["ocu500"].dropna()) == {1, 2, 4}
    assert persons.loc[persons["p208a"] < 14, "p501"].isna().all()
    assert persons.loc[~works, ["p507", "ocupinf", "i524a1", "i530a", "job_rank"]].isna().all(axis=None)
    assert not (persons["i524a1"].notna() & persons["i530a"].notna()).any()
    # dependants are paid wages, the others make profits, unpaid family workers have neither
    assert persons.loc[persons["i530a"].notna(), "p507"].isin([1, 2]).all()
    assert persons.loc[persons["p507"] == 5, ["i524a1", "i530a"]].isna().all(axis=None)
    formal = persons["ocupinf"] == 2
    assert persons.loc[formal & persons["p511a"].notna(), "p511a"].isin([1, 2, 6]).all()
    assert persons["llegada"].notna().equals(persons["migrante"] == 1)
    date = pd.to_datetime(dict(year=persons["anio"], month=3 * persons["trimestre"], day=28))
    assert (persons["llegada"].isna() | (persons["llegada"] <= date)).all()


def test_two_stages_and_five_visits(persons):
    keys = ["conglome", "vivienda", "hogar", "codperso"]
    assert not persons.duplicated([*keys, "quarter"]).any()
    visits = persons.groupby(keys)["visit"].agg(["min", "max", "size"])
    assert visits["max"].max() == 5
    dwellings = persons.groupby("conglome")["vivienda"].nunique()
    assert dwellings.max() <= 8 and dwellings.median() >= 6
    assert (persons.groupby("conglome")["ubigeo"].nunique() == 1).all()
    places = persons.groupby("stratum")["conglome"].nunique()
    assert len(places) == 50 and places.min() >= 2
    assert persons.groupby("quarter").size().between(17_500, 20_000).all()


def test_places_are_alike_within(persons):
    """Intra-cluster correlation of log pay near 0.05, by the moments of one-way analysis of variance."""
    rows = persons[(persons["visit"] == 1) & (persons["migrante"] == 0) & persons["i524a1"].notna()]
    pay = np.log(rows["i524a1"])
    groups = pay.groupby(rows["conglome"])
    sizes = groups.size()
    within = groups.var().mul(sizes - 1).sum() / (sizes - 1).sum()
    between = (sizes * (groups.mean() - pay.mean()) ** 2).sum() / (len(sizes) - 1)
    typical = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(sizes) - 1)
    variance = (between - within) / typical
    assert variance / (variance + within) == pytest.approx(0.06, abs=0.025)


def test_a_quarter_of_lima_is_without_work_in_the_lockdown(persons):
    grown = persons[(persons["migrante"] == 0) & persons["p208a"].between(25, 64)]
    rate = (grown["ocu500"] == 1).groupby([grown["dominio"] == 8, grown["quarter"]]).mean()
    for metro, loss in ((True, 0.25), (False, 0.15)):
        locked, before = rate[metro][26], rate[metro][[21, 22, 23, 24]].mean()
        assert 1 - locked / before == pytest.approx(loss, abs=0.03)


def test_without_a_lockdown_nothing_happens(few):
    rows = pd.DataFrame(make_persons(Settings(knobs=Knobs(lockdown=0.0))))
    works = (rows["ocu500"] == 1).groupby(rows["quarter"]).mean()
    assert works[[26, 27, 28]].mean() == pytest.approx(works[[21, 22, 23, 24]].mean(), abs=0.025)


def test_those_who_lose_work_are_lost_more_often():
    settings = Settings()
    roster, careers = careers_of(settings)
    inside = (roster.start >= 0) & (roster.start < QUARTERS - 4) & careers.employed[:, 0]
    kept, found = careers.employed[:, -1], careers.present[:, -1]
    lost_work = inside & ~kept & ~np.isin(roster.start + 4, [25, 26, 27])
    assert 1 - found[inside & kept].mean() == pytest.approx(0.12, abs=0.01)
    assert 1 - found[lost_work].mean() == pytest.approx(0.17, abs=0.02)
    _, whole = careers_of(Settings(knobs=Knobs(attrition=0.0)))
    assert whole.present[inside, -1].all()


def careers_of(settings):
    effects = effects_of(settings)
    geography = make_geography(settings)
    exposure = make_exposure(geography, settings, periods=QUARTERS)
    demand = make_demand(geography, exposure, settings)
    roster = make_roster(geography, settings)
    return roster, make_careers(roster, exposure, demand, effects, settings)


@pytest.mark.parametrize("world", ["ac2020", "mixed"])
def test_keeping_work_differs_between_worlds_by_the_effect_alone(few, world):
    """The draws are the same in every world, so that the probabilities differ by effect times exposure."""
    settings = Settings(world=world, knobs=Knobs(attrition=0.0))
    roster, careers = careers_of(settings)
    _, null = careers_of(Settings(world="null", knobs=Knobs(attrition=0.0)))
    exposure = make_exposure(make_geography(settings), settings, periods=QUARTERS)
    points = exposure.exposure[roster.district, roster.start.clip(0)]
    effect = keep_effect(roster, effects_of(settings))
    inside = (careers.keep > 0.01) & (careers.keep < 0.99) & (null.keep < 0.99)
    assert inside.mean() > 0.97
    assert np.abs(careers.keep - null.keep - effect * points)[inside].max() < 1e-12
    group = roster.woman & (roster.band == 0) & (roster.school == 0) & ~roster.migrant
    assert set(effect[group].tolist()) == {effects_of(settings)["B1"]}
    assert not effect[roster.migrant].any() and not effect[~roster.woman].any()


def test_the_press_figure_is_an_option():
    assert effects_of(Settings(knobs=Knobs(strong=1.0)))["B1"] == -0.11
    assert effects_of(Settings(world="null", knobs=Knobs(strong=1.0)))["B1"] == 0.0


def test_pay_and_rank_differ_between_worlds_by_the_effects_alone(few):
    persons, null = (
        pd.DataFrame(make_persons(Settings(world=world, knobs=Knobs(attrition=0.0))))
        for world in ("ac2020", "null")
    )
    both = persons["i524a1"].notna() & null["i524a1"].notna() & (persons["ocupinf"] == null["ocupinf"])
    rows = persons[both & (persons["migrante"] == 0)]
    gap = np.log(rows["i524a1"]) - np.log(null.loc[rows.index, "i524a1"])
    group = (rows["p207"] == 2) & rows["p208a"].between(14, 24) & (rows["p301a"] <= 5)
    effect = np.where(group, -0.020, np.where(rows["ocupinf"] == 1, -0.004, 0.0))
    far = (
        rows["i524a1"] > 10_000
    )  # whole soles; who works differs a little, and with it the mean that is taken away
    assert np.abs(gap - effect * rows["exposure"])[far].max() < 1e-3
    low = (
        (persons["p301a"] <= 5)
        & (persons["migrante"] == 0)
        & persons["job_rank"].notna()
        & null["job_rank"].notna()
    )
    ranks = (persons["job_rank"] - null["job_rank"])[low]
    assert np.abs(ranks + 0.002 * persons["exposure"][low]).max() < 1.1e-4


def test_permits_of_those_who_could_have_one(persons):
    rows = persons[(persons["migrante"] == 1) & (persons["anio"] == 2020)]
    early = rows["llegada"] <= "2018-09-01"
    assert rows.loc[early, "ptp"].mean() == pytest.approx(0.64, abs=0.03)
    assert rows.loc[rows["llegada"] >= "2018-11-01", "ptp"].sum() == 0
    assert persons.loc[persons["migrante"] == 0, "ptp"].isna().all()


def test_higher_education_of_migrants_falls_from_2018_to_2020():
    assert [higher_of_migrants(year) for year in (2016, 2018, 2019, 2020, 2021)] == [
        0.57,
        0.57,
        0.485,
        0.40,
        0.40,
    ]
