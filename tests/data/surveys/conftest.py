"""Small files of exactly the shapes that official sources have, and a way to read them as a spec does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import impact.catalog as catalog
from impact.core.errors import SpecError
from impact.core.frames import Frame
from impact.data.paths import collect_roots
from impact.data.source_files import columns_of_source, open_source, read_source_files
from impact.schema.data_blocks import DataBlock
from impact.schema.faults_from_pydantic import validate_node
from impact.schema.load import load_nodes
from impact.schema.nodes import to_plain
from impact.schema.resolving.data_sources import data_sources


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., Frame | tuple[str, ...]]:
    """``asked("enaho: {folder: f, years: 2018}")`` → the frame; ``header=True``: the names of the columns."""
    (tmp_path / "impact.toml").write_text("")

    def read(block: str, *wanted: str, header: bool = False) -> Frame | tuple[str, ...]:
        tree = load_nodes(f"spec: 1\ndata: {{{block}}}\n", name=str(tmp_path / "s.yaml"))
        tree, sources, faults = data_sources(tree, catalog.SURVEYS)
        if faults:
            raise SpecError(*faults)
        own = tree.get("data")
        made, faults = validate_node(DataBlock, own, where="data")
        assert faults == [], to_plain(own)
        source = sources["main"]
        record = catalog.SURVEYS.load(source.keyword)
        request = open_source(
            source, made, folder=tmp_path, roots=collect_roots(tmp_path), wanted=frozenset(wanted) or None
        )
        if header:
            return columns_of_source(record, source, request)
        return read_source_files(record, source, request)

    return read


@pytest.fixture
def stata(tmp_path: Path) -> Callable[..., Path]:
    """``stata("f/enaho01a-2018-500.dta", {...}, labels={...})`` writes a Stata file."""

    def write(name: str, columns: dict[str, list[object]], **options: object) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        options.setdefault("version", 118)
        pd.DataFrame(columns).to_stata(file, write_index=False, **options)
        return file

    return write


@pytest.fixture
def text(tmp_path: Path) -> Callable[..., Path]:
    """``text("f/table.csv", {...}, encoding="latin-1", sep="|")`` writes a text file."""

    def write(name: str, columns: dict[str, list[object]], **options: object) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(columns).to_csv(file, index=False, **options)
        return file

    return write
