"""The blocks of a spec that say which files are read, how they are joined, what is built and what must hold."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

ColumnType = Literal["text", "number", "integer", "logical", "date", "date_dmy", "date_mdy", "labels"]
Code = bool | int | float | str
# in the name of a yearly file
YEAR_MARK = "{year}"


def one_or_list(value: object) -> object:
    """A name alone is a list of one."""
    return [value] if isinstance(value, str) else value


def _one_or_codes(value: object) -> object:
    return value if isinstance(value, list) else [value]


Columns = Annotated[list[str], BeforeValidator(one_or_list, json_schema_input_type=str | list[str])]
JoinKeys = Annotated[
    list[str] | dict[str, str],
    BeforeValidator(one_or_list, json_schema_input_type=str | list[str] | dict[str, str]),
]
Codes = Annotated[list[Code], BeforeValidator(_one_or_codes, json_schema_input_type=Code | list[Code])]


FIRST_YEAR, LAST_YEAR = 1990, 2100
_SPAN = re.compile(r"(\d{4})\s*[-–]\s*(\d{4})")


def _years(value: object) -> object:
    """A year, a list of years and spans, or a span such as ``2015-2019``."""
    parts = value if isinstance(value, list) else [value]
    found: list[object] = []
    for part in parts:
        span = _SPAN.fullmatch(part.strip()) if isinstance(part, str) else None
        if span is None:
            found.append(part)
            continue
        first, last = int(span[1]), int(span[2])
        if not first <= last:
            raise ValueError(f"the span {part} ends before it begins")
        found += range(first, last + 1)
    wrong = [year for year in found if not isinstance(year, int) or isinstance(year, bool)]
    wrong += [year for year in found if isinstance(year, int) and not FIRST_YEAR <= year <= LAST_YEAR]
    if wrong or not found:
        raise ValueError(f"years are four digits, a list of them, or a span such as 2015-2019; not {wrong}")
    if len(set(found)) < len(found):
        raise ValueError("a year stands twice")
    return tuple(sorted(found))  # type: ignore[type-var]


Years = Annotated[
    tuple[int, ...],
    BeforeValidator(_years, json_schema_input_type=int | str | list[int | str]),
]


class _Block(BaseModel):
    """A block of a spec: unknown keys are errors."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, populate_by_name=True)


class DataBlock(_Block):
    """One data file. A bare path is short for ``{file: path}``; ``shipped:NAME`` is a file of the package."""

    file: str = Field(min_length=1, description="Path relative to the spec, or inside `root`; shipped:NAME.")
    root: str | None = Field(
        None,
        description="Named folder of `file`: [roots] of impact.toml, --root NAME=PATH or IMPACT_ROOT_NAME.",
    )
    format: str | None = Field(
        None,
        description="csv, stata, spss, dbf, xlsx, parquet, arrow or duckdb; by the file's ending by default.",
    )
    sheet: str | None = Field(None, description="Sheet of a workbook; needed where there are several.")
    table: str | None = Field(None, description="Table of a DuckDB database; needed where there are several.")
    columns: Columns | None = Field(None, description="Columns to read; all that the spec uses by default.")
    types: dict[str, ColumnType] = Field(
        default_factory=dict,
        description="column → text, number, integer, logical, date (year-month-day), date_dmy, date_mdy, or "
        "labels (value labels of a .dta or .sav file instead of its codes).",
    )
    missing: Codes | dict[str, Codes] = Field(
        default_factory=list,
        description="Values that mean missing: a list for all columns, or column → list ('*': all columns).",
    )
    encoding: str | None = Field(
        None, description="Encoding of a csv, dbf or SPSS file: utf-8 by default; latin-1, cp850, …"
    )
    delimiter: str | None = Field(
        None,
        min_length=1,
        max_length=1,
        description="Separator of a csv file; a comma by default, a tab in .tsv.",
    )
    decimal: Literal[".", ","] = Field(".", description="Decimal mark of numbers written as text.")
    thousands: Literal[",", ".", " ", "'"] | None = Field(
        None, description="Thousands mark of numbers written as text."
    )
    years: Years | None = Field(
        None,
        description="Yearly files on top of each other: put for {year} in `file`; 2018, [2017, 2018], or 2015-2019.",
    )
    sha256: str | None = Field(
        None, pattern=r"^[0-9a-fA-F]{64}$", description="SHA-256 of the file; another file is refused."
    )
    source: str | None = Field(None, description="Who made the data; printed under tables.")
    citation: str | None = Field(None, description="How to cite the data.")
    licence: str | None = Field(None, description="Licence or terms of use.")
    access: str | None = Field(
        None, description="public, restricted, synthetic, or how to get the file; printed when it is absent."
    )
    accessed: str | None = Field(None, description="Date on which the file was obtained.")

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _marks_differ(self) -> DataBlock:
        if self.thousands == self.decimal:
            raise ValueError("decimal and thousands marks must differ")
        return self

    @model_validator(mode="after")
    def _years_have_their_place(self) -> DataBlock:
        problem = ""
        if self.years is not None and YEAR_MARK not in self.file:
            problem = "`years` needs {year} in `file`"
        elif self.years is None and YEAR_MARK in self.file:
            problem = "{year} in `file` needs `years`"
        elif self.is_several and self.sha256 is not None:
            problem = "`sha256` is of one file, and `file` means several"
        if problem:
            raise PydanticCustomError("E276", "", {"problem": problem})
        return self

    @property
    def is_several(self) -> bool:
        """Whether the block means several files: one a year, or all that fit a name with a *."""
        return self.years is not None or "*" in self.file

    def missing_codes(self, column: str) -> tuple[Code, ...]:
        """The values that mean missing in a column."""
        if isinstance(self.missing, list):
            return tuple(self.missing)
        return (*self.missing.get("*", ()), *self.missing.get(column, ()))


class JoinExpectation(_Block):
    """What must hold of a join."""

    unmatched: int | Literal["any"] = Field(
        "any", description="Key values of the main file without a partner that are allowed: a number, or any."
    )
    unused: int | Literal["any"] = Field(
        "any",
        description="Key values of the joined file without a partner that are allowed: a number, or any.",
    )


class JoinBlock(_Block):
    """One file joined to the main one."""

    data: str | None = Field(None, description="Name of the file in `data`; the name of the join by default.")
    on: JoinKeys = Field(
        description="Key column(s) with the same name in both files, or name in main → name in the other."
    )
    how: Literal["1:1", "m:1", "1:m"] = Field(
        "m:1",
        description="Whether a key may repeat in main (m:1) or in the other file (1:m); m:m is refused.",
    )
    keep: Literal["left", "inner", "outer"] = Field(
        "left", description="left: all rows of main; inner: rows with a partner; outer: all rows of both."
    )
    columns: Columns | None = Field(
        None, description="Columns brought over; all of the other file by default."
    )
    expect: JoinExpectation = Field(
        default_factory=lambda: JoinExpectation.model_validate({}), description="What must hold of the join."
    )

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Key columns as (name in main, name in the other file)."""
        if isinstance(self.on, dict):
            return tuple(self.on.items())
        return tuple((name, name) for name in self.on)


class PanelBlock(_Block):
    """Unit and time of the data."""

    unit: Columns = Field(description="Column(s) that together name a unit.")
    time: str = Field(description="Column with the period: a whole number or a date.")
    freq: Literal["year", "quarter", "month", "week", "day"] | int | None = Field(
        None, description="Distance of one period for dates, or the step of a number; 1 by default."
    )


class CheckBlock(_Block):
    """An assertion about the prepared data: exactly one of unique, rows, expr, values, missing."""

    unique: Columns | None = Field(None, description="Column(s) whose combination may not repeat.")
    rows: str | int | None = Field(None, description="Number of rows, such as '>= 50000' or 2500.")
    expr: str | None = Field(
        None, description="Expression that must be true in every row, or in a `share` of them."
    )
    share: str | float | None = Field(
        None, description="Share of rows for `expr` or `missing`, such as '>= 0.99'."
    )
    column: str | None = Field(None, description="Column for `values`.")
    values: Codes | None = Field(
        None, description="The only values that `column` may have; missing is allowed."
    )
    missing: Columns | None = Field(
        None, description="Column(s) that may have no missing value, or at most a `share` such as '<= 0.05'."
    )
    else_: Literal["error", "warn"] = Field("error", alias="else", description="What a failure does.")

    @model_validator(mode="after")
    def _one_form(self) -> CheckBlock:
        forms = ("unique", "rows", "expr", "values", "missing")
        given = [name for name in forms if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("a check has exactly one of unique, rows, expr, values, missing")
        if (self.column is not None) != (given[0] == "values"):
            raise ValueError("`column` and `values` belong together")
        if self.share is not None and given[0] not in ("expr", "missing"):
            raise ValueError("`share` belongs to `expr` or `missing`")
        return self


class ShiftShareBlock(_Block):
    """A shift-share (Bartik) variable: for each unit and period the shocks of all sectors, weighted by its shares."""

    kind: Literal["shift_share"] = Field(description="Shares times shocks.")
    shares: str | dict[str, str] = Field(
        description="File with one share for each unit and sector (a name in `data`, or a path), or sector: column."
    )
    shocks: str | dict[str, str] = Field(
        description="File with one shock for each sector (and period), or sector: column."
    )
    unit: str | None = Field(None, description="Unit, with the same name in main and in the files.")
    sector: str | None = Field(None, description="Sector or origin, in the files.")
    time: str | None = Field(None, description="Period, in main and in the files; none: one shock a sector.")
    share: str = Field("share", description="Column of the share in the file of shares.")
    shock: str = Field("shock", description="Column of the shock in the file of shocks.")
    base: float | str | None = Field(
        None, description="Base year: shares are those of this value of `time`, whatever the period."
    )
    lag: int | None = Field(None, ge=0, description="Lagged shares: those of so many periods before.")
    leave_out: Literal["none", "own"] = Field(
        "none",
        description="own: shocks are given by unit, and each unit gets those of all others, added or averaged.",
    )
    weight: str | None = Field(
        None, description="With leave_out: own, column of weights by which the others are averaged."
    )
    group: str | None = Field(
        None, description="Column of the file of shocks with a coarser group of the sector, for `akm`."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> ShiftShareBlock:
        files = [name for name in ("shares", "shocks") if isinstance(getattr(self, name), str)]
        problem = ""
        if "shares" in files and (self.unit is None or self.sector is None):
            problem = "shares in a file need `unit` and `sector`"
        elif "shocks" in files and self.sector is None:
            problem = "shocks in a file need `sector`"
        elif len(files) < 2 and self.sectors_differ():
            problem = "shares and shocks name different sectors"
        elif (self.base is not None or self.lag is not None) and ("shares" not in files or self.time is None):
            problem = "`base` and `lag` choose among the periods of a file of shares: they need `time`"
        elif self.base is not None and self.lag is not None:
            problem = "`base` and `lag` exclude each other"
        elif self.leave_out == "own" and ("shocks" not in files or self.unit is None):
            problem = "`leave_out: own` needs a file of shocks by `unit`"
        elif self.weight is not None and self.leave_out == "none":
            problem = "`weight` belongs to `leave_out: own`"
        elif self.group is not None and "shocks" not in files:
            problem = "`group` is a column of a file of shocks"
        if problem:
            raise PydanticCustomError("E196", "", {"problem": problem})
        return self

    def sectors_differ(self) -> bool:
        """Whether columns are given for both, and not for the same sectors."""
        if isinstance(self.shares, str) or isinstance(self.shocks, str):
            return False
        return set(self.shares) != set(self.shocks)

    def file_columns(self) -> tuple[str, ...]:
        """Names that are read from any of the files."""
        named = (self.unit, self.sector, self.time, self.share, self.shock, self.weight, self.group)
        return tuple(name for name in named if name)

    def main_columns(self) -> tuple[str, ...]:
        """Names that are read from main."""
        named = [name for name in (self.unit, self.time) if name and self.reads_by(name)]
        for columns in (self.shares, self.shocks):
            named += [] if isinstance(columns, str) else columns.values()
        return tuple(named)

    def reads_by(self, name: str) -> bool:
        """Whether main is read by a key: the period always, the unit where a file goes by it."""
        return name == self.time or isinstance(self.shares, str) or self.leave_out == "own"


class DistanceBlock(_Block):
    """The great-circle distance of each row to the nearest of some places, in km, its logarithm or its inverse."""

    kind: Literal["distance"] = Field(description="Distance to places.")
    lat: str = Field(description="Latitude of the row, in degrees.")
    lon: str = Field(description="Longitude of the row, in degrees.")
    to: dict[str, tuple[float, float]] = Field(
        min_length=1, description="name: [latitude, longitude] of each place; the nearest counts."
    )
    form: Literal["km", "log", "inverse"] = Field(
        "km", description="km, log(km), or 1/km; log and inverse are missing at distance 0."
    )

    @model_validator(mode="after")
    def _on_the_globe(self) -> DistanceBlock:
        for name, (latitude, longitude) in self.to.items():
            if abs(latitude) > 90 or abs(longitude) > 180:
                problem = f"'{name}' is at latitude {latitude:g}, longitude {longitude:g}"
                raise PydanticCustomError("E196", "", {"problem": problem})
        return self

    def file_columns(self) -> tuple[str, ...]:
        """No file is read."""
        return ()

    def main_columns(self) -> tuple[str, ...]:
        """Names that are read from main."""
        return self.lat, self.lon


InstrumentBlock = Annotated[ShiftShareBlock | DistanceBlock, Field(discriminator="kind")]


def share_sum_name(name: str) -> str:
    """The column with the sum of a shift-share variable's shares."""
    return f"{name}_shares"
