"""Public budget of Peru (MEF, SIAF): spending or revenue added up by the columns that `by:` names.

Files of millions of rows are read in blocks and only their sums are kept. Columns of `by:` are text with their zeros
(`funcion` 03), but for `year` and `month`; names are in small letters, and `year`, `month` and `department` (INEI code)
stand for ano_eje, mes_eje and the department of the executing unit. Amounts in nominal soles, as far as the files have
them: `pia` (opening budget), `pim` (modified), `certificado`, `comprometido_anual`, `comprometido`, `devengado`
(accrued: what execution is measured by), `girado` (paid), `recaudado` (revenue), and `execution` = devengado / pim.

The open files of the ministry (MONTO_DEVENGADO) and extracts of SIAF with a column a month (mto_devenga_01 to 12) are
both known. A file with rows by month repeats nothing: its amounts are added over the months.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from impact.core.errors import DataError, Notice
from impact.core.frames import Frame, Step
from impact.core.registered import Survey
from impact.core.texts import text
from impact.core.ubigeo import CODES, DEPARTMENTS, plain
from impact.data.source_files import Header, SourceFiles, no_rows
from impact.data.stacking import as_numbers, stack
from impact.data.surveys._cells import summed
from impact.data.surveys._find import data_files, matching_files, one_ending_each
from impact.data.surveys._keys import as_column, repaired
from impact.data.surveys._options import FolderOptions, Words, Years
from impact.data.surveys._years import year_names

Column = npt.NDArray[Any]
# amount → its name in the open files, and the start of its twelve columns in extracts
AMOUNTS = {
    "pia": "monto_pia",
    "pim": "monto_pim",
    "certificado": "monto_certificado",
    "comprometido_anual": "monto_comprometido_anual",
    "comprometido": "monto_comprometido",
    "devengado": "monto_devengado",
    "girado": "monto_girado",
    "recaudado": "monto_recaudado",
}
EXTRACTS = {"pia": "mto_pia", "pim": "mto_pim"}
MONTHLY = {
    "devengado": re.compile(r"mto_devenga_(0[1-9]|1[0-2])"),
    "girado": re.compile(r"mto_girado_(0[1-9]|1[0-2])"),
}
YEAR, MONTH = ("ano_eje",), ("mes_eje", "mes")
DEPARTMENT = ("departamento_ejecutora", "departamento_ejecutora_nombre", "departamento_meta")
WIDTHS = {
    "funcion": 2, "sector": 2, "fuente_financiamiento": 1, "departamento_ejecutora": 2, "provincia_ejecutora": 2,
    "distrito_ejecutora": 2, "departamento_meta": 2,
}  # fmt: skip
BLOCK = 100_000


class BudgetOptions(FolderOptions):
    """Options of `budget`."""

    files: Words = Field(("*",), description="Names of the files, with * for any letters and {year}.")
    years: Years | None = Field(None, description="Years to keep; all by default.")
    by: Words = Field(
        min_length=1,
        description="Columns that the amounts are added up by: year, month, department, funcion, …",
    )
    amounts: tuple[
        Literal[
            "pia",
            "pim",
            "certificado",
            "comprometido_anual",
            "comprometido",
            "devengado",
            "girado",
            "recaudado",
        ],
        ...,
    ] = Field((), description="Amounts to add up; those that the files have by default.")
    keep: dict[str, Words] = Field(
        default_factory=dict,
        description="column → values to keep: {nivel_gobierno: E, funcion: ['05', '20']}.",
    )

    @model_validator(mode="after")
    def _each_once(self) -> BudgetOptions:
        names = [name.lower() for name in self.by]
        if len(set(names)) < len(names):
            raise PydanticCustomError("E259", "", {"problem": "a column of `by` stands twice"})
        return self


@dataclass(frozen=True, slots=True)
class _Layout:
    """Columns of one file: what each key and amount is called there."""

    keys: Mapping[str, str]
    amounts: Mapping[str, tuple[str, ...]]
    year: str


def columns(options: BudgetOptions, request: SourceFiles) -> tuple[str, ...]:
    """Names of the result; the headers of all files are looked at."""
    found: dict[str, None] = {}
    for file in _files(options, request):
        layout = _layout(request.header(file), file, options, request)
        found |= dict.fromkeys(layout.amounts)
    execution = ("execution",) if {"pim", "devengado"} <= set(found) else ()
    return (*(name.lower() for name in options.by), *found, *execution)


def _files(options: BudgetOptions, request: SourceFiles) -> tuple[str, ...]:
    names = data_files(request.names_in(options.folder))
    years = options.years or (0,)
    found = {name for year in years for name in matching_files(names, options.files, year=year)}
    chosen = one_ending_each(name for name in names if name in found)
    if not chosen:
        raise DataError(_absent("", options, request))
    return chosen


def _absent(years: str, options: BudgetOptions, request: SourceFiles) -> Any:
    return request.fault(
        "E252", key="folder", survey="MEF, SIAF", parts=years or ", ".join(options.files), where=options.folder,
        release="gasto / ingreso (MEF, datos abiertos)",
    )  # fmt: skip


def _layout(header: Header, file: str, options: BudgetOptions, request: SourceFiles) -> _Layout:
    """What keys and amounts are called in a file.

    Raises:
        DataError: E253 columns that are needed and absent.
    """
    year = next((name for name in YEAR if name in header), next(iter(year_names(header)), ""))
    known = {"year": (year,), "month": MONTH, "department": DEPARTMENT}
    keys: dict[str, str] = {}
    absent = []
    for name in (one.lower() for one in (*options.by, *options.keep)):
        own = next((one for one in known.get(name, (name,)) if one and one in header), "")
        if own:
            keys[name] = own
        else:
            absent.append(" / ".join(one for one in known.get(name, (name,)) if one) or name)
    if options.years is not None and not year:
        absent.append("ano_eje")
    amounts = _amounts_in(header, options)
    absent += [AMOUNTS[name] for name in options.amounts if name not in amounts]
    if not amounts:
        absent.append("monto_pim, monto_devengado, …")
    if absent:
        listed = ", ".join(dict.fromkeys(absent))
        raise DataError(request.fault("E253", key="by", path=file, names=listed, value="budget"))
    return _Layout(keys, amounts, year)


def _amounts_in(header: Header, options: BudgetOptions) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, own in AMOUNTS.items():
        if options.amounts and name not in options.amounts:
            continue
        months = tuple(one for one in header if name in MONTHLY and MONTHLY[name].fullmatch(one))
        if own in header:
            found[name] = (own,)
        elif EXTRACTS.get(name, "") in header:
            found[name] = (EXTRACTS[name],)
        elif months:
            found[name] = months
    return found


def read(options: BudgetOptions, request: SourceFiles) -> Frame:
    """Sums by the columns that are named."""
    parts: dict[str, Frame] = {}
    padded: dict[str, int] = {}
    dropped: dict[str, int] = {}
    for file in _files(options, request):
        layout = _layout(request.header(file), file, options, request)
        parts[file] = _sums_of(file, layout, options, request, padded, dropped)
    names = [name.lower() for name in options.by]
    rows = stack(parts, request.notice)
    if not rows.n_rows:
        raise DataError(no_rows(request, _steps(dropped)))
    amounts = [name for name in rows.columns if name in AMOUNTS]
    groups, sums = summed({n: rows.columns[n] for n in names}, {n: rows.columns[n] for n in amounts})
    found: dict[str, Column] = {**groups, **sums}
    if options.years is not None and "year" in found:
        absent = [str(year) for year in options.years if not (found["year"] == year).any()]
        if absent:
            raise DataError(_absent(", ".join(absent), options, request))
    if {"pim", "devengado"} <= set(sums):
        with np.errstate(divide="ignore", invalid="ignore"):
            found["execution"] = np.where(sums["pim"] > 0, sums["devengado"] / sums["pim"], np.nan)
    notices: list[Notice] = list(rows.notices)
    if padded:
        listed = ", ".join(f"{name} {count:,}" for name, count in sorted(padded.items()))
        notices.append(request.notice("W466", listed=listed))
    notices.append(request.notice("W469", unit="nominal soles", columns=", ".join(amounts)))
    return replace(
        rows,
        columns=found,
        n_rows=len(next(iter(found.values()))),
        labels={},
        value_labels={},
        units=dict.fromkeys(amounts, "nominal soles"),
        steps=_steps(dropped),
        notices=tuple(notices),
    )


def _steps(dropped: Mapping[str, int]) -> tuple[Step, ...]:
    return tuple(
        Step("budget", text(f"sources.step.{reason}"), dropped=n, false=n)
        for reason, n in dropped.items()
        if n
    )


def _sums_of(
    file: str, layout: _Layout, options: BudgetOptions, request: SourceFiles,
    padded: dict[str, int], dropped: dict[str, int],
) -> Frame:  # fmt: skip
    """The sums of one file, block by block."""
    header = request.header(file)
    needed = {*layout.keys.values(), *(one for own in layout.amounts.values() for one in own)}
    needed |= {layout.year} if options.years is not None else set()
    texts = dict.fromkeys(layout.keys.values(), "text")
    numbers = dict.fromkeys((one for own in layout.amounts.values() for one in own), "number")
    types: Any = {**texts, **({layout.year: "text"} if layout.year else {}), **numbers}
    pieces: list[Frame] = []
    read = 0
    last: Frame | None = None
    for frame in request.blocks(file, needed, header=header, types=types):
        last = frame
        if frame.n_rows:
            read += frame.n_rows
            pieces.append(_block_sums(frame, layout, options, padded, dropped))
    assert last is not None
    whole = stack({str(number): piece for number, piece in enumerate(pieces)}, request.notice)
    return replace(whole, files=last.files, read=read)


def _block_sums(
    frame: Frame, layout: _Layout, options: BudgetOptions, padded: dict[str, int], dropped: dict[str, int]
) -> Frame:
    """The sums of one block."""
    kept = np.ones(frame.n_rows, dtype=bool)
    if options.years is not None:
        kept &= np.isin(as_numbers(frame.columns[layout.year]), options.years)
        dropped["other_years"] = dropped.get("other_years", 0) + int((~kept).sum())
    keys: dict[str, Column] = {}
    for name, own in layout.keys.items():
        keys[name] = _key(name, own, frame.columns[own], padded)
    before = int(kept.sum())
    for name, values in options.keep.items():
        there = {value.strip().casefold() for value in values}
        listed = keys[name.lower()].tolist()
        kept &= np.array([_plain(value) in there for value in listed], dtype=bool)
    dropped["not_kept"] = dropped.get("not_kept", 0) + before - int(kept.sum())
    grouping = {name.lower(): keys[name.lower()][kept] for name in options.by}
    unknown = np.zeros(int(kept.sum()), dtype=bool)
    for column in grouping.values():
        unknown |= np.array([value is None or value != value for value in column.tolist()], dtype=bool)
    dropped["blank_key"] = dropped.get("blank_key", 0) + int(unknown.sum())
    amounts = {
        name: _added([frame.columns[one] for one in own])[kept] for name, own in layout.amounts.items()
    }
    groups, sums = summed(grouping, amounts)
    n_rows = len(next(iter(sums.values())))
    return replace(frame, columns={**groups, **sums}, n_rows=n_rows, read=frame.n_rows, files={}, labels={})


def _plain(value: object) -> str:
    """A key as `keep` writes it: years and months without a decimal point."""
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value).casefold()


def _key(name: str, own: str, values: Column, padded: dict[str, int]) -> Column:
    """A key as text with its zeros; years and months as numbers; departments as INEI codes, from code or name."""
    if name in ("year", "month"):
        return as_numbers(values)
    texts = [None if value is None else value.strip() or None for value in values.tolist()]
    if name == "department":
        return as_column([None if value is None else _department(value) for value in texts])
    if own not in WIDTHS:
        return as_column(texts)
    fixed = repaired(as_column(texts), WIDTHS[own])
    if fixed.changed:
        padded[own] = padded.get(own, 0) + fixed.changed
    return fixed.values


def _department(written: str) -> str | None:
    if written.isdigit():
        code = written.lstrip("0").zfill(2)
        return code if code in DEPARTMENTS else None
    # "15. LIMA" is how the office prints code and name together
    head, _, name = written.partition(".")
    if head.strip().isdigit() and name:
        return _department(head.strip())
    return CODES.get(plain(written))


def _added(columns: list[Column]) -> Column:
    """The sum of several columns; missing where all are."""
    numbers = [as_numbers(column) for column in columns]
    gone = np.all([np.isnan(column) for column in numbers], axis=0)
    return np.where(gone, np.nan, np.sum([np.nan_to_num(column) for column in numbers], axis=0))


SURVEY = Survey(
    summary="Public budget of Peru: spending or revenue added up by the columns you name",
    options=BudgetOptions,
    columns=columns,
    read=read,
    source="Ministerio de Economía y Finanzas (SIAF)",
    access="public",
    references=(
        "Ministerio de Economía y Finanzas, presupuesto y ejecución de gasto e ingreso, datos abiertos",
    ),
)
