"""ENAPRES, the survey of budget programmes of Peru (2010-2024): victimisation (chapter 600) and other chapters.

One file a year and chapter, years on top of each other, names in small letters (`p601_6`, `factor`). Beside them:
`year`, `ubigeo` (from ccdd, ccpp, ccdi), `department`, `psu` (year and conglomerado), `dwelling`, `person`, `weight`
(factor) and for each offence k of P601_k `victim_k`: 1 victim in the last 12 months, 0 not (2) or has none to lose (3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from pydantic import Field

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.core.name_patterns import wanted_among
from impact.core.registered import Survey
from impact.data.source_files import Header, SourceFiles
from impact.data.stacking import as_numbers, one_of_each, stack
from impact.data.surveys._find import data_files, matching_files, the_one, years_in
from impact.data.surveys._keys import as_column, composite, repaired
from impact.data.surveys._options import FolderOptions, Words, Years
from impact.data.surveys._years import require_year, year_names

PLACE = ("ccdd", "ccpp", "ccdi")
DWELLING = ("conglomerado", "nselv", "vivienda", "hogar")
OFFENCE = re.compile(r"p601_([0-9]+[a-z]?)")
MADE = {
    "ubigeo": PLACE,
    "department": ("ccdd",),
    "psu": ("conglomerado",),
    "dwelling": ("conglomerado", "vivienda", "hogar"),
    "person": ("conglomerado", "vivienda", "hogar", "p600_a"),
    "weight": ("factor",),
}


class EnapresOptions(FolderOptions):
    """Options of `enapres`."""

    years: Years = Field(description="Years: 2018, [2017, 2018], or 2015-2019.")
    chapter: int = Field(
        600, ge=100, le=999, description="Chapter of the questionnaire: 600 victimisation, 300 …"
    )
    files: Words | None = Field(
        None,
        description="Names of the files with * for any letters and {year}; by year and chapter by default.",
    )


def columns(options: EnapresOptions, request: SourceFiles) -> tuple[str, ...]:
    """Names of the columns of all years, and of those that are made."""
    found: dict[str, None] = {}
    made: dict[str, None] = {"year": None}
    for header in (request.header(file) for file in _files(options, request).values()):
        years = year_names(header)
        found |= dict.fromkeys(name for name in header if name not in years)
        made |= dict.fromkeys(_made_in(header))
    return (*found, *(name for name in made if name not in found))


def _made_in(header: Header) -> list[str]:
    names = [name for name, inputs in MADE.items() if header.keys() >= set(inputs)]
    return [*names, *(f"victim_{match[1]}" for name in header if (match := OFFENCE.fullmatch(name)))]


def _files(options: EnapresOptions, request: SourceFiles) -> dict[int, str]:
    """The file of each year.

    Raises:
        DataError: E252 every year without one, E256 several candidates.
    """
    names = data_files(request.names_in(options.folder))
    found: dict[int, str] = {}
    absent: list[str] = []
    for year in options.years:
        if options.files is not None:
            own = matching_files(names, options.files, year=year)
        else:
            own = tuple(name for name in names if _is_of(name, year, options.chapter))
        file = the_one(own, f"ENAPRES {year} ({options.chapter})", request)
        if file is None:
            absent.append(f"{year} ({options.chapter})")
        else:
            found[year] = file
    if absent:
        raise DataError(
            request.fault(
                "E252", key="years", survey="ENAPRES", parts=", ".join(absent), where=options.folder,
                release=f"ENAPRES {', '.join(absent)} (INEI, microdatos)",
            )
        )  # fmt: skip
    return found


def _is_of(name: str, year: int, chapter: int) -> bool:
    """A file whose name has the chapter, and whose name or folder has the year."""
    stem = PurePosixPath(name).stem
    numbers = re.findall(r"(?<![0-9])[0-9]+(?![0-9])", stem)
    own = years_in(stem)
    return str(chapter) in numbers and (year in own if own else year in years_in(name))


def read(options: EnapresOptions, request: SourceFiles) -> Frame:
    """The persons of all years."""
    padded: dict[str, int] = {}
    parts = {str(year): _year(year, file, request, padded) for year, file in _files(options, request).items()}
    names = {name for part in parts.values() for name in part.columns}
    wanted = frozenset(("*",)) if request.wanted is None else request.wanted
    frame = stack(parts, request.notice, names=sorted(wanted_among(names, wanted)))
    notices = list(frame.notices)
    if padded:
        listed = ", ".join(f"{name} {count:,}" for name, count in sorted(padded.items()))
        notices.append(request.notice("W466", listed=listed))
    return replace(frame, notices=one_of_each(notices))


def _year(year: int, file: str, request: SourceFiles, padded: dict[str, int]) -> Frame:
    header = request.header(file)
    wanted = frozenset(("*",)) if request.wanted is None else request.wanted
    made = {name for name in _made_in(header) if wanted_among([name], wanted)}
    inputs = {one for name in made & set(MADE) for one in MADE[name]}
    inputs |= {f"p601_{name.removeprefix('victim_')}" for name in made if name.startswith("victim_")}
    years = year_names(header)[:1]
    names = {*wanted_among(header, wanted), *inputs, *years}
    keys = (*PLACE, *DWELLING, "p600_a")
    types = dict.fromkeys((name for name in keys if name in names), "text")
    frame = request.read(file, names, header=header, types=types)  # type: ignore[arg-type]
    columns = dict(frame.columns)
    for name in years:
        require_year(columns.pop(name), year, name=header[name], file=file, request=request)
    for name in types:
        # widths are not documented: zeros in front go away, so that 7 and 007 are one dwelling
        fixed = repaired(columns[name], 2 if name in PLACE else 1)
        columns[name] = fixed.values
        if fixed.changed:
            padded[name] = padded.get(name, 0) + fixed.changed
    columns["year"] = np.full(frame.n_rows, float(year))
    for name in sorted(made):
        columns[name] = _made(name, columns, year)
    return replace(frame, columns=columns)


def _made(name: str, columns: Mapping[str, Any], year: int) -> Any:
    if name.startswith("victim_"):
        code = as_numbers(columns[f"p601_{name.removeprefix('victim_')}"])
        return np.where(np.isin(code, (1, 2, 3)), (code == 1).astype(np.float64), np.nan)
    if name == "weight":
        return as_numbers(columns["factor"])
    if name == "ubigeo":
        return as_column([None if key is None else key.replace("-", "") for key in composite(columns, PLACE)])
    if name == "department":
        return columns["ccdd"]
    keys = composite(columns, MADE[name])
    return as_column([None if key is None else f"{year}-{key}" for key in keys])


SURVEY = Survey(
    summary="ENAPRES: victimisation and other chapters of Peru's survey of programmes",
    options=EnapresOptions,
    columns=columns,
    read=read,
    source="INEI, Encuesta Nacional de Programas Presupuestales (ENAPRES)",
    access="public use microdata of INEI",
    references=("INEI, Encuesta Nacional de Programas Presupuestales, 2010-2024",),
)
