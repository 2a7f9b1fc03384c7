"""`impact cache`: what is stored of earlier runs, whether it is sound, and removing it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from impact.cli.main import setting
from impact.core.errors import OutputError, Place
from impact.core.texts import fault, text
from impact.pipeline.caching.store import Damaged, Entry, Store, cache_folder, read_entry

ACTIONS = ("ls", "clear", "verify", "path")
MOST_NAMED = 5
SHOWN = 12


@click.command("cache")
@click.argument("action", type=click.Choice(ACTIONS), default="ls", metavar="[ls|clear|verify|path]")
@click.pass_context
def command(ctx: click.Context, *, action: str) -> int:
    """List, check or remove what earlier runs have stored; `path` says where that is.

    Results are kept by their content in .impact/cache, or in the folder that IMPACT_CACHE_DIR names. `clear` removes
    what impact has put there and nothing else. `verify` ends with 7 where an entry is damaged.
    """
    store = Store(cache_folder())
    language = str(setting(ctx, "lang") or "en")
    as_json = setting(ctx, "format") == "json"
    if action == "path":
        print(json.dumps({"folder": str(store.folder)}) if as_json else store.folder)
        return 0
    if action == "clear":
        count, size = _clear(store)
        told = {"removed": count, "bytes": size}
        print(json.dumps(told) if as_json else text("cache.cleared", language, count=count, size=_size(size)))
        return 0
    if action == "verify":
        return _verify(store, as_json=as_json, language=language)
    return _list(store, as_json=as_json, language=language)


def _clear(store: Store) -> tuple[int, int]:
    try:
        return store.clear()
    except OSError as error:
        folder, problem = str(store.folder), error.strerror or str(error)
        raise OutputError(fault("E706", place=Place(folder), folder=folder, problem=problem)) from error


def _verify(store: Store, *, as_json: bool, language: str) -> int:
    damaged: list[str] = []
    entries = list(store.entries())
    for one in entries:
        try:
            read_entry(one.file)
        except (Damaged, OSError):
            damaged.append(one.key[:SHOWN])
    if as_json:
        print(json.dumps({"entries": len(entries), "damaged": damaged}))
        return OutputError.exit_status if damaged else 0
    if damaged:
        keys = ", ".join(damaged[:MOST_NAMED]) + (" …" if len(damaged) > MOST_NAMED else "")
        folder = str(store.folder)
        raise OutputError(
            fault(
                "E707", place=Place(folder), folder=folder, count=len(damaged), total=len(entries), keys=keys
            )
        )
    print(text("cache.sound", language, count=len(entries)))
    return 0


def _list(store: Store, *, as_json: bool, language: str) -> int:
    entries = sorted(store.entries(), key=lambda one: (-one.used, one.key))
    records = [_record(one) for one in entries]
    if as_json:
        print(json.dumps({"folder": str(store.folder), "limit": store.limit, "entries": records}, indent=1))
        return 0
    for record in records:
        line = {"id": record["key"][:SHOWN], "size": _size(record["bytes"])}
        print(text("cache.row", language, **line, used=record["used"], what=record["what"]))
    size = _size(sum(one.size for one in entries))
    limit = _size(store.limit)
    print(
        text("cache.total", language, count=len(entries), size=size, limit=limit, folder=Path(store.folder))
    )
    return 0


def _record(entry: Entry) -> dict[str, Any]:
    """One entry: key, bytes, last use, and the model, test or curve that it is the result of."""
    try:
        facts = entry.head()["facts"]
        what = " ".join(
            f"{kind} {facts[kind]}" for kind in ("model", "test", "curve", "group") if facts.get(kind)
        )
    except (ValueError, OSError, KeyError, TypeError):
        what = "?"
    used = datetime.fromtimestamp(entry.used, UTC).isoformat(timespec="seconds")
    return {"key": entry.key, "bytes": entry.size, "used": used, "what": what}


def _size(count: int) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count = count / 1024  # type: ignore[assignment]
    return f"{count:.1f} GB"
