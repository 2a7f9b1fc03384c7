"""The rows of a subgroup table: a tree of variables and levels, margins included, drawn depth first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from impact.outputs._document import ALL_GROUPS, Document, pairs_of, unique
from impact.schema.display import RowsByBlock


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One line: the group it shows (None: everybody), its own level, its depth.

    ``heads``: a heading without an estimate; without a level it heads all groups of its variable.
    """

    group: str | None
    variable: str
    level: str
    depth: int
    heads: bool = False


def groups_of(document: Document, names: Iterable[str]) -> list[str | None]:
    """All subgroups of some models, by the rows first, then failed ones; everybody is None."""
    names = list(names)
    found: list[object] = [row.get("group") for row in document.get("rows", ()) if row["model"] in names]
    for name in names:
        found += list(document["models"].get(name, {}).get("groups") or ())
    seen: dict[str | None, None] = {}
    for group in found:
        seen[None if group in ALL_GROUPS else str(group)] = None
    return list(seen)


def kept(groups: Sequence[str | None], wanted: Sequence[str]) -> list[str | None]:
    """Only the groups that carry one of the wanted labels; all where none is asked for."""
    if not wanted:
        return list(groups)
    return [
        group
        for group in groups
        if ("all" if group is None else group) in wanted
        or any(f"{name}={level}" in wanted for name, level in pairs_of(group or ""))
    ]


def lines_of(groups: Sequence[str | None], block: RowsByBlock | None) -> list[GroupLine]:
    """The lines of the table, nested by variable; a parent without its own estimate becomes a heading."""
    named = [group for group in groups if group is not None]
    order = block.by if block else _variables(named)
    levels = {variable: _levels(named, variable) for variable in order}
    chosen = {group: _path(group, order) for group in named}
    paths = sorted(
        (path for path in chosen.values() if path is not None), key=lambda path: _rank(path, order, levels)
    )
    by_path = {path: group for group, path in chosen.items() if path is not None}
    several = len({path[0][0] for path in paths}) > 1
    lines: list[GroupLine] = []
    open_path: tuple[tuple[str, str], ...] = ()
    for path in paths:
        if several and (not open_path or path[0][0] != open_path[0][0]):
            lines.append(GroupLine(None, path[0][0], "", 0, heads=True))
        lines += _headings(path, open_path)
        variable, level = path[-1]
        lines.append(GroupLine(by_path[path], variable, level, len(path) - 1))
        open_path = path
    place = block.all if block else "last"
    everybody = [GroupLine(None, "", "", 0)] if None in groups and place != "none" else []
    return everybody + lines if place == "first" else lines + everybody


def _variables(groups: Sequence[str]) -> list[str]:
    """The variables, those of the longest group first (its order is the nesting)."""
    longest = sorted(groups, key=lambda group: -len(pairs_of(group)))
    return unique(name for group in longest for name, _ in pairs_of(group))


def _levels(groups: Sequence[str], variable: str) -> list[str]:
    return unique(level for group in groups for name, level in pairs_of(group) if name == variable)


def _path(group: str, order: Sequence[str]) -> tuple[tuple[str, str], ...] | None:
    """The group's levels in the order of nesting; None if it uses a variable that is not asked for."""
    pairs = dict(pairs_of(group))
    if not set(pairs) <= set(order):
        return None
    return tuple((name, pairs[name]) for name in order if name in pairs)


def _rank(
    path: Sequence[tuple[str, str]], order: Sequence[str], levels: dict[str, list[str]]
) -> tuple[tuple[int, int], ...]:
    return tuple((order.index(name), levels[name].index(level)) for name, level in path)


def _headings(path: Sequence[tuple[str, str]], above: Sequence[tuple[str, str]]) -> list[GroupLine]:
    """Headings for the levels on the way to a group that no line has opened yet."""
    opened = [
        depth for depth in range(len(path) - 1) if tuple(path[: depth + 1]) != tuple(above[: depth + 1])
    ]
    return [GroupLine(None, *path[depth], depth, heads=True) for depth in opened]
