"""The hash of columns does not depend on order, and on nothing else than names and values."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.data.fingerprint import columns_sha256, file_sha256


def columns() -> dict[str, np.ndarray]:
    return {
        "x": np.array([1.5, np.nan, -0.0, 3.0]),
        "t": np.array(["a", None, "ñ", "a"], dtype=object),
        "d": np.array(["2018-10-31", "NaT", "2000-02-29", "2018-10-31"], dtype="datetime64[D]"),
    }


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(4)), names=st.permutations(["x", "t", "d"]))
def test_order_of_rows_and_columns(order: list[int], names: list[str]) -> None:
    moved = {name: columns()[name][np.array(order)] for name in names}
    assert columns_sha256(moved) == columns_sha256(columns())


def test_every_change_shows() -> None:
    hashes = {columns_sha256(columns())}
    for name, value in {"x": 1.5000000000000002, "t": "b", "d": np.datetime64("2018-11-01")}.items():
        changed = columns()
        changed[name][0] = value
        hashes.add(columns_sha256(changed))
    swapped = columns()
    swapped["x"] = swapped["x"][[1, 0, 2, 3]]
    renamed = {("z" if name == "x" else name): values for name, values in columns().items()}
    doubled = {name: np.concatenate([values, values[:1]]) for name, values in columns().items()}
    hashes |= {columns_sha256(swapped), columns_sha256(renamed), columns_sha256(doubled)}
    hashes |= {columns_sha256(columns(), ["x"]), columns_sha256({})}
    assert len(hashes) == 9


def test_equal_values_hash_equally() -> None:
    zero = {"x": np.array([0.0])}
    assert columns_sha256(zero) == columns_sha256({"x": np.array([-0.0])})
    odd_nan = np.array([0x7FF8000000000001], dtype=np.uint64).view(np.float64)
    assert columns_sha256({"x": odd_nan}) == columns_sha256({"x": np.array([np.nan])})


def test_file_hash(tmp_path: Path) -> None:
    content = b"x" * 3_000_000
    (tmp_path / "x").write_bytes(content)
    assert file_sha256(tmp_path / "x") == hashlib.sha256(content).hexdigest()
