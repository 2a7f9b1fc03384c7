"""What a spec can say about its tables, figures and files: `tables:`, `figures:` and `outputs:`."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import ConfigDict, Field, field_validator

from impact.core.options import Options

Text = str | dict[Literal["en", "es"], str]
"""Free text: one for every language, or one per language."""

CellWord = Literal[
    "estimate", "se", "t", "df", "p", "ci90", "ci95", "ci99", "band", "n", "n_treated", "mean_y", "share",
    "group_share", "mde80", "bound", "verdict", "verdict_reason", "equivalence_p", "published",
    "p_clustered", "ci_clustered", "p_permutation", "p_permutation_t", "p_permutation_size", "ci_permutation",
    "se_cr2", "df_cr2", "se_cr3", "p_cr3", "ci_cr3", "p_both", "p_wild", "ci_wild", "p_romano_wolf", "p_westfall_young",
    "ci_ar", "p_ar", "ci_tf", "effective_f",
    "p_holm", "p_bonferroni", "p_bh", "p_by", "q_sharpened", "per_sd", "elasticity", "semi_elasticity",
    "percent", "percent_se", "percent_ci95", "percent_kennedy",
    "cv", "deff", "cases", "quality", "expect",
]  # fmt: skip
RowKind = Literal[
    "terms", "att", "event", "by", "robustness", "models", "published", "speccurve", "listing", "tests"
]
TableFormat = Literal["md", "tex", "html", "docx", "xlsx"]
FigureFormat = Literal["svg", "png"]
FigureKind = Literal[
    "event_study", "att_gt", "cohorts", "dose", "bacon", "honest_did", "synth", "coefplot",
    "equivalence_plot", "permutation", "sensitivity", "spec_curve", "power",
    "timeline", "tile_map", "trends",
]  # fmt: skip
Level = float


def _table_formats() -> list[TableFormat]:
    return ["md", "tex", "html", "docx", "xlsx"]


def _figure_formats() -> list[FigureFormat]:
    return ["svg", "png"]


def _all_panels() -> list[Literal["paths", "gaps", "weights"]]:
    return ["paths", "gaps", "weights"]


class RowsByBlock(Options):
    """Rows that are subgroups: which variables nest in which order, and where the row of everybody stands."""

    by: list[str] = Field(min_length=1, description="Variables of the subgroups, outermost first.")
    all: Literal["last", "first", "none"] = Field(
        default="last", description="Where the row of all observations stands."
    )


class PanelBlock(Options):
    """One panel of a table: the part of the models that it shows. Further keys are labels of `matrix:`."""

    model_config = ConfigDict(defer_build=True, extra="allow", frozen=True)

    title: Text | None = Field(default=None, description="Title of the panel; default: the outcome's label.")
    models: list[str] | str | None = Field(
        default=None, description="Models of the panel, in the order of the columns; default: the table's."
    )
    outcome: str | None = Field(default=None, description="Only models with this outcome.")

    def labels(self) -> dict[str, str]:
        """The matrix labels that a model must carry to stand in this panel."""
        return {name: str(value) for name, value in (self.model_extra or {}).items()}


class TableBlock(Options):
    """One table, drawn from the results."""

    title: Text | None = Field(default=None, description="Title (caption) of the table.")
    rows: RowKind | RowsByBlock = Field(
        default="terms",
        description="What the rows are: terms of the models, att (overall effects), event (event times), "
        "by (subgroups; or {by: [...], all: last}), robustness (a model and its rows), models (one row a "
        "model), "
        "published (the certificate: published against found), speccurve (one row a specification), "
        "listing (a table of data), tests (statistic, interval and sentence of the tests in `terms`, or of all).",
    )
    listing: str | None = Field(
        default=None,
        description="The listing that the table prints; then `rows: listing` need not be written.",
    )
    columns: list[str] | dict[str, Text] | str = Field(
        default_factory=list,
        description="Models shown as columns, by name, with their matrix label, or published.NAME; of a listing its "
        "columns. A mapping gives each column a heading. Default: all.",
    )
    models: list[str] | str = Field(
        default_factory=list,
        description="Models that the table reads where they are not columns (robustness, models, published).",
    )
    terms: list[str] = Field(
        default_factory=list,
        description="Only these terms (rows of a listing by their key, tests by name), in this order; default all.",
    )
    groups: list[str] = Field(
        default_factory=list, description="Only subgroups that carry one of these labels (sex=women)."
    )
    panels: dict[str, PanelBlock] = Field(default_factory=dict, description="Panels, one under the other.")
    cell: list[CellWord] = Field(
        default_factory=list, description="Statistics of each cell; default: estimate and standard error."
    )
    extra: list[CellWord] = Field(default_factory=list, description="Further columns at the right.")
    footer: list[str] | None = Field(
        default=None,
        description="Lines under the rows: n, units, clusters, cohorts, treated_clusters, effects, variance, weights, "
        "r2, r2_within, mean_y, rmse, outcome, estimator, exposure, exposure_mean, exposure_sd, mde80, "
        "permutation, effective_f, anderson_rubin, "
        "smallest_p, or the name or kind of a test.",
    )
    layout: Literal["auto", "stacked", "wide"] = Field(
        default="auto",
        description="stacked: the statistics of a cell one under the other; wide: a column each; "
        "auto: wide where the rows are subgroups, robustness rows or models of one column.",
    )
    stars: Literal["off"] | bool | list[Level] | None = Field(
        default=None,
        description="off, or the levels that earn stars, e.g. [0.1, 0.05, 0.01]; default as in outputs.",
    )
    digits: int | None = Field(
        default=None, ge=0, le=12, description="Decimal places; default as in outputs."
    )
    notes: list[Text] | Text = Field(default_factory=list, description="Notes added under the table.")
    default_notes: bool = Field(
        default=True,
        description="Write the notes on estimator, variance, effects, weights, sample and warnings.",
    )
    formats: list[TableFormat] | None = Field(
        default=None, description="Formats of this table; default as in outputs."
    )

    @field_validator("stars")
    @classmethod
    def _levels(cls, value: str | bool | list[float] | None) -> str | bool | list[float] | None:
        return star_levels_checked(value)

    @field_validator("footer")
    @classmethod
    def _footer_words(cls, value: list[str] | None) -> list[str] | None:
        if value is not None and len(set(value)) != len(value):
            raise ValueError("a footer line stands twice")
        return value


class GeometryBlock(Options):
    """A file of outlines: GeoJSON, areas as polygons."""

    file: str = Field(min_length=1, description="Path relative to the spec, or inside `root`.")
    root: str | None = Field(default=None, description="Named folder of `file`, as in `data:`.")
    key: str = Field(description="Property of the features whose value is the area of the listing.")


class FigureBlock(Options):
    """One figure, drawn from the results, with its data in a csv beside it."""

    kind: FigureKind = Field(
        default="coefplot",
        description="event_study, att_gt (effects by cohort), cohorts (who is treated when), dose, bacon, honest_did, "
        "synth (paths, gaps and weights), coefplot (also the forest of a main estimate with its robustness rows or "
        "subgroups), equivalence_plot, permutation (histogram of the permutation distribution), sensitivity (what "
        "omitted variables would leave: the contours of a test of kind sensemakr), spec_curve, power; of a listing "
        "timeline (what opened and what closed, by date), tile_map (a value by area), trends (groups over time).",
    )
    title: Text | None = Field(
        default=None, description="Caption in the report; never drawn inside the figure."
    )
    model: str | None = Field(default=None, description="The model, where the figure shows one.")
    models: list[str] | str = Field(default_factory=list, description="Models, in the order of the legend.")
    test: str | None = Field(
        default=None,
        description="The test that the figure shows (bacon, honest_did, equivalence_plot, sensitivity).",
    )
    term: str | None = Field(default=None, description="The term, where the figure shows one.")
    terms: list[str] = Field(default_factory=list, description="Only these terms.")
    rows: Literal["auto", "models", "robustness", "by"] = Field(
        default="auto",
        description="What the lines of a coefplot are: models, robustness rows, or subgroups; auto: the "
        "robustness rows or subgroups of the named model, where it has them.",
    )
    groups: list[str] = Field(
        default_factory=list, description="Only subgroups that carry one of these labels."
    )
    facet: str | None = Field(
        default=None, description="Matrix label that splits the figure into small panels."
    )
    colour: str | None = Field(default=None, description="Matrix label that chooses colour and marker.")
    dodge: bool = Field(default=True, description="Draw the models of an event study side by side.")
    reference: float | None = Field(
        default=None, description="Reference period of an event study, where not known."
    )
    band: Literal["both", "pointwise", "simultaneous"] = Field(
        default="both",
        description="Which interval of an event study is drawn; simultaneous ones only if computed.",
    )
    show: list[Literal["paths", "gaps", "weights"]] = Field(
        default_factory=_all_panels, min_length=1, description="Panels of a figure of kind synth."
    )
    listing: str | None = Field(default=None, description="The listing that a timeline, map or trends draw.")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Role in the figure → column of the listing. timeline: date, precision, direction, label; "
        "tile_map: area, value, label, row, column, panel; trends: time, value, group, low, high, segment "
        "(lines join only within one). A column with the role's own name needs no entry.",
    )
    start: float | None = Field(default=None, description="First treated period of trends: a line before it.")
    geometry: GeometryBlock | None = Field(
        default=None, description="Outlines of the areas of a map, instead of its tiles."
    )
    xlabel: Text | None = Field(default=None, description="Text under the horizontal axis.")
    ylabel: Text | None = Field(default=None, description="Text beside the vertical axis.")
    formats: list[FigureFormat] | None = Field(default=None, description="Formats; default as in outputs.")


class OutputsBlock(Options):
    """What is written, and how numbers are rounded."""

    formats: list[TableFormat] = Field(default_factory=_table_formats, description="Formats of the tables.")
    figures: list[FigureFormat] = Field(
        default_factory=_figure_formats, description="Formats of the figures."
    )
    digits: int = Field(default=3, ge=0, le=12, description="Decimal places of estimates and errors.")
    stars: Literal["off"] | bool | list[Level] = Field(
        default="off", description="off, or the levels that earn stars, e.g. [0.1, 0.05, 0.01]."
    )
    min_cell: int = Field(
        default=10,
        ge=0,
        description="Rows of tables with fewer observations than this show a dash instead of numbers.",
    )

    @field_validator("stars")
    @classmethod
    def _levels(cls, value: str | bool | list[float]) -> str | bool | list[float] | None:
        return star_levels_checked(value)


def star_levels_checked(value: str | bool | list[float] | None) -> str | bool | list[float] | None:
    """The levels of stars: off, or at most three descending numbers between 0 and 1.

    Raises:
        ValueError: for `true` (levels must be written) and for levels out of order or range.
    """
    if value is True:
        raise ValueError("write the levels of the stars, for example [0.1, 0.05, 0.01]")
    if isinstance(value, list):
        descending = all(a > b for a, b in pairwise(value))
        if not (1 <= len(value) <= 3 and descending and all(0 < level < 1 for level in value)):
            raise ValueError("the levels of the stars are one to three descending numbers between 0 and 1")
    return value


def star_levels(value: str | bool | list[float] | None) -> tuple[float, ...]:
    """The levels as numbers; empty where stars are off."""
    return tuple(value) if isinstance(value, list) else ()
