"""How long the models of a spec took when they were last estimated, for dry runs and the time that remains."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from impact.pipeline.caching.memory import Made
from impact.pipeline.caching.store import Store


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds and megabytes of each model when it was last estimated, and the seconds of the last whole run."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    megabytes: Mapping[str, float] = field(default_factory=dict)
    total: float | None = None


def read_times(store: Store, spec: str) -> Times:
    """The times of a spec file; empty where it was never run with this cache."""
    try:
        found: dict[str, Any] = json.loads(store.read_text(_name(spec)))
        seconds = {str(name): float(value) for name, value in found["seconds"].items()}
        megabytes = {str(name): float(value) for name, value in found["megabytes"].items()}
        return Times(seconds, megabytes, float(found["total"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Times()


def keep_times(store: Store, spec: str, made: Mapping[str, Made], total: float) -> None:
    """Keep the times of what was estimated, beside those of before.

    Raises:
        OSError: they cannot be written.
    """
    before = read_times(store, spec)
    estimated = {name: one for name, one in made.items() if one.estimated and not one.stored}
    content = {
        "seconds": {**before.seconds, **{name: round(one.seconds, 4) for name, one in estimated.items()}},
        "megabytes": {
            **before.megabytes,
            **{name: one.megabytes for name, one in estimated.items() if one.megabytes >= 1.0},
        },
        "total": round(total, 3),
    }
    store.write_text(_name(spec), json.dumps(content, sort_keys=True))


def _name(spec: str) -> str:
    digest = hashlib.sha256(os.path.abspath(spec).encode("utf-8", "surrogatepass")).hexdigest()
    return f"times/{digest[:32]}.json"
