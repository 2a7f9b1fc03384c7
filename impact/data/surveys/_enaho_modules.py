"""The modules of ENAHO: found, read, cleaned, filtered and merged, year by year."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError, Fault, Notice
from impact.core.frames import Frame
from impact.core.name_patterns import wanted_among
from impact.data.source_files import Header, SourceFiles
from impact.data.stacking import as_numbers, one_of_each, stack
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
from impact.data.surveys._enaho_columns import MADE
from impact.data.surveys._find import data_files, matching_files, the_one
from impact.data.surveys._keys import composite, repaired, repeated
from impact.data.surveys._years import require_year, year_names


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """The file of one module and year, with its columns."""

    year: int
    module: str
    file: str
    header: Header


def columns(options: Any, request: SourceFiles) -> tuple[str, ...]:
    """All names, in the order of modules and years."""
    found = dict.fromkeys(
        name for one in module_files(options, request) for name in one.header if not year_names([name])
    )
    return (*found, *(name for name in _made_of(found) if name not in found))


def _made_of(names: Iterable[str]) -> list[str]:
    known = set(names)
    return [name for name, made in MADE.items() if known.issuperset(made.inputs)]


def module_files(options: Any, request: SourceFiles) -> list[ModuleFile]:
    """The file of each year and module.

    Raises:
        DataError: E252 for every one that is absent, E256 several candidates.
    """
    names = data_files(request.names_in(options.folder))
    found: list[ModuleFile] = []
    absent: dict[int, list[str]] = {}
    for year in options.years:
        for module in options.modules:
            file = _file_of(names, year, module, options, request)
            if file is None:
                absent.setdefault(year, []).append(module)
            else:
                found.append(ModuleFile(year, module, file, request.header(file)))
    if absent:
        raise DataError(_absent(absent, options, request))
    return found


def _file_of(names: Sequence[str], year: int, module: str, options: Any, request: SourceFiles) -> str | None:
    what = f"ENAHO {year}, {module}"
    if module in options.files:
        return the_one(matching_files(names, [options.files[module]], year=year), what, request)
    number, inner = facts.MODULES[module]
    stem = rf"enaho01[a-z]?[-_]{year}[-_]{inner}" if inner else rf"sumaria[-_]{year}"
    official = [name for name in names if re.fullmatch(stem, PurePosixPath(name).stem.lower())]
    if official:
        return the_one(official, what, request)
    folder = rf"{facts.PROJECTS.get(year, 0)}-modulo{number}"
    inside = [name for name in names if folder in name.lower().split("/")[:-1]]
    inside += [name for name in names if PurePosixPath(name).stem.lower() == folder]
    # the alternates of sumaria (-12, -12g) have no poverty variables
    plain = [name for name in inside if not re.search(r"-12g?$", PurePosixPath(name).stem.lower())]
    return the_one(plain, what, request)


def _absent(absent: Mapping[int, Sequence[str]], options: Any, request: SourceFiles) -> Fault:
    """E252 with every year and module that is not there, and the code of its file; E251 for names of the spec."""
    pairs = [(year, module) for year, modules in absent.items() for module in modules]
    named = [options.files[one].replace("{year}", str(year)) for year, one in pairs if one in options.files]
    if len(named) == len(pairs):
        return request.fault("E251", key="files", what=", ".join(named), where=options.folder)
    numbers = {year: [facts.MODULES[one][0] for one in modules] for year, modules in absent.items()}
    parts = [f"{year} ({', '.join(held)})" for year, held in numbers.items()]
    codes = [
        f"{facts.PROJECTS.get(year, year)}-Modulo{one}" for year, held in numbers.items() for one in held
    ]
    return request.fault(
        "E252", key="years", survey="ENAHO", parts=", ".join(parts), where=options.folder,
        release=f"{', '.join(codes)} (INEI, microdatos)",
    )  # fmt: skip


def read(options: Any, request: SourceFiles) -> Frame:
    """The merged modules of all years, one on top of the other."""
    files = module_files(options, request)
    available = set().union(*(one.header for one in files))
    _refuse_absent_persons(files, options, request)
    wanted = _wanted(request, available)
    told = Told()
    parts = {
        str(year): _year(year, [one for one in files if one.year == year], wanted, options, request, told)
        for year in options.years
    }
    made = [name for name in _made_of(available) if _is_wanted(name, request)]
    names = [name for name in (*wanted, *made) if request.wanted is None or _is_wanted(name, request)]
    frame = stack(parts, request.notice, names=list(dict.fromkeys(names)))
    labels = {name: MADE[name].label for name in made if name in frame.columns}
    units = {name: unit for name in frame.columns if (unit := facts.unit_of(name))}
    return replace(
        frame,
        labels={**frame.labels, **labels},
        units=units,
        steps=steps_of(told),
        notices=one_of_each([*frame.notices, *_notices(told, frame, units, options, request)]),
    )


def _is_wanted(name: str, request: SourceFiles) -> bool:
    return request.wanted is None or bool(wanted_among([name], request.wanted))


def _wanted(request: SourceFiles, available: set[str]) -> list[str]:
    """Variables of the files that the spec uses, themselves or through columns that are made of them."""
    if request.wanted is None:
        return sorted(name for name in available if not year_names([name]))
    own = wanted_among(available, request.wanted)
    for name, made in MADE.items():
        if name in request.wanted and available.issuperset(made.inputs):
            own |= set(made.inputs)
    return sorted(own)


def _refuse_absent_persons(files: Sequence[ModuleFile], options: Any, request: SourceFiles) -> None:
    """E253 where the first module of a year lacks the variables by which persons are chosen."""
    faults: list[Fault] = []
    for year in options.years:
        first = next(one for one in files if one.year == year)
        if first.module == "sumaria":
            continue
        absent = [name for name in PERSONS[options.persons] if name not in first.header]
        if absent:
            faults.append(
                request.fault(
                    "E253", key="persons", path=first.file, names=", ".join(absent), value=options.persons
                )
            )
    if faults:
        raise DataError(*faults)


def _year(
    year: int,
    files: Sequence[ModuleFile],
    wanted: Sequence[str],
    options: Any,
    request: SourceFiles,
    told: Told,
) -> Frame:
    """The modules of one year, merged to the first of them."""
    first, *others = files
    base = _module(first, wanted, options, request, told)
    if first.module != "sumaria":
        base = chosen_persons(base, options, told)
    taken = set(first.header)
    for other in others:
        own = [name for name in wanted if name not in taken]
        taken |= set(other.header)
        part = _module(other, own, options, request, told)
        base = _merged(base, part, other, first, options, request)
    columns = dict(base.columns)
    for name, made in MADE.items():
        if _is_wanted(name, request) and all(one in columns for one in made.inputs):
            columns[name] = made.make(columns, year)
    return replace(base, columns=columns)


def _keys(one: ModuleFile) -> tuple[str, ...]:
    return facts.HOUSEHOLD if one.module == "sumaria" else facts.PERSON


def _module(one: ModuleFile, wanted: Sequence[str], options: Any, request: SourceFiles, told: Told) -> Frame:
    """One file: keys in their one form and unique, the year checked, codes of no answer missing."""
    keys = _keys(one)
    absent = [name for name in keys if name not in one.header]
    if absent:
        raise DataError(
            request.fault("E253", key="modules", path=one.file, names=", ".join(absent), value="keys")
        )
    years = year_names(one.header)[:1]
    persons = PERSONS[options.persons] if one.module != "sumaria" else ()
    names = {*keys, *years, *persons, *(name for name in wanted if name in one.header)}
    types = {name: "text" for name in facts.WIDTHS if name in names}
    frame = request.read(one.file, names, header=one.header, types=types)  # type: ignore[arg-type]
    columns = dict(frame.columns)
    for name in years:
        require_year(columns.pop(name), one.year, name=one.header[name], file=one.file, request=request)
    for name in types:
        fixed = repaired(columns[name], facts.WIDTHS[name])
        columns[name] = fixed.values
        told.padded[name] = told.padded.get(name, 0) + fixed.changed
    _require_unique(columns, keys, one, request)
    if options.codes == "clean":
        columns = {name: clean(name, values, frame, told) for name, values in columns.items()}
    return replace(frame, columns=columns)


def _require_unique(
    columns: Mapping[str, Any], keys: Sequence[str], one: ModuleFile, request: SourceFiles
) -> None:
    twice = repeated(composite(columns, keys))
    if twice:
        raise DataError(
            request.fault(
                "E254", key="modules", path=one.file, count=len(twice), keys=" + ".join(keys),
                examples=", ".join(list(twice)[:3]),
            )
        )  # fmt: skip


def _merged(
    base: Frame, part: Frame, other: ModuleFile, first: ModuleFile, options: Any, request: SourceFiles
) -> Frame:
    """A module joined to the first one: by person, or by household where it is one of households.

    Raises:
        DataError: E255 fewer rows than expected find their partner.
    """
    keys = facts.HOUSEHOLD if "sumaria" in (other.module, first.module) else facts.PERSON
    here, there = composite(base.columns, keys), composite(part.columns, keys)
    rows = {key: row for row, key in enumerate(there) if key is not None}
    found = np.array([-1 if key is None else rows.get(key, -1) for key in here], dtype=np.int64)
    if other.module == "sumaria":
        share, of = float(np.mean(found >= 0)) if len(found) else 1.0, first
    else:
        # a module of persons asks some of them only: its own rows must be persons of the first module
        known = set(here)
        part_rows = _rows_that_count(part, options)
        share = float(np.mean([there[row] in known for row in part_rows])) if len(part_rows) else 1.0
        of = other
    if share < options.match:
        raise DataError(
            request.fault(
                "E255", key="match", year=first.year, module=of.module, path=of.file,
                into=(other if of is first else first).module, share=f"{100 * share:.1f}",
                least=f"{100 * options.match:g}", keys=" + ".join(keys),
            )
        )  # fmt: skip
    brought = {
        name: _taken(values, found) for name, values in part.columns.items() if name not in base.columns
    }
    return replace(
        base,
        columns={**base.columns, **brought},
        labels={**part.labels, **base.labels},
        value_labels={**part.value_labels, **base.value_labels},
        files={**base.files, **part.files},
        notices=(*base.notices, *part.notices),
    )


def _rows_that_count(part: Frame, options: Any) -> list[int]:
    """Rows of a module that the first one must have: not those that the choice of persons leaves out there."""
    kept = np.ones(part.n_rows, dtype=bool)
    if options.persons != "all" and "p203" in part.columns:
        kept &= as_numbers(part.columns["p203"]) != 0
    if options.persons == "members" and "p204" in part.columns:
        kept &= as_numbers(part.columns["p204"]) == 1
    if options.persons == "residents" and {"p204", "p205", "p206"} <= set(part.columns):
        code = {name: as_numbers(part.columns[name]) for name in ("p204", "p205", "p206")}
        kept &= ((code["p204"] == 1) & (code["p205"] == 2)) | ((code["p204"] == 2) & (code["p206"] == 1))
    return [int(row) for row in np.flatnonzero(kept)]


def _taken(values: npt.NDArray[Any], rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Values at rows; missing where there is none (−1)."""
    if not len(values):
        return np.full(len(rows), np.nan)
    taken = values[np.maximum(rows, 0)]
    blank: Any = (
        None if values.dtype == object else np.datetime64("NaT") if values.dtype.kind == "M" else np.nan
    )
    taken[rows < 0] = blank
    return taken


def _notices(
    told: Told, frame: Frame, units: Mapping[str, str], options: Any, request: SourceFiles
) -> list[Notice]:
    found = repair_notices(told, request)
    found += moved_notices(frame.columns, options.years, request)
    found += unit_notices(units, request)
    if "employment" in options.modules and "factor07" in frame.columns:
        found.append(request.notice("W470"))
    return found
