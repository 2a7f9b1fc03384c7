"""The table of arrivals: migrants by day of entry, around the permit's cut-off, interviewed before and after it.

The first interview is at the end of 2018, before the third round of permits is handed out; the second a year later.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.geography import REGIONS
from impact.data.peru_lab.permits import CUT_OFF_DAY, take_up
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import stock_at
from impact.data.peru_lab.worlds import effects_of

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

COUNT = {"small": 20_000, "full": 120_000}
FIRST_DAY, LAST_DAY, FIRST_WAVE = "2018-01-01", "2019-06-30", "2018-12-01"
# arrivals moved from the weeks after the cut-off to those before it, most of them by a few days
WINDOW, HASTE = 70, 6.0
CONTRACT, COVER, LOG_PAY = 0.12, 0.10, 6.8
WAVE_CONTRACT, WAVE_COVER, WAVE_PAY = 0.03, 0.02, 0.08
DAY_CONTRACT, DAY_COVER, DAY_PAY = -0.00004, -0.00003, -0.0002
ADVANTAGE_CONTRACT, ADVANTAGE_COVER, ADVANTAGE_PAY = 0.05, 0.03, 0.20
PERSON_SD, PASSING_SD = 0.45, 0.35
WOMAN_PAY, HIGHER_PAY = -0.20, 0.15
COLUMNS = (
    "person", "wave", "anio", "entry_date", "days_to_cutoff", "eligible", "ptp", "contract", "health_cover",
    "log_income", "p207", "p208a", "higher", "department",
)  # fmt: skip


def make_arrivals(settings: Settings) -> dict[str, npt.NDArray[Any]]:
    """All columns, a row a person and interview; ``days_to_cutoff`` is 0 on the last day that gives the right."""
    effects, count = effects_of(settings), COUNT[settings.size]
    random = settings.generator(part="arrivals")
    advantage = random.standard_normal(count)
    days = _days(advantage, settings, random)
    eligible = days <= 0
    takes = take_up(advantage, effects["G3"], effects["G6"], random) & eligible
    woman, higher = random.random(count) < 0.51, random.random(count) < 0.5
    age = random.integers(18, 60, count)
    region = random.choice(len(REGIONS), count, p=_departments())
    person_noise = PERSON_SD * random.standard_normal(count)
    taste, cover_taste = random.random((2, count))
    last_before = (np.datetime64(FIRST_WAVE) - np.datetime64(CUT_OFF_DAY)).astype(np.int64)
    person = np.concatenate([np.flatnonzero(days <= last_before), np.arange(count)])
    late = np.arange(len(person)) >= len(person) - count
    holds, a, day = takes[person] & late, advantage[person], days[person].astype(np.float64)
    contract = (
        CONTRACT + DAY_CONTRACT * day + WAVE_CONTRACT * late + ADVANTAGE_CONTRACT * a + effects["G1"] * holds
    )
    cover = COVER + DAY_COVER * day + WAVE_COVER * late + ADVANTAGE_COVER * a + effects["G1_health"] * holds
    pay = LOG_PAY + DAY_PAY * day + WAVE_PAY * late + ADVANTAGE_PAY * a + effects["G2"] * holds
    pay = pay + WOMAN_PAY * woman[person] + HIGHER_PAY * higher[person] + person_noise[person]
    pay = pay + PASSING_SD * random.standard_normal(len(person))
    found: dict[str, npt.NDArray[Any]] = {
        "person": person + 1.0,
        "wave": late + 1.0,
        "anio": np.where(late, 2019.0, 2018.0),
        "entry_date": np.datetime64(CUT_OFF_DAY) + days[person],
        "days_to_cutoff": day,
        "eligible": eligible[person].astype(np.float64),
        "ptp": holds.astype(np.float64),
        "contract": (taste[person] < contract).astype(np.float64),
        "health_cover": (cover_taste[person] < cover).astype(np.float64),
        "log_income": np.round(pay, 4),
        "p207": np.where(woman[person], 2.0, 1.0),
        "p208a": age[person].astype(np.float64),
        "higher": higher[person].astype(np.float64),
        "department": np.array([one.code for one in REGIONS], dtype=object)[region[person]],
    }
    return {name: found[name] for name in COLUMNS}


def _days(advantage: Floats, settings: Settings, random: np.random.Generator) -> Whole:
    """Days from the cut-off to entry; some who would have come after it, the advantaged more often, come before."""
    cut = np.datetime64(CUT_OFF_DAY)
    first, last = (int((np.datetime64(day) - cut).astype(np.int64)) for day in (FIRST_DAY, LAST_DAY))
    calendar = np.arange(first, last + 1)
    dates = 2018 + (calendar - first) / 365.0
    flow = np.diff(stock_at(np.append(dates, dates[-1] + 1 / 365.0)))
    edges = np.cumsum(flow) / flow.sum()
    days = calendar[
        np.searchsorted(edges, random.random(len(advantage)), side="right").clip(0, len(edges) - 1)
    ]
    haste = np.exp(-(days - 1) / HASTE) * (days > 0) * (days <= WINDOW)
    eager = 2 / (1 + np.exp(-1.5 * advantage))
    moves = random.random(len(days)) < (settings.knobs.bunching * eager * haste).clip(0, 1)
    moved = -np.floor(HASTE * random.standard_exponential(len(days))).astype(np.int64)
    return np.where(moves, np.maximum(moved, -WINDOW), days)


def _departments() -> Floats:
    """Where permits were handed out: mostly Lima."""
    share = np.array([region.people for region in REGIONS], dtype=np.float64)
    lima = np.array([region.code == "15" for region in REGIONS])
    share = np.where(lima, 0.0, share)
    return np.asarray(np.where(lima, 0.85, 0.15 * share / share.sum()))
