"""run.log: what happened during a run, one JSON object a line; with its clock it differs between runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from impact.outputs.results_json import json_bytes


def log_bytes(events: Iterable[Mapping[str, Any]]) -> bytes:
    """One line an event: ``{"at": "2026-01-31T10:00:00Z", "event": "model", "name": "main", …}``."""
    return b"".join(json_bytes(event, indent=None) for event in events)
