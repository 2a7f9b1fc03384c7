"""The keys of a spec of kind ledger: years, inputs, equations, scenarios, draws, discounting and what is shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from impact.core.options import Options
from impact.schema.data_blocks import one_or_list
from impact.schema.display import FigureFormat, TableFormat, Text

Distribution = Literal["triangular", "uniform", "normal", "lognormal", "beta-pert", "fixed"]
Rule = Literal["hold"] | float
OverYears = float | dict[str, float]
Names = Annotated[list[str], BeforeValidator(one_or_list, json_schema_input_type=str | list[str])]
CellWord = Literal["estimate", "median", "interval", "se"]
DEFAULT_DRAWS = 10_000
MOST_DRAWS = 100_000


class InputBlock(Options):
    """One input: its value or path over years, its range and distribution, its unit, source and status."""

    value: float | None = Field(None, description="The value, the same in all years.")
    path: dict[str, float] | None = Field(
        None, description="Year → value, instead of `value`; years between are interpolated."
    )
    interpolate: Literal["linear", "geometric", "step"] | None = Field(
        None,
        description="Between the years of a path: linear (default), geometric (equal growth rates) or step (the last "
        "value holds).",
    )
    before: Rule | None = Field(
        None,
        description="Before the first year of a path: hold its first value, or a number. Lags reach there.",
    )
    after: Rule | None = Field(
        None, description="After the last year of a path: hold its last value, or a number."
    )
    low: OverYears | None = Field(
        None,
        description="Lower end of the range (triangular, uniform, beta-pert) or 5th percentile (normal, lognormal); a "
        "number, or year → value for a path.",
    )
    high: OverYears | None = Field(None, description="Upper end of the range, or 95th percentile.")
    dist: Distribution | None = Field(
        None,
        description="Distribution of the draws: triangular (default where there is a range), uniform, normal, "
        "lognormal, beta-pert, or fixed (default without a range: the same value in every draw).",
    )
    draw: Literal["path", "year"] = Field(
        "path", description="path: one draw moves all years together; year: each year its own draw."
    )
    unit: str | None = Field(
        None, description="Unit, such as PEN/month, persons or share; sums need equal units."
    )
    source: Text | None = Field(None, description="Where the value was read; needed where it is verified.")
    status: Literal["verified", "assumption"] = Field(
        "assumption",
        description="verified: read in the source; assumption: listed under every table it touches.",
    )
    title: Text | None = Field(None, description="Label in tables and figures; default: from `labels`.")
    note: Text | None = Field(None, description="A remark shown with the input.")


class EquationBlock(Options):
    """An equation with a unit or label of its own."""

    expr: str = Field(description="The expression, as in the short form.")
    unit: str | None = Field(
        None, description="Unit of the result; checked where the units of the inputs give it."
    )
    title: Text | None = Field(None, description="Label in tables and figures; default: from `labels`.")


class MonteCarloBlock(Options):
    """Draws of the inputs."""

    draws: int = Field(DEFAULT_DRAWS, ge=100, le=MOST_DRAWS, description="Number of draws.")
    correlate: dict[str, float] = Field(
        default_factory=dict,
        description="a~b → correlation of the two inputs' normals in a Gaussian copula, between -1 and 1.",
    )


class DiscountBlock(Options):
    """How present values are taken: the sum of x / (1 + rate) ** (year - base)."""

    rate: float | str = Field(description="Rate a year: a number or the name of an input.")
    base: int = Field(description="Year that values are discounted to.")
    years: str | list[int] | None = Field(None, description="Years that are summed, 2019..2025; default all.")


class BreakevenBlock(Options):
    """The value of one input at which an output equals a number, all other inputs at their values."""

    input: str = Field(description="Input that is varied; not a path.")
    output: str = Field(description="One number of the results, such as mean(net, 2019, 2025) or pv(net).")
    equals: float = Field(0.0, description="Value of the output that is looked for.")
    low: float | None = Field(None, description="Lower end of the search; default: the input's low.")
    high: float | None = Field(None, description="Upper end of the search; default: the input's high.")


class LedgerTableBlock(Options):
    """A table of a ledger: lines by years, panels by scenario."""

    title: Text | None = Field(None, description="Title (caption) of the table.")
    layout: str | None = Field(
        None, description="A layout of the domain: its lines that the spec has become the rows."
    )
    rows: list[str] | Literal["published", "drivers", "inputs", "breakeven"] | None = Field(
        None,
        description="Lines: names of equations or inputs, expressions of them, pr(condition); or published, drivers "
        "(what moves an output), inputs, breakeven. Default: all equations.",
    )
    columns: Names = Field(
        default_factory=list,
        description="years, a year, 2019..2025, mean(2019, 2025), sum(…), min(…), max(…), pv; in a table of drivers "
        "the outputs. Default: years.",
    )
    panels: Literal["scenarios"] | list[str] | None = Field(
        None, description="scenarios (default), or names of scenarios."
    )
    cell: list[CellWord] = Field(
        default_factory=list,
        description="estimate (at the inputs' values), median and interval (of the draws), se (their standard "
        "deviation). Default: estimate and interval.",
    )
    published: Names = Field(
        default_factory=list, description="Blocks of `published:` that a table of published cells shows."
    )
    scale: dict[str, float] = Field(
        default_factory=dict, description="Row → divisor: {net: 1000000} shows millions."
    )
    digits: int | None = Field(
        None, ge=0, le=12, description="Decimal places; default: by the size of the row."
    )
    notes: list[Text] | Text = Field(default_factory=list, description="Notes added under the table.")
    default_notes: bool = Field(
        True, description="Write the notes on draws, break-even points, assumptions and scenarios."
    )
    formats: list[TableFormat] | None = Field(
        None, description="Formats of this table; default as in outputs."
    )


class LedgerFigureBlock(Options):
    """A figure of a ledger, with its data in a csv beside it."""

    kind: Literal["fan", "tornado"] = Field(
        description="fan: an output over the years with the spread of its draws; tornado: what moves an output."
    )
    of: str = Field(
        description="The output: a line for a fan, one number (mean(net, 2019, 2025)) for a tornado."
    )
    scenarios: Names = Field(default_factory=list, description="Scenarios shown; default all.")
    title: Text | None = Field(None, description="Caption in the report; never drawn inside the figure.")
    scale: float | None = Field(None, gt=0, description="Divisor of the values: 1000000 shows millions.")
    most: int = Field(12, ge=1, le=40, description="Most inputs shown in a tornado.")
    xlabel: Text | None = Field(None, description="Text under the horizontal axis.")
    ylabel: Text | None = Field(None, description="Text beside the vertical axis.")
    formats: list[FigureFormat] | None = Field(None, description="Formats; default as in outputs.")


class LedgerBlock(Options):
    """The keys that only specs of kind ledger have."""

    years: str | int | list[int] = Field(description="First and last year: 2016..2025, or a list of years.")
    inputs: dict[str, InputBlock | float] = Field(
        min_length=1,
        description="Inputs by name: a number, or value or path with range, distribution, unit, source and status.",
    )
    equations: dict[str, str | float | EquationBlock] = Field(
        min_length=1,
        description="Lines by name: expressions of inputs and other lines, in any order.",
    )
    scenarios: dict[str, dict[str, Any] | None] = Field(
        default_factory=dict,
        description="name → input → number (fixed in every draw) or the parts that change ({after: 0}); title: names "
        "it. Default: one scenario, base.",
    )
    montecarlo: MonteCarloBlock | None = Field(
        None, description="Draws of the inputs; without it only values."
    )
    discount: DiscountBlock | None = Field(None, description="How present values are taken.")
    breakeven: BreakevenBlock | dict[str, BreakevenBlock] | None = Field(
        None, description="The value of an input at which an output equals a number; one, or several by name."
    )
    accounting: list[str] | dict[str, str] = Field(
        default_factory=list,
        description="Identities such as net == revenue - cost, checked to the cent in every draw.",
    )
    tables: dict[str, LedgerTableBlock] = Field(default_factory=dict, description="Tables by name.")
    figures: dict[str, LedgerFigureBlock] = Field(default_factory=dict, description="Figures by name.")
