"""What a spec can say of listings, and every way to say it wrong."""

from __future__ import annotations

from typing import Any

import pytest

from impact.core.errors import Fault
from impact.schema.listings.requests import ListingRequest, listings_of
from impact.schema.load import load_nodes


def read(text: str) -> tuple[tuple[ListingRequest, ...], list[Fault]]:
    return listings_of(load_nodes((text).encode(), name="spec.yaml"))


def one(body: str, head: str = "") -> tuple[Any, list[Fault]]:
    found, faults = read(f"{head}listings:\n  t:\n{body}")
    return (found[0] if found else None), faults


def test_every_part_is_parsed() -> None:
    body = """    title: {en: T, es: T}
    by: [year]
    filter: year > 2000
    columns:
      a: {sum: x}
      b: {mean: x, weights: w, digits: 2}
      c: name
    cumulate: {run: a}
    derive: {d: {value: e + 1, digits: 1}, e: 2 * a}
    order: -a
    total: {en: All, es: Todo}
    min_rows: 3
"""
    found, faults = one(body)
    assert faults == []
    assert [(c.name, c.way, c.digits, c.weights is not None) for c in found.columns] == [
        ("a", "sum", None, False), ("b", "mean", 2, True), ("c", "value", None, False)
    ]  # fmt: skip
    # derived columns are computed after those that they read
    assert [c.name for c in found.derive] == ["e", "d"]
    assert found.order == (("a", True),)
    assert found.names == ("a", "b", "c", "run", "e", "d")
    assert (found.total["es"], found.min_rows, found.title["en"]) == ("Todo", 3, "T")
    assert len(list(found.expressions())) == 5


def test_total_true_has_a_label_in_both_languages() -> None:
    found, _ = one("    by: a\n    columns: {n: {count: true}}\n    total: true\n")
    assert set(found.total) == {"en", "es"}


def test_another_file_by_its_name() -> None:
    head = "data:\n  main: {file: a.csv}\n  other: {file: b.csv}\n"
    found, faults = one("    file: other\n    by: a\n    columns: {n: x}\n", head)
    assert (found.file, faults) == ("other", [])


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("    by: a\n    columns: {n: {sum: x, mean: x}}\n", "E455", "exactly one"),
        ("    by: a\n    columns: {n: {}}\n", "E455", "exactly one"),
        ("    by: a\n    columns: {n: {sum: x, weights: w}}\n", "E455", "weights belong to a mean"),
        ("    by: a\n    columns: {a: x}\n", "E455", "stands twice"),
        ("    by: a\n    columns: {n: x}\n    cumulate: {run: m}\n", "E455", "none of its columns"),
        ("    by: a\n    columns: {n: x}\n    derive: {d: {sum: n}}\n", "E455", "not sum"),
        ("    by: a\n    columns: {n: x}\n    order: m\n", "E455", "order"),
        ("    by: a\n    columns: {n: x}\n    file: other\n", "E455", "none of the files"),
        ("    by: a\n    columns: {}\n", "E106", ""),
        ("    by: []\n    columns: {n: x}\n", "E106", ""),
        ("    columns: {n: x}\n", "E103", "by"),
        ("    by: a\n", "E103", "columns"),
        ("    by: a\n    colums: {n: x}\n    columns: {n: x}\n", "E102", "colums"),
        ("    by: a\n    columns: {n: {total: x}}\n", "E102", "total"),
        ("    by: a\n    columns: {n: x}\n    min_rows: 0\n", "E106", ""),
        ("    by: a\n    columns: {n: 'x +'}\n", "E403", ""),
        ("    by: a\n    columns: {n: x}\n    derive: {p: q, q: p}\n", "E413", ""),
    ],
)
def test_faults_have_a_code_and_a_place(body: str, code: str, words: str) -> None:
    found, faults = one(body)
    assert found is None
    assert code in [one.code for one in faults]
    chosen = next(one for one in faults if one.code == code)
    assert words in chosen.message
    assert chosen.place is not None
    assert chosen.place.line > 0


@pytest.mark.parametrize("key", ["models", "tests"])
def test_a_name_that_a_model_or_test_has(key: str) -> None:
    _, faults = one("    by: a\n    columns: {n: x}\n", f"{key}:\n  t: {{}}\n")
    assert [found.code for found in faults] == ["E455"]


def test_no_listings() -> None:
    assert read("spec: 1\n") == ((), [])
