"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click


def common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--out, --jobs, --only, --set, --root, --strict."""
    options = (
        click.option(
            "-o", "--out", default="reports", show_default=True, help="Folder that reports are written in."
        ),
        click.option(
            "-j",
            "--jobs",
            type=click.IntRange(1, 64),
            default=1,
            show_default=True,
            help="Specs or models at the same time.",
        ),
        click.option(
            "--only",
            default="",
            metavar="NAMES",
            help="Models to run, separated by commas (models.iv,models.ols).",
        ),
        click.option(
            "--set",
            "set_values",
            multiple=True,
            metavar="KEY=VALUE",
            help="Change a key of the spec (models.iv.vcov=hc3).",
        ),
        click.option(
            "--root", "roots", multiple=True, metavar="NAME=PATH", help="Folder of a named data root."
        ),
        click.option("--strict", is_flag=True, help="Warnings about data are errors; differing cells count."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def cache_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--no-cache, --refresh."""
    without = click.option("--no-cache", is_flag=True, help="Estimate everything; store nothing.")
    refresh = click.option("--refresh", is_flag=True, help="Estimate everything and store it anew.")
    return without(refresh(function))


def roots_of(values: Sequence[str]) -> dict[str, str]:
    """`--root NAME=PATH` as a mapping."""
    found = {}
    for value in values:
        name, sign, path = value.partition("=")
        if not sign or not name or not path:
            raise click.BadParameter(f"'{value}' is not NAME=PATH", param_hint="--root")
        found[name] = path
    return found


def names_of(value: str) -> tuple[str, ...]:
    """A comma-separated list."""
    return tuple(name.strip() for name in value.split(",") if name.strip())
