"""Pairs of doubles and long doubles against exact rational arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.extended as extended

numbers = st.floats(-1e50, 1e50, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-50)


def exact(pair):
    return sum(Fraction(np.asarray(part).item()) for part in pair)


def relative(pair, target):
    return float(abs(exact(pair) - target) / abs(target)) if target else float(abs(exact(pair)))


@settings(max_examples=200, deadline=None)
@given(numbers, numbers)
def test_errors_of_sum_and_product_are_exact(a, b):
    one, other = np.array([a]), np.array([b])
    assert exact(extended.two_sum(one, other)) == Fraction(a) + Fraction(b)
    assert exact(extended.two_product(one, other)) == Fraction(a) * Fraction(b)


@settings(max_examples=200, deadline=None)
@given(st.tuples(*[st.floats(0.1, 1e6)] * 4), st.sampled_from([1.0, -1.0]))
def test_pair_arithmetic_has_a_hundred_bits(values, sign):
    a = extended.two_sum(np.array([values[0]]), np.array([values[1] * 1e-17]))
    b = extended.two_sum(np.array([sign * values[2]]), np.array([values[3] * 1e-17]))
    for found, target in (
        (extended.pair_multiply(a, b), exact(a) * exact(b)),
        (extended.pair_divide(a, b), exact(a) / exact(b)),
    ):
        assert relative(found, target) < 2.0**-100
    # A difference keeps its bits relative to the operands.
    total = exact(extended.pair_add(a, b)) - (exact(a) + exact(b))
    assert abs(total) <= (abs(exact(a)) + abs(exact(b))) * Fraction(1, 2**100)
    root = extended.pair_root(a)
    assert relative(extended.pair_multiply(root, root), exact(a)) < 2.0**-98


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 64, 1001])
def test_sum_of_a_pair_survives_cancellation(n):
    rng = np.random.default_rng(n)
    values = rng.normal(size=(n, 2)) * 10.0 ** rng.integers(-12, 12, (n, 2))
    values = np.concatenate([values, -values[::-1], np.full((1, 2), 1e-9)])
    found = extended.pair_sum((values, np.zeros_like(values)))
    for j in range(2):
        assert exact((found[0][j], found[1][j])) == pytest.approx(1e-9, rel=1e-15)


def problem(n=30, k=3):
    rng = np.random.default_rng(n)
    x, weights = rng.normal(size=(n, k)) + 1e6, rng.uniform(0.5, 2, n)
    y = x.sum(axis=1) + rng.normal(size=n)
    return (
        x,
        y,
        weights,
        (np.ones(k) + 1e-3, np.full(k, 1e-20)),
        np.array([1e6, 999_999.0, 1e6, 3e6][: k + 1]),
    )


@pytest.mark.parametrize("shifted", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("form", [extended.long_residual, extended.pair_residual])
def test_residual_and_gradient_are_exact_but_for_the_last_bits(form, weighted, shifted):
    x, y, weights, params, shift = problem()
    weights, shift = weights if weighted else None, shift if shifted else None
    residual, gradient = form(x, y, weights, shift, params)
    origin = [Fraction(0)] * 4 if shift is None else [Fraction(float(v)) for v in shift]
    target = []
    for row, value in zip(x, y, strict=True):
        fitted = sum(
            (Fraction(float(v)) - origin[j]) * exact((params[0][j], params[1][j])) for j, v in enumerate(row)
        )
        target.append(Fraction(float(value)) - origin[-1] - fitted)
    # 64 bits for long doubles, of terms up to 3e6 (without shift).
    bits = 2.0**-62 if form is extended.long_residual else 2.0**-98
    for i, value in enumerate(target):
        assert abs(exact((residual[0][i], residual[1][i])) - value) <= 1e7 * bits
    mass = np.ones(30) if weights is None else weights
    for j in range(3):
        total = sum(
            Fraction(float(m)) * (Fraction(float(v)) - origin[j]) * e
            for m, v, e in zip(mass, x[:, j], target, strict=True)
        )
        assert gradient[j] == pytest.approx(float(total), rel=1e-12)


@pytest.mark.parametrize("wider", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_sum_of_squares(monkeypatch, wider, weighted):
    if not wider:
        monkeypatch.setattr(extended, "LONG_IS_WIDER", False)
    rng = np.random.default_rng(0)
    residual, weights = rng.normal(size=101), rng.uniform(0, 2, 101)
    low = residual * 1e-17
    target = sum(
        (Fraction(float(r)) + Fraction(float(e))) ** 2 * (Fraction(float(w)) if weighted else 1)
        for r, e, w in zip(residual, low, weights, strict=True)
    )
    found = extended.sum_of_squares((residual, low), weights if weighted else None)
    assert found == pytest.approx(float(target), rel=2e-16)
