"""Inputs from the spec: the block of each, with what a scenario changes in it, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from impact.core.errors import Fault, Place
from impact.core.texts import LANGUAGES, fault
from impact.schema.faults_from_pydantic import validate_node
from impact.schema.ledger.block import InputBlock
from impact.schema.ledger.requests import HOLD, LINEAR_DEFAULT, Input, Series
from impact.schema.nodes import Entry, Node, from_plain, map_node, without
from impact.schema.resolving.changes import merge

# the parts of an input that say how much it is
AMOUNT = ("value", "path", "interpolate", "before", "after", "low", "high", "dist", "draw")
OF_PATH = ("path", "interpolate", "before", "after")
# distributions whose low and high are the 5th and 95th percentiles
PERCENTILES = ("normal", "lognormal")
# how far the value may lie from the middle of low and high, as a share of their distance
OFF_MIDDLE = 0.01
Floats = npt.NDArray[np.float64]


def words_of(value: object) -> Mapping[str, str] | None:
    """Free text in every language; one text serves all."""
    if value is None or value == "":
        return None
    if isinstance(value, Mapping):
        known = next(iter(value.values()), "")
        return {language: str(value.get(language) or value.get("en") or known) for language in LANGUAGES}
    return dict.fromkeys(LANGUAGES, str(value))


def changed_node(base: Node, change: Node) -> Node:
    """The block of an input as a scenario has it: a number fixes it, a mapping changes the parts that it names."""
    base = _long(base)
    if change.kind == "scalar":
        fixed = Entry("value", change.place, change)
        assumed = Entry("status", change.place, from_plain("assumption", change.place))
        kept = tuple(entry for entry in without(base, *AMOUNT, "status").entries)
        return map_node(change.place, (fixed, assumed, *kept))
    if change.get("value") is not None:
        base = without(base, *OF_PATH)
    if change.get("path") is not None and base.get("path") is None:
        base = without(base, "value")
    return merge(base, change)


def _long(node: Node) -> Node:
    return node if node.kind == "map" else map_node(node.place, (Entry("value", node.place, node),))


def input_of(name: str, node: Node, where: str, *, changed: bool = False) -> tuple[Input | None, list[Fault]]:
    """One input and its faults.

    Arguments:
        where: dotted path for messages, inputs.tau or scenarios.closure.stock. changed: set by a scenario.
    """
    node = _long(node)
    block, faults = validate_node(InputBlock, node, where=where)
    if block is None or faults:
        return None, faults
    faults = [
        fault("E166", place=_place(node, key), where=where, problem=problem)
        for key, problem in _problems(block)
    ]
    if faults:
        return None, faults
    point = _series(block.path, block.value, block)
    low, high = (_bound(own, point, block) for own in (block.low, block.high))
    default = "fixed" if low is None else "triangular"
    found = Input(
        name=name,
        point=point,
        low=low,
        high=high,
        dist=block.dist or default,
        draw=block.draw,
        unit=block.unit,
        source=words_of(block.source),
        status=block.status,
        title=words_of(block.title),
        note=words_of(block.note),
        changed=changed,
        place=node.place,
    )
    return found, []


def _place(node: Node, key: str) -> Place:
    entry = node.entry(key)
    if entry is None:
        return node.place
    return entry.node.place if entry.node.kind == "scalar" else entry.place


def _problems(block: InputBlock) -> Iterator[tuple[str, str]]:
    """Key and what is wrong with it."""
    if (block.value is None) == (block.path is None):
        yield "path", "give either value or path"
        return
    if block.path is None:
        given = next((key for key in OF_PATH if getattr(block, key) is not None), None)
        if given is not None:
            yield given, f"{given} is for a path; this input has one value"
    elif not block.path:
        yield "path", "a path needs at least one year"
    for key in ("path", "low", "high"):
        yield from _year_problems(key, getattr(block, key), block)
    if (block.low is None) != (block.high is None):
        missing = "low" if block.low is None else "high"
        yield ("high" if missing == "low" else "low"), f"{missing} is missing: a range has both ends"
    if block.low is None and block.dist not in (None, "fixed"):
        yield "dist", f"dist {block.dist} needs low and high"
    if block.draw == "year" and block.low is None:
        yield "draw", "draw: year needs low and high"
    if block.status == "verified" and not block.source:
        yield "status", "status verified needs a source"
    if block.interpolate == "geometric" and min((block.path or {"": 1.0}).values()) <= 0:
        yield "interpolate", "geometric interpolation needs values above zero"


def _year_problems(key: str, value: object, block: InputBlock) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        return
    if key != "path" and block.path is None:
        yield key, f"{key} by year is for a path; this input has one value"
    if not value:
        yield key, f"{key} needs at least one year"
    for year in value:
        if not (str(year).isdecimal() and len(str(year)) == 4):
            yield key, f"'{year}' is no year"


def _series(path: Mapping[str, float] | None, value: float | None, block: InputBlock) -> Series:
    if path is None:
        return Series(value=value)
    known = tuple(sorted((int(year), float(amount)) for year, amount in path.items()))
    how = block.interpolate or LINEAR_DEFAULT
    return Series(path=known, interpolate=how, before=block.before, after=block.after)


def _bound(own: float | Mapping[str, float] | None, point: Series, block: InputBlock) -> Series | None:
    """An end of the range; of a path with a number for an end, that number in every year of the path."""
    if own is None:
        return None
    if isinstance(own, Mapping):
        return _series(own, None, block)
    if point.value is not None:
        return Series(value=float(own))
    path = tuple((year, float(own)) for year, _ in point.path)
    return Series(path=path, interpolate=point.interpolate, before=point.before, after=point.after)


def path_faults(one: Input, first: int, last: int, reach: int, where: str) -> tuple[list[Fault], bool]:
    """E447 years that a path does not cover without a rule, E166 ranges that miss the value; whether the first value is
    held for years before the first of the ledger without being told to.
    """
    known = [year for year, _ in one.point.path]
    faults = []
    if known and known[-1] < last and one.point.after is None:
        faults.append(_uncovered(one, where, f"ends in {known[-1]}", last, "after"))
    if known and known[0] > first and one.point.before is None:
        faults.append(_uncovered(one, where, f"begins in {known[0]}", first, "before"))
    if not faults and one.low is not None and one.high is not None:
        faults += _range_faults(one, (first - reach, last), where)
    assumed = bool(known) and one.point.before is None and first - reach < known[0] and not faults
    return faults, assumed


def _uncovered(one: Input, where: str, ends: str, year: int, key: str) -> Fault:
    return fault("E447", place=one.place, where=where, ends=ends, year=year, key=key, rule=HOLD)


def _range_faults(one: Input, years: tuple[int, int], where: str) -> list[Fault]:
    low, point, high = (
        np.broadcast_to(series.over(*years), years[1] - years[0] + 1)
        for series in (one.low, one.point, one.high)
        if series is not None
    )
    outside = (low > point) | (point > high)
    if outside.any():
        place = int(np.flatnonzero(outside)[0])
        span = f"{low[place]:g} to {high[place]:g}"
        when = f" in {years[0] + place}" if one.point.path else ""
        problem = f"the value {point[place]:g}{when} is outside of low to high, {span}"
        return [fault("E166", place=one.place, where=where, problem=problem)]
    if one.dist not in PERCENTILES:
        return []
    if one.dist == "lognormal" and bool((low <= 0).any()):
        return [fault("E166", place=one.place, where=where, problem="a lognormal needs low above zero")]
    return _middle_faults(one, (low, point, high), where)


def _middle_faults(one: Input, ends: tuple[Floats, Floats, Floats], where: str) -> list[Fault]:
    """E166 where the value is not the middle of low and high, as it must be for a normal or lognormal."""
    low, point, high = (np.log(end) if one.dist == "lognormal" else end for end in ends)
    off = np.abs(point - (low + high) / 2) > OFF_MIDDLE * (high - low)
    if not off.any():
        return []
    place = int(np.flatnonzero(off)[0])
    middle = float((low[place] + high[place]) / 2)
    shown = f"{float(np.exp(middle)) if one.dist == 'lognormal' else middle:.4g}"
    where_it_is = f"the value of a {one.dist} lies in the middle of its 5th and 95th percentile"
    problem = f"{where_it_is}: {shown}, not {ends[1][place]:g}"
    return [fault("E166", place=one.place, where=where, problem=problem)]
