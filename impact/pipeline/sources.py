"""The data files of a plan: their rows, and their headers alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import impact.data.read as data_read
from impact.core.frames import Frame
from impact.plan import Plan
from impact.schema.resolving.sources import Source


def read_source(source: Source, roots: Mapping[str, Path], wanted: Collection[str]) -> Frame:
    """The wanted columns of one data file.

    Raises:
        DataError: E2xx.
    """
    return data_read.read_frame(
        source.block,
        folder=source.folder,
        name=source.name,
        roots=roots,
        wanted=frozenset(wanted),
        place=source.node.place,
    )


def headers_of(plan: Plan, roots: Mapping[str, Path]) -> list[str]:
    """The columns of all data files.

    Raises:
        DataError: a file is absent or its header unreadable.
    """
    columns: list[str] = []
    for source in plan.sources:
        columns += data_read.header_of(
            source.block, folder=source.folder, name=source.name, roots=roots, place=source.node.place
        )
    return columns
