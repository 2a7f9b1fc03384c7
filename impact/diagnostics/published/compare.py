"""Published numbers against ours, cell by cell.

A number is read as it was printed: 0.120 has three decimals and is met by whatever rounds to it. A cell
that is not met is looked into: which other convention would give the printed digits (``_explanations``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.diagnostics._lookup import (
    ROW_FIELDS,
    WORDS,
    Target,
    field_of,
    find,
    known_stat,
    listed_columns,
    listings_of,
    model_fact,
    models_of,
    row_of,
    statistic,
    terms_of,
)
from impact.diagnostics._printed import Printed, read_printed
from impact.diagnostics._reading import finite
from impact.diagnostics._sentences import pair
from impact.diagnostics.published.explanations import Evidence, explain
from impact.diagnostics.published.units import difference, is_comparable, units_of
from impact.schema.published import AbsoluteMatch, MarkedValue, Match, PublishedBlock, RelativeMatch

CLOSE = 10.0
# Relative difference up to which two float64 computations give the same number.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Cell:
    """One published number and where it belongs."""

    table: str
    reference: str
    term: str
    stat: str
    printed: Printed
    marked: MarkedValue
    match: Match
    path: str
    column: int | None = None


def compare_published(
    blocks: Mapping[str, PublishedBlock],
    document: Mapping[str, object],
    *,
    written: Mapping[str, str] | None = None,
    places: Mapping[str, Place] | None = None,
) -> list[dict[str, object]]:
    """The comparison of every published number with the results document.

    Arguments:
        blocks: name of the table → block. document: models, rows, tests.
        written: path of a value (``published.t1.grid.rows.x.se.0``, ``published.t1.also.0.value``) →
            what the user typed, so that trailing zeros count; without it the number's shortest form is
            used.
        places: the same paths → places in the spec, for messages.

    Returns:
        One entry a cell: the fields of the document, and ``group``, ``column``, ``expect``, ``reason``,
        ``note``, ``explanations``.

    Raises:
        SpecError: E601–E605 for a model, group, term, statistic or number that does not exist.
    """
    cells = list(_cells(blocks, written or {}, places or {}))
    found = []
    for cell in cells:
        place = (places or {}).get(cell.path)
        _require_stat(cell, document, place)
        found.append(_compared(cell, blocks[cell.table], document, cells, place=place))
    return found


def check_published(
    blocks: Mapping[str, PublishedBlock],
    document: Mapping[str, object],
    *,
    written: Mapping[str, str] | None = None,
    places: Mapping[str, Place] | None = None,
) -> list[Fault]:
    """Faults that can be seen before anything is estimated: models, statistics, lengths of rows,
    unreadable numbers.

    Arguments:
        document: {"models": {name: {}}, "tests": [{"test": name}]} is enough; groups are then not
            looked at.
    """
    found: list[Fault] = []
    for name, block in blocks.items():
        try:
            cells = list(_cells({name: block}, written or {}, places or {}))
        except SpecError as error:
            found.extend(error.faults)
            continue
        for cell in cells:
            reference = _model_part(cell.reference, document)
            try:
                find(document, reference, place=(places or {}).get(cell.path))
                _require_stat(cell, document, (places or {}).get(cell.path))
            except SpecError as error:
                found.extend(error.faults)
    return list(dict.fromkeys(found))


def _model_part(reference: str, document: Mapping[str, object]) -> str:
    names = [name for name in models_of(document) if reference == name or reference.startswith(f"{name}.")]
    return max(names, key=len, default=reference)


def _cells(
    blocks: Mapping[str, PublishedBlock], written: Mapping[str, str], places: Mapping[str, Place]
) -> Iterator[Cell]:
    for table, block in blocks.items():
        if block.grid is not None:
            yield from _grid_cells(table, block, written, places)
        for index, one in enumerate(block.also):
            path = f"published.{table}.also.{index}.value"
            printed = _printed(one.value, path, written, places)
            yield Cell(table, one.model, one.term, one.stat, printed, one, one.match or block.match, path)


def _grid_cells(
    table: str, block: PublishedBlock, written: Mapping[str, str], places: Mapping[str, Place]
) -> Iterator[Cell]:
    grid = block.grid
    if grid is None:
        return
    for row, stats in grid.rows.items():
        term = str(stats.get("term", row))
        for stat, values in stats.items():
            if isinstance(values, str):
                continue
            path = f"published.{table}.grid.rows.{row}.{stat}"
            if len(values) != len(grid.columns):
                where = places.get(path)
                raise SpecError(
                    fault(
                        "E604", place=where, row=row, stat=stat, found=len(values), columns=len(grid.columns)
                    )
                )
            for column, (model, value) in enumerate(zip(grid.columns, values, strict=True)):
                marked = value if isinstance(value, MarkedValue) else MarkedValue(value=value)
                here = f"{path}.{column}"
                printed = _printed(marked.value, here, written, places)
                match = marked.match or block.match
                yield Cell(table, model, term, stat, printed, marked, match, here, column + 1)


def _printed(value: object, path: str, written: Mapping[str, str], places: Mapping[str, Place]) -> Printed:
    try:
        return read_printed(value, written.get(path) or written.get(f"{path}.value"))
    except ValueError as error:
        raise SpecError(fault("E605", place=places.get(path), value=str(error))) from None


def _require_stat(cell: Cell, document: Mapping[str, object], place: Place | None) -> None:
    """E603 for a statistic that models and tests do not have, or a column that the listing lacks."""
    listed = cell.reference in listings_of(document)
    names = listed_columns(document, cell.reference) if listed else sorted({*ROW_FIELDS, *WORDS})
    if cell.stat not in names and (listed or not known_stat(cell.stat)):
        suggestion = nearest(cell.stat, names)
        raise SpecError(
            fault("E603", place=place, suggestion=suggestion, name=cell.stat, names=", ".join(names))
        )


def _compared(
    cell: Cell,
    block: PublishedBlock,
    document: Mapping[str, object],
    cells: Sequence[Cell],
    *,
    place: Place | None,
) -> dict[str, object]:
    target = find(document, cell.reference, place=place)
    ours = _ours(cell, document, target, place=place)
    verdict, tolerance = _verdict(cell, ours, document, target, cells)
    published = cell.printed.value
    units = units_of(cell.marked, row_of(document, target, cell.term))
    if not is_comparable(units, cell.printed, cell.match):
        verdict, tolerance = "not_available", None
    entry: dict[str, object] = {
        "table": cell.table,
        "model": target.name,
        "group": target.group,
        "term": cell.term,
        "stat": cell.stat,
        "column": cell.column,
        "published": published,
        "printed": cell.printed.text,
        "ours": ours,
        "difference": difference(ours, published, verdict),
        "tolerance": tolerance,
        "match": _match_word(cell.match),
        "verdict": verdict,
        "evidence": block.source.evidence,
        "source": pair(block.source.text),
        "where": block.source.where,
        "expect": cell.marked.expect,
        "must_match": cell.marked.must_match,
        "reason": pair(cell.marked.reason) if cell.marked.reason else None,
        "note": pair(cell.marked.note) if cell.marked.note else None,
        "explanations": [],
        **units,
    }
    if (
        verdict in {"close", "differs"}
        and ours is not None
        and published is not None
        and tolerance is not None
    ):
        facts = models_of(document).get(target.name, {})
        evidence = Evidence(
            stat=field_of(cell.stat),
            ours=ours,
            published=published,
            tolerance=tolerance,
            row=row_of(document, target, cell.term) or {},
            facts=facts,
            n_terms=0 if target.is_test or target.is_listing else len(terms_of(document, target)),
            published_n=_published_n(cell, cells),
        )
        entry["explanations"] = explain(evidence)
    return entry


def _ours(cell: Cell, document: Mapping[str, object], target: Target, *, place: Place | None) -> float | None:
    """Our number; None where the model failed. A term that does not exist is the spec's fault."""
    value = finite(statistic(document, target, cell.term, cell.stat))
    if value is not None:
        return value
    facts = models_of(document).get(target.name, {})
    if facts.get("status") == "failed" or model_fact(document, target, field_of(cell.stat)) is not None:
        return None
    known = terms_of(document, target)
    dropped = facts.get("dropped_terms")
    is_dropped = isinstance(dropped, Mapping) and cell.term in dropped
    if cell.printed.is_available and cell.term and cell.term not in known and known and not is_dropped:
        hint = nearest(cell.term, known)
        raise SpecError(
            fault(
                "E606",
                place=place,
                suggestion=hint,
                name=cell.term,
                model=cell.reference,
                terms=", ".join(known),
            )
        )
    return None


def _verdict(
    cell: Cell, ours: float | None, document: Mapping[str, object], target: Target, cells: Sequence[Cell]
) -> tuple[str, float | None]:
    printed = cell.printed
    if not printed.is_available or ours is None:
        return "not_available", None
    if isinstance(cell.match, str) and cell.match.startswith("sign"):
        return _sign_verdict(cell, ours, document, target, cells), None
    if printed.value is None:
        return ("sign_agrees" if _sign(ours) == printed.sign else "differs"), None
    difference = abs(ours - printed.value)
    same = difference <= SAME * max(abs(printed.value), 1e-300)
    tolerance = _tolerance(cell.match, printed)
    edge = tolerance * (1 + SAME) + 4 * math.ulp(printed.value)
    if same:
        return "equal", tolerance
    if cell.match == "exact":
        return ("close" if difference <= CLOSE * printed.half_unit else "differs"), tolerance
    if difference <= edge:
        return ("rounds_equal" if cell.match == "rounded" else "equal"), tolerance
    return ("close" if difference <= CLOSE * edge else "differs"), tolerance


def _tolerance(match: Match, printed: Printed) -> float:
    if isinstance(match, AbsoluteMatch):
        return match.abs
    if isinstance(match, RelativeMatch):
        return match.rel * abs(printed.value or 0.0)
    return 0.0 if match == "exact" else printed.half_unit


def _sign_verdict(
    cell: Cell, ours: float, document: Mapping[str, object], target: Target, cells: Sequence[Cell]
) -> str:
    if _sign(ours) != cell.printed.sign:
        return "differs"
    if cell.match == "sign":
        return "sign_agrees"
    theirs = _published_significance(cell, cells)
    p = finite(statistic(document, target, cell.term, "primary_p"))
    p = finite(statistic(document, target, cell.term, "p_value")) if p is None else p
    if theirs is None or p is None:
        return "not_available"
    return "sign_agrees" if theirs == (p < 0.05) else "differs"


def _published_significance(cell: Cell, cells: Sequence[Cell]) -> bool | None:
    """Whether the source calls a number significant: its stars, its p-value, or its ratio to its error."""
    beside = {
        field_of(other.stat): other.printed
        for other in cells
        if (other.table, other.reference, other.term) == (cell.table, cell.reference, cell.term)
    }
    p, error = beside.get("p_value"), beside.get("std_error")
    if cell.printed.stars:
        return True
    if p is not None and p.value is not None:
        return p.value < 0.05
    if error is not None and error.value and cell.printed.value is not None:
        return abs(cell.printed.value / error.value) > 1.96
    starred = any(other.printed.stars for other in cells if other.table == cell.table)
    return False if starred else None


def _published_n(cell: Cell, cells: Sequence[Cell]) -> float | None:
    for other in cells:
        if (other.table, other.reference) == (cell.table, cell.reference) and field_of(other.stat) == "n_obs":
            return other.printed.value
    return None


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _match_word(match: Match) -> str:
    if isinstance(match, AbsoluteMatch):
        return f"abs {match.abs:g}"
    return f"rel {match.rel:g}" if isinstance(match, RelativeMatch) else match
