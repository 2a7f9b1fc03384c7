"""The table of attendance: migrant children at school by district of Lima and year, and places of Lima Aprende."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.geography import N_LIMA, make_geography
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import stock_at
from impact.data.peru_lab.worlds import effects_of

YEARS = tuple(range(2016, 2022))
FIRST, CLOSED = 2019, 2020
CHILDREN, OUT_OF_SCHOOL = 0.22, 0.45
ATTENDANCE, DISTRICT_SD, YEAR_SD, NOISE_SD = 0.62, 0.05, 0.01, 0.02
# a third of the districts has no places; poorer ones get more, and lose more when schools close
NO_PLACES, MOST_PLACES = 0.35, 0.8
CLOSURE, CLOSURE_OF_POOR = -0.15, -0.06
COLUMNS = ("ubigeo", "anio", "children", "out_of_school", "seats", "dose", "attendance", "closed")


def make_attendance(settings: Settings) -> dict[str, npt.NDArray[Any]]:
    """All columns, ordered by year and district; ``dose`` is places per child out of school before the programme."""
    effects = effects_of(settings)
    geography = make_geography(settings)
    random = settings.generator(part="attendance")
    poverty = random.standard_normal(N_LIMA)
    offer = MOST_PLACES / (1 + np.exp(-(poverty + random.standard_normal(N_LIMA))))
    offer = np.where(random.random(N_LIMA) < NO_PLACES, 0.0, offer)
    years = np.array(YEARS)
    children = np.round(np.outer(stock_at(years + 1.0), geography.weight[:N_LIMA]) * CHILDREN).clip(1)
    base = np.round(children[YEARS.index(FIRST)] * OUT_OF_SCHOOL).clip(1)
    running = (years >= FIRST)[:, None]
    half = np.where(years == FIRST, 0.5, 1.0)[:, None]
    seats = np.round(offer * base * running * half)
    dose = seats / base
    place = DISTRICT_SD * random.standard_normal(N_LIMA)
    season = YEAR_SD * random.standard_normal((len(YEARS), 1))
    closed = (years == CLOSED)[:, None] * np.ones(N_LIMA)
    share = ATTENDANCE + place + season + effects["G5"] * dose
    share = share + closed * (CLOSURE + CLOSURE_OF_POOR * poverty)
    share = share + NOISE_SD * random.standard_normal(share.shape)
    found: dict[str, npt.NDArray[Any]] = {
        "ubigeo": np.tile(np.array(geography.ubigeo[:N_LIMA].tolist(), dtype=object), len(YEARS)),
        "anio": np.repeat(years.astype(np.float64), N_LIMA),
        "children": children.ravel(),
        "out_of_school": np.tile(base, len(YEARS)),
        "seats": seats.ravel(),
        "dose": np.round(dose, 6).ravel(),
        "attendance": np.round(share.clip(0, 1), 5).ravel(),
        "closed": closed.ravel(),
    }
    return {name: found[name] for name in COLUMNS}
