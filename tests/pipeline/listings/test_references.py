"""Names of listings in tables, figures and tests, and keys that do not fit, before any data is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact.pipeline.check import check_spec

HEAD = """
spec: 1
data: rows.csv
models: {main: y ~ x}
listings:
  tot: {by: g, columns: {sums: {sum: y}, period: {max: x}}}
"""


def faults(folder: Path, text: str) -> list[tuple[str, str, int]]:
    (folder / "rows.csv").write_text("g,y,x\na,1,2\nb,2,1\na,3,5\n", encoding="utf-8")
    (folder / "s.yaml").write_text(HEAD + text, encoding="utf-8")
    found, _ = check_spec(str(folder / "s.yaml"))
    return [(one.code, one.suggestion, one.place.line if one.place else 0) for one in found]


@pytest.mark.parametrize(
    ("text", "code", "suggestion"),
    [
        ("tables: {a: {listing: tott}}\n", "E732", "tot"),
        ("tables: {a: {rows: listing}}\n", "E732", ""),
        ("tables: {a: {listing: tot, columns: [sumss]}}\n", "E733", "sums"),
        ("tables: {a: {listing: tot, columns: main}}\n", "E733", ""),
        ("tables: {a: {listing: tot, cell: [estimate]}}\n", "E733", ""),
        ("tables: {a: {listing: tot, models: [main]}}\n", "E733", ""),
        ("tables: {a: {listing: tot, rows: models}}\n", "E733", ""),
        ("tables: {a: {listing: tot, stars: [0.1]}}\n", "E733", "terms"),
        ("figures: {a: {kind: trends}}\n", "E732", ""),
        ("figures: {a: {kind: trends, listing: tot}}\n", "E733", ""),
        (
            "figures: {a: {kind: trends, listing: tot, columns: {time: period, valu: sums}}}\n",
            "E733",
            "value",
        ),
        (
            "figures: {a: {kind: trends, listing: tot, columns: {time: g, value: sumss}}}\n",
            "E733",
            "sums",
        ),
        ("figures: {a: {kind: coefplot, listing: tot}}\n", "E733", ""),
        ("figures: {a: {kind: coefplot, models: [main], start: 3}}\n", "E733", ""),
        (
            "figures: {a: {kind: trends, listing: tot, columns: {time: g, value: sums}, geometry: {file: a,key: b}}}\n",
            "E733",
            "",
        ),
        ("figures: {a: {kind: trend, listing: tot}}\n", "E105", "trends"),
        (
            "figures: {a: {kind: tile_map, listing: tot, columns: {area: g, value: sums}, geometry: {file: a}}}\n",
            "E103",
            "",
        ),
        (
            "figures: {a: {kind: trends, listing: tot, columns: {time: g, value: sums}, start: soon}}\n",
            "E104",
            "",
        ),
    ],
)
def test_what_does_not_fit(tmp_path: Path, text: str, code: str, suggestion: str) -> None:
    found = faults(tmp_path, text)
    assert [one[0] for one in found] == [code]
    assert found[0][1] == suggestion
    assert found[0][2] > len(HEAD.splitlines()) - 1


@pytest.mark.parametrize(
    "text",
    [
        "tables: {a: {listing: tot}, b: {rows: listing, listing: tot, columns: [g, sums], terms: [a], digits: 2}}\n",
        "figures: {a: {kind: trends, listing: tot, columns: {time: period, value: sums, group: g}, start: 2}}\n",
        "tables: {a: {columns: [main]}}\nfigures: {b: {kind: coefplot, models: [main]}}\n",
    ],
)
def test_what_fits(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text) == []
