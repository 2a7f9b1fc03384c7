"""The panel files of ENAHO: wide with a suffix for each year (p501_17), or long with a column of the year."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError, Notice
from impact.core.frames import Frame
from impact.core.name_patterns import wanted_among
from impact.core.texts import text
from impact.data.source_files import Header, SourceFiles
from impact.data.stacking import as_numbers, filtered, one_of_each, stack
from impact.data.surveys import _enaho_facts as facts
from impact.data.surveys._enaho_clean import (
    PERSONS,
    Told,
    chosen_persons,
    clean,
    moved_notices,
    repair_notices,
    steps_of,
    unit_notices,
)
from impact.data.surveys._find import data_files, matching_files, the_one
from impact.data.surveys._keys import as_column, composite, repaired
from impact.data.surveys._years import year_names

_SUFFIXED = re.compile(r"(.+)_([0-9]{2})")
# a person who was interviewed in a year has one of these
PRESENT = ("p203", "p207", "p208a", "ocu500", "p501", "p301a")
# what names a person or household of the panel, where the file has it
IDENTITY = ("numpanh", "num_hog", "numper", "conglome", "vivienda", "hogar", "codperso")
MADE = ("year", "panel_person")


def columns(options: Any, request: SourceFiles) -> tuple[str, ...]:
    """Names of the file; in the long form without suffixes, with `year` and `panel_person`."""
    _, header, years = _opened(options, request)
    if options.panel == "wide":
        return tuple(header)
    stems = dict.fromkeys(_stem(name, years) for name in header if not year_names([name]))
    return (*stems, *(name for name in MADE if name not in stems))


def read(options: Any, request: SourceFiles) -> Frame:
    """The panel in the form that is asked for.

    Raises:
        DataError: E252 no panel file, E253 a year that the file does not have, E258 another form than the file's.
    """
    file, header, years = _opened(options, request)
    told = Told()
    if options.panel == "wide":
        frame = _read(file, _wanted(header, request), header, request)
        frame = _prepared(frame, options, told, years)
        found = _described(frame, options, told, request)
    elif years:
        found = _described(_long_of_wide(file, header, years, options, request, told), options, told, request)
    else:
        found = _described(_long_of_long(file, header, options, request, told), options, told, request)
    return found


def _opened(options: Any, request: SourceFiles) -> tuple[str, Header, tuple[int, ...]]:
    """The file of the panel, its columns, and the years of its suffixes (none: a long file)."""
    if len(options.modules) != 1:
        problem = text("sources.problem.one_module")
        raise DataError(request.fault("E258", key="modules", problem=problem))
    (module,) = options.modules
    names = data_files(request.names_in(options.folder))
    number, inner = facts.MODULES[module]
    mark = inner or "sumaria"
    if module in options.files:
        found = matching_files(names, [options.files[module]])
    else:
        stems = {name: PurePosixPath(name).stem.lower() for name in names}
        found = tuple(name for name, stem in stems.items() if "panel" in stem and mark in stem)
    file = the_one(found, f"the panel, module {number} ({module})", request)
    if file is None:
        raise DataError(
            request.fault(
                "E252", key="panel", survey="ENAHO panel", where=options.folder,
                parts=f"{options.years[0]}-{options.years[-1]} ({number})",
                release=f"Modulo{number} (INEI, microdatos, ENAHO Panel)",
            )
        )  # fmt: skip
    header = request.header(file)
    return file, header, _years_of(header, file, options, request)


def _years_of(header: Header, file: str, options: Any, request: SourceFiles) -> tuple[int, ...]:
    """Years that are asked for, where the file has them as suffixes."""
    counts: dict[int, int] = {}
    for name in header:
        match = _SUFFIXED.fullmatch(name)
        if match is not None:
            counts[2000 + int(match[2])] = counts.get(2000 + int(match[2]), 0) + 1
    # one stray name with digits is no year of a panel
    there = {year for year, count in counts.items() if count > 1}
    if not there:
        if not year_names(header):
            problem = text("sources.problem.no_years", path=file)
            raise DataError(request.fault("E258", key="panel", problem=problem))
        if options.panel == "wide":
            problem = text("sources.problem.long", path=file)
            raise DataError(request.fault("E258", key="panel", problem=problem))
        return ()
    absent = [str(year) for year in options.years if year not in there]
    if absent:
        known = ", ".join(map(str, sorted(there)))
        problem = text("sources.problem.other_years", path=file, known=known, absent=", ".join(absent))
        raise DataError(request.fault("E258", key="years", problem=problem))
    return tuple(options.years)


def _stem(name: str, years: Sequence[int]) -> str:
    match = _SUFFIXED.fullmatch(name)
    return match[1] if match is not None and years and _is_year(match[2]) else name


def _is_year(digits: str) -> bool:
    return 2004 <= 2000 + int(digits) <= 2060


def _wanted(names: Iterable[str], request: SourceFiles) -> set[str]:
    return set(names) if request.wanted is None else wanted_among(names, request.wanted)


def _read(file: str, names: Iterable[str], header: Header, request: SourceFiles) -> Frame:
    types = {name: "text" for name in names if _SUFFIXED.sub(r"\1", name) in facts.WIDTHS}
    return request.read(file, names, header=header, types=types)  # type: ignore[arg-type]


def _prepared(frame: Frame, options: Any, told: Told, years: Sequence[int]) -> Frame:
    """Keys in their one form and codes of no answer missing, whatever the suffix."""
    columns = dict(frame.columns)
    for name, values in frame.columns.items():
        stem = _stem(name, years)
        if stem in facts.WIDTHS:
            fixed = repaired(values, facts.WIDTHS[stem])
            columns[name] = fixed.values
            told.padded[stem] = told.padded.get(stem, 0) + fixed.changed
        elif options.codes == "clean":
            labels = {stem: frame.value_labels.get(name, {})}
            columns[name] = clean(stem, values, replace(frame, value_labels=labels), told)
    return replace(frame, columns=columns)


def _long_of_wide(
    file: str, header: Header, years: tuple[int, ...], options: Any, request: SourceFiles, told: Told
) -> Frame:
    """One row a person and year; persons without an answer in a year have no row there."""
    stems = _wanted({_stem(name, years) for name in header}, request)
    fixed = sorted(
        name for name in header if _stem(name, years) == name and (name in stems or name in IDENTITY)
    )
    suffixed = {
        year: {
            stem: f"{stem}_{year % 100:02d}"
            for stem in sorted({*stems, *PRESENT, *IDENTITY, *PERSONS[options.persons]})
        }
        for year in years
    }
    names = {*fixed, *(name for of_year in suffixed.values() for name in of_year.values() if name in header)}
    frame = _prepared(_read(file, names, header, request), options, told, years)
    persons = _persons(frame.columns, fixed)
    parts = {}
    for year, of_year in suffixed.items():
        own = {stem: frame.columns[name] for stem, name in of_year.items() if name in frame.columns}
        columns = {name: frame.columns[name] for name in fixed} | own
        columns |= {"panel_person": persons, "year": np.full(frame.n_rows, float(year))}
        labels = {stem: frame.labels[name] for stem, name in of_year.items() if name in frame.labels}
        coded = {s: frame.value_labels[name] for s, name in of_year.items() if name in frame.value_labels}
        part = replace(frame, columns=columns, labels={**frame.labels, **labels}, value_labels=coded)
        parts[str(year)] = _of_persons(_interviewed(part, own, told), options, told)
    return stack(parts, request.notice, names=sorted({*stems, *MADE}))


def _persons(columns: Mapping[str, npt.NDArray[Any]], fixed: Sequence[str]) -> npt.NDArray[Any]:
    """What names a person in all years: the row of the wide file, with the keys that do not change."""
    names = [name for name in IDENTITY if name in fixed]
    rows = [f"{row + 1:07d}" for row in range(len(next(iter(columns.values()))))]
    if not names:
        return as_column(list(rows))
    texts = {name: repaired(columns[name], 1).values for name in names}
    keys = composite(texts, names)
    known = [key for key in keys if key is not None]
    # where the keys do not tell persons apart the row does
    return as_column(list(keys) if len(set(known)) == len(keys) else list(rows))


def _interviewed(part: Frame, own: Mapping[str, npt.NDArray[Any]], told: Told) -> Frame:
    marks = [as_numbers(own[name]) for name in PRESENT if name in own]
    if not marks:
        return part
    there = np.any([~np.isnan(mark) for mark in marks], axis=0)
    told.steps.setdefault("not_interviewed", []).append(int((~there).sum()))
    return filtered(part, there)


def _of_persons(part: Frame, options: Any, told: Told) -> Frame:
    """The rows of the persons that are asked for, as far as the panel says who they are."""
    if not set(PERSONS[options.persons]) <= set(part.columns):
        return part
    return chosen_persons(part, options, told)


def _long_of_long(file: str, header: Header, options: Any, request: SourceFiles, told: Told) -> Frame:
    """The rows of the years that are asked for."""
    (year_name, *_) = year_names(header)
    identity = [name for name in IDENTITY if name in header]
    persons = [name for name in PERSONS[options.persons] if name in header]
    names = {*_wanted(header, request), year_name, *identity, *persons}
    frame = _prepared(_read(file, names, header, request), options, told, ())
    columns = dict(frame.columns)
    years = as_numbers(columns.pop(year_name))
    absent = [str(year) for year in options.years if not (years == year).any()]
    if absent:
        known = ", ".join(f"{year:g}" for year in sorted({*years[~np.isnan(years)].tolist()}))
        problem = text("sources.problem.other_years", path=file, known=known, absent=", ".join(absent))
        raise DataError(request.fault("E258", key="years", problem=problem))
    columns["year"] = years
    if identity:
        texts = {name: repaired(columns[name], 1).values for name in identity}
        columns["panel_person"] = as_column(composite(texts, identity))
    kept = np.isin(years, options.years)
    told.steps.setdefault("other_panel_years", []).append(int((~kept).sum()))
    return _of_persons(filtered(replace(frame, columns=columns), kept), options, told)


def _described(frame: Frame, options: Any, told: Told, request: SourceFiles) -> Frame:
    """The frame with units, what was repaired, and which rows are left out."""
    units = {name: unit for name in frame.columns if (unit := facts.unit_of(_SUFFIXED.sub(r"\1", name)))}
    notices: list[Notice] = [*frame.notices, *repair_notices(told, request)]
    notices += moved_notices(frame.columns, options.years, request)
    notices += unit_notices(units, request)
    return replace(frame, units=units, notices=one_of_each(notices), steps=steps_of(told))
