"""A design with rows removed, for refits that leave something out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats, Logicals
from impact.core.designs import AbsorbedFactor, Adoption, Design, Factor, Panel, Sample, Treatment
from impact.core.frames import Step


def drop_rows(design: Design, mask: Logicals, *, reason: str = "left out") -> Design:
    """The design without the rows where ``mask`` (n,) is true; factors keep only the levels that are left."""
    keep = ~mask
    rows = len(design.y)
    step = Step(name="leave_out", reason=reason, dropped=int(np.count_nonzero(mask)))
    return replace(
        design,
        y=design.y[keep],
        x=np.ascontiguousarray(design.x[keep]),
        sample=Sample(design.sample.kept[keep], (*design.sample.steps, step), design.sample.dropped_terms),
        weights=_rows(design.weights, keep),
        within_sum_of_squares=_rows(design.within_sum_of_squares, keep),
        absorb=tuple(_absorbed(effect, keep) for effect in design.absorb),
        clusters={name: subset(factor, keep) for name, factor in design.clusters.items()},
        treatment=None if design.treatment is None else _treatment(design.treatment, keep),
        panel=None if design.panel is None else _panel(design.panel, keep),
        coordinates=_rows(design.coordinates, keep),
        instruments=_rows(design.instruments, keep),
        offset=_rows(design.offset, keep),
        adoption=None if design.adoption is None else _adoption(design.adoption, keep),
        columns={name: _column(values, keep) for name, values in design.columns.items()},
        extra=_extra(design.extra, keep, rows),
    )


def subset(factor: Factor, keep: Logicals) -> Factor:
    """A factor on the kept rows, codes renumbered without gaps."""
    used, codes = np.unique(factor.codes[keep], return_inverse=True)
    return Factor(factor.name, codes.astype(np.int32), tuple(factor.labels[code] for code in used.tolist()))


def _absorbed(effect: AbsorbedFactor, keep: Logicals) -> AbsorbedFactor:
    return replace(effect, factor=subset(effect.factor, keep), slope=_rows(effect.slope, keep))


def _treatment(treatment: Treatment, keep: Logicals) -> Treatment:
    used = np.unique(treatment.unit.codes[keep])
    return replace(
        treatment,
        unit=subset(treatment.unit, keep),
        treated=treatment.treated[used],
        profile=np.ascontiguousarray(treatment.profile[keep]),
    )


def _panel(panel: Panel, keep: Logicals) -> Panel:
    cohort = None if panel.cohort is None else panel.cohort[keep]
    return Panel(subset(panel.unit, keep), subset(panel.time, keep), panel.time_values[keep], cohort)


def _adoption(adoption: Adoption, keep: Logicals) -> Adoption:
    units, times = (np.unique(factor.codes[keep]) for factor in (adoption.unit, adoption.time))
    return replace(
        adoption,
        unit=subset(adoption.unit, keep),
        time=subset(adoption.time, keep),
        periods=adoption.periods[times],
        cohort=adoption.cohort[units],
        treatment=_rows(adoption.treatment, keep),
    )


def _column(values: Floats | Factor, keep: Logicals) -> Floats | Factor:
    return subset(values, keep) if isinstance(values, Factor) else np.ascontiguousarray(values[keep])


def _rows(values: Floats | None, keep: Logicals) -> Floats | None:
    return None if values is None else np.ascontiguousarray(values[keep])


def _extra(extra: Mapping[str, object], keep: Logicals, rows: int) -> dict[str, object]:
    return {name: _cut(value, keep, rows) for name, value in extra.items()}


def _cut(value: object, keep: npt.NDArray[np.bool_], rows: int) -> object:
    if isinstance(value, np.ndarray) and value.ndim and len(value) == rows:
        return value[keep]
    return subset(value, keep) if isinstance(value, Factor) else value
