"""The two-stage sample of persons: places, dwellings, households, and who lives in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.geography import REGIONS, Geography
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import QUARTERS, STOCKS, ends_of, stock_at

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

VISITS = 5
STARTS = QUARTERS + VISITS - 1
# interviews a quarter, before any are lost: every person is visited in five quarters
A_QUARTER = {"small": 20_000, "full": 30_000}
METRO_SAMPLE = 0.50
PER_DWELLING, FEWEST_DWELLINGS, MOST_DWELLINGS = 3.7, 6, 8
# dwellings of migrants by place: metropolis, other urban, rural; more than their share, the weights undo it
MIGRANT_DWELLINGS = (0.10, 0.05, 0.03)
WOMEN = (0.52, 0.51)
# heads of households are adults: shares of those of working age, and for the other members children and aged
HEADS_OF_WORKING_AGE = (0.85, 0.97)
CHILDREN, AGED = (0.336, 0.31), (0.102, 0.02)
BANDS = ((14, 24), (25, 39), (40, 64))
BAND_SHARES = ((0.30, 0.35, 0.35), (0.28, 0.50, 0.22))
# incomplete secondary or less, complete secondary, technical, university: residents by age band, then migrants
SCHOOLING = ((0.40, 0.42, 0.07, 0.11), (0.38, 0.37, 0.11, 0.14), (0.46, 0.31, 0.09, 0.14))
SCHOOLING_MIGRANTS = (0.18, 0.32, 0.20, 0.30)
# codes of p301a in each class of schooling
SCHOOL_CODES = ((3, 4, 5), (6,), (7, 8), (9, 10))
FIRST_ARRIVALS = 2005.0
CHILD_OF_SCHOOL, CHILD_OF_PRESCHOOL = 6, 3


@dataclass(frozen=True, slots=True)
class Roster:
    """Persons of the sample, arrays (n,), and their places.

    Arguments:
        psu: number of the place; district: its district; stratum: region and kind of place, as codes of ``strata``.
        start: quarter of the first visit, -4 to 31. dwelling: number within the place; member: number within it.
        migrant, woman: flags. age: at the first visit. band: 0-2 of working age, 3 aged, -1 child.
        school: class 0-3, for those of 14 and over. school_code: p301a, 0 for the youngest.
        arrival: date in years, 0 for residents.
    """

    psu: Whole
    district: Whole
    stratum: Whole
    strata: tuple[str, ...]
    start: Whole
    dwelling: Whole
    member: Whole
    migrant: Flags
    woman: Flags
    age: Whole
    band: Whole
    school: Whole
    school_code: Whole
    arrival: Floats

    @property
    def count(self) -> int:
        """Number of persons."""
        return len(self.psu)


def make_roster(geography: Geography, settings: Settings) -> Roster:
    """Places drawn by size within region and kind, six to eight dwellings in each, everybody in them."""
    random = settings.generator(part="sample")
    strata, stratum_of = strata_of(geography)
    n_persons = A_QUARTER[settings.size] * STARTS // VISITS
    n_psu = int(np.ceil(1.06 * n_persons / (PER_DWELLING * (FEWEST_DWELLINGS + MOST_DWELLINGS) / 2)))
    place = _places(geography, stratum_of, n_psu, random)
    start = random.permutation(np.arange(len(place)) % STARTS) - (VISITS - 1)
    dwellings = random.integers(FEWEST_DWELLINGS, MOST_DWELLINGS + 1, len(place))
    psu_of_dwelling = np.repeat(np.arange(len(place)), dwellings)
    kind = np.where(geography.metro, 0, np.where(geography.urban, 1, 2))[place][psu_of_dwelling]
    lives_migrant = random.random(len(kind)) < np.array(MIGRANT_DWELLINGS)[kind]
    sizes = 1 + random.poisson(PER_DWELLING - 1, len(kind))
    rows = np.repeat(np.arange(len(kind)), sizes)[:n_persons]
    psu, migrant = psu_of_dwelling[rows], lives_migrant[rows]
    number = np.arange(len(kind)) - np.repeat(np.cumsum(dwellings) - dwellings, dwellings)
    member = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)[:n_persons]
    band, age = _ages(migrant, member == 0, random)
    school, code = _schooling(migrant, band, age, random)
    return Roster(
        psu=psu,
        district=place[psu],
        stratum=stratum_of[place[psu]],
        strata=strata,
        start=start[psu],
        dwelling=number[rows] + 1,
        member=member + 1,
        migrant=migrant,
        woman=random.random(len(rows)) < np.where(migrant, WOMEN[1], WOMEN[0]),
        age=age,
        band=band,
        school=school,
        school_code=code,
        arrival=_arrivals(migrant, start[psu], random),
    )


def strata_of(geography: Geography) -> tuple[tuple[str, ...], Whole]:
    """Region and kind of place (M metropolis, U other urban, R rural): all strata, and that of each district."""
    kinds = np.where(geography.metro, "M", np.where(geography.urban, "U", "R"))
    names = [
        f"{REGIONS[r].code}{kind}" for r, kind in zip(geography.region.tolist(), kinds.tolist(), strict=True)
    ]
    strata = tuple(sorted(set(names)))
    return strata, np.array([strata.index(name) for name in names])


def _places(geography: Geography, stratum: Whole, count: int, random: np.random.Generator) -> Whole:
    """District of each place: at least two places a stratum, within it by size."""
    people = geography.natives
    metro = np.where(geography.metro, people, 0.0)
    rest = people - metro
    share = METRO_SAMPLE * metro / metro.sum() + (1 - METRO_SAMPLE) * rest / rest.sum()
    wanted = np.maximum(np.round(np.bincount(stratum, share) * count), 2).astype(np.int64)
    found = []
    for code, number in enumerate(wanted.tolist()):
        members = np.flatnonzero(stratum == code)
        edges = np.cumsum(people[members]) / people[members].sum()
        points = (np.arange(number) + random.random()) / number
        found.append(members[np.searchsorted(edges, points, side="right").clip(0, len(members) - 1)])
    return np.asarray(random.permutation(np.concatenate(found)))


def _ages(migrant: Flags, head: Flags, random: np.random.Generator) -> tuple[Whole, Whole]:
    """Band and age of every person."""
    who = migrant.astype(np.int64)
    draw, within, choice = random.random((3, len(who)))
    children = np.where(head, 0.0, np.array(CHILDREN)[who])
    aged = np.where(head, 1 - np.array(HEADS_OF_WORKING_AGE)[who], np.array(AGED)[who])
    band = (choice[:, None] > np.cumsum(np.array(BAND_SHARES), axis=1)[who][:, :2]).sum(axis=1)
    band = np.where(draw < children, -1, np.where(draw > 1 - aged, 3, band))
    low = np.array([bound[0] for bound in BANDS] + [65, 0])[band]
    high = np.array([bound[1] for bound in BANDS] + [92, 13])[band]
    # heads of the youngest band are adults
    low = np.where(head & (band == 0), 18, low)
    return band, (low + np.floor(within * (high - low + 1))).astype(np.int64)


def _schooling(migrant: Flags, band: Whole, age: Whole, random: np.random.Generator) -> tuple[Whole, Whole]:
    """Class and code of schooling; children are at school."""
    draw, within = random.random((2, len(band)))
    table = np.cumsum(np.array([*SCHOOLING, SCHOOLING[2], SCHOOLING_MIGRANTS]), axis=1)[:, :3]
    row = np.where(migrant, 4, band.clip(0, 3))
    school = (draw[:, None] > table[row]).sum(axis=1)
    first = np.array([codes[0] for codes in SCHOOL_CODES])[school]
    width = np.array([len(codes) for codes in SCHOOL_CODES])[school]
    code = first + np.floor(within * width).astype(np.int64)
    young = np.where(age >= CHILD_OF_SCHOOL, 3, np.where(age >= CHILD_OF_PRESCHOOL, 2, 0))
    return school, np.where(band < 0, young, code)


def _arrivals(migrant: Flags, start: Whole, random: np.random.Generator) -> Floats:
    """Dates of arrival, before the end of the first quarter in which the person is seen."""
    seen = ends_of(QUARTERS)[start.clip(0)]
    before = stock_at(seen) * random.random(len(start))
    dates = np.interp(before, [0.0, *STOCKS.values()], [FIRST_ARRIVALS, *STOCKS])
    return np.asarray(np.where(migrant, dates, 0.0))
