"""Stocks of migrants over time and the exposure of each district to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.geography import BASE_YEAR, DECAY, GROWTH, N_METRO, Geography
from impact.data.peru_lab.settings import Settings

Floats = npt.NDArray[np.float64]

# date in years → stock: ends of years, and May 2022. 2016-2018 and 2022: policy paper; 2019: press; the rest assumed
STOCKS: dict[float, float] = {
    2014.0: 3_000, 2015.0: 4_000, 2016.0: 6_000, 2017.0: 8_000, 2018.0: 110_000, 2019.0: 530_000, 2020.0: 870_000,
    2021.0: 1_000_000, 2022.0: 1_150_000, 2022.4167: 1_300_000, 2026.0: 1_500_000,
}  # fmt: skip
FIRST_YEAR, LAST_YEAR = 2014, 2021
QUARTERS, MONTHS = 32, 96


def stock_at(dates: Floats | float) -> Floats:
    """Migrants in Peru at dates in years (2019.0 is the end of 2018), linear between the known ends of years."""
    return np.asarray(np.interp(dates, list(STOCKS), list(STOCKS.values())))


def ends_of(periods: int) -> Floats:
    """Dates of the ends of quarters (32) or months (96) of 2014-2021."""
    return FIRST_YEAR + np.arange(1, periods + 1) / (periods // (LAST_YEAR - FIRST_YEAR + 1))


@dataclass(frozen=True, slots=True)
class Exposure:
    """People by district and period, arrays (districts, periods).

    Arguments:
        natives, migrants: people. registered: migrants as a registry counts them, with error.
        exposure: migrants per 100 residents of 2016. by_register: the same from the registry.
        settlement: the shift-share instrument; distance: stock in Peru that decays with the distance to Tumbes.
        years: time since the middle of 2016, in years, as the trends use it.
    """

    natives: Floats
    migrants: Floats
    registered: Floats
    exposure: Floats
    by_register: Floats
    settlement: Floats
    distance: Floats
    years: Floats


def make_exposure(geography: Geography, settings: Settings, *, periods: int) -> Exposure:
    """Migrants, residents, exposure and instruments at the ends of the quarters or months of 2014-2021."""
    dates = ends_of(periods)
    stock = stock_at(dates)
    migrants = np.round(np.outer(geography.weight, stock))
    natives = np.round(np.outer(geography.natives, (1 + GROWTH) ** (dates - 0.5 - BASE_YEAR)))
    base = geography.natives[:, None]
    exposure = 100 * migrants / base
    registered = np.round(_with_error(migrants, stock, base, settings, periods))
    abroad = np.maximum(stock - migrants, 0.0)
    people_2007 = geography.natives * (1 + GROWTH) ** (2007 - BASE_YEAR)
    return Exposure(
        natives=natives,
        migrants=migrants,
        registered=registered,
        exposure=np.round(exposure, 5),
        by_register=np.round(100 * registered / base, 5),
        settlement=np.round(100 * geography.settlement[:, None] * abroad / people_2007[:, None], 5),
        distance=np.round(np.outer(np.exp(-DECAY * geography.km), stock / 1e6), 6),
        years=dates - 0.5 - BASE_YEAR,
    )


def within_sd(values: Floats) -> float:
    """Standard deviation after means of districts and of periods are taken away."""
    rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0, keepdims=True) + values.mean()
    return float(np.sqrt((rest**2).mean()))


def _with_error(migrants: Floats, stock: Floats, base: Floats, settings: Settings, periods: int) -> Floats:
    """Stocks with classical error: a given share of the variance of exposure within districts and periods.

    The error grows with the stock in Peru, so that the early years are not negative.
    """
    share = settings.knobs.measurement
    random = settings.generator(part=f"registry {periods}")
    path = stock / np.sqrt((stock**2).mean())
    noise = random.standard_normal(migrants.shape) * path
    spread = within_sd(100 * migrants[:N_METRO] / base[:N_METRO])
    points = np.sqrt(share / (1 - share)) * spread * noise
    scale = np.where(np.arange(len(base)) < N_METRO, 1.0, migrants[:, -1] / base[:, 0])
    scale[N_METRO:] /= np.mean(migrants[:N_METRO, -1] / base[:N_METRO, 0])
    return np.asarray(np.maximum(migrants + points * scale[:, None] * base / 100, 0.0))
