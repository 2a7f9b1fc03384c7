"""The table of districts by quarter: people, exposure, the settlement of 2007 and the distance to the border."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.geography import REGIONS, make_geography
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import FIRST_YEAR, QUARTERS, ends_of, make_exposure, stock_at

COLUMNS = (
    "ubigeo", "department", "metropolitan", "urban", "anio", "trimestre", "quarter", "natives", "migrants",
    "population", "migrants_registry", "natives_2016", "exposure", "exposure_registry", "share", "settlement_2007",
    "km_tumbes", "coast", "national_stock", "z_settlement", "z_distance",
)  # fmt: skip


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
    }
    return {name: found[name] for name in COLUMNS}
