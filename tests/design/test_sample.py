"""Samples: what each step drops is what a loop over the rows counts."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.designs import AbsorbedFactor
from impact.design.grouping import make_factor
from impact.design.sample import Selection, filtered, subset_effects, without_missing, without_singletons
from impact.schema.expressions.parse import parse_expression

VALUES = st.one_of(st.just(float("nan")), st.integers(-2, 2).map(float))
COLUMNS = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=25)


@settings(max_examples=60)
@given(COLUMNS)
def test_filters_count_false_and_missing_apart(rows):
    a, b = (np.array(part) for part in zip(*rows, strict=True))
    found = filtered(
        {"a": a, "b": b}, len(a), {"low": parse_expression("a < 1"), "b": parse_expression("b >= 0")}
    )
    left = [k for k, (x, y) in enumerate(rows) if x < 1 and y >= 0]
    assert found.rows.tolist() == left
    steps = {step.name: step for step in found.steps}
    for name, tested, kept in (
        ("low", rows, lambda r: r[0] < 1),
        ("b", [r for r in rows if r[0] < 1], lambda r: r[1] >= 0),
    ):
        values = [r[0] if name == "low" else r[1] for r in tested]
        missing = sum(v != v for v in values)
        dropped = sum(not kept(r) for r in tested)
        if dropped:
            assert (steps[name].dropped, steps[name].missing, steps[name].false) == (
                dropped,
                missing,
                dropped - missing,
            )
        else:
            assert name not in steps


@settings(max_examples=60)
@given(COLUMNS)
def test_a_row_is_lost_to_the_first_column_that_lacks_it(rows):
    a, b = (np.array(part) for part in zip(*rows, strict=True))
    text = np.array(["x" if y == y else None for y in b], dtype=object)
    start = Selection(np.arange(len(a)) + 100)
    found, kept = without_missing(start, [("a", a), ("text", text)])
    whole = (a == a) & (b == b)
    assert np.array_equal(kept, whole)
    assert found.rows.tolist() == (np.flatnonzero(whole) + 100).tolist()
    counts = {step.name: step.dropped for step in found.steps}
    assert counts.get("a", 0) == np.count_nonzero(a != a)
    assert counts.get("text", 0) == np.count_nonzero((a == a) & (b != b))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25))
def test_singletons_are_dropped_until_none_is_left(pairs):
    columns = [np.array(part, dtype=float) for part in zip(*pairs, strict=True)]
    absorb = tuple(AbsorbedFactor(make_factor(name, [c])) for name, c in zip("ab", columns, strict=True))
    rows = list(range(len(pairs)))
    while True:
        alone = [k for k in rows if any(sum(pairs[j][s] == pairs[k][s] for j in rows) == 1 for s in (0, 1))]
        if not alone:
            break
        rows = [k for k in rows if k not in alone]
    kept = without_singletons(absorb)
    assert rows == (list(range(len(pairs))) if kept is None else np.flatnonzero(kept).tolist())


def test_slopes_alone_make_no_singletons():
    factor = make_factor("a", [np.array([1.0, 2.0])])
    assert without_singletons((AbsorbedFactor(factor, np.ones(2), "t", intercept=False),)) is None
    assert without_singletons(()) is None


def test_effects_follow_their_rows():
    factor = make_factor("a", [np.array([1.0, 2.0, 3.0, 1.0])])
    (effect,) = subset_effects(
        (AbsorbedFactor(factor, np.arange(4.0), "t", intercept=False),), np.array([0, 2])
    )
    assert (effect.factor.labels, effect.slope.tolist(), effect.slope_name) == ((1.0, 3.0), [0.0, 2.0], "t")
    assert not effect.intercept
