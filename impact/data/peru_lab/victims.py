"""The table of victimisation: who was a victim, reported it, and feels unsafe, in the metropolitan districts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.geography import N_METRO, make_geography
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import FIRST_YEAR, MONTHS, make_exposure
from impact.data.peru_lab.worlds import effects_of

A_MONTH = {"small": 8, "full": 48}
# victims fell from 26.5 % (2017) to 18.6 % (early 2021); reporting rose from 14 to 15.5 % of them
VICTIM, VICTIM_SLOPE = 0.265, -0.02
REPORT, REPORT_SLOPE = 0.14, 0.0035
INSECURE = 0.66
DISTRICT_SD, MONTH_SD = 0.03, 0.01
WOMAN_VICTIM, WOMAN_INSECURE, YOUNG_VICTIM, YOUNG = -0.02, 0.05, 0.04, 30
LEAST, MOST = 0.005, 0.995
AGES = (15, 80)
COLUMNS = (
    "person", "ubigeo", "anio", "mes", "month", "p207", "p208a", "victim", "reported", "insecure", "weight",
    "exposure", "exposure_registry", "z_settlement",
)  # fmt: skip


def make_victimisation(settings: Settings) -> dict[str, npt.NDArray[Any]]:
    """All columns, ordered by month and district: the same number of interviews everywhere, weights by size."""
    effects = effects_of(settings)
    geography = make_geography(settings)
    exposure = make_exposure(geography, settings, periods=MONTHS)
    random = settings.generator(part="victimisation")
    each = A_MONTH[settings.size]
    month = np.repeat(np.arange(MONTHS), N_METRO * each)
    district = np.tile(np.repeat(np.arange(N_METRO), each), MONTHS)
    count = len(month)
    woman = random.random(count) < 0.52
    age = random.integers(AGES[0], AGES[1] + 1, count)
    points, years = exposure.exposure[district, month], exposure.years[month]

    def chance(base: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        place = DISTRICT_SD * random.standard_normal(N_METRO)[district]
        season = MONTH_SD * random.standard_normal(MONTHS)[month]
        return np.asarray(random.random(count) < (base + place + season).clip(LEAST, MOST))

    effect = effects["C1_victimisation"] * points
    victim = chance(
        VICTIM + VICTIM_SLOPE * years + WOMAN_VICTIM * woman + YOUNG_VICTIM * (age < YOUNG) + effect
    )
    insecure = chance(INSECURE + WOMAN_INSECURE * woman + effects["C2"] * points)
    reports = random.random(count) < REPORT + REPORT_SLOPE * years + effects["C3"] * points
    found: dict[str, npt.NDArray[Any]] = {
        "person": np.arange(1.0, count + 1),
        "ubigeo": np.array(geography.ubigeo.tolist(), dtype=object)[district],
        "anio": FIRST_YEAR + (month // 12).astype(np.float64),
        "mes": month % 12 + 1.0,
        "month": month + 1.0,
        "p207": np.where(woman, 2.0, 1.0),
        "p208a": age.astype(np.float64),
        "victim": victim.astype(np.float64),
        "reported": np.where(victim, reports, np.nan),
        "insecure": insecure.astype(np.float64),
        "weight": np.round(exposure.natives[district, month] / each, 3),
        "exposure": points,
        "exposure_registry": exposure.by_register[district, month],
        "z_settlement": exposure.settlement[district, month],
    }
    return {name: found[name] for name in COLUMNS}
