"""The assertions of ``checks:`` on the prepared data: an error, or a warning with ``else: warn``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError, Fault, ImpactError, Notice, Place
from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.texts import fault, notice
from impact.data.evaluation import evaluate_on
from impact.data.keys import key_codes, kind_of, missing_count, show_key, show_value
from impact.data.missing import number_codes, text_codes
from impact.schema.data_blocks import CheckBlock, PanelBlock
from impact.schema.expressions.parse import parse_expression

_MOST_EXAMPLES = 5
_NUMBER = r"([0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
_COMPARISON = re.compile(rf"\s*(==|!=|<=|>=|<|>)?\s*{_NUMBER}\s*(%)?\s*")
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Limit:
    """A comparison with a number, and how it is printed."""

    sign: str
    value: float

    def holds(self, found: float) -> bool:
        """Whether a number meets the limit."""
        return _OPERATORS[self.sign](found, self.value)

    def __str__(self) -> str:
        return f"{self.sign} {self.value:g}"


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a failed check says: the number of its code and the values of the message."""

    number: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Case:
    """One check on one frame."""

    name: str
    block: CheckBlock
    frame: Frame
    params: Mapping[str, object]
    panel: PanelBlock | None = None

    def place(self, key: str = "") -> Place:
        """Place of a key of the check."""
        return Place(file="", path=f"checks.{self.name}.{key}" if key else f"checks.{self.name}")

    def wrong(self, key: str, reason: str, hint: str, suggestion: str = "") -> DataError:
        """The error of a check that cannot be asked."""
        return DataError(
            fault(
                "E435",
                place=self.place(key),
                suggestion=suggestion,
                check=self.name,
                reason=reason,
                hint=hint,
            )
        )

    def column(self, key: str, name: str) -> npt.NDArray[Any]:
        """A column that the check names."""
        if name not in self.frame.columns:
            listed = ", ".join(list(self.frame.columns)[:12])
            hint = nearest(name, self.frame.columns)
            raise self.wrong(key, f"no column is called '{name}'", f"columns are: {listed}", hint)
        return self.frame.columns[name]

    def limit(self, key: str, value: object, default: str) -> _Limit:
        """A number or a comparison; a bare number takes the default comparison."""
        found = _COMPARISON.fullmatch(str(value))
        if isinstance(value, bool) or found is None:
            raise self.wrong(key, f"'{value}' is no number and no comparison", "write for example '>= 0.99'")
        number = float(found[2].replace("_", "")) / (100 if found[3] else 1)
        return _Limit(found[1] or default, number)


def run_checks(
    frame: Frame,
    checks: Mapping[str, CheckBlock],
    *,
    params: Mapping[str, object],
    panel: PanelBlock | None = None,
) -> Frame:
    """The frame with a notice for every failed check that only warns.

    Raises:
        DataError: E430 to E435, all failed checks at once.
    """
    faults: list[Fault] = []
    notices: list[Notice] = []
    for name, block in checks.items():
        try:
            failure = _examine(_Case(name, block, frame, params, panel))
        except ImpactError as error:
            faults.extend(error.faults)
            continue
        if failure is None:
            continue
        if block.else_ == "warn":
            notices.append(notice(f"W{failure.number}", of=f"checks.{name}", check=name, **failure.values))
        else:
            place = Place(file="", path=f"checks.{name}")
            faults.append(fault(f"E{failure.number}", place=place, check=name, **failure.values))
    if faults:
        raise DataError(*faults)
    return replace(frame, notices=(*frame.notices, *notices))


def _examine(case: _Case) -> _Failure | None:
    block = case.block
    if block.unique is not None:
        return _unique(case, block.unique)
    if block.rows is not None:
        return _rows(case, block.rows)
    if block.expr is not None:
        return _condition(case, block.expr)
    if block.values is not None:
        return _values(case)
    return _missing(case, block.missing or [])


def _unique(case: _Case, names: list[str]) -> _Failure | None:
    columns = [case.column("unique", name) for name in names]
    codes = key_codes(columns).codes
    known = codes[codes >= 0]
    counts = np.bincount(known) if known.size else np.zeros(0, dtype=np.int64)
    twice = np.flatnonzero(counts > 1)
    if not twice.size:
        return None
    first = [np.flatnonzero(codes == code) for code in twice[:_MOST_EXAMPLES]]
    shown = ", ".join(f"{show_key(columns, int(rows[0]))} (rows {_listed(rows)})" for rows in first)
    more = ", …" if len(twice) > _MOST_EXAMPLES else ""
    values = {"count": int(counts[twice].sum()), "columns": ", ".join(names), "examples": shown + more}
    return _Failure("430", values)


def _listed(rows: npt.NDArray[np.int64]) -> str:
    return ", ".join(str(row + 1) for row in rows[:3]) + (", …" if len(rows) > 3 else "")


def _rows(case: _Case, expected: str | int) -> _Failure | None:
    limit = case.limit("rows", expected, "==")
    if limit.holds(case.frame.n_rows):
        return None
    return _Failure("431", {"rows": case.frame.n_rows, "expected": str(limit)})


def _condition(case: _Case, source: str) -> _Failure | None:
    limit = case.limit("share", 1 if case.block.share is None else case.block.share, ">=")
    expression = parse_expression(source, place=case.place("expr"))
    values = evaluate_on(case.frame, expression, params=case.params, panel=case.panel, condition=True).values
    missing = np.isnan(values)
    true = ~missing & (values != 0)
    n_rows = case.frame.n_rows
    share = float(true.sum()) / n_rows if n_rows else 1.0
    if limit.holds(share):
        return None
    rows = np.flatnonzero(~true)
    values_shown = {
        "expression": expression.text(),
        "share": f"{share:.6g}",
        "true": int(true.sum()),
        "false": int((~true & ~missing).sum()),
        "missing": int(missing.sum()),
        "expected": str(limit),
        "examples": _listed(rows),
    }
    return _Failure("432", values_shown)


def _values(case: _Case) -> _Failure | None:
    name = case.block.column or ""
    column = case.column("column", name)
    allowed = tuple(case.block.values or ())
    if kind_of(column) == "number":
        logical = tuple(float(code) for code in allowed if isinstance(code, bool))
        wrong = ~np.isnan(column) & ~np.isin(column, (*number_codes(allowed), *logical))
    elif kind_of(column) == "text":
        known = text_codes(allowed)
        wrong = np.array([value is not None and value not in known for value in column.tolist()], dtype=bool)
    else:
        raise case.wrong("column", f"'{name}' holds dates", "compare dates in `expr:`")
    if not wrong.any():
        return None
    found = sorted({show_value(value) for value in column[wrong].tolist()})
    shown = ", ".join(found[:_MOST_EXAMPLES]) + (", …" if len(found) > _MOST_EXAMPLES else "")
    listed = ", ".join(show_value(value) for value in allowed)
    count = int(wrong.sum())
    return _Failure("433", {"column": name, "examples": f"{shown} ({count})", "values": listed})


def _missing(case: _Case, names: list[str]) -> _Failure | None:
    limit = case.limit("share", 0 if case.block.share is None else case.block.share, "<=")
    for name in names:
        column = case.column("missing", name)
        absent = missing_count(column)
        if not limit.holds(absent / max(case.frame.n_rows, 1)):
            values = {"column": name, "count": absent, "rows": case.frame.n_rows, "expected": str(limit)}
            return _Failure("434", values)
    return None
