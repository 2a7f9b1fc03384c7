"""EPE and EPEN, the employment surveys of Peru: moving quarters of Lima and Callao (2001-2022), EPEN from 2022.

Files of any name are read one after the other and told apart by their variables: `ocu200` and `p107` in EPE, `OCUP300`
and `C207` in EPEN. Names are in small letters. The same things under one name are: `year`, `month`, `weight` (whatever
the quarter calls it: fa_nde18, FAC300_ANUAL), `activity` (1 employed, 2 openly and 3 hidden unemployed, 4 inactive),
`sex` (1 man, 2 woman), `age`, `hours` (of all jobs), `income` (of all jobs), `source_file`.

Money is monthly here and annual in ENAHO. Moving quarters share months: a month that stands in several files counts
its persons several times, and is told (W477).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from impact.core.errors import DataError, Notice
from impact.core.frames import MONTHLY_SOLES, Frame, Step
from impact.core.name_patterns import matching, wanted_among
from impact.core.registered import Survey
from impact.core.texts import text
from impact.data.source_files import Header, SourceFiles
from impact.data.stacking import as_numbers, filtered, one_of_each, stack
from impact.data.surveys._enaho_clean import unit_notices
from impact.data.surveys._find import data_files, matching_files, one_ending_each
from impact.data.surveys._keys import as_column
from impact.data.surveys._options import FolderOptions, Words, Years

Column = npt.NDArray[Any]
# what a column is → its names, EPE first
SAME = {
    "year": ("pano", "anio"),
    "month": ("pmes", "mes"),
    "activity": ("ocu200", "ocup300"),
    "sex": ("p107", "c207"),
    "age": ("p108", "c208"),
    "hours": ("p209t", "whorat"),
    "income": ("ingtot",),
}
NEEDED = ("year", "month", "activity")
MONEY = (
    "i211a",
    "i211b",
    "i212a",
    "i212b",
    "i212c",
    "i212d",
    "ingtot",
    "ingprin",
    "ingtotp",
    "ingtrabw",
    "income",
)
KEYS = (
    "conglome",
    "conglomerado",
    "vivienda",
    "selviv",
    "hogar",
    "codperso",
    "codpanel",
    "llave_panel",
    "ubigeo",
)
UNKNOWN = 999999.0


class EpeOptions(FolderOptions):
    """Options of `epe`."""

    years: Years = Field(description="Years: 2018, [2017, 2018], or 2015-2019.")
    files: Words = Field(("*",), description="Names of the files, with * for any letters and {year}.")
    weight: Words = Field(
        ("fa_*", "fac300*"),
        description="Names of the weight, which changes with the quarter; one of each file.",
    )
    persons: Literal["residents", "all"] = Field(
        "residents", description="residents: `resident` = 1, the universe of the published figures."
    )
    codes: Literal["clean", "raw"] = Field("clean", description="clean: 999999 in money is missing.")


def columns(options: EpeOptions, request: SourceFiles) -> tuple[str, ...]:
    """Names of the columns of all files, and those that are the same in all."""
    found: dict[str, None] = {}
    made: dict[str, None] = {}
    for file in _files(options, request):
        header = request.header(file)
        _weight_in(header, file, options, request)
        made |= dict.fromkeys(_same_in(header, file, request))
        found |= dict.fromkeys(header)
    return (*found, *(name for name in (*made, "weight", "source_file") if name not in found))


def _files(options: EpeOptions, request: SourceFiles) -> tuple[str, ...]:
    names = data_files(request.names_in(options.folder))
    found = {name for year in options.years for name in matching_files(names, options.files, year=year)}
    chosen = one_ending_each(name for name in names if name in found)
    if not chosen:
        raise DataError(_absent(", ".join(map(str, options.years)), options, request))
    return chosen


def _absent(years: str, options: EpeOptions, request: SourceFiles) -> Any:
    return request.fault(
        "E252", key="years", survey="EPE, EPEN", parts=years, where=options.folder,
        release="Modulo76 / EPEN (INEI, microdatos)",
    )  # fmt: skip


def _same_in(header: Header, file: str, request: SourceFiles) -> dict[str, str]:
    """What a column is → its name in this file.

    Raises:
        DataError: E253 a file that is neither EPE nor EPEN.
    """
    found = {what: next((name for name in names if name in header), "") for what, names in SAME.items()}
    absent = [" / ".join(SAME[what]) for what in NEEDED if not found[what]]
    if absent:
        raise DataError(
            request.fault("E253", key="files", path=file, names=", ".join(absent), value="EPE or EPEN")
        )
    return {what: name for what, name in found.items() if name}


def _weight_in(header: Header, file: str, options: EpeOptions, request: SourceFiles) -> str:
    """The weight of a file.

    Raises:
        DataError: E274 no column, or several, have such a name.
    """
    found = dict.fromkeys(name for pattern in options.weight for name in matching(pattern.lower(), header))
    if len(found) != 1:
        listed = ", ".join(found) if found else "-"
        raise DataError(
            request.fault(
                "E274",
                key="weight",
                path=file,
                patterns=", ".join(options.weight),
                count=len(found),
                names=listed,
            )
        )
    return next(iter(found))


def read(options: EpeOptions, request: SourceFiles) -> Frame:
    """The persons of all files in the years that are asked for."""
    parts: dict[str, Frame] = {}
    weights: dict[str, None] = {}
    cleaned: dict[str, int] = {}
    dropped = {"foreign_residents": 0, "other_years": 0}
    for file in _files(options, request):
        header = request.header(file)
        weight = _weight_in(header, file, options, request)
        frame = _part(file, header, weight, options, request, cleaned)
        parts[file] = _chosen(frame, file, options, request, dropped)
        weights[weight] = None
    names = sorted(wanted_among({name for part in parts.values() for name in part.columns}, _wanted(request)))
    seen = {file: _months(part) for file, part in parts.items()}
    frame = stack(parts, request.notice, names=names)
    years = {year for months in seen.values() for year, _ in months}
    absent = [str(year) for year in options.years if year not in years]
    if absent:
        raise DataError(_absent(", ".join(absent), options, request))
    units = {name: MONTHLY_SOLES for name in frame.columns if name in MONEY}
    notices: list[Notice] = [*frame.notices, *unit_notices(units, request), *_overlap(seen, request)]
    if "weight" in frame.columns:
        notices.append(request.notice("W478", names=", ".join(weights)))
    if cleaned:
        listed = ", ".join(f"{name} {count:,}" for name, count in sorted(cleaned.items()))
        notices.append(request.notice("W467", listed=listed))
    steps = tuple(
        Step("epe", text(f"sources.step.{reason}"), dropped=count, false=count)
        for reason, count in dropped.items()
        if count
    )
    return replace(frame, units=units, steps=steps, notices=one_of_each(notices))


def _wanted(request: SourceFiles) -> frozenset[str]:
    return frozenset(("*",)) if request.wanted is None else request.wanted


def _part(
    file: str, header: Header, weight: str, options: EpeOptions, request: SourceFiles, cleaned: dict[str, int]
) -> Frame:
    """One file with the columns that are the same in all."""
    same = _same_in(header, file, request)
    if options.persons == "residents" and "resident" not in header:
        raise DataError(
            request.fault("E253", key="persons", path=file, names="resident", value="persons: residents")
        )
    names = wanted_among(header, _wanted(request)) | set(same.values()) | {weight}
    names |= {"resident"} & set(header)
    types = dict.fromkeys((name for name in KEYS if name in names), "text")
    frame = request.read(file, names, header=header, types=types)  # type: ignore[arg-type]
    columns = dict(frame.columns)
    if options.codes == "clean":
        for name in (name for name in MONEY if name in columns):
            hit = as_numbers(columns[name]) == UNKNOWN
            if hit.any():
                cleaned[name] = cleaned.get(name, 0) + int(hit.sum())
                columns[name] = np.where(hit, np.nan, as_numbers(columns[name]))
    columns |= {what: as_numbers(columns[name]) for what, name in same.items()}
    columns["weight"] = as_numbers(columns[weight])
    columns["source_file"] = as_column([file] * frame.n_rows)
    return replace(frame, columns=columns)


def _chosen(
    frame: Frame, file: str, options: EpeOptions, request: SourceFiles, dropped: dict[str, int]
) -> Frame:
    """Rows of the years and persons that are asked for."""
    year = np.isin(frame.columns["year"], options.years)
    dropped["other_years"] += int((~year).sum())
    frame = filtered(frame, year)
    if options.persons == "all":
        return frame
    resident = as_numbers(frame.columns["resident"]) == 1
    dropped["foreign_residents"] += int((~resident).sum())
    return filtered(frame, resident)


def _months(frame: Frame) -> set[tuple[int, int]]:
    pairs = zip(frame.columns["year"].tolist(), frame.columns["month"].tolist(), strict=True)
    return {(int(year), int(month)) for year, month in pairs if not (np.isnan(year) or np.isnan(month))}


def _overlap(seen: dict[str, set[tuple[int, int]]], request: SourceFiles) -> list[Notice]:
    """W477 for months that stand in several files."""
    counts: dict[tuple[int, int], int] = {}
    for months in seen.values():
        for month in months:
            counts[month] = counts.get(month, 0) + 1
    twice = [f"{year}-{month:02d}" for (year, month), count in sorted(counts.items()) if count > 1]
    return [request.notice("W477", months=", ".join(twice[:6]))] if twice else []


SURVEY = Survey(
    summary="EPE and EPEN: employment surveys of Peru, one name for what changes it",
    options=EpeOptions,
    columns=columns,
    read=read,
    source="INEI, Encuesta Permanente de Empleo (EPE) y Encuesta Permanente de Empleo Nacional (EPEN)",
    access="public use microdata of INEI",
    references=(
        "INEI, Encuesta Permanente de Empleo, 2001-2022; Encuesta Permanente de Empleo Nacional, 2022-",
    ),
)
