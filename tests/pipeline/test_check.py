"""Checking short of estimating: how deep, what is found, which exit status."""

from __future__ import annotations

import pytest

from impact.pipeline.check import check_spec

BROKEN = {
    "key": ("seed: 3", "sede: 3", "E102", 3, "none"),
    "formula": ('"y ~ exposed + x | unit + year"', '"y ~ exposed + | unit"', "E302", 3, "none"),
    "column": ("exposed + x |", "exposed + xx |", "E514", 3, "headers"),
    "published": ("grid: {columns: [main", "grid: {columns: [mian", "E601", 3, "none"),
    "design": ('treated: "unit <= 3"', 'treated: "year <= 2015"', "E512", None, "data"),
    "sample": ('known: "year >= 2014"', 'known: "year >= 3000"', "E243", None, "data"),
}


def test_a_sound_spec(settled):
    for depth in ("none", "headers", "data"):
        assert check_spec(str(settled / "small.yaml"), depth=depth) == ([], 0)


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_is_found(folder, case):
    old, new, code, status, depth = BROKEN[case]
    file = folder / "small.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    faults, found = check_spec(str(file), depth=depth)
    assert code in {fault.code for fault in faults}
    assert found == status if status is not None else found in (3, 4, 5)


def test_absent_data_is_seen_with_the_headers(folder):
    (folder / "panel.csv").unlink()
    assert check_spec(str(folder / "small.yaml"), depth="none") == ([], 0)
    faults, status = check_spec(str(folder / "small.yaml"))
    assert ([fault.code for fault in faults], status) == (["E201"], 4)


def test_an_absent_spec(tmp_path):
    faults, status = check_spec(str(tmp_path / "none.yaml"))
    assert status == 3
    assert len(faults) == 1
