"""What imputation, two-stage and saturated regressions share: treated rows, effects, cells, and what has no estimate.

Shapes: n rows, U units, T periods, C cells (cohort by period).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

import impact.estimators._regression as regression
import impact.kernels.imputation as kernel
import impact.kernels.imputed_means as means
from impact.core.arrays import Floats, Integers
from impact.core.designs import AbsorbedFactor, Adoption, AdoptionChoices, Design, Factor
from impact.core.errors import DesignError, Notice
from impact.core.options import Options
from impact.core.rows.adoption_rows import cohort_of_rows, event_time_of_rows
from impact.core.texts import fault, notice
from impact.estimators._adoption import (
    adoption_of,
    choices_of,
    first_rows,
    keep_rows,
    keep_units,
    label_words,
    require_absorbing,
    shown,
    wide_of,
)
from impact.estimators._aggregate import Aggregates, Cells
from impact.kernels.compiled import is_constant
from impact.kernels.factors import encode, is_nested

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Setting:
    """A design, read once: weights (n,), cohort (n,), event time (n,), and treated (n,), anticipation included."""

    name: str
    design: Design
    adoption: Adoption
    choices: AdoptionChoices
    weights: Floats
    cohort: Floats
    event: Floats
    treated: Mask


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows that one row of influence stands for: codes (n,), count, a representative row of each, whole or not."""

    codes: Integers
    count: int
    row: Integers
    whole_units: bool


@dataclass(frozen=True, slots=True)
class CellRows:
    """Cells by cohort and period: values (C,) each, and the kernel's record of their rows."""

    cohort: Floats
    time: Floats
    rows: means.Cells

    @property
    def event(self) -> Floats:
        """(C,) period less cohort."""
        return self.time - self.cohort

    def names(self, chosen: Mask) -> str:
        """Cells as they are named in messages."""
        return shown([f"({self.cohort[j]:g}, {self.time[j]:g})" for j in np.flatnonzero(chosen).tolist()])


def setting_of(design: Design, options: Options, name: str) -> Setting:
    """Read a design.

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E574 no treated or no untreated rows, E501, E502.
    """
    require_absorbing(adoption_of(design, name), name)
    choices = choices_of(design, options, name)
    if choices.balance == "drop" and adoption_of(design, name).is_panel:
        complete = wide_of(design, name).complete
        design = keep_units(design, complete, name="balance", reason="unit without a row in every period")
    if len(design.y) == 0:
        raise DesignError(fault("E501", outcome=design.outcome))
    if is_constant(design.y):
        raise DesignError(fault("E502", outcome=design.outcome, value=f"{design.y[0]:g}"))
    return _read(design, choices, name)


def _read(design: Design, choices: AdoptionChoices, name: str) -> Setting:
    adoption = adoption_of(design, name)
    event = event_time_of_rows(adoption)
    treated = event >= -choices.anticipation
    for what, found in (("treated", treated), ("untreated", ~treated)):
        if not found.any():
            raise DesignError(fault("E574", estimator=name, what=what))
    weights = np.ones(len(design.y)) if design.weights is None else design.weights
    return Setting(name, design, adoption, choices, weights, cohort_of_rows(adoption), event, treated)


def without_rows(setting: Setting, dropped: Mask, *, reason: str) -> Setting:
    """The setting without some rows, the loss noted as a step of the sample."""
    design = keep_rows(setting.design, ~dropped, name="no estimate", reason=reason)
    return _read(design, setting.choices, setting.name)


def default_effects(setting: Setting, wanted: str | None) -> str:
    """``unit`` in panels, ``cohort`` in cross-sections, unless the options say otherwise.

    Raises:
        DesignError: E577 unit effects in cross-sections.
    """
    if wanted is None:
        return "unit" if setting.adoption.is_panel else "cohort"
    if wanted == "unit" and not setting.adoption.is_panel:
        problem = "effects of units, each of which is seen once"
        advice = "write `effects: cohort`, or leave it out"
        raise DesignError(fault("E577", estimator=setting.name, problem=problem, advice=advice))
    return wanted


def cohort_factor(setting: Setting) -> Factor:
    """The cohort of each row as a factor; never treated is the last."""
    codes, labels = encode(setting.adoption.cohort)
    return Factor("cohort", codes[setting.adoption.unit.codes], tuple(labels.tolist()))


def absorbed_of(setting: Setting, effects: str) -> tuple[AbsorbedFactor, ...]:
    """Effects of units or cohorts (or none), of periods, then those of the model that are not yet among them."""
    own = [AbsorbedFactor(setting.adoption.time)]
    if effects != "none":
        first = setting.adoption.unit if effects == "unit" else cohort_factor(setting)
        own = [AbsorbedFactor(first), *own]
    names = {effect.factor.name for effect in own}
    rest = [
        effect
        for effect in setting.design.absorb
        if effect.slope is not None or not effect.intercept or effect.factor.name not in names
    ]
    return (*own, *rest)


def kernel_effects(setting: Setting, absorbed: tuple[AbsorbedFactor, ...]) -> kernel.Effects:
    """Absorbed effects as the kernel takes them: those of the unit apart from all others."""
    unit = setting.adoption.unit
    within: list[Floats | None] = []
    parts: list[kernel.Part] = []
    for effect in absorbed:
        own = effect.factor.levels == unit.levels and np.array_equal(effect.factor.codes, unit.codes)
        variables = ([None] if effect.intercept else []) + ([] if effect.slope is None else [effect.slope])
        if own:
            # an intercept first: slopes are then centred in their unit
            within = [*(v for v in variables if v is None), *within, *(v for v in variables if v is not None)]
        else:
            parts += [
                kernel.Part(effect.factor.codes, effect.factor.levels, _centred(variable))
                for variable in variables
            ]
    return kernel.Effects(tuple(parts), unit.codes, unit.levels, tuple(within))


def _centred(values: Floats | None) -> Floats | None:
    """A slope of unit size; its own intercept, where there is one, is not touched."""
    if values is None:
        return None
    size = float(np.sqrt(np.mean(np.square(values))))
    return values / size if size > 0 else values


def fit_effects(setting: Setting, x: Floats, effects: kernel.Effects, weights: Floats) -> kernel.Fit:
    """The kernel's fit, its faults in words.

    Raises:
        DesignError: E577 too many levels beside the unit's.
    """
    try:
        found = kernel.fit(setting.design.y, x, effects, weights)
    except kernel.TooManyLevelsError as error:
        problem = f"effects with {error} levels beside those of the unit (at most {kernel.MOST_LEVELS})"
        advice = "absorb effects with fewer levels"
        raise DesignError(fault("E577", estimator=setting.name, problem=problem, advice=advice)) from error
    return found


def dropped_controls(setting: Setting, found: kernel.Fit) -> dict[str, str]:
    """Controls that the effects or the other controls explain."""
    reason = "explained by the effects or by other controls in untreated rows"
    names = [term.name for term in setting.design.terms]
    return {names[j]: reason for j in np.flatnonzero(~found.kept).tolist()}


def without_estimate(
    setting: Setting, dropped: Mask, *, autosample: bool, untreated: Mask | None = None
) -> tuple[Setting, tuple[Notice, ...]]:
    """Leave out treated rows (mask (n,)) that have no estimate where the options allow it, and say so.

    Raises:
        DesignError: E575 with the rows by cohort and period, and why.
    """
    if not dropped.any():
        return setting, ()
    said = _reasons(setting, dropped, ~setting.treated if untreated is None else untreated)
    count = int(np.count_nonzero(dropped))
    if not autosample:
        raise DesignError(fault("E575", estimator=setting.name, count=count, reasons=said))
    left = without_rows(setting, dropped, reason=f"treated, without an estimate: {said}")
    return left, (notice("W542", of=setting.name, count=count, reasons=said),)


def fit_untreated(
    setting: Setting, effects: str | None, *, autosample: bool
) -> tuple[Setting, tuple[AbsorbedFactor, ...], kernel.Fit, tuple[Notice, ...]]:
    """The model of untreated rows, on the rows that it says something about: these, the effects, the fit, notices.

    Raises:
        DesignError: E575 treated rows without a prediction (W542 with ``autosample``), E577 too many levels, or a
            control without a coefficient that treated rows need.
    """
    absorbed = absorbed_of(setting, default_effects(setting, effects))
    own = kernel_effects(setting, absorbed)
    found = fit_effects(setting, setting.design.x, own, setting.weights * ~setting.treated)
    rows = np.flatnonzero(setting.treated)
    lost = rows[~kernel.reached(found.system, rows)]
    if len(lost):
        dropped = np.zeros(len(setting.treated), dtype=np.bool_)
        dropped[lost] = True
        left, notices = without_estimate(setting, dropped, autosample=autosample)
        again, absorbed, found, more = fit_untreated(left, effects, autosample=autosample)
        return again, absorbed, found, (*notices, *more)
    _refuse_carried(setting, found)
    return setting, absorbed, found, ()


def _refuse_carried(setting: Setting, found: kernel.Fit) -> None:
    """E577: controls that vary in treated rows and have no coefficient in untreated ones."""
    if found.carried.any():
        names = shown([setting.design.terms[j].name for j in np.flatnonzero(found.carried).tolist()])
        problem = f"{names}: without variation of its own in untreated rows"
        advice = "leave the control out: its coefficient cannot be estimated where nobody is treated"
        raise DesignError(fault("E577", estimator=setting.name, problem=problem, advice=advice))


def _reasons(setting: Setting, dropped: Mask, untreated: Mask) -> str:
    """Why rows have no estimate: units never untreated, periods without untreated rows, or others, by name."""
    adoption = setting.adoption
    units = np.bincount(adoption.unit.codes[untreated], minlength=adoption.unit.levels) == 0
    periods = np.bincount(adoption.time.codes[untreated], minlength=adoption.time.levels) == 0
    by_unit = dropped & units[adoption.unit.codes]
    by_period = dropped & ~by_unit & periods[adoption.time.codes]
    other = dropped & ~by_unit & ~by_period
    said = []
    if by_unit.any():
        found = np.unique(adoption.unit.codes[by_unit])
        names = shown([label_words(adoption.unit.labels[j]) for j in found.tolist()])
        said.append(f"never untreated: {adoption.unit.name} {names}")
    if by_period.any():
        found = np.unique(adoption.time.codes[by_period])
        names = shown([f"{adoption.periods[j]:g}" for j in found.tolist()])
        said.append(f"nobody is untreated in {adoption.time.name} {names}")
    if other.any():
        pairs = np.unique(
            np.column_stack([setting.cohort, adoption.periods[adoption.time.codes]])[other], axis=0
        )
        cells = shown([f"({g:g}, {t:g})" for g, t in pairs.tolist()])
        said.append(f"not linked to untreated rows: cohort and period {cells}")
    return "; ".join(said)


def cells_of(setting: Setting, chosen: Mask) -> CellRows:
    """The cells of the chosen rows (mask (n,)), sorted by cohort and period."""
    cohorts = np.unique(setting.cohort[chosen])
    periods = setting.adoption.time.levels
    place = np.searchsorted(cohorts, setting.cohort[chosen]) * periods + setting.adoption.time.codes[chosen]
    used = np.bincount(place, minlength=len(cohorts) * periods) > 0
    number = np.cumsum(used) - 1
    codes = np.full(len(chosen), -1, dtype=np.int32)
    codes[chosen] = number[place]
    found = np.flatnonzero(used)
    rows = means.make_cells(codes, len(found), setting.weights)
    return CellRows(cohorts[found // periods], setting.adoption.periods[found % periods], rows)


def groups_of(setting: Setting) -> Groups:
    """Units, or single rows where a cluster variable changes inside units."""
    unit = setting.adoption.unit
    nested = all(is_nested(unit.codes, cluster.codes) for cluster in setting.design.clusters.values())
    if nested:
        return Groups(unit.codes, unit.levels, first_rows(unit).astype(np.int32), whole_units=True)
    rows = np.arange(len(unit.codes), dtype=np.int32)
    return Groups(rows, len(rows), rows, whole_units=False)


def influence_of(found: kernel.Fit, cells: means.Cells, own: Floats, groups: Groups) -> Floats:
    """Influence (m, C) of the mean effects of cells, by group; own (n,): what stands for the cells' own rows."""
    if groups.whole_units or not found.system.columns:
        return means.influence_of_cells(found, cells, own, groups.codes, groups.count)
    standing = np.where(cells.codes >= 0, own, 0.0)
    whole = means.implied_weights(found, cells)
    place = np.flatnonzero(cells.codes >= 0)
    cell_part = np.zeros_like(whole)
    share = cells.weights[place] / cells.size[cells.codes[place]]
    cell_part[place, cells.codes[place]] = share
    return cell_part * standing[:, None] + (whole - cell_part) * found.residual[:, None]


def cohort_shares(setting: Setting, cohorts: Floats) -> Floats:
    """(G,) weight of the units of each cohort: a unit counts with the mean weight of its rows."""
    unit = setting.adoption.unit
    total = np.bincount(unit.codes, weights=setting.weights, minlength=unit.levels)
    mean = total / np.bincount(unit.codes, minlength=unit.levels)
    place = np.searchsorted(cohorts, setting.adoption.cohort)
    inside = np.isin(setting.adoption.cohort, cohorts)
    return np.bincount(place[inside], weights=mean[inside], minlength=len(cohorts)).astype(np.float64)


def membership(setting: Setting, cohorts: Floats, groups: Groups) -> Floats:
    """(m, G) what each group adds to the shares of the cohorts."""
    unit = setting.adoption.unit
    inside = np.flatnonzero(np.isin(setting.cohort, cohorts))
    mean = setting.weights / np.bincount(unit.codes, minlength=unit.levels)[unit.codes]
    place = groups.codes[inside].astype(np.int64) * len(cohorts)
    place += np.searchsorted(cohorts, setting.cohort[inside])
    found = np.bincount(place, weights=mean[inside], minlength=groups.count * len(cohorts))
    return np.asarray(found, dtype=np.float64).reshape(groups.count, len(cohorts))


def aggregate_input(setting: Setting, cells: CellRows, att: Floats, influence: Floats) -> Cells:
    """Effects of cells as the shared aggregation takes them; sizes and shares count as known."""
    cohorts = np.unique(cells.cohort)
    return Cells(
        cohort=cells.cohort,
        time=cells.time,
        att=att,
        influence=influence,
        size=cells.rows.size,
        cohorts=cohorts,
        share=cohort_shares(setting, cohorts),
    )


def selected(rows: Aggregates, kept: list[int]) -> Aggregates:
    """Some of the rows, in the order given."""
    return Aggregates(
        tuple(rows.terms[j] for j in kept), rows.params[kept], rows.influence[:, kept], rows.weights[:, kept]
    )


def in_window(rows: Aggregates, choices: AdoptionChoices) -> Aggregates:
    """The rows without event times outside the window."""
    if choices.window is None:
        return rows
    low, high = choices.window
    events = [term.event_time if term.kind == "event" else None for term in rows.terms]
    return selected(rows, [j for j, e in enumerate(events) if e is None or low <= e <= high])


def number_of_observations(setting: Setting) -> float:
    """Rows, or the sum of frequency weights."""
    return regression.number_of_observations(setting.design)


def shown_design(setting: Setting, absorbed: tuple[AbsorbedFactor, ...]) -> Design:
    """The rows that were used, with the effects that were fitted."""
    return replace(setting.design, absorb=absorbed)
