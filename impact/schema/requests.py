"""What one model asks for, every keyword resolved and every formula parsed: the plan's unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from impact.core.designs import AdoptionChoices
from impact.core.errors import Place
from impact.schema.expressions.tree import Expression
from impact.schema.formulas.tree import Formula

# the filter that is the domain of a survey
SUBPOPULATION = "subpop"


@dataclass(frozen=True, slots=True)
class OutcomeSums:
    """An outcome given as sums over the persons of a row: sum, number of persons, sum of squares."""

    total: Expression
    count: Expression
    squares: Expression | None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class WeightRequest:
    """Weights and their kind: sampling, analytic or frequency."""

    values: Expression
    kind: str
    text: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class TreatedBlock:
    """One block of units treated from a date on.

    Arguments:
        unit, time: columns. treated: 0/1 by unit. start: first exposed value of time + outcome_lead.
        outcome_lead: periods between ``time`` and the measurement of the outcome.
    """

    unit: str
    time: str
    treated: Expression
    start: float
    outcome_lead: int = 0
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdoptionRequest:
    """Who is treated from when, for difference-in-differences estimators.

    Arguments:
        unit: column, "" in repeated cross-sections; time: column.
        cohort, treatment: columns, "" where not given; both are empty for a treated block.
        never: values and words that mean never treated, None where the spec does not say.
    """

    unit: str
    time: str
    cohort: str = ""
    treatment: str = ""
    never: tuple[float | str, ...] | None = None
    choices: AdoptionChoices = field(default_factory=AdoptionChoices)
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VarianceRequest:
    """A variance keyword with its options and the columns it needs as clusters."""

    keyword: str
    options: Any
    columns: tuple[str, ...]
    is_default: bool = False
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """One subgroup: its name in the results (None: everybody) and the conditions that make it."""

    name: str | None
    conditions: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Grouping:
    """The subgroups of ``by:``: dimensions declared in ``subgroups`` or columns whose levels are found in the data.

    Arguments:
        by: names of the dimensions. levels: dimension → level → condition; an empty mapping means: the column's values.
        margins: sets of dimensions estimated besides the full cross; () is everybody.
        mode: "split" or "interact"; common_effects: interact without interacting the absorbed effects.
    """

    by: tuple[str, ...]
    levels: Mapping[str, Mapping[str, Expression]]
    margins: tuple[tuple[str, ...], ...] = ()
    mode: str = "split"
    common_effects: bool = False
    min_cell: int = 30


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One model of the plan.

    Arguments:
        name: in the results (``ols[y=kept]``, ``main[row=urban]``); base: its name in the spec.
        cell: labels of the matrix; row, expect, note: of a robustness row.
        formula: one outcome, no stepwise parts; outcome: None when the formula's own left side is the outcome.
        filters: name → condition, in order: the spec's and the model's.
        own_mean: the outcome is divided by its own frequency weight.
        panel: (units, time); own_panel: the model's own, not the spec's.
        focus: names of the treatment terms, empty for the default rule.
        design: the treated block, None without one; adoption: who is treated from when, for both kinds of design;
            by_adoption: the estimator starts from it, and the formula holds controls only; option_columns: option of
            the estimator → column; missing_outcome: rows without an outcome have a meaning and stay.
            describes: the estimator describes variables, none of which is a treatment.
            permute: options of the permutation or None, with the condition of its candidates. wild: options of the
            wild bootstrap or None.
    """

    name: str
    base: str
    estimator: str
    options: Any
    formula: Formula
    variance: VarianceRequest
    outcome_name: str = ""
    outcome: OutcomeSums | Expression | None = None
    filters: Mapping[str, Expression] = field(default_factory=dict)
    sample: str = "main"
    weights: WeightRequest | None = None
    own_mean: bool = False
    design: TreatedBlock | None = None
    adoption: AdoptionRequest | None = None
    by_adoption: bool = False
    option_columns: Mapping[str, str] = field(default_factory=dict)
    missing_outcome: bool = False
    describes: bool = False
    panel: tuple[tuple[str, ...], str] | None = None
    own_panel: bool = False
    permute: Any = None
    permute_among: Expression | None = None
    wild: Any = None
    grouping: Grouping | None = None
    focus: tuple[str, ...] = ()
    cell: tuple[tuple[str, str], ...] = ()
    row: str | None = None
    expect: str | None = None
    note: Mapping[str, str] = field(default_factory=dict)
    title: Mapping[str, str] = field(default_factory=dict)
    drop_singletons: bool = True
    level: float = 0.95
    bands: bool = False
    coordinates: tuple[str, str] | None = None
    place: Place | None = None
