"""The spec file's keys: the only place where a default, a range or an explanation of a key is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from impact.schema.constructed.exposure import ExposureBlock
from impact.schema.constructed.prices import DeflateBlock
from impact.schema.constructed.rates import CompleteBlock, RateBlock
from impact.schema.curves.block import SpecCurveBlock
from impact.schema.data_blocks import (
    CheckBlock,
    DataBlock,
    InstrumentBlock,
    JoinBlock,
    PanelBlock,
    one_or_list,
)
from impact.schema.design_block import DesignBlock
from impact.schema.display import FigureBlock, OutputsBlock, TableBlock
from impact.schema.listings.block import ListingBlock
from impact.schema.published import AnswerBlock, ClaimBlock, PublishedBlock

LocalText = str | dict[Literal["en", "es"], str]


class Block(BaseModel):
    """A block of a spec: unknown keys are errors."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


Names = Annotated[list[str], BeforeValidator(one_or_list, json_schema_input_type=str | list[str])]


def _several_files(value: object) -> object:
    """A mapping with `file` is one file whose keys are checked, never files by name."""
    if isinstance(value, dict) and "file" in value:
        raise PydanticCustomError("dict_type", "one file")
    return value


Files = Annotated[
    dict[str, DataBlock], BeforeValidator(_several_files, json_schema_input_type=dict[str, DataBlock])
]


class OutcomeBlock(Block):
    """An outcome given as sums over the persons of each row."""

    sum: str = Field(
        description="Column or expression with the sum of the outcome over the persons of a row."
    )
    count: str = Field(
        description="Column or expression with the number of persons of a row: the frequency weight."
    )
    sumsq: str | None = Field(
        None,
        description="Sum of squares; equal to `sum` by default, which is right for counts of a 0/1 outcome.",
    )


class ModelBlock(Block):
    """One model: a formula or its parts, and everything that can differ between models."""

    estimator: str | None = Field(
        None, description="Keyword of the estimator; `ols` unless the formula has instruments."
    )
    formula: str | None = Field(None, description="outcome ~ regressors | absorbed effects")
    outcome: str | OutcomeBlock | None = Field(None, description="Outcome when the formula does not name it.")
    treatment: Names | None = Field(
        None, description="Terms of interest; by default those of `design:`, else the first regressor."
    )
    controls: Names | None = Field(None, description="Further regressors, added to those of the formula.")
    filter: str | dict[str, str | None] | None = Field(
        None, description="Condition(s) on top of the spec's filters."
    )
    weights: str | dict[str, str] | None = Field(
        None, description="Column (sampling weights) or {column: analytic | frequency | sampling}."
    )
    vcov: str | dict[str, Any] | None = Field(None, description="Variance: a keyword or {keyword: options}.")
    ssc: str | dict[str, Any] | None = Field(
        None, description="Small-sample preset or factors for the variance."
    )
    permute: dict[str, Any] | None = Field(None, description="Permutation inference over sets of units.")
    wild: dict[str, Any] | None = Field(None, description="Wild cluster bootstrap beside the variance.")
    survey: dict[str, Any] | None = Field(None, description="Changes to the spec's survey for this model.")
    subpop: str | None = Field(None, description="Domain of a survey: rows outside it keep the design.")
    by: Names | None = Field(None, description="Subgroup dimensions: names in `subgroups` or columns.")
    by_mode: Literal["split", "interact"] | dict[str, Any] = Field(
        "split", description="Each group its own regression, or one regression with everything interacted."
    )
    margins: list[str | list[str]] | None = Field(
        None, description="Sets of dimensions estimated besides the full cross; `all` is everybody."
    )
    min_cell: int = Field(
        30, ge=0, description="Fewer treated observations in a period than this: W514, no verdict."
    )
    design: dict[str, Any] | None = Field(None, description="Changes to the spec's design for this model.")
    panel: PanelBlock | None = Field(None, description="Unit and time for lags and panel variances.")
    singletons: Literal["drop", "keep"] = Field(
        "drop", description="Groups of one observation in an absorbed effect."
    )
    level: float = Field(0.95, gt=0.5, lt=1.0, description="Level of confidence intervals.")
    bands: Literal["pointwise", "simultaneous"] = Field(
        "pointwise", description="simultaneous: also bands that cover all effects of a kind at once."
    )
    title: LocalText | None = Field(None, description="Label of the model in tables and figures.")
    note: LocalText | None = Field(None, description="Sentence shown with the model.")
    expect: Literal["no_effect"] | None = Field(
        None, description="A placebo: an effect here speaks against the design."
    )


class DropOneBlock(Block):
    """Leave one unit out at a time."""

    unit: str = Field(description="Column whose values are left out one at a time.")
    among: Literal["controls", "treated", "all"] = Field("controls", description="Which units are left out.")


class RobustnessBlock(Block):
    """The model again with one thing changed: the verdict reads these rows."""

    of: Names = Field(description="Model(s) that the rows change.")
    rows: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="name → dotted path of the model: new value; of: in a row names its models where not all have it.",
    )
    drop_one: DropOneBlock | None = Field(
        None, description="Leave one unit out at a time; the range is reported."
    )


class SpecModel(Block):
    """A whole spec file."""

    spec: Literal[1] = Field(description="Format version.")
    study: str | None = Field(
        None, pattern=r"^[A-Za-z][A-Za-z0-9_]*$", description="Name; the file's stem by default."
    )
    base: bool = Field(False, description="True for a file that may only be extended.")
    requires: str | None = Field(None, description="Version range of impact, such as '>=0.1,<2'.")
    kind: Literal["estimate", "ledger"] = Field(
        "estimate",
        description="estimate: models of data; ledger: accounts of inputs and equations over years.",
    )
    domain: str | None = Field(None, description="Field of study: employment, wages, crime or fiscal.")
    coding: Literal["enaho", "epe", "epen"] | None = Field(
        None,
        description="Whose codes a file of persons has, for variables of a field (`derive: {kept: employment.kept}`).",
    )
    title: LocalText | None = Field(None, description="Title of the study.")
    question: LocalText | None = Field(None, description="The question the study answers.")
    notes: LocalText | list[LocalText] | None = Field(
        None, description="Notes printed under every table and in the report."
    )
    authors: Names | None = Field(None, description="Authors.")
    unit_of_exposure: LocalText | None = Field(None, description="What one unit of the treatment means.")
    language: str | list[str] = Field("en", description="Language(s) of the outputs: en, es or both.")
    locale: Literal["en_US", "es_PE"] | None = Field(
        None, description="Number format; both write a decimal point and commas between thousands."
    )
    extends: Names | None = Field(
        None, description="File(s) this spec builds on; shipped:NAME reaches the package's own."
    )
    params: dict[str, Any] = Field(default_factory=dict, description="Values for ${name} in texts.")
    sets: dict[str, Names] = Field(
        default_factory=dict, description="Named lists of terms for $name in formulas."
    )
    matrix: dict[str, Any] = Field(
        default_factory=dict, description="Models repeated for each value of ${name}."
    )
    subgroups: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="dimension → level → condition, for `by:`."
    )
    defaults: dict[str, Any] = Field(
        default_factory=dict, description="Keys copied into every model that does not set them."
    )
    data: DataBlock | Files | None = Field(None, description="The data file, or named files.")
    joins: dict[str, JoinBlock] = Field(default_factory=dict, description="Files joined to the main one.")
    panel: PanelBlock | None = Field(None, description="Unit and time of the data.")
    derive: dict[str, str | None] = Field(
        default_factory=dict,
        description="New columns: name → expression, or DOMAIN.VARIABLE for what a field makes of the survey's codes.",
    )
    complete: CompleteBlock | None = Field(
        None, description="Cells of a panel of counts without a row become rows of zero, counted."
    )
    deflate: dict[str, DeflateBlock] = Field(
        default_factory=dict, description="Money in constant prices: name → {of, unit, base, …}."
    )
    rates: dict[str, RateBlock] = Field(
        default_factory=dict,
        description="Counts as yearly rates: name → {count, population, migrants, period}; also makes name_population.",
    )
    exposure: dict[str, ExposureBlock] = Field(
        default_factory=dict,
        description="Exposure to migration: name → {kind: share, …} or {kind: dose, …}.",
    )
    log_outcomes: list[str] = Field(
        default_factory=list,
        description="Outcomes of the file that are logarithms already, for elasticities.",
    )
    instruments: dict[str, InstrumentBlock] = Field(
        default_factory=dict,
        description="Constructed columns: name → {kind: shift_share, …} or {kind: distance, …}.",
    )
    filter: str | dict[str, str | None] | None = Field(
        None, description="Which rows are kept: named conditions."
    )
    checks: dict[str, CheckBlock] = Field(default_factory=dict, description="Assertions about the data.")
    design: DesignBlock | None = Field(None, description="Who is treated and from when.")
    outcomes: dict[str, OutcomeBlock | str] = Field(
        default_factory=dict, description="Outcomes by name: sums over persons, or an expression."
    )
    outcome: str | OutcomeBlock | None = Field(None, description="Outcome of every model that names none.")
    model: str | dict[str, Any] | None = Field(None, description="The one model of a short spec.")
    models: dict[str, str | dict[str, Any]] = Field(default_factory=dict, description="Models by name.")
    weights: str | dict[str, str] | None = Field(None, description="Default weights of the models.")
    vcov: str | dict[str, Any] | None = Field(None, description="Default variance of the models.")
    ssc: str | dict[str, Any] | None = Field(None, description="Default small-sample preset.")
    permute: dict[str, Any] | None = Field(None, description="Default permutation inference of the models.")
    wild: dict[str, Any] | None = Field(None, description="Default wild cluster bootstrap of the models.")
    survey: dict[str, Any] | None = Field(
        None, description="How the sample was drawn: weights, strata, primary units."
    )
    singletons: Literal["drop", "keep"] | None = Field(None, description="Default treatment of singletons.")
    robustness: RobustnessBlock | None = Field(None, description="Rows with one thing changed.")
    speccurve: SpecCurveBlock | None = Field(
        None, description="A model in every combination of choices: one estimate each, read together."
    )
    listings: dict[str, ListingBlock] = Field(
        default_factory=dict,
        description="Tables of data by name: rows grouped, for tables, figures, claims and tests.",
    )
    tests: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Tests by name: {kind, of, …}."
    )
    default_tests: bool = Field(
        True,
        description="Ask difference-in-differences and discontinuities what a referee asks, where `tests` does not.",
    )
    tables: dict[str, TableBlock] = Field(
        default_factory=dict, description="Tables by name; one of all models by default."
    )
    figures: dict[str, FigureBlock] = Field(default_factory=dict, description="Figures by name.")
    outputs: OutputsBlock = Field(
        default_factory=OutputsBlock, description="Formats, digits, stars, smallest cell."
    )
    published: dict[str, PublishedBlock] = Field(
        default_factory=dict, description="Published numbers to compare with."
    )
    claims: dict[str, ClaimBlock] = Field(
        default_factory=dict, description="Sentences to be judged by the results."
    )
    answer: AnswerBlock | None = Field(
        None, description="Which estimate answers the question, and in which words."
    )
    labels: dict[str, LocalText] = Field(default_factory=dict, description="Labels of columns and terms.")
    assumptions: list[LocalText] = Field(
        default_factory=list, description="Assumptions listed in the report."
    )
    source: LocalText | None = Field(None, description="Source line of the study.")
    denominator_year: int | None = Field(
        None, description="Year of the population that exposure is divided by."
    )
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level of tests and verdicts.")
    level: float = Field(0.95, gt=0.5, lt=1.0, description="Level of confidence intervals.")
    seed: int | None = Field(None, ge=0, description="Seed; required when anything is drawn at random.")
    strict: bool = Field(False, description="Warnings of class W4xx become errors.")
