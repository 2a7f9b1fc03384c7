"""The table of refugee applications and decisions by month; its years add up to the policy paper's Table 2."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import stock_at

Floats = npt.NDArray[np.float64]

# year → submitted, accepted; 2022 to July
PUBLISHED = {
    2015: (435, 200), 2016: (4_406, 159), 2017: (34_179, 217), 2018: (171_364, 545), 2019: (268_939, 701),
    2020: (55_928, 1_424), 2021: (1_516, 1_524), 2022: (320, 189),
}  # fmt: skip
FIRST, LAST_MONTHS = 2015, 7
# first month, as year and month, of the rules that the months are marked with; the passport rule lasted 42 days
PASSPORT, VISA, CARD = ((2018, 9), (2018, 9)), (2019, 6), (2020, 11)
BORDER_CLOSED = ((2020, 4), (2021, 12))
SURGE, AFTER_VISA, CLOSED_FACTOR, NOISE_SD = 1.8, 0.55, 0.25, 0.15
LAG = 12
COLUMNS = (
    "anio", "mes", "month", "submitted", "accepted", "passport_rule", "visa_rule", "stay_card", "border_closed",
    "national_stock",
)  # fmt: skip


def make_refugees(settings: Settings) -> dict[str, npt.NDArray[Any]]:
    """All columns, January 2015 to July 2022: published yearly totals, spread over months with the policy's dates."""
    random = settings.generator(part="refugees")
    years = np.repeat(np.array(list(PUBLISHED)), 12)[: 12 * (len(PUBLISHED) - 1) + LAST_MONTHS]
    months = np.arange(len(years)) % 12 + 1
    number = 12 * years + months
    visa, card = number >= _number(VISA), number >= _number(CARD)
    closed = (number >= _number(BORDER_CLOSED[0])) & (number <= _number(BORDER_CLOSED[1]))
    dates = years + months / 12
    flow = stock_at(dates) - stock_at(dates - 1 / 12)
    before_visa = (number >= _number(VISA) - 2) & ~visa
    level = flow * np.where(before_visa, SURGE, 1.0) * np.where(visa, AFTER_VISA, 1.0)
    level = (
        level * np.where(closed, CLOSED_FACTOR, 1.0) * np.exp(NOISE_SD * random.standard_normal(len(years)))
    )
    submitted = _spread(years, level, position=0, random=random)
    # decisions follow applications of the year before
    past = np.array([submitted[max(row - LAG, 0) : row + 1].mean() for row in range(len(years))])
    accepted = _spread(years, past, position=1, random=random)
    found = {
        "anio": years.astype(np.float64),
        "mes": months.astype(np.float64),
        "month": np.arange(1.0, len(years) + 1),
        "submitted": submitted,
        "accepted": accepted,
        "passport_rule": ((number >= _number(PASSPORT[0])) & (number <= _number(PASSPORT[1]))).astype(
            np.float64
        ),
        "visa_rule": visa.astype(np.float64),
        "stay_card": card.astype(np.float64),
        "border_closed": closed.astype(np.float64),
        "national_stock": np.round(stock_at(dates)),
    }
    return {name: found[name] for name in COLUMNS}


def _number(month: tuple[int, int]) -> int:
    return 12 * month[0] + month[1]


def _spread(
    years: npt.NDArray[np.int64], level: Floats, *, position: int, random: np.random.Generator
) -> Floats:
    """Whole numbers by month that add up to each year's published total."""
    found = np.zeros(len(years))
    for year, totals in PUBLISHED.items():
        rows = years == year
        share = level[rows] / level[rows].sum()
        found[rows] = random.multinomial(totals[position], share)
    return found
