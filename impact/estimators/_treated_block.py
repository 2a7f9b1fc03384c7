"""The table of units by periods that comparative-case estimators start from, and what they refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import Adoption, Design
from impact.core.errors import DesignError, SpecError
from impact.core.texts import fault, text
from impact.estimators._adoption import Wide, adoption_of, keep_units, require_absorbing, wide_of

Mask = npt.NDArray[np.bool_]
MOST_EXAMPLES = 5
FEWEST_BEFORE = 3
# draws are spawned from the model's seed under these numbers: changing one changes published errors
STREAM = 20210712


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of U units and T periods.

    Arguments:
        design: the rows that were used. y: (U, T), NaN where absent. adoption: of those rows.
        never: (U,) units that no period of the sample sees treated. before: (U,) periods before treatment, T if never.
    """

    design: Design
    y: Floats
    adoption: Adoption
    never: Mask
    before: npt.NDArray[np.int64]

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the units."""
        return tuple(str(label) for label in self.adoption.unit.labels)

    @property
    def cohorts(self) -> Floats:
        """(G,) dates of treatment in ascending order."""
        return np.unique(self.adoption.cohort[~self.never])


def read_panel(design: Design, estimator: str, *, complete: bool = True) -> Panel:
    """The panel of a design.

    Arguments:
        complete: whether every unit must be there in every period (``balance: drop`` leaves the others out).

    Raises:
        DesignError: E559 weights, controls or cross-sections, E560, E561 treatment that ends, E582 missing cells, E583
            no unit that is never treated, E585 fewer than three periods before treatment.
    """
    _refuse_untaken(design, adoption_of(design, estimator), estimator)
    wide = wide_of(design, estimator)
    if adoption_of(design, estimator).choices.balance == "drop" and not wide.complete.all():
        design = keep_units(
            design, wide.complete, name="balance", reason="a unit that is not there in every period"
        )
        wide = wide_of(design, estimator)
    adoption = adoption_of(design, estimator)
    if complete:
        _refuse_missing(wide, adoption, estimator)
    never = ~(adoption.cohort <= adoption.periods[-1])
    before = np.searchsorted(adoption.periods, adoption.cohort).astype(np.int64)
    before[never] = len(adoption.periods)
    if not never.any():
        raise DesignError(fault("E583", estimator=estimator))
    _refuse_short(adoption, before, estimator)
    return Panel(design, wide.y, adoption, never, before)


def one_block(panel: Panel, estimator: str) -> tuple[Mask, int]:
    """The treated units (U,) and the number of periods before treatment, where all are treated from the same date.

    Raises:
        DesignError: E584 several dates.
    """
    cohorts = panel.cohorts
    if len(cohorts) > 1:
        shown = ", ".join(f"{value:g}" for value in cohorts[:MOST_EXAMPLES].tolist())
        raise DesignError(fault("E584", estimator=estimator, cohorts=shown))
    return ~panel.never, int(panel.before.min())


def path_table(
    panel: Panel, before: int, treated: Floats, gap: Floats, weights: Mapping[str, float]
) -> dict[str, object]:
    """What figures draw of one cohort: paths (T,) of the treated and of their synthetic unit, gaps (T,), weights."""
    return {
        "periods": panel.adoption.periods.tolist(),
        "before": before,
        "treated": treated.tolist(),
        "synthetic": (treated - gap).tolist(),
        "gap": gap.tolist(),
        "weights": dict(weights),
    }


def placebo_table(panel: Panel, sets: Sequence[npt.NDArray[np.int64]], gaps: Floats) -> dict[str, object]:
    """Names of the units of each placebo set, and its gaps (S, T)."""
    return {
        "units": [[panel.labels[unit] for unit in own.tolist()] for own in sets],
        "gaps": gaps.tolist(),
    }


def generator_of(design: Design, what: str) -> np.random.Generator:
    """The random numbers of a model.

    Raises:
        SpecError: E182 the spec has no seed.
    """
    if design.seed is None:
        raise SpecError(fault("E182", what=what))
    return np.random.default_rng([STREAM, design.seed])


def described(key: str, **values: object) -> Mapping[str, str]:
    """One line in each language."""
    return {language: text(key, language, **values) for language in ("en", "es")}


def undefined_errors(errors: str, problem: str, advice: str) -> DesignError:
    """The refusal of a kind of error that does not exist for this panel (E586)."""
    return DesignError(fault("E586", errors=errors, problem=problem, advice=advice))


def with_columns(panel: Panel, values: Floats) -> Floats:
    """Values of rows (n,) as a table of units by periods (U, T)."""
    table = np.full(panel.y.shape, np.nan)
    table[panel.adoption.unit.codes, panel.adoption.time.codes] = values
    return table


def _refuse_untaken(design: Design, adoption: Adoption, estimator: str) -> None:
    found = []
    if design.weights is not None:
        found.append(("weights", "remove weights: every unit counts by what it brings to the fit"))
    if not adoption.is_panel:
        found.append(("repeated cross-sections", "name the unit: design: {unit: …}"))
    if adoption.choices.anticipation:
        found.append(("anticipation", "move the date of treatment forward by those periods"))
    if adoption.choices.control_group != "never":
        found.append(("control_group: not_yet", "compare with units that are never treated"))
    require_absorbing(adoption, estimator)
    if found:
        what, advice = found[0]
        raise DesignError(fault("E559", estimator=estimator, what=what, advice=advice))


def _refuse_missing(wide: Wide, adoption: Adoption, estimator: str) -> None:
    places = np.argwhere(~np.isfinite(wide.y))
    if len(places) == 0:
        return
    shown = "; ".join(
        f"{adoption.unit.labels[u]}, {adoption.periods[t]:g}" for u, t in places[:MOST_EXAMPLES].tolist()
    )
    raise DesignError(
        fault(
            "E582",
            estimator=estimator,
            count=len(places),
            unit=adoption.unit.name,
            time=adoption.time.name,
            examples=shown,
        )
    )


def _refuse_short(adoption: Adoption, before: npt.NDArray[np.int64], estimator: str) -> None:
    fewest = int(before.min())
    if fewest >= FEWEST_BEFORE:
        return
    unit = int(np.argmin(before))
    raise DesignError(
        fault(
            "E585",
            estimator=estimator,
            count=fewest,
            fewest=FEWEST_BEFORE,
            cohort=f"{adoption.cohort[unit]:g}",
            unit=adoption.unit.labels[unit],
        )
    )


def sorted_weights(panel: Panel, units: npt.NDArray[np.int64], weights: Floats) -> dict[str, float]:
    """Name of each control → its weight, the largest first; those without weight are left out."""
    order = np.argsort(-weights, kind="stable")
    return {panel.labels[int(units[j])]: float(weights[j]) for j in order.tolist() if abs(weights[j]) > 1e-12}
