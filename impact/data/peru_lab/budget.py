"""The table of the budget: what the state takes and spends on account of migration, by year and line.

The lines follow the accounting of revenue from consumption, income and fees against schooling, health, identity
papers, humanitarian help and security; the costs are scaled so that the balance is the truth of the world.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import stock_at
from impact.data.peru_lab.worlds import effects_of

Floats = npt.NDArray[np.float64]

YEARS = tuple(range(2018, 2026))
# millions of soles; 2018-2019 near the four quarters 2018Q4-2019Q3 (749,751), the rest assumed
GDP = (741_000.0, 752_000.0, 719_000.0, 878_000.0, 938_000.0, 999_000.0, 1_060_000.0, 1_120_000.0)
WORKING_AGE, EMPLOYED, FORMAL = 0.73, 0.86, (0.10, 0.12, 0.13, 0.17, 0.18, 0.19, 0.20, 0.21)
EARNINGS, FORMAL_EARNINGS, REMITTED, SAVED = 1_000.0, 1_500.0, 0.20, 0.05
CONSUMPTION_TAX, INCOME_TAX, CONTRIBUTION, FEE = 0.10, 0.01, 0.09, 41.90
PERMITS = (400_000.0, 80_000.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
GRANTS = (60.0, 120.0, 150.0, 140.0, 120.0, 100.0, 80.0, 60.0)
CHILDREN, ENROLLED, PUPIL = 0.22, 0.45, 3_500.0
COVERED, HEALTH, IDENTITY, HUMANITARIAN, FADING = 0.30, 600.0, 80.0, 60.0, 0.85
SECURITY, STATUS_QUO_SD, NOISE_SD = 0.02, 0.03, 0.03
REVENUE = ("consumption_taxes", "income_tax", "contributions", "fees", "grants")
COST = ("education", "health", "identity", "humanitarian", "security")
COLUMNS = ("anio", "side", "line", "amount", "gdp", "migrants")


def make_budget(settings: Settings) -> dict[str, npt.NDArray[Any]]:
    """All columns: millions of soles of the year, ten lines a year."""
    amounts = _amounts(settings)
    lines = (*REVENUE, *COST)
    years = np.repeat(np.array(YEARS, dtype=np.float64), len(lines))
    repeat = len(lines)
    return {
        "anio": years,
        "side": np.array((["revenue"] * len(REVENUE) + ["cost"] * len(COST)) * len(YEARS), dtype=object),
        "line": np.array(lines * len(YEARS), dtype=object),
        "amount": np.round(np.stack([amounts[line] for line in lines], axis=1).ravel(), 6),
        "gdp": np.repeat(np.array(GDP), repeat),
        "migrants": np.repeat(average_stock(), repeat),
    }


def average_stock() -> Floats:
    """Mean of the stocks at the beginning and the end of each year."""
    years = np.array(YEARS, dtype=np.float64)
    return np.asarray(0.5 * (stock_at(years) + stock_at(years + 1)))


def balance_path(settings: Settings) -> Floats:
    """True net balance of each year, % of GDP."""
    effects = effects_of(settings)
    path = np.linspace(effects["F1_2018"], effects["F1_2025"], len(YEARS))
    if settings.world == "null":
        path = STATUS_QUO_SD * settings.generator(part="balance").standard_normal(len(YEARS))
    return np.asarray(np.round(path, 6))


def _amounts(settings: Settings) -> dict[str, Floats]:
    random = settings.generator(part="budget")
    people = average_stock()
    workers = people * WORKING_AGE * EMPLOYED / 1e6
    formal = np.array(FORMAL)
    income = workers * 12 * ((1 - formal) * EARNINGS + formal * FORMAL_EARNINGS)
    formal_pay = workers * 12 * formal * FORMAL_EARNINGS
    noise = np.exp(NOISE_SD * random.standard_normal((len(REVENUE) + len(COST), len(YEARS))))
    found = {
        "consumption_taxes": CONSUMPTION_TAX * income * (1 - REMITTED) * (1 - SAVED),
        "income_tax": INCOME_TAX * formal_pay,
        "contributions": CONTRIBUTION * formal_pay,
        "fees": FEE * np.array(PERMITS) / 1e6,
        "grants": np.array(GRANTS),
        "education": people / 1e6 * CHILDREN * ENROLLED * PUPIL,
        "health": people / 1e6 * COVERED * HEALTH,
        "identity": people / 1e6 * IDENTITY,
        "humanitarian": people / 1e6 * HUMANITARIAN * FADING ** np.arange(len(YEARS)),
        "security": SECURITY * people / 1e6 * 1_000,
    }
    found = {line: values * noise[row] for row, (line, values) in enumerate(found.items())}
    net = balance_path(settings) * np.array(GDP) / 100
    revenue, cost = (sum((found[line] for line in side), np.zeros(len(YEARS))) for side in (REVENUE, COST))
    # what taxes cannot pay is paid by more of all revenue: no line is ever negative
    lift = np.maximum(1.0, (net + 0.2 * cost) / revenue)
    scale = (lift * revenue - net) / cost
    return {line: values * (lift if line in REVENUE else scale) for line, values in found.items()}
