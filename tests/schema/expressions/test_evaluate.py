from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from impact.core.errors import DataError, ImpactError, SpecError
from impact.schema.expressions.context import Context
from impact.schema.expressions.evaluate import FUNCTIONS, evaluate, evaluate_condition
from impact.schema.expressions.panel import panel_keys
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.signatures import SIGNATURES


def test_every_function_of_the_whitelist_is_there() -> None:
    assert set(SIGNATURES) - set(FUNCTIONS) == {
        name for name, found in SIGNATURES.items() if found.family == "claim" or name in ("between", "when")
    }


def test_conditions_are_checked() -> None:
    columns = {"p": np.array([1, 2, 2]), "s": np.array(["a", "b", "c"], dtype=object)}
    found = evaluate_condition(parse_expression("p == 2"), columns, Context(3))
    assert found.tolist() == [0, 1, 1]
    with pytest.raises(DataError) as caught:
        evaluate_condition(parse_expression("p"), columns, Context(3))
    assert caught.value.code == "E411"
    assert "p == 2" in caught.value.faults[0].help
    with pytest.raises(DataError, match="E406"):
        evaluate_condition(parse_expression("s"), columns, Context(3))


def test_columns_before_parameters_and_odd_names() -> None:
    columns = {"class": np.array([1.0]), "año x": np.array([2.0]), "log": np.array([np.e])}
    context = Context(1, params={"class": 9, "k": 3})
    assert evaluate(parse_expression("class + `año x` * k + log(log)"), columns, context).tolist() == [8.0]


def test_all_unknown_columns_at_once() -> None:
    with pytest.raises(DataError) as caught:
        evaluate(parse_expression("aa + bb"), {"a": np.ones(1)}, Context(1))
    assert [fault.code for fault in caught.value.faults] == ["E402", "E402"]
    assert caught.value.suggestion == "a"


def test_identifiers_beyond_a_float_are_refused() -> None:
    with pytest.raises(DataError, match="E409"):
        evaluate(parse_expression("id + 1"), {"id": np.array([2**53 + 1])}, Context(1))


def test_long_chains_and_deep_trees() -> None:
    columns = {"x": np.ones(3)}
    assert evaluate(parse_expression("+".join(["x"] * 200)), columns, Context(3)).tolist() == [200.0] * 3
    assert evaluate(parse_expression("abs(" * 40 + "x" + ")" * 40), columns, Context(3)).tolist() == [1.0] * 3
    nested = "x"
    for _ in range(39):
        nested = f"(1 + 2 * {nested})"
    assert evaluate(parse_expression(nested), columns, Context(3))[0] == 2.0**40 - 1


def test_claims_look_results_up() -> None:
    def lookup(parts: tuple[str, ...], keys: dict[str, object]) -> float | str | None:
        if parts == ("ols", "m", "estimate"):
            return -0.5 if not keys else float(len(keys))
        if parts == ("ols", "m", "verdict"):
            return "equivalent"
        if parts == ("ols", "m", "p_value"):
            return None
        raise KeyError(parts, "ols.m.estimate")

    def claimed(text: str) -> object:
        tree = parse_expression(text, mode="claims")
        return evaluate(tree, {}, Context(1, lookup=lookup)).tolist()[0]

    assert claimed("ols.m.estimate < 0") == 1.0
    assert claimed('get("ols", "m", "estimate", sex="women", level=95)') == 2.0
    assert claimed('ols.m.verdict == "equivalent"') == 1.0
    assert np.isnan(claimed("ols.m.p_value < 0.05"))
    with pytest.raises(DataError) as caught:
        claimed("ols.m.estimat < 0")
    assert (caught.value.code, caught.value.suggestion) == ("E416", "ols.m.estimate")
    with pytest.raises(DataError, match="E405"):
        claimed('ols.m.estimate == "equivalent"')


def test_a_million_rows() -> None:
    rows = 1_000_000
    random = np.random.default_rng(1)
    columns = {name: random.normal(size=rows) for name in "abcde"}
    columns["a"][::9] = np.nan
    tree = parse_expression("(a + b * c - d) / e > 0")
    evaluate(tree, columns, Context(rows))
    best = min(_seconds(tree, columns, rows) for _ in range(3))
    assert best < 0.2


def _seconds(tree: object, columns: dict[str, np.ndarray], rows: int) -> float:
    start = time.perf_counter()
    evaluate(tree, columns, Context(rows))
    return time.perf_counter() - start


PIECES = st.sampled_from(["x", "s", "d", "f", "1", "0", '"a"', "missing", "true", "g"])


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    listed = st.lists(inner, max_size=3)
    called = st.tuples(st.sampled_from(sorted(SIGNATURES)), listed, st.sampled_from(["", "by=g"])).map(
        lambda parts: f"{parts[0]}({', '.join([*parts[1], *([parts[2]] if parts[2] else [])])})"
    )
    sign = st.sampled_from(["+", "/", "**", "<", "==", "and", "or"])
    joined = st.tuples(inner, sign, inner).map(lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})")
    chosen = st.tuples(inner, inner, inner).map(
        lambda parts: f"({parts[0]}) if ({parts[1]}) else ({parts[2]})"
    )
    return st.one_of(called, joined, chosen)


@settings(max_examples=400, deadline=None)
@example("max(missing, s)")
@example("min(missing, x, d)")
@example("max(missing, d, missing)")
@given(st.recursive(PIECES, _grow, max_leaves=6))
def test_whatever_parses_gives_a_column_or_a_typed_error(text: str) -> None:
    columns = {
        "x": np.array([1.0, np.nan, -2.0]),
        "s": np.array(["a", None, "7"], dtype=object),
        "d": np.array(["2018-01-01", "NaT", "2019-01-01"], "datetime64[D]"),
        "f": np.array([1.0, 0.0, np.nan]),
        "g": np.array([1.0, 1.0, 2.0]),
    }
    try:
        tree = parse_expression(text)
    except SpecError:
        return
    try:
        found = evaluate(tree, columns, Context(3, panel_keys([columns["g"]], np.array([1, 2, 1]))))
    except ImpactError:
        return
    assert found.shape == (3,)
    assert found.dtype.kind in "fOM"
    if found.dtype.kind == "f":
        assert not np.isinf(found).any()
