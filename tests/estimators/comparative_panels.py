"""Small designs of comparative cases, made by hand from tables of units by periods."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from impact.core.designs import Adoption, AdoptionChoices, Design, Factor, Sample, Term

DATA = Path(__file__).parents[2] / "data"


def design_of(y, cohort, *, labels=None, periods=None, x=None, seed=1, **changes):
    """A design of a table (U, T) with the cohorts (U,); x holds controls (n, k); NaN cells are left out."""
    units, length = y.shape
    periods = np.arange(1.0, length + 1) if periods is None else np.asarray(periods, dtype=float)
    labels = tuple(range(units)) if labels is None else tuple(labels)
    kept = np.flatnonzero(~np.isnan(y.ravel()))
    unit = Factor("i", np.repeat(np.arange(units), length).astype(np.int32)[kept], labels)
    time = Factor("t", np.tile(np.arange(length), units).astype(np.int32)[kept], tuple(periods.tolist()))
    choices = AdoptionChoices(**changes.pop("choices", {}))
    adoption = Adoption(unit, time, periods, np.asarray(cohort, dtype=float), choices=choices, **changes)
    x = np.empty((len(kept), 0)) if x is None else x[kept]
    terms = tuple(Term(f"x{j}") for j in range(x.shape[1]))
    return Design("y", terms, y.ravel()[kept], x, Sample(kept), adoption=adoption, seed=seed)


def california(**changes):
    """Cigarette sales of 39 states, 1970 to 2000 (Abadie, Diamond and Hainmueller 2010)."""
    table = pd.read_csv(DATA / "prop99.csv").pivot(index="state", columns="year", values="packs_per_capita")
    cohort = np.where(table.index == "California", 1989.0, np.inf)
    return design_of(table.to_numpy(), cohort, labels=table.index, periods=table.columns, **changes)


def panel_cohorts(test_panel, dates=(4.0, 5.0, 7.0), **changes):
    """The test panel with the never treated and some of its cohorts."""
    y, g = test_panel["y"].reshape(60, 8), test_panel["g"].reshape(60, 8)[:, 0].astype(float)
    kept = np.isin(g, (0.0, *dates))
    return design_of(y[kept], np.where(g == 0, np.inf, g)[kept], **changes)
