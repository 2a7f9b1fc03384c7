"""The table of cities: paid employment and log wages of residents in 24 cities by quarter."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.geography import LIMA, N_METRO, REGIONS, make_geography
from impact.data.peru_lab.labour import LOCKDOWN_ELSEWHERE, LOCKED, autocorrelated
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import FIRST_YEAR, QUARTERS, make_exposure
from impact.data.peru_lab.worlds import effects_of

Floats = npt.NDArray[np.float64]

EXPOSED = ("04", "15", "20")
LEVELS = {"paid_employment": 0.45, "log_wage_formal": 7.45, "log_wage_informal": 6.75}
CITY_SD = {"paid_employment": 0.03, "log_wage_formal": 0.12, "log_wage_informal": 0.12}
NOISE_SD = {"paid_employment": 0.008, "log_wage_formal": 0.02, "log_wage_informal": 0.02}
EFFECT = {"paid_employment": "B7", "log_wage_formal": "B8_formal", "log_wage_informal": "B8_informal"}
SEASON_SD, FACTOR_SD = 0.01, 0.5
COLUMNS = (
    "city", "name", "exposed", "anio", "trimestre", "quarter", "residents", "exposure", "paid_employment",
    "log_wage_formal", "log_wage_informal",
)  # fmt: skip


def make_cities(settings: Settings) -> dict[str, npt.NDArray[Any]]:
    """All columns, ordered by quarter and city; Lima is the metropolis with Callao, coded 15."""
    effects, knobs = effects_of(settings), settings.knobs
    codes, names, people, points = _cities(settings)
    n_cities = len(codes)
    locked = np.isin(np.arange(QUARTERS), LOCKED)
    share = np.where(codes == REGIONS[LIMA].code, knobs.lockdown, LOCKDOWN_ELSEWHERE * knobs.lockdown)
    found: dict[str, npt.NDArray[Any]] = {}
    for outcome, level in LEVELS.items():
        random = settings.generator(part=f"cities {outcome}")
        city = CITY_SD[outcome] * random.standard_normal((n_cities, 1))
        common = SEASON_SD * random.standard_normal(QUARTERS)
        loading = FACTOR_SD * random.standard_normal((n_cities, 1))
        factor = NOISE_SD[outcome] * autocorrelated(random.standard_normal(QUARTERS), knobs.ar)
        noise = NOISE_SD[outcome] * autocorrelated(random.standard_normal((n_cities, QUARTERS)), knobs.ar)
        values = level + city + common + loading * factor + noise + effects[EFFECT[outcome]] * points
        if outcome == "paid_employment":
            values = values * (1 - np.outer(share, locked))
        found[outcome] = np.round(values, 6).T.ravel()
    quarter = np.repeat(np.arange(QUARTERS), n_cities)
    found |= {
        "city": np.tile(codes, QUARTERS),
        "name": np.tile(names, QUARTERS),
        "exposed": np.tile(np.isin(codes.tolist(), EXPOSED).astype(np.float64), QUARTERS),
        "anio": FIRST_YEAR + (quarter // 4).astype(np.float64),
        "trimestre": quarter % 4 + 1.0,
        "quarter": quarter + 1.0,
        "residents": np.tile(np.round(people), QUARTERS),
        "exposure": points.T.ravel(),
    }
    return {name: found[name] for name in COLUMNS}


def _cities(settings: Settings) -> tuple[npt.NDArray[Any], npt.NDArray[Any], Floats, Floats]:
    """Code, name, residents of 2016 and exposure of each city: the metropolis, and the capitals of other regions."""
    geography = make_geography(settings)
    exposure = make_exposure(geography, settings, periods=QUARTERS)
    migrants = exposure.migrants
    capitals = [N_METRO + 3 * place for place in range(len(REGIONS) - 1)]
    regions = [int(geography.region[row]) for row in capitals]
    metro = slice(0, N_METRO)
    people, stocks = [], []
    for row, region in zip(capitals, regions, strict=True):
        rows = metro if region == LIMA else slice(row, row + 1)
        people.append(float(geography.natives[rows].sum()))
        stocks.append(migrants[rows].sum(axis=0))
    codes = np.array([REGIONS[region].code for region in regions], dtype=object)
    names = np.array([REGIONS[region].name for region in regions], dtype=object)
    points = np.round(100 * np.array(stocks) / np.array(people)[:, None], 5)
    return codes, names, np.array(people), points
