"""The table of districts by quarter: people, exposure, settlement of 2007, distance to the border, informal income."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.geography import REGIONS, Geography, make_geography
from impact.data.peru_lab.labour import make_demand
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import FIRST_YEAR, QUARTERS, Exposure, ends_of, make_exposure, stock_at
from impact.data.peru_lab.worlds import effects_of

COLUMNS = (
    "ubigeo", "department", "metropolitan", "urban", "anio", "trimestre", "quarter", "natives", "migrants",
    "population", "migrants_registry", "natives_2016", "exposure", "exposure_registry", "share", "settlement_2007",
    "km_tumbes", "coast", "national_stock", "z_settlement", "z_distance", "log_income_informal",
)  # fmt: skip
LOG_INCOME, DISTRICT_SD, QUARTER_SD, NOISE_SD = 6.75, 0.15, 0.02, 0.02


def make_districts(settings: Settings) -> dict[str, npt.NDArray[Any]]:
    """All columns, ordered by quarter and district; ``exposure`` is migrants per 100 residents of 2016."""
    geography = make_geography(settings)
    exposure = make_exposure(geography, settings, periods=QUARTERS)
    quarter = np.repeat(np.arange(QUARTERS), geography.count)
    district = np.tile(np.arange(geography.count), QUARTERS)
    at = (district, quarter)
    counted = exposure.natives + (exposure.migrants if settings.knobs.denominator == "with" else 0.0)
    coast = np.array([REGIONS[region].coast for region in geography.region])
    names = np.array([region.name for region in REGIONS], dtype=object)
    found: dict[str, npt.NDArray[Any]] = {
        "ubigeo": np.array(geography.ubigeo.tolist(), dtype=object)[district],
        "department": names[geography.region][district],
        "metropolitan": geography.metro[district].astype(np.float64),
        "urban": geography.urban[district].astype(np.float64),
        "anio": FIRST_YEAR + (quarter // 4).astype(np.float64),
        "trimestre": quarter % 4 + 1.0,
        "quarter": quarter + 1.0,
        "natives": exposure.natives[at],
        "migrants": exposure.migrants[at],
        "population": counted[at],
        "migrants_registry": exposure.registered[at],
        "natives_2016": np.round(geography.natives)[district],
        "exposure": exposure.exposure[at],
        "exposure_registry": exposure.by_register[at],
        "share": np.round(100 * exposure.migrants / (exposure.natives + exposure.migrants), 5)[at],
        "settlement_2007": np.round(geography.settlement, 8)[district],
        "km_tumbes": geography.km[district],
        "coast": coast[district].astype(np.float64),
        "national_stock": np.round(stock_at(ends_of(QUARTERS)))[quarter],
        "z_settlement": exposure.settlement[at],
        "z_distance": exposure.distance[at],
        "log_income_informal": np.round(_income(geography, exposure, settings), 5)[at],
    }
    return {name: found[name] for name in COLUMNS}


def _income(geography: Geography, exposure: Exposure, settings: Settings) -> npt.NDArray[np.float64]:
    """Mean log income of informal residents (districts, quarters): labour demand, the effect, and sampling noise."""
    random = settings.generator(part="district income")
    level = LOG_INCOME + DISTRICT_SD * random.standard_normal((geography.count, 1))
    season = QUARTER_SD * random.standard_normal(QUARTERS)
    noise = NOISE_SD * random.standard_normal((geography.count, QUARTERS))
    demand = make_demand(geography, exposure, settings).level
    return np.asarray(level + season + demand + noise + effects_of(settings)["B5"] * exposure.exposure)
