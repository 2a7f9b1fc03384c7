"""A spec frozen before its data are opened, and what of it was changed since.

The frozen file holds the spec with everything that it extends worked in, so that a later reader sees which keys
changed, not only that something did.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import impact
from impact.core.errors import DataError, Notice, Place
from impact.core.texts import fault, notice
from impact.pipeline.document import spec_sha256
from impact.plan import Plan, make_plan
from impact.schema.nodes import to_plain

SCHEMA = "impact-frozen-1"
ENDING = ".frozen.json"
SHOWN = 8
# what a reader sees but no number depends on
WORDS = ("title", "question", "notes", "labels", "authors", "language", "locale")


@dataclass(frozen=True, slots=True)
class Change:
    """One key of the spec that is not what it was; None where it was absent. ``words``: no number depends on it."""

    key: str
    before: object
    now: object
    words: bool


def frozen_file(spec: Path) -> Path:
    """Where the frozen form of a spec is kept: beside it."""
    return spec.with_name(spec.stem + ENDING)


def freeze_spec(spec: Path) -> dict[str, Any]:
    """The frozen form of a spec: its content, checksum, and the day. No data file is opened.

    Raises:
        SpecError: the spec has faults.
    """
    plan = make_plan(spec)
    return {
        "schema": SCHEMA,
        "spec": spec.name,
        "impact": impact.__version__,
        "frozen": datetime.now(UTC).isoformat(timespec="seconds"),
        "content_sha256": spec_sha256(plan),
        "files": {
            Path(source.file).name: hashlib.sha256(source.text.encode("utf-8")).hexdigest()
            for source in plan.resolved.sources
        },
        "content": to_plain(plan.resolved.tree),
    }


def changes_since(spec: Path) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """The frozen form of a spec, and every key that changed since.

    Raises:
        DataError: E627 there is no frozen form that can be read. SpecError: the spec has faults.
    """
    frozen = _read(spec)
    return frozen, _changes(frozen, make_plan(spec))


def frozen_notice(plan: Plan) -> Notice | None:
    """W644 where keys that a number depends on changed since the spec was frozen; None where none did.

    Raises:
        DataError: E627 the frozen form that is there cannot be read.
    """
    spec = Path(plan.resolved.tree.place.file)
    if not frozen_file(spec).is_file():
        return None
    frozen = _read(spec)
    keys = [change.key for change in _changes(frozen, plan) if not change.words]
    return (
        notice("W644", day=frozen["frozen"], count=len(keys), keys=", ".join(keys[:SHOWN])) if keys else None
    )


def _read(spec: Path) -> dict[str, Any]:
    file = frozen_file(spec)
    try:
        frozen: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        dict(_flat(frozen["content"]))
        str(frozen["frozen"])
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(fault("E627", place=Place(file=str(file)), path=str(file), spec=str(spec))) from None
    return frozen


def _changes(frozen: Mapping[str, Any], plan: Plan) -> tuple[Change, ...]:
    before, now = dict(_flat(frozen["content"])), dict(_flat(to_plain(plan.resolved.tree)))
    keys = [key for key in dict.fromkeys([*before, *now]) if before.get(key) != now.get(key)]
    return tuple(Change(key, before.get(key), now.get(key), _is_words(key)) for key in keys)


def _is_words(key: str) -> bool:
    parts = key.split(".")
    return parts[0] in WORDS or parts[-2:-1] == ["title"] or parts[-1] == "title"


def _flat(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value
