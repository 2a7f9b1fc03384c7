"""The table of the trial: small businesses assigned to Emprende Segur@ by lot, and others that never applied."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.worlds import effects_of

Floats = npt.NDArray[np.float64]

COUNT = {"small": 1_600, "full": 6_400}
# Comas, Los Olivos, San Martín de Porres, Independencia; the others come from districts nearby
DISTRICTS, ELSEWHERE = ("150110", "150117", "150135", "150112"), ("150106", "150125", "150132", "150128")
WOMAN, VENEZUELAN, TAKE_UP, CAPITAL = 0.712, 0.585, 0.96, 1_325 / 1_351
LOG_PROFIT, PROFIT_SD, PERSISTENCE, NOISE_SD = 6.4, 0.8, 0.6, 0.5
# growth depends on schooling and age, which differ between applicants and others
SCHOOLING, SCHOOLING_ELSEWHERE, SCHOOLING_SD, GROWTH, SCHOOLING_GROWTH = 12.0, 10.8, 2.5, 0.05, 0.05
AGE, AGE_ELSEWHERE, AGE_SD, AGE_GROWTH = 34.0, 37.0, 9.0, -0.005
CLOSED, LOST_WORK_ATTRITION = 0.10, 0.05
COLUMNS = (
    "person", "arm", "district", "stratum", "assigned", "trained", "capital", "woman", "venezuelan", "age",
    "schooling", "log_profit_0", "log_profit_1", "found",
)  # fmt: skip


def make_trial(settings: Settings) -> dict[str, npt.NDArray[Any]]:
    """All columns, a row a business: arms treated and control by lot within strata, and outside."""
    effects, count = effects_of(settings), COUNT[settings.size]
    random = settings.generator(part="trial")
    total = 2 * count
    outside = np.arange(total) >= count
    place = random.integers(0, len(DISTRICTS), total)
    woman, venezuelan = random.random(total) < WOMAN, random.random(total) < VENEZUELAN
    stratum = np.where(outside, 0, 1 + 4 * place + 2 * woman + venezuelan)
    assigned = _by_lot(stratum, random) & ~outside
    schooling = np.where(outside, SCHOOLING_ELSEWHERE, SCHOOLING) + SCHOOLING_SD * random.standard_normal(
        total
    )
    schooling = np.round(schooling).clip(0, 18)
    age = np.round(np.where(outside, AGE_ELSEWHERE, AGE) + AGE_SD * random.standard_normal(total)).clip(
        18, 75
    )
    lasting = np.sqrt(PERSISTENCE) * PROFIT_SD * random.standard_normal(total)
    passing = np.sqrt(1 - PERSISTENCE) * PROFIT_SD
    before = LOG_PROFIT + 0.04 * (schooling - SCHOOLING) + lasting + passing * random.standard_normal(total)
    after = LOG_PROFIT + 0.04 * (schooling - SCHOOLING) + lasting + passing * random.standard_normal(total)
    after += GROWTH + SCHOOLING_GROWTH * (schooling - SCHOOLING) + AGE_GROWTH * (age - AGE)
    after += effects["G4"] * assigned
    closed = random.random(total) < CLOSED
    lost = settings.knobs.attrition + (LOST_WORK_ATTRITION * closed if settings.knobs.attrition else 0.0)
    found_again = random.random(total) >= lost
    trained = assigned & (random.random(total) < TAKE_UP)
    names = np.array(DISTRICTS, dtype=object)[place], np.array(ELSEWHERE, dtype=object)[place]
    found: dict[str, npt.NDArray[Any]] = {
        "person": np.arange(1.0, total + 1),
        "arm": np.where(outside, "outside", np.where(assigned, "treated", "control")).astype(object),
        "district": np.where(outside, names[1], names[0]),
        "stratum": stratum.astype(np.float64),
        "assigned": assigned.astype(np.float64),
        "trained": trained.astype(np.float64),
        "capital": (trained & (random.random(total) < CAPITAL)).astype(np.float64),
        "woman": woman.astype(np.float64),
        "venezuelan": venezuelan.astype(np.float64),
        "age": age,
        "schooling": schooling,
        "log_profit_0": np.round(before, 4),
        "log_profit_1": np.where(found_again, np.round(after, 4), np.nan),
        "found": found_again.astype(np.float64),
    }
    return {name: found[name] for name in COLUMNS}


def _by_lot(stratum: npt.NDArray[np.int64], random: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Half of each stratum, the odd one by lot, too."""
    draw = random.random(len(stratum))
    order = np.lexsort((draw, stratum))
    sizes = np.bincount(stratum)
    place = np.arange(len(stratum)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen = np.zeros(len(stratum), dtype=bool)
    spare = random.random(len(sizes)) < 0.5
    half = (sizes + spare) // 2
    chosen[order] = place < np.repeat(half, sizes)
    return chosen
