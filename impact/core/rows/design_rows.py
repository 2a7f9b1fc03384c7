"""A design on some of its rows: everything that belongs to rows follows, and levels without rows are left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import AbsorbedFactor, Adoption, Design, Factor, Panel, Sample, Treatment
from impact.core.frames import Step

Rows = npt.NDArray[Any]


def design_on_rows(design: Design, rows: Rows, step: Step | None = None) -> Design:
    """The design on some of its rows.

    Arguments:
        rows: numbers of the rows, ascending, or a mask (n,). step: what the sample ledger says of the loss.
    """
    sample = design.sample
    cut: dict[int, Factor] = {}

    def on_rows(factor: Factor) -> Factor:
        """A factor that stands in several places, as effect and cluster say, is cut once."""
        if id(factor) not in cut:
            cut[id(factor)] = factor_on_rows(factor, rows)
        return cut[id(factor)]

    steps = sample.steps if step is None else (*sample.steps, step)
    count = len(design.y)
    return replace(
        design,
        y=np.ascontiguousarray(design.y[rows]),
        x=_rows_of_matrix(design.x, rows),
        sample=Sample(sample.kept[rows], steps, sample.dropped_terms),
        weights=_taken(design.weights, rows),
        within_sum_of_squares=_taken(design.within_sum_of_squares, rows),
        absorb=tuple(
            replace(effect, factor=on_rows(effect.factor), slope=_taken(effect.slope, rows))
            for effect in design.absorb
        ),
        clusters={name: on_rows(factor) for name, factor in design.clusters.items()},
        treatment=None if design.treatment is None else _treatment(design.treatment, rows),
        panel=None if design.panel is None else _panel(design.panel, rows),
        coordinates=_taken(design.coordinates, rows),
        instruments=_taken(design.instruments, rows),
        offset=_taken(design.offset, rows),
        adoption=None if design.adoption is None else adoption_on_rows(design.adoption, rows),
        columns={name: _column(values, rows) for name, values in design.columns.items()},
        extra={name: _cut(value, rows, count) for name, value in design.extra.items()},
    )


def factor_on_rows(factor: Factor, rows: Rows) -> Factor:
    """A factor on some rows: levels without rows are left out, the order of the others stays."""
    codes = factor.codes[rows]
    counts = np.bincount(codes, minlength=factor.levels)
    if np.all(counts > 0):
        return Factor(factor.name, np.ascontiguousarray(codes), factor.labels)
    present = np.flatnonzero(counts)
    renumber = np.full(factor.levels, -1, dtype=np.int32)
    renumber[present] = np.arange(len(present), dtype=np.int32)
    return Factor(factor.name, renumber[codes], tuple(map(factor.labels.__getitem__, present.tolist())))


def effect_on_rows(effect: AbsorbedFactor, rows: Rows) -> AbsorbedFactor:
    """An absorbed effect on some rows."""
    return replace(effect, factor=factor_on_rows(effect.factor, rows), slope=_taken(effect.slope, rows))


def adoption_on_rows(adoption: Adoption, rows: Rows) -> Adoption:
    """An adoption on some rows: units and periods without rows leave it."""
    units, times = (np.unique(factor.codes[rows]) for factor in (adoption.unit, adoption.time))
    return replace(
        adoption,
        unit=factor_on_rows(adoption.unit, rows),
        time=factor_on_rows(adoption.time, rows),
        periods=adoption.periods[times],
        cohort=adoption.cohort[units],
        treatment=_taken(adoption.treatment, rows),
    )


def _treatment(treatment: Treatment, rows: Rows) -> Treatment:
    used = np.unique(treatment.unit.codes[rows])
    return replace(
        treatment,
        unit=factor_on_rows(treatment.unit, rows),
        treated=treatment.treated[used],
        profile=np.ascontiguousarray(treatment.profile[rows]),
    )


def _panel(panel: Panel, rows: Rows) -> Panel:
    cohort = None if panel.cohort is None else panel.cohort[rows]
    unit, time = (factor_on_rows(factor, rows) for factor in (panel.unit, panel.time))
    return Panel(unit, time, panel.time_values[rows], cohort)


def _column(values: Floats | Factor, rows: Rows) -> Floats | Factor:
    return factor_on_rows(values, rows) if isinstance(values, Factor) else np.ascontiguousarray(values[rows])


def _taken(values: Floats | None, rows: Rows) -> Floats | None:
    return None if values is None else np.ascontiguousarray(values[rows])


def _rows_of_matrix(x: Floats, rows: Rows) -> Floats:
    """Rows of a matrix, which keeps its order in memory."""
    if x.flags.f_contiguous and not x.flags.c_contiguous:
        return np.ascontiguousarray(x.T[:, rows]).T
    return np.ascontiguousarray(x[rows])


def _cut(value: object, rows: Rows, count: int) -> object:
    """Arrays with one entry a row, and factors, follow; other facts stay."""
    if isinstance(value, np.ndarray) and value.ndim and len(value) == count:
        return value[rows]
    return factor_on_rows(value, rows) if isinstance(value, Factor) else value
