"""Which columns a plan reads, so that unused ones are not read and unknown ones are named before any data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import impact.schema.formulas.tree as formula_tree
from impact.core.errors import Fault, Place
from impact.core.name_patterns import is_pattern, matching
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.expressions.tree import Expression, columns_of
from impact.schema.requests import ModelRequest, OutcomeSums

Use = tuple[str, Place | None]
# columns that a treated block makes, and those that cohorts make
BLOCK_COLUMNS = frozenset({"treated", "post", "exposed"})
COHORT_COLUMNS = frozenset({"treated", "exposed", "event_time"})


def expression_uses(expression: Expression) -> Iterator[Use]:
    """Names an expression reads, with their places."""
    for use in columns_of(expression):
        place = expression.place
        yield use.name, place.shifted(use.start, use.end - use.start) if place is not None else None


def model_uses(request: ModelRequest) -> Iterator[Use]:
    """Names a model reads, with their places."""
    formula = request.formula
    makes_outcome = request.outcome is None
    for use in formula_tree.columns_of(formula):
        if makes_outcome or not _is_outcome(use.name, request):
            yield use.name, formula.at(use)
    yield from _outcome_uses(request)
    for condition in request.filters.values():
        yield from expression_uses(condition)
    if request.weights is not None:
        yield from expression_uses(request.weights.values)
    if request.design is not None:
        yield from expression_uses(request.design.treated)
        for key, name in (("unit", request.design.unit), ("time", request.design.time)):
            yield name, request.design.places.get(key)
    yield from _adoption_uses(request)
    if request.panel is not None:
        yield from ((name, request.place) for name in (*request.panel[0], request.panel[1]))
    for name in request.variance.columns:
        yield from ((part, request.variance.place) for part in name.split("^"))
    yield from ((name, request.variance.place) for name in request.coordinates or ())
    yield from _other_uses(request)


def _adoption_uses(request: ModelRequest) -> Iterator[Use]:
    adoption = request.adoption
    if adoption is not None and request.design is None:
        for key in ("unit", "time", "cohort", "treatment"):
            if name := getattr(adoption, key):
                yield name, adoption.places.get(key)
    yield from ((name, request.place) for name in request.option_columns.values())


def _is_outcome(name: str, request: ModelRequest) -> bool:
    return name == request.outcome_name


def _outcome_uses(request: ModelRequest) -> Iterator[Use]:
    if isinstance(request.outcome, OutcomeSums):
        parts = (request.outcome.total, request.outcome.count, request.outcome.squares)
        for part in parts:
            if part is not None:
                yield from expression_uses(part)
    elif isinstance(request.outcome, Expression):
        yield from expression_uses(request.outcome)


def _other_uses(request: ModelRequest) -> Iterator[Use]:
    for name in permute_columns(request.permute):
        yield name, request.place
    options = request.variance.options
    replicate = getattr(options, "replicate", None)
    for named in (getattr(options, "fpc", None), getattr(replicate, "weights", None)):
        for column in _as_list(named):
            if isinstance(column, str) and column:
                yield column, request.variance.place
    if request.permute_among is not None:
        yield from expression_uses(request.permute_among)
    if request.grouping is not None:
        for dimension, levels in request.grouping.levels.items():
            if not levels:
                yield dimension, request.place
            for condition in levels.values():
                yield from expression_uses(condition)


def permute_columns(options: object) -> tuple[str, ...]:
    """Columns that the options of a permutation name."""
    names = [
        getattr(options, "unit", None),
        getattr(options, "time", None),
        *_as_list(getattr(options, "within", None)),
    ]
    return tuple(name for name in names if isinstance(name, str) and name)


def _as_list(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def unknown_columns(uses: Iterable[Use], known: Sequence[str], *, file: str = "") -> list[Fault]:
    """E514 for every name that is no column, E691 for every pattern that no column matches, once for each place."""
    names = set(known)
    shown = ", ".join(list(known)[:12]) + (", …" if len(known) > 12 else "")
    found: dict[tuple[str, str], Fault] = {}
    for name, place in uses:
        if name in names or (is_pattern(name) and matching(name, known)):
            continue
        key = (name, f"{place.file}:{place.line}:{place.column}" if place is not None else "")
        near = nearest(name, known)
        found.setdefault(
            key,
            fault("E691", place=place, name=name)
            if is_pattern(name)
            else fault("E514", place=place, suggestion=near, name=name, columns=shown, file=file),
        )
    return list(found.values())


def names_used(uses: Iterable[Use], derive: Mapping[str, Expression]) -> set[str]:
    """All names that are read, those of derived columns included."""
    names = {name for name, _ in uses}
    for expression in derive.values():
        names |= {name for name, _ in expression_uses(expression)}
    return names
