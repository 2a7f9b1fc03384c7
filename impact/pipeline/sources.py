"""The data files of a plan: their rows, and their headers alone.

Named roots are those of the impact.toml nearest to the spec that wrote the data block, as relative paths are relative
to that spec: with ``extends`` across folders each file is found where its own spec would find it.
"""

from __future__ import annotations

from collections.abc import Collection

import impact.data.paths as data_paths
import impact.data.read as data_read
from impact.core.frames import Frame
from impact.plan import Plan, Source


def read_source(plan: Plan, source: Source, wanted: Collection[str]) -> Frame:
    """The wanted columns of one data file of the plan.

    Raises:
        DataError: E2xx.
    """
    return data_read.read_frame(
        source.block,
        folder=source.folder,
        name=source.name,
        roots=data_paths.collect_roots(source.folder, plan.roots),
        wanted=frozenset(wanted),
        place=source.node.place,
    )


def headers_of(plan: Plan) -> list[str]:
    """The columns of all data files.

    Raises:
        DataError: a file is absent or its header unreadable.
    """
    columns: list[str] = []
    for source in plan.sources:
        columns += data_read.header_of(
            source.block,
            folder=source.folder,
            name=source.name,
            roots=data_paths.collect_roots(source.folder, plan.roots),
            place=source.node.place,
        )
    return columns
