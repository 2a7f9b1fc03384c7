"""Blocked cross-products against exact sums and against one-piece factorizations."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.gram as gram


@pytest.mark.parametrize("n", [0, 1, 4095, 4096, 4097, 9000])
def test_blocks_cover_every_row_once(n):
    rows = [i for block in gram.row_blocks(n) for i in range(block.start, block.stop)]
    assert rows == list(range(n))


@pytest.mark.parametrize("n", [1, 17, 4096, 9001])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("shifted", [True, False])
def test_cross_product_equals_the_definition(n, weighted, shifted):
    rng = np.random.default_rng(n)
    x, y, weights = rng.normal(size=(n, 3)) + 5, rng.normal(size=n), rng.uniform(0, 2, n)
    weights, shift = weights if weighted else None, np.array([5.0, 4.0, 5.0, 1.0]) if shifted else None
    z = np.column_stack([x, y]) - (0 if shift is None else shift)
    mass = np.ones(n) if weights is None else weights
    np.testing.assert_allclose(
        gram.cross_product(x, weights, last=y, shift=shift), z.T @ (mass[:, None] * z), rtol=1e-12, atol=1e-10
    )
    z = x - (0 if shift is None else shift[:3])
    np.testing.assert_allclose(
        gram.cross_product(x, weights, shift=None if shift is None else shift[:3]),
        z.T @ (mass[:, None] * z),
        rtol=1e-12,
        atol=1e-10,
    )


def test_block_sums_lose_nothing_over_many_blocks():
    """A big block followed by many small ones: the compensation carries what a plain running sum drops."""
    n = 40 * gram.BLOCK_ROWS
    x = np.full((n, 1), 2.0**-14)
    x[0] = 2.0**20
    exact = Fraction(2) ** 40 + (n - 1) * Fraction(1, 2**28)
    assert gram.cross_product(x)[0, 0] == float(exact)


def test_whole_numbers_give_whole_sums():
    x = np.random.default_rng(0).integers(-50, 50, (10_000, 3)).astype(float)
    np.testing.assert_array_equal(gram.cross_product(x), (x.astype(int).T @ x.astype(int)).astype(float))


@pytest.mark.parametrize("n", [2, 5, 4097, 9000])
@pytest.mark.parametrize("weighted", [True, False])
def test_triangular_factor_is_that_of_the_whole(n, weighted):
    rng = np.random.default_rng(n)
    x, weights = rng.normal(size=(n, 4)), rng.uniform(0.1, 2, n)
    root = np.sqrt(weights) if weighted else np.ones(n)
    factor = gram.triangular_factor(x, weights if weighted else None, shift=np.full(4, 0.5))
    whole = np.linalg.qr((x - 0.5) * root[:, None], mode="r")
    assert factor.shape == (min(n, 4), 4)
    np.testing.assert_allclose(np.abs(factor), np.abs(whole), rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(np.tril(factor, -1), 0)


def test_triangular_factor_keeps_what_a_cross_product_loses():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(9000, 2))
    x[:, 1] = x[:, 0] + 1e-9 * x[:, 1]
    values = np.linalg.svd(gram.triangular_factor(x), compute_uv=False)
    np.testing.assert_allclose(values, np.linalg.svd(x, compute_uv=False), rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 1e3, 2010.0, 4e9, -1e12]))
def test_shift_is_near_the_mean_and_exact_for_whole_numbers(seed, origin):
    rng = np.random.default_rng(seed)
    x = origin + rng.integers(-100, 100, (50, 2)) * rng.choice([0.25, 1.0, 1000.0])
    y = origin + np.round(rng.normal(size=50), 1)
    shift = gram.centring_shift(x, y)
    for column, value in zip([*x.T, y], shift, strict=True):
        spread = column.max() - column.min()
        assert abs(value - column.mean()) <= spread / 8 + abs(column.mean()) * 1e-15
        for number in column:
            moved = float(number - value)
            error = abs(Fraction(moved) - (Fraction(float(number)) - Fraction(float(value))))
            assert error == 0 if column is not y else error <= abs(Fraction(moved)) * Fraction(1, 2**53)


def test_shift_of_a_column_without_spread_is_its_value():
    shift = gram.centring_shift(np.full((9, 1), 0.1), np.arange(9.0))
    assert shift[0] == 0.1
    assert shift[1] == 4.0
