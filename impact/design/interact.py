"""One regression for several groups: the designs of the groups stacked, with everything interacted.

Treatment, controls and absorbed effects are interacted with the group, so that the coefficients are those of the
groups' own regressions, and one covariance spans them all. Common effects must be asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import AbsorbedFactor, Design, Factor, Panel, Sample, Term, Treatment
from impact.core.errors import Notice
from impact.core.texts import notice
from impact.kernels.scipy_on_use import linalg


def stack_designs(
    designs: Sequence[Design], groups: Sequence[str], *, common_effects: bool = False
) -> tuple[Design, dict[str, tuple[str, str]]]:
    """The interacted design of several groups.

    Arguments:
        designs: one design a group, all of the same model. groups: their names.
        common_effects: absorb the effects once for all groups instead of by group.

    Returns:
        the stacked design, and stacked term name → (term, group).
    """
    first = designs[0]
    x, terms, names = _stack_terms(designs, groups)
    absorb = tuple(
        _merge_effect([design.absorb[j] for design in designs], common=common_effects)
        for j in range(len(first.absorb))
    )
    clusters = {
        name: _merge_factor([design.clusters[name] for design in designs], common=True)
        for name in first.clusters
    }
    offsets = np.concatenate([[0], np.cumsum([design.x.shape[1] for design in designs])])
    focus = tuple(int(offsets[g]) + j for g, design in enumerate(designs) for j in design.focus)
    stacked = replace(
        first,
        terms=terms,
        y=np.concatenate([design.y for design in designs]),
        x=x,
        sample=Sample(
            kept=np.concatenate([design.sample.kept for design in designs]), steps=first.sample.steps
        ),
        weights=_concatenate([design.weights for design in designs]),
        offset=_concatenate([design.offset for design in designs]),
        within_sum_of_squares=_concatenate([design.within_sum_of_squares for design in designs]),
        absorb=absorb,
        clusters=clusters,
        focus=focus,
        treatment=_stack_treatment(designs, offsets.tolist()),
        panel=_stack_panel(designs),
        coordinates=_concatenate([design.coordinates for design in designs]),
        endogenous=tuple(int(offsets[g]) + j for g, design in enumerate(designs) for j in design.endogenous),
        instruments=_stack_instruments(designs),
        instrument_names=tuple(
            f"{name}[{group}]"
            for design, group in zip(designs, groups, strict=True)
            for name in design.instrument_names
        ),
        notices=(*(item for design in designs for item in design.notices), *_common(first, common_effects)),
        extra={
            # the sampling design is that of the file, the same for all groups
            **{name: first.extra[name] for name in ("survey",) if name in first.extra},
            "cell_means": any(design.extra.get("cell_means", False) for design in designs),
            "groups": {group: _facts(design) for group, design in zip(groups, designs, strict=True)},
        },
    )
    return stacked, names


def _common(design: Design, common_effects: bool) -> tuple[Notice, ...]:
    """W523 names the effects that the groups share, because their estimates are not the groups' own then."""
    if not common_effects or not design.absorb:
        return ()
    effects = ", ".join(effect.factor.name for effect in design.absorb)
    return (notice("W523", effects=effects),)


def _facts(design: Design) -> dict[str, object]:
    """What a row of one group shows: its own observations, mean of the outcome and treated."""
    weights = design.weights
    n_obs = (
        float(np.sum(weights)) if weights is not None and design.weight_kind == "frequency" else len(design.y)
    )
    counts = {name: design.extra.get(name) for name in ("n_treated", "n_treated_thinnest")}
    return {
        "rows": len(design.y),
        "n_obs": n_obs,
        "mean_outcome": float(np.average(design.y, weights=weights)),
        **counts,
    }


def _stack_terms(
    designs: Sequence[Design], groups: Sequence[str]
) -> tuple[Floats, tuple[Term, ...], dict[str, tuple[str, str]]]:
    rows = sum(len(design.y) for design in designs)
    width = sum(design.x.shape[1] for design in designs)
    x = np.zeros((rows, width))
    terms: list[Term] = []
    names: dict[str, tuple[str, str]] = {}
    row = column = 0
    for design, group in zip(designs, groups, strict=True):
        n, k = design.x.shape
        x[row : row + n, column : column + k] = design.x
        for term in design.terms:
            stacked = f"{term.name}[{group}]"
            names[stacked] = (term.name, group)
            terms.append(replace(term, name=stacked))
        row, column = row + n, column + k
    return x, tuple(terms), names


def _stack_instruments(designs: Sequence[Design]) -> Floats | None:
    """Each group's instruments on its own rows, zero elsewhere."""
    found = [design.instruments for design in designs if design.instruments is not None]
    return linalg().block_diag(*found) if found else None


def _merge_factor(factors: Sequence[Factor], *, common: bool) -> Factor:
    """Codes of all rows: levels shared by label, or each group with levels of its own."""
    if not common:
        shifts = np.concatenate([[0], np.cumsum([factor.levels for factor in factors])])
        shifted = np.concatenate([f.codes + s for f, s in zip(factors, shifts[:-1], strict=True)])
        return Factor(factors[0].name, shifted.astype(np.int32), tuple(x for f in factors for x in f.labels))
    labels = sorted(
        {label for factor in factors for label in factor.labels}, key=lambda label: (str(type(label)), label)
    )
    position = {label: code for code, label in enumerate(labels)}
    codes = [np.array([position[x] for x in f.labels], dtype=np.int32)[f.codes] for f in factors]
    return Factor(factors[0].name, np.concatenate(codes), tuple(labels))


def _merge_effect(effects: Sequence[AbsorbedFactor], *, common: bool) -> AbsorbedFactor:
    factor = _merge_factor([effect.factor for effect in effects], common=common)
    slope = _concatenate([effect.slope for effect in effects])
    return AbsorbedFactor(factor, slope, effects[0].slope_name, effects[0].intercept)


def _concatenate(arrays: Sequence[Floats | None]) -> Floats | None:
    found = [array for array in arrays if array is not None]
    return np.concatenate(found) if len(found) == len(arrays) else None


def _stack_treatment(designs: Sequence[Design], offsets: Sequence[int]) -> Treatment | None:
    treatments = [design.treatment for design in designs]
    if any(treatment is None for treatment in treatments):
        return None
    present = [treatment for treatment in treatments if treatment is not None]
    unit = _merge_factor([treatment.unit for treatment in present], common=True)
    treated = np.zeros(unit.levels)
    position = {label: code for code, label in enumerate(unit.labels)}
    for treatment in present:
        for label, value in zip(treatment.unit.labels, treatment.treated, strict=True):
            treated[position[label]] = max(treated[position[label]], value)
    width = sum(treatment.profile.shape[1] for treatment in present)
    profile = np.zeros((len(unit.codes), width))
    columns: list[int] = []
    row = column = 0
    for treatment, offset in zip(present, offsets, strict=False):
        n, m = treatment.profile.shape
        profile[row : row + n, column : column + m] = treatment.profile
        columns += [offset + j for j in treatment.columns]
        row, column = row + n, column + m
    return Treatment(unit, treated, profile, tuple(columns))


def _stack_panel(designs: Sequence[Design]) -> Panel | None:
    panels = [design.panel for design in designs if design.panel is not None]
    if len(panels) != len(designs):
        return None
    return Panel(
        _merge_factor([panel.unit for panel in panels], common=True),
        _merge_factor([panel.time for panel in panels], common=True),
        np.concatenate([panel.time_values for panel in panels]),
    )
