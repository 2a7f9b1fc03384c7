"""Complaints in Peru: to the police (open table 2018-2025), to prosecutors (2019-2023), or INEI's registry (2011-17).

Counts are added up by place, period and offence, and places, periods and offences without a row get 0, because a table
of complaints has no rows for nothing (`zeros: false` leaves them out). Offences are kept apart; `offences:` puts some
together under a name. Columns: `district`, `province`, `department` (INEI codes, as far as `level:` goes),
`department_name`, `year`, `month` (with `period: month`), `offence` and `complaints`.

Place codes get back the zero that they lost as numbers, and are checked against the names of departments: RENIEC's
numbers are refused. The three tables count different things and are never spliced: a block reads one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from impact.core.errors import DataError, Notice
from impact.core.frames import Frame, Step
from impact.core.registered import Survey
from impact.core.texts import text
from impact.core.ubigeo import plain
from impact.data.source_files import Header, SourceFiles, no_rows
from impact.data.stacking import as_numbers, as_texts, one_of_each, stack
from impact.data.surveys._cells import MOST_CELLS, completed, summed
from impact.data.surveys._find import data_files, matching_files, one_ending_each
from impact.data.surveys._keys import as_column, repaired
from impact.data.surveys._options import FolderOptions, Words, Years
from impact.data.surveys._places import (
    district_codes,
    district_table,
    known_rows,
    mapped_districts,
    place_columns,
    require_one_system,
)
from impact.data.surveys._years import year_names

Column = npt.NDArray[Any]
Part = Literal["year", "month", "ubigeo", "department_name", "offence", "count"]
# table → what a column is → its name in small letters
NAMES: Mapping[str, Mapping[str, str]] = {
    "police": {
        "year": "anio", "month": "mes", "ubigeo": "ubigeo_hecho", "department_name": "dpto_hecho_new",
        "offence": "p_modalidades", "count": "cantidad",
    },
    "prosecutors": {
        "year": "anio_denuncia", "ubigeo": "ubigeo", "department_name": "dpto", "offence": "generico",
        "count": "cantidad",
    },
    "registry": {"year": "anio", "month": "mes", "ubigeo": "ubigeo"},
}  # fmt: skip
SURVEYS = {
    "police": ("SIDPOL", "denuncias policiales (Ministerio del Interior, datos abiertos)"),
    "prosecutors": ("Ministerio Público", "denuncias (Ministerio Público, datos abiertos)"),
    "registry": ("INEI", "Registro Nacional de Denuncias de Delitos y Faltas, 200 (INEI, microdatos)"),
}
# the registry writes a place in three parts
PARTS = ("ccdd", "ccpp", "ccdi")


class ComplaintsOptions(FolderOptions):
    """Options of `complaints`."""

    table: Literal["police", "prosecutors", "registry"] = Field(
        "police",
        description="Which of the three tables; registry: one row a complaint, `names: {offence: …}` needed.",
    )
    files: Words = Field(("*",), description="Names of the files, with * for any letters.")
    years: Years | None = Field(None, description="Years to keep; all by default.")
    level: Literal["district", "province", "department"] = Field(
        "district", description="Places of the result."
    )
    period: Literal["month", "year"] = Field("year", description="Periods of the result.")
    offences: dict[str, Words] = Field(
        default_factory=dict,
        description="name → offences that it adds up, with * for any letters; others are left out and counted. "
        "Every offence by itself by default.",
    )
    zeros: bool = Field(
        True, description="Places, periods and offences that occur but have no row together are counted as 0."
    )
    districts: str | None = Field(
        None,
        description="File with the columns `code` and `was`: districts that were created later, and which they were.",
    )
    names: dict[Part, str] = Field(
        default_factory=dict,
        description="Columns where they have another name: year, month, ubigeo, department_name, offence, count.",
    )

    @model_validator(mode="after")
    def _only_what_is_used(self) -> ComplaintsOptions:
        if self.table == "registry" and "offence" not in self.names:
            problem = "`table: registry` needs `names: {offence: …}`: chapters name it differently"
            raise PydanticCustomError("E259", "", {"problem": problem})
        return self


def columns(options: ComplaintsOptions, request: SourceFiles) -> tuple[str, ...]:
    """Names of the result; the headers of the files are looked at."""
    for file in _files(options, request):
        _names_in(request.header(file), file, options, request)
    levels = ("district", "province", "department")
    months = ("month",) if options.period == "month" else ()
    places = levels[levels.index(options.level) :]
    return (*places, "department_name", "year", *months, "offence", "complaints")


def _files(options: ComplaintsOptions, request: SourceFiles) -> tuple[str, ...]:
    names = data_files(request.names_in(options.folder))
    found = one_ending_each(matching_files(names, options.files))
    found = tuple(name for name in found if name != options.districts)
    if not found:
        survey, source = SURVEYS[options.table]
        raise DataError(
            request.fault(
                "E252", key="folder", survey=survey, parts=", ".join(options.files), release=source,
                where=options.folder,
            )
        )  # fmt: skip
    return found


def _names_in(header: Header, file: str, options: ComplaintsOptions, request: SourceFiles) -> dict[str, str]:
    """What a column is → its name in this file.

    Raises:
        DataError: E253 columns that are needed and absent.
    """
    found = dict(NAMES[options.table]) | {part: name.lower() for part, name in options.names.items()}
    if found["year"] not in header and "year" not in options.names:
        found["year"] = next(iter(year_names(header)), found["year"])
    needed = ["year", "offence", *(("month",) if options.period == "month" else ())]
    needed += ["count"] if "count" in found else []
    split = found["ubigeo"] not in header and header.keys() >= set(PARTS)
    needed += [] if split else ["ubigeo"]
    absent = [found.get(part, part) for part in needed if found.get(part) not in header]
    if absent:
        value = f"table: {options.table}"
        raise DataError(request.fault("E253", key="names", path=file, names=", ".join(absent), value=value))
    return {part: name for part, name in found.items() if name in header}


def read(options: ComplaintsOptions, request: SourceFiles) -> Frame:
    """Counts by place, period and offence."""
    parts = {file: _part(file, options, request) for file in _files(options, request)}
    rows = stack(parts, request.notice) if len(parts) > 1 else next(iter(parts.values()))
    rows, notices, steps = _kept_rows(rows, options, request)
    if not rows.n_rows:
        raise DataError(no_rows(request, steps))
    codes = rows.columns["ubigeo"]
    keys = place_columns(codes, options.level)
    period = {"year": rows.columns["year"]}
    if options.period == "month":
        period["month"] = rows.columns["month"]
    offence = {"offence": rows.columns["offence"]}
    groups, sums = summed({**keys, **period, **offence}, {"complaints": rows.columns["count"]})
    notices += _incomplete_years(rows, options, request)
    if options.zeros and len(sums["complaints"]):
        sets = [{name: groups[name] for name in names} for names in (keys, period, offence)]
        whole = completed(sets, sums)
        if whole is None:
            raise DataError(request.fault("E272", key="zeros", most=f"{MOST_CELLS:,}"))
        groups, sums, empty = whole
        notices.append(request.notice("W475", count=f"{empty:,}", cells=f"{len(sums['complaints']):,}"))
    found = {**groups, **sums}
    return replace(
        rows,
        columns=found,
        n_rows=len(sums["complaints"]),
        steps=tuple(steps),
        labels={},
        units={"complaints": "complaints"},
        notices=one_of_each([*rows.notices, *notices]),
    )


def _part(file: str, options: ComplaintsOptions, request: SourceFiles) -> Frame:
    """The rows of one file with columns by what they are."""
    header = request.header(file)
    names = _names_in(header, file, options, request)
    split = "ubigeo" not in names
    wanted = {*names.values(), *(PARTS if split else ())}
    numbers = {names[part]: "number" for part in ("year", "month", "count") if part in names}
    types = {name: numbers.get(name, "text") for name in wanted}
    frame = request.read(file, wanted, header=header, types=types)  # type: ignore[arg-type]
    found = {part: frame.columns[name] for part, name in names.items()}
    if split:
        digits = [repaired(frame.columns[name], 2).values.tolist() for name in PARTS]
        found["ubigeo"] = as_column(
            [None if None in row else "".join(row) for row in zip(*digits, strict=True)]
        )
    found.setdefault("count", np.ones(frame.n_rows))
    for part in ("year", "month", "count"):
        if part in found:
            found[part] = as_numbers(found[part])
    found["offence"] = as_column(
        [None if v is None else v.strip() for v in as_texts(found["offence"]).tolist()]
    )
    return replace(frame, columns=found, labels={}, value_labels={})


def _kept_rows(
    rows: Frame, options: ComplaintsOptions, request: SourceFiles
) -> tuple[Frame, list[Notice], list[Step]]:
    """Rows of the years and offences that are asked for, with a place; the others counted by reason."""
    places = district_codes(rows.columns["ubigeo"], request)
    notices = list(places.notices)
    if "department_name" in rows.columns:
        require_one_system(places.codes, rows.columns["department_name"], request)
    codes = places.codes
    if options.districts is not None:
        table, frame = district_table(options.districts, request)
        rows = replace(rows, files={**rows.files, **frame.files})
        moved = mapped_districts(codes, table, request)
        codes, notices = moved.codes, [*notices, *moved.notices]
    columns = {**rows.columns, "ubigeo": codes}
    kept = np.ones(rows.n_rows, dtype=bool)
    steps: list[Step] = []

    def keep(mask: npt.NDArray[np.bool_], reason: str) -> None:
        dropped = int((kept & ~mask).sum())
        kept[~mask] = False
        if dropped:
            steps.append(Step("complaints", text(f"sources.step.{reason}"), dropped=dropped, false=dropped))

    keep(known_rows(codes), "no_place")
    years = columns["year"]
    keep(~np.isnan(years), "no_year")
    if options.years is not None:
        absent = [str(year) for year in options.years if not (years == year).any()]
        if absent:
            survey, source = SURVEYS[options.table]
            raise DataError(
                request.fault(
                    "E252", key="years", survey=survey, parts=", ".join(absent), release=source,
                    where=options.folder,
                )
            )  # fmt: skip
        keep(np.isin(years, options.years), "other_years")
    columns["offence"] = _offences(columns["offence"], options, request)
    keep(known_rows(columns["offence"]), "other_offences" if options.offences else "no_offence")
    taken = {name: column[kept] for name, column in columns.items()}
    return replace(rows, columns=taken, n_rows=int(kept.sum())), notices, steps


def _offences(written: Column, options: ComplaintsOptions, request: SourceFiles) -> Column:
    """The name that each offence goes under; None for those that no name takes.

    Raises:
        DataError: E273 a name takes nothing, or two names take the same.
    """
    if not options.offences:
        return written
    there = sorted({value for value in written.tolist() if value is not None})
    table: dict[str, str] = {}
    for name, patterns in options.offences.items():
        taken = [one for one in there if any(_means(pattern, one) for pattern in patterns)]
        if not taken:
            problem = text("sources.problem.takes_none", name=name)
        elif double := [one for one in taken if one in table]:
            problem = text(
                "sources.problem.taken_twice", offence=double[0], first=table[double[0]], second=name
            )
        else:
            table |= dict.fromkeys(taken, name)
            continue
        listed = ", ".join(f"'{one}'" for one in there[:20])
        raise DataError(request.fault("E273", key=f"offences.{name}", problem=problem, listed=listed))
    return as_column([None if value is None else table.get(value) for value in written.tolist()])


def _means(pattern: str, offence: str) -> bool:
    """Whether a pattern names an offence, whatever accents and capitals."""
    bare = "*".join(plain(piece) for piece in pattern.split("*"))
    return fnmatchcase(plain(offence), bare)


def _incomplete_years(rows: Frame, options: ComplaintsOptions, request: SourceFiles) -> list[Notice]:
    """W476 for yearly counts of years that do not have all their months."""
    if options.period == "month" or "month" not in rows.columns or not rows.n_rows:
        return []
    years, months = rows.columns["year"], rows.columns["month"]
    found = []
    for year in np.unique(years).tolist():
        known = np.unique(months[(years == year) & ~np.isnan(months)])
        if len(known) < 12:
            listed = f"{len(known)}"
            found.append(request.notice("W476", year=f"{year:g}", months=listed))
    return found


SURVEY = Survey(
    summary="Complaints to police and prosecutors of Peru, by place, period and offence",
    options=ComplaintsOptions,
    columns=columns,
    read=read,
    source="Ministerio del Interior (SIDPOL), Ministerio Público, INEI",
    access="public",
    references=("Ministerio del Interior, SIDPOL, denuncias policiales, 2018-2025",),
)
