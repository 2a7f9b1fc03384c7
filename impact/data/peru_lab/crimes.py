"""The table of crimes: counts by metropolitan district, month and type."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.geography import N_METRO, Geography, make_geography
from impact.data.peru_lab.labour import autocorrelated
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import FIRST_YEAR, MONTHS, Exposure, make_exposure
from impact.data.peru_lab.worlds import effects_of

Floats = npt.NDArray[np.float64]

TYPES = ("burglary", "robbery", "assault", "homicide", "sexual_violence")
DISTRICT_SD, SHOCK_SD, SEASON_SD = 0.5, 0.2, 0.05
# share of victims who report at no exposure; homicides are always recorded
REPORTING = 0.1475
NEVER_HIDDEN = "homicide"
PER, MONTHS_A_YEAR = 100_000, 12
COLUMNS = (
    "ubigeo", "anio", "mes", "month", "type", "count", "natives", "migrants", "population", "exposure",
    "exposure_registry", "share", "z_settlement",
)  # fmt: skip


def make_crimes(settings: Settings) -> dict[str, npt.NDArray[Any]]:
    """All columns, ordered by type, month and district; no row is left out where the count is zero."""
    geography = make_geography(settings)
    exposure = make_exposure(geography, settings, periods=MONTHS)
    counts = np.stack([_counts(kind, geography, exposure, settings) for kind in TYPES])
    shape = (len(TYPES), MONTHS, N_METRO)
    kind, month, district = (axis.ravel() for axis in np.indices(shape))
    at = (district, month)
    counted = exposure.natives + (exposure.migrants if settings.knobs.denominator == "with" else 0.0)
    found: dict[str, npt.NDArray[Any]] = {
        "ubigeo": np.array(geography.ubigeo.tolist(), dtype=object)[district],
        "anio": FIRST_YEAR + (month // MONTHS_A_YEAR).astype(np.float64),
        "mes": month % MONTHS_A_YEAR + 1.0,
        "month": month + 1.0,
        "type": np.array(TYPES, dtype=object)[kind],
        "count": counts[kind, district, month].astype(np.float64),
        "natives": exposure.natives[at],
        "migrants": exposure.migrants[at],
        "population": counted[at],
        "exposure": exposure.exposure[at],
        "exposure_registry": exposure.by_register[at],
        "share": np.round(100 * exposure.migrants / (exposure.natives + exposure.migrants), 5)[at],
        "z_settlement": exposure.settlement[at],
    }
    return {name: found[name] for name in COLUMNS}


def _counts(kind: str, geography: Geography, exposure: Exposure, settings: Settings) -> Floats:
    """Recorded crimes of one type (districts, months): the victims are residents and migrants alike."""
    effects, knobs = effects_of(settings), settings.knobs
    random = settings.generator(part=f"crimes {kind}")
    level = DISTRICT_SD * random.standard_normal((N_METRO, 1)) - 0.5 * DISTRICT_SD**2
    season = SEASON_SD * random.standard_normal(MONTHS)
    shock = SHOCK_SD * autocorrelated(random.standard_normal((N_METRO, MONTHS)), knobs.ar) - 0.5 * SHOCK_SD**2
    own = random.standard_normal(N_METRO)
    slope = knobs.trend_sd * np.sqrt(0.5) * (geography.crime[:N_METRO] + own)
    points = exposure.exposure[:N_METRO]
    logs = level + season + shock + np.outer(slope, exposure.years) + effects[f"C1_{kind}"] * points
    people = (exposure.natives + exposure.migrants)[:N_METRO]
    mean = effects[f"C4_{kind}"] / PER / MONTHS_A_YEAR * people * np.exp(logs)
    if kind != NEVER_HIDDEN:
        mean *= 1 + effects["C3"] * points / REPORTING
    if knobs.overdispersion:
        shape = 1 / knobs.overdispersion
        mean *= random.standard_gamma(shape, mean.shape) / shape
    return np.asarray(random.poisson(mean), dtype=np.float64)
