"""The table of truths: every effect of the world, by name, with unit and basis; never part of the other tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.budget import YEARS, balance_path
from impact.data.peru_lab.crimes import NEVER_HIDDEN, REPORTING, TYPES
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.worlds import EFFECTS, STRONG, STRONG_BASIS, effects_of

COLUMNS = ("id", "world", "table", "outcome", "group", "unit", "effect", "basis", "note")


def make_truth(settings: Settings) -> dict[str, npt.NDArray[Any]]:
    """All columns, one row an effect; recorded crimes and yearly balances have rows of their own."""
    values = effects_of(settings)
    rows: list[tuple[str, str, str, str, str, float, str, str]] = []
    for one in EFFECTS:
        basis = STRONG_BASIS if one.id == "B1" and values["B1"] == STRONG else one.basis
        rows.append((one.id, one.table, one.outcome, one.group, one.unit, values[one.id], basis, one.note))
    for kind in TYPES:
        hidden = 0.0 if kind == NEVER_HIDDEN else values["C3"] / REPORTING
        rows.append(
            (
                f"C1_recorded_{kind}", "crimes", "log recorded rate", kind, "per percentage point, at no exposure",
                round(values[f"C1_{kind}"] + hidden, 6), "from C1 and C3",
                "the log of the share that is reported is added: it bends down as exposure grows",
            )
        )  # fmt: skip
    for year, balance in zip(YEARS, balance_path(settings).tolist(), strict=True):
        if f"F1_{year}" not in values or settings.world == "null":
            rows = [row for row in rows if row[0] != f"F1_{year}"]
            rows.append(
                (
                    f"F1_{year}",
                    "budget",
                    f"net balance, {year}",
                    "public sector",
                    "% of GDP",
                    balance,
                    "ASSUME",
                    "",
                )
            )
    columns = list(zip(*rows, strict=True))
    names = ("id", "table", "outcome", "group", "unit", "effect", "basis", "note")
    found: dict[str, npt.NDArray[Any]] = {
        name: np.array(column, dtype=np.float64 if name == "effect" else object)
        for name, column in zip(names, columns, strict=True)
    }
    found["world"] = np.full(len(rows), settings.world, dtype=object)
    return {name: found[name] for name in COLUMNS}
