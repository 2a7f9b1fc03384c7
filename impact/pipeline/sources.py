"""The data files of a plan: their rows, and their headers alone.

Named roots are those of the impact.toml nearest to the spec that wrote the data block, as relative paths are relative
to that spec: with ``extends`` across folders each file is found where its own spec would find it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import impact.catalog as catalog
import impact.data.paths as data_paths
import impact.data.several as several
import impact.data.source_files as source_files
from impact.core.frames import Frame
from impact.plan import Plan
from impact.schema.resolving.sources import Source


def read_source(plan: Plan, source: Source, wanted: Collection[str]) -> Frame:
    """The wanted columns of one data file of the plan, or of the files of a kind of source.

    Raises:
        DataError: E2xx.
    """
    names = frozenset(wanted)
    roots = data_paths.collect_roots(source.folder, plan.roots)
    if source.asked is not None:
        record, request = _opened(source, roots, names)
        return source_files.read_source_files(record, source.asked, request)
    return several.read_block(
        source.block,
        folder=source.folder,
        name=source.name,
        roots=roots,
        wanted=names,
        place=source.node.place,
    )


def headers_of(plan: Plan) -> list[str]:
    """The columns of all data files.

    Raises:
        DataError: a file is absent or its header unreadable.
    """
    columns: list[str] = []
    for source in plan.sources:
        columns += _header(source, data_paths.collect_roots(source.folder, plan.roots))
    return columns


def _header(source: Source, roots: Mapping[str, Path]) -> tuple[str, ...]:
    if source.asked is not None:
        record, request = _opened(source, roots, None)
        return source_files.columns_of_source(record, source.asked, request)
    return several.header_of_block(
        source.block, folder=source.folder, name=source.name, roots=roots, place=source.node.place
    )


def _opened(
    source: Source, roots: Mapping[str, Path], wanted: frozenset[str] | None
) -> tuple[Any, source_files.SourceFiles]:
    assert source.asked is not None
    request = source_files.open_source(
        source.asked, source.block, folder=source.folder, name=source.name, roots=roots, wanted=wanted
    )
    return catalog.SURVEYS.load(source.asked.keyword), request
