"""Lines against numpy written out by hand."""

from __future__ import annotations

import time

import numpy as np
import pytest

from impact.schema.expressions.parse import parse_expression
from impact.schema.ledger.evaluate import Held, World, evaluate
from impact.schema.ledger.order import groups_of, reach_of
from impact.schema.ledger.requests import Discount, Equation

FIRST, LAST = 2018, 2022
GENERATOR = np.random.default_rng(3)
A = GENERATOR.uniform(1, 2, (4, 7))  # from 2016 on
B = GENERATOR.uniform(1, 2, (4, 1))


def world(**equations):
    parsed = {name: parse_expression(text, mode="ledger") for name, text in equations.items()}
    groups, faults = groups_of(parsed)
    assert not faults
    reach = reach_of(parsed, groups, parsed)
    held = {"a": Held(2016, A), "b": Held(2016, B)}
    found = World(FIRST, LAST, Discount(0.05, 2019, (2019, 2022)), held)
    lines = {name: Equation(name, one, reach=reach.get(name, 0)) for name, one in parsed.items()}
    evaluate(found, lines, groups)
    return found


NOW = A[:, 2:]
CASES = {
    "a * b + 2": NOW * B + 2,
    "-a ** 2": -(NOW**2),
    "lag(a, 1)": A[:, 1:-1],
    "a - lag(a)": NOW - A[:, 1:-1],
    "lag(a, 2)": A[:, :-2],
    "lag(a, 1, 7)": np.hstack([np.full((4, 1), 7.0), NOW[:, :-1]]),
    "mean(a, 2019, 2021)": NOW[:, 1:4].mean(axis=1, keepdims=True),
    "sum(a)": NOW.sum(axis=1, keepdims=True),
    "sum(b)": 5 * B,
    "max(a, 2018, 2020)": NOW[:, :3].max(axis=1, keepdims=True),
    "min(a, b)": np.minimum(NOW, B),
    "pv(a)": (NOW[:, 1:] / 1.05 ** np.arange(0, 4)).sum(axis=1, keepdims=True),
    "pv(a, 2018, 2018)": NOW[:, :1] * 1.05,
    "clip(a, 1.2, 1.8)": np.clip(NOW, 1.2, 1.8),
    "a if year >= 2020 else 0": NOW * (np.arange(2018, 2023) >= 2020),
    "1.1 ** (year - 2018)": 1.1 ** np.arange(5.0)[None],
    "pr(a > 1.5)": (NOW > 1.5).mean(axis=0, keepdims=True),
    "a > 1.2 and a < 1.6": ((NOW > 1.2) & (NOW < 1.6)).astype(float),
    "not (a > 1.5)": (NOW <= 1.5).astype(float),
    "log(a) + exp(b)": np.log(NOW) + np.exp(B),
}


@pytest.mark.parametrize("text", CASES)
def test_an_expression(text):
    found = world().value(parse_expression(text, mode="ledger").root)
    np.testing.assert_allclose(np.broadcast_to(found, CASES[text].shape), CASES[text], rtol=1e-13)


def test_a_line_is_evaluated_before_the_first_year_where_a_lag_needs_it():
    found = world(mid="(a + lag(a, 1)) / 2", change="mid - lag(mid, 1)")
    mid = (A[:, 1:] + A[:, :-1]) / 2
    np.testing.assert_allclose(found.held["change"].values, mid[:, 1:] - mid[:, :-1], rtol=1e-13)


def test_capital_that_grows_out_of_itself():
    found = world(k="lag(k, 1, 10) * 0.9 + i", i="a + 0 * lag(k, 1, 10)")
    expected, before = [], np.full(4, 10.0)
    for year in range(5):
        before = before * 0.9 + NOW[:, year]
        expected.append(before)
    np.testing.assert_allclose(found.held["k"].values, np.array(expected).T, rtol=1e-13)


def test_a_year_that_was_not_asked_for_is_no_other_year():
    with pytest.raises(AssertionError):
        world().held["a"].over(2015, 2016)


def test_forty_lines_ten_years_ten_thousand_draws_in_well_under_two_seconds():
    draws = GENERATOR.uniform(1, 2, (10_000, 10))
    held = {"x": Held(2016, draws)}
    texts = {f"e{place}": f"(x + lag(x, 1, 1)) * {place} / (1 + x)" for place in range(40)}
    parsed = {name: parse_expression(text, mode="ledger") for name, text in texts.items()}
    groups, _ = groups_of(parsed)
    found = World(2016, 2025, None, held)
    started = time.process_time()
    evaluate(found, {name: Equation(name, one) for name, one in parsed.items()}, groups)
    assert time.process_time() - started < 1.5
    assert found.held["e39"].values.shape == (10_000, 10)
