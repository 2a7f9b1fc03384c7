"""Blocks of a spec that confront results with something: published numbers, claims, tests and the answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Words = str | dict[Literal["en", "es"], str]
Evidence = Literal["table", "abstract", "press", "cited"]
# a sentence may be our own; a published number never is
ClaimEvidence = Literal["table", "abstract", "press", "cited", "own"]
MatchWord = Literal["rounded", "exact", "sign", "sign_and_significance"]
NOT_AVAILABLE = ("n/a", "na", "")


class Block(BaseModel):
    """A block of a spec: unknown keys are errors, values do not change."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class Source(Block):
    """Where published numbers were read."""

    text: Words = Field(description="Author, year and title, as it is to be cited.")
    where: str = Field(default="", description="Table, page or section in the source.")
    evidence: Evidence = Field(
        description="How it was read: in the printed table, the abstract, the press, or cited elsewhere."
    )


class AbsoluteMatch(Block):
    """Equal within an absolute distance."""

    abs: float = Field(ge=0, description="Largest absolute difference that still counts as equal.")


class RelativeMatch(Block):
    """Equal within a relative distance."""

    rel: float = Field(ge=0, description="Largest difference, as a share of the published number.")


Match = MatchWord | AbsoluteMatch | RelativeMatch


class MarkedValue(Block):
    """A published number with a remark."""

    value: float | str | None = Field(description="The number as printed; n/a where it is not known.")
    expect: Literal["differs"] | None = Field(
        default=None,
        description="differs: this cell is known not to be reproduced; a reason is then required.",
    )
    reason: Words = Field(default="", description="Why the cell is known to differ.")
    note: Words = Field(default="", description="A remark printed under the comparison.")
    match: Match | None = Field(default=None, description="Rule of comparison for this cell alone.")
    must_match: bool = Field(
        default=False,
        description="true: `impact replicate` exits 6 unless this cell is met; a close number or a model that "
        "failed is then not enough.",
    )

    @model_validator(mode="after")
    def _reasoned(self) -> MarkedValue:
        if self.must_match and self.expect == "differs":
            raise ValueError("a cell cannot be `must_match` and `expect: differs`")
        if self.must_match and (self.value is None or str(self.value).strip().lower() in NOT_AVAILABLE):
            raise ValueError("a cell with `must_match` needs a printed number")
        if self.expect == "differs" and not self.reason:
            raise ValueError("a cell with `expect: differs` needs a `reason`")
        return self


Value = float | str | None | MarkedValue
GridRow = dict[
    str, Annotated[list[Value] | str, Field(description="One value a column, or `term` with a name.")]
]


class Grid(Block):
    """A printed table: columns are models, rows are terms."""

    columns: list[str] = Field(
        description="Models of the columns; `model.group` selects a group of a `by:` model."
    )
    rows: dict[str, GridRow] = Field(
        default_factory=dict,
        description="Term → statistic → one value a column; `term:` in a row when the row has another name.",
    )


class PublishedCell(MarkedValue):
    """One published number outside the grid."""

    model: str = Field(description="Model (or test) it belongs to; `model.group` selects a group.")
    term: str = Field(default="", description="Term; empty for statistics of the whole model.")
    stat: str = Field(
        default="estimate", description="Statistic: estimate, se, t, p, ci_low, ci_high, n, r2, rmse …"
    )
    unit: Words = Field(
        default="",
        description="Unit of the published figure, printed beside it. Where ours has another unit the two are not "
        "compared, but for `match: sign`; nothing is ever converted.",
    )


class PublishedBlock(Block):
    """Published numbers of one table and how they are compared with ours."""

    source: Source = Field(description="Where the numbers were read.")
    match: Match = Field(
        default="rounded",
        description="Rule of comparison: rounded (to the printed digits), exact, {abs: x}, {rel: x}, sign, "
        "sign_and_significance.",
    )
    grid: Grid | None = Field(default=None, description="The printed table as columns and rows.")
    also: list[PublishedCell] = Field(
        default_factory=list, description="Further published numbers one by one."
    )
    note: Words = Field(default="", description="A remark printed under the comparison.")


class ClaimBlock(Block):
    """A sentence and the test on our results that would bear it out."""

    text: Words = Field(description="The sentence that is judged.")
    test: str = Field(
        description="Expression on the results: dotted names (model.term.stat), get(...), difference(...)."
    )
    evidence: ClaimEvidence | None = Field(
        default=None,
        description="How the sentence was read; own: it stands in no source and is this study's own.",
    )
    source: Words = Field(default="", description="Where the sentence stands.")
    about: Literal["effect", "number"] = Field(
        default="effect",
        description="effect: cannot_tell while the verdict behind it is inconclusive or fragile. "
        "number: the sentence is about the number itself.",
    )
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="Level of the claim's own test.")
    note: Words = Field(default="", description="A remark printed beside the claim.")


class TestBlock(BaseModel):
    """A test of the results. Keys beyond these are options of its kind (impact explain KIND)."""

    model_config = ConfigDict(defer_build=True, extra="allow", frozen=True)
    __test__ = False

    kind: str = Field(description="Keyword of the test (impact list tests).")
    of: str | list[str] = Field(default="", description="Model, model.term, or a list of them.")
    title: Words = Field(default="", description="Title of the test in the report.")
    note: Words = Field(default="", description="A remark printed beside the test.")

    def options(self) -> dict[str, object]:
        """The keys that belong to the kind of test."""
        return dict(self.model_extra or {})


class AnswerBlock(Block):
    """Which result answers the question of the study, and in which words."""

    model: str = Field(default="", description="Model whose verdict is the answer; the first one if absent.")
    term: str = Field(default="", description="Term; the treatment term if absent.")
    about: Words = Field(
        default="",
        description="In question, after 'whether': 'the arrival changed the chance to keep a job'.",
    )
    units: Words = Field(default="", description="The units that are compared, in the plural: areas.")
    scale: Literal["share", "points", "log", "number"] | None = Field(
        default=None,
        description="The estimate in words: share (× 100 points), points, log (per cent) or number.",
    )
    unit: Words = Field(default="", description="Unit of a number: soles, per 100,000.")
    among: str = Field(default="", description="Group of a `by:` model that answers; all if absent.")
