"""Least squares against exact rational solutions, against other decompositions and against identities."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.extended as extended
import impact.kernels.least_squares as least_squares
from impact.kernels.least_squares import NotFiniteError, leverage, solve_least_squares


def exact_solution(x, y, weights=None):
    """Coefficients and (X'WX)^-1 as fractions, by Gauss-Jordan elimination of the normal equations."""
    rows = [[Fraction(float(v)) for v in row] for row in x]
    out = [Fraction(float(v)) for v in y]
    size = len(rows[0])
    mass = [Fraction(1)] * len(rows) if weights is None else [Fraction(float(v)) for v in weights]
    table = [
        [sum(m * row[i] * row[j] for m, row in zip(mass, rows, strict=True)) for j in range(size)]
        + [sum(m * row[i] * v for m, row, v in zip(mass, rows, out, strict=True))]
        + [Fraction(int(i == j)) for j in range(size)]
        for i in range(size)
    ]
    for i in range(size):
        pivot = next(r for r in range(i, size) if table[r][i] != 0)
        table[i], table[pivot] = table[pivot], table[i]
        table[i] = [v / table[i][i] for v in table[i]]
        for r in range(size):
            if r != i:
                factor = table[r][i]
                table[r] = [a - factor * b for a, b in zip(table[r], table[i], strict=True)]
    params = np.array([float(row[size]) for row in table])
    return params, np.array([[float(v) for v in row[size + 1 :]] for row in table])


def design(n, k, seed=0, constant=True):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, k))
    if constant:
        x[:, 0] = 1.0
    return x, x @ np.arange(1.0, k + 1) + rng.normal(size=n), rng.uniform(0.2, 3.0, n)


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_equals_the_exact_rational_solution(constant, weighted):
    x, y, weights = design(40, 4, constant=constant)
    weights = weights if weighted else None
    params, bread = exact_solution(x, y, weights)
    found = solve_least_squares(x, y, weights=weights)
    np.testing.assert_allclose(found.params, params, rtol=1e-15, atol=0)
    np.testing.assert_allclose(found.bread, bread, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(found.residual, y - x @ params, rtol=0, atol=2e-14)
    mass = 1.0 if weights is None else weights
    assert found.rss == pytest.approx(float(np.sum(mass * (y - x @ params) ** 2)), rel=1e-13)
    assert found.kept.all()
    assert not found.absorbed.any()
    assert found.collinear_with == ()
    assert found.method == "cholesky_refined"
    assert found.attained < 1e-15


def test_years_and_nominal_money_beside_a_constant():
    rng = np.random.default_rng(3)
    year = np.repeat(np.arange(2010.0, 2020.0), 6)
    money = 4.1e9 + np.round(rng.normal(size=60) * 1e3)
    x = np.column_stack([money, np.ones(60), year, year**2])
    y = 1e7 + 0.5 * (money - 4.1e9) + 3 * (year - 2010) + rng.normal(size=60)
    params, bread = exact_solution(x, y)
    found = solve_least_squares(x, y)
    np.testing.assert_allclose(found.params, params, rtol=1e-14, atol=0)
    np.testing.assert_allclose(np.diag(found.bread), np.diag(bread), rtol=1e-9)
    assert found.kept.all()


@pytest.mark.parametrize("power", [3, 5, 7, 9, 10])
def test_near_collinearity_keeps_the_digits_of_the_data(power):
    """Two columns that differ by 10^-power: the exact solution of the stored numbers to 9 digits at least."""
    rng = np.random.default_rng(power)
    first = rng.normal(size=50)
    x = np.column_stack([first, first + 10.0**-power * rng.normal(size=50), rng.normal(size=50)])
    y = x.sum(axis=1) + rng.normal(size=50)
    params, bread = exact_solution(x, y)
    found = solve_least_squares(x, y, tolerance=1e-12)
    assert found.kept.all()
    np.testing.assert_allclose(found.params, params, rtol=1e-9)
    np.testing.assert_allclose(np.diag(found.bread), np.diag(bread), rtol=10.0 ** (power - 14.5))
    assert (found.condition > least_squares.WARN_CONDITION) == (power >= 7)


def test_near_collinearity_in_a_design_that_takes_long_doubles():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(1700, 3))
    x[:, 2] = x[:, 1] + 1e-5 * x[:, 2]
    y = x.sum(axis=1) + rng.normal(size=1700)
    params, bread = exact_solution(x, y)
    found = solve_least_squares(x, y)
    assert found.method == "qr"
    assert x.size > 5_000
    assert 1e5 < found.condition < least_squares.WARN_CONDITION
    np.testing.assert_allclose(found.params, params, rtol=1e-9)
    np.testing.assert_allclose(np.diag(found.bread), np.diag(bread), rtol=1e-10)


def test_rank_is_lost_at_the_tolerance_and_at_the_largest_condition():
    rng = np.random.default_rng(1)
    first = rng.normal(size=50)
    x = np.column_stack([first, first + 3e-11 * rng.normal(size=50), rng.normal(size=50)])
    for tolerance in (1e-9, 1e-16):
        # A share of 3e-11 is under the default tolerance; its condition, 7e10, is admitted when asked for.
        found = solve_least_squares(x, x[:, 2], tolerance=tolerance)
        assert found.kept.tolist() == [True, tolerance == 1e-16, True]
    x[:, 1] = first + 1e-12 * rng.normal(size=50)
    found = solve_least_squares(x, x[:, 2], tolerance=1e-16)
    assert found.kept.tolist() == [True, False, True]
    assert found.condition < 1e11


def test_dummy_trap_names_the_columns_that_make_up_the_dropped_one():
    group = np.arange(30) % 3
    dummies = (group[:, None] == np.arange(3)).astype(float)
    rng = np.random.default_rng(2)
    x = np.column_stack([np.ones(30), dummies, rng.normal(size=30)])
    found = solve_least_squares(x, rng.normal(size=30))
    assert found.kept.tolist() == [True, True, True, False, True]
    assert found.collinear_with == ((3, (0, 1, 2)),)
    assert found.params.shape == (4,)
    assert found.bread.shape == (4, 4)


def test_constant_after_a_full_set_of_dummies_is_what_stays():
    """The constant counts as first wherever it stands: it is the last dummy that goes."""
    group = np.arange(30) % 3
    dummies = (group[:, None] == np.arange(3)).astype(float)
    found = solve_least_squares(np.column_stack([dummies, np.ones(30)]), np.arange(30.0))
    assert found.kept.sum() == 3
    assert found.condition < 100
    np.testing.assert_allclose(
        found.residual, np.arange(30.0) - np.array([13.5, 14.5, 15.5])[group], atol=1e-13
    )


def test_proportional_column_is_not_blamed_on_the_constant():
    x = np.column_stack([np.ones(20), np.arange(20.0), 3 * np.arange(20.0), 2 * np.ones(20)])
    found = solve_least_squares(x, np.arange(20.0) ** 2)
    assert found.kept.tolist() == [True, True, False, False]
    assert found.collinear_with == ((2, (1,)), (3, (0,)))


def test_rounded_copy_of_a_large_column_is_collinear():
    """A third of a column near 1e9 differs from it by rounding alone, though by 1e-7 of the spread."""
    rng = np.random.default_rng(5)
    large = 1e9 + rng.normal(size=200)
    found = solve_least_squares(np.column_stack([np.ones(200), large, large / 3]), rng.normal(size=200))
    assert found.kept.tolist() == [True, True, False]


def test_column_of_zeros_and_more_columns_than_rows():
    found = solve_least_squares(np.column_stack([np.ones(5), np.zeros(5)]), np.arange(5.0))
    assert found.kept.tolist() == [True, False]
    assert found.collinear_with == ((1, ()),)
    x = np.random.default_rng(0).normal(size=(3, 6))
    found = solve_least_squares(x, np.array([1.0, 2.0, 3.0]))
    assert found.kept.tolist() == [True] * 3 + [False] * 3
    np.testing.assert_allclose(found.residual, 0, atol=1e-14)


def test_protected_column_that_is_dropped_is_named():
    x, y, _ = design(30, 3)
    x = np.column_stack([x, x[:, 1] + 2.0])
    assert solve_least_squares(x, y, protect=(3,)).lost == (3,)
    assert solve_least_squares(x, y, protect=(1,)).lost == ()
    assert solve_least_squares(x, y).lost == ()


def test_column_that_absorption_emptied():
    x, y, _ = design(30, 3, constant=False)
    before = np.sqrt((x**2).sum(axis=0))
    x[:, 1] = 1e-9 * x[:, 1]
    found = solve_least_squares(x, y, reference_norms=before, protect=(1,))
    assert found.absorbed.tolist() == [False, True, False]
    assert found.kept.tolist() == [True, False, True]
    assert found.collinear_with == ()
    assert found.lost == (1,)
    np.testing.assert_allclose(found.params, solve_least_squares(x[:, [0, 2]], y).params, rtol=1e-15)
    # Without reference lengths a small unit is no reason to drop.
    assert solve_least_squares(x, y).kept.all()


def test_no_columns_and_no_rows():
    found = solve_least_squares(np.empty((4, 0)), np.arange(4.0))
    assert found.params.shape == (0,)
    assert found.residual.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert found.rss == 14.0
    found = solve_least_squares(np.empty((0, 2)), np.empty(0))
    assert found.kept.tolist() == [False, False]


def test_refuses_what_it_cannot_use():
    x, y, weights = design(10, 2)
    for bad in (np.nan, np.inf, 1e200):
        spoiled = x.copy()
        spoiled[3, 1] = bad
        with pytest.raises(NotFiniteError):
            solve_least_squares(spoiled, y)
    with pytest.raises(NotFiniteError):
        solve_least_squares(x, np.where(np.arange(10) == 2, np.nan, y))
    with pytest.raises(NotFiniteError):
        solve_least_squares(x, y, weights=np.where(np.arange(10) == 2, np.nan, weights))
    with pytest.raises(ValueError, match="negative"):
        solve_least_squares(x, y, weights=-weights)
    with pytest.raises(ValueError, match="must be"):
        solve_least_squares(x, y[:-1])
    with pytest.raises(ValueError, match="must be"):
        solve_least_squares(x, y, weights=weights[:-1])


def test_exact_fit_leaves_nothing():
    x, _, _ = design(50, 3)
    y = np.column_stack([np.ones(50), np.arange(50.0), np.arange(50.0) ** 2]) @ np.array([3.0, 2.0, 1.0])
    x = np.column_stack([np.ones(50), np.arange(50.0), np.arange(50.0) ** 2])
    found = solve_least_squares(x, y)
    assert found.params.tolist() == [3.0, 2.0, 1.0]
    assert found.rss < 1e-24


@pytest.mark.parametrize(("n", "k"), [(30_000, 5), (9_000, 14)])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("constant", [True, False])
def test_long_designs_take_the_double_step_and_agree(monkeypatch, n, k, weighted, constant):
    x, y, weights = design(n, k, constant=constant)
    weights = weights if weighted else None
    quick = solve_least_squares(x, y, weights=weights)
    assert quick.method == "cholesky"
    monkeypatch.setattr(least_squares, "_SMALL_DESIGN", 10**9)
    careful = solve_least_squares(x, y, weights=weights)
    assert careful.method == "cholesky_refined"
    std_error = np.sqrt(np.diag(careful.bread) * careful.rss / n)
    assert np.max(np.abs(quick.params - careful.params) / std_error) < 1e-11
    np.testing.assert_allclose(quick.residual, careful.residual, rtol=0, atol=1e-12)
    np.testing.assert_allclose(quick.bread, careful.bread, rtol=0, atol=0)
    assert quick.rss == pytest.approx(careful.rss, rel=1e-13)
    assert quick.attained < 1e-14


def test_worst_long_design_of_the_double_step(monkeypatch):
    """Condition just under the limit of Cholesky: within 1e-10 standard errors, and these to nine digits."""
    x, y, _ = design(30_000, 4)
    x[:, 3] = x[:, 2] + 4e-3 * x[:, 3]
    quick = solve_least_squares(x, y)
    assert quick.method == "cholesky"
    assert 300 < quick.condition < 1e3
    monkeypatch.setattr(least_squares, "CHOLESKY_CONDITION", 1.0)
    careful = solve_least_squares(x, y)
    assert careful.method == "qr"
    std_error = np.sqrt(np.diag(careful.bread) * careful.rss / 30_000)
    assert np.max(np.abs(quick.params - careful.params) / std_error) < 1e-10
    np.testing.assert_allclose(np.diag(quick.bread), np.diag(careful.bread), rtol=1e-9)


def test_machines_without_a_wider_float_reach_the_same_digits(monkeypatch):
    x, y, weights = design(500, 4)
    wide = solve_least_squares(x, y, weights=weights)
    monkeypatch.setattr(extended, "LONG_IS_WIDER", False)
    pairs = solve_least_squares(x, y, weights=weights)
    np.testing.assert_allclose(pairs.params, wide.params, rtol=3e-16)
    np.testing.assert_allclose(pairs.residual, wide.residual, rtol=0, atol=1e-15)
    assert pairs.rss == pytest.approx(wide.rss, rel=3e-16)


def test_order_in_memory_is_no_matter_and_the_input_is_left_alone():
    x, y, weights = design(9_000, 6)
    copy = x.copy()
    by_rows = solve_least_squares(x, y, weights=weights)
    by_columns = solve_least_squares(np.asfortranarray(x), y, weights=weights)
    np.testing.assert_array_equal(by_rows.params, by_columns.params)
    np.testing.assert_array_equal(by_rows.bread, by_columns.bread)
    np.testing.assert_array_equal(x, copy)
    again = solve_least_squares(x, y, weights=weights)
    np.testing.assert_array_equal(by_rows.residual, again.residual)


def test_leverage_is_the_diagonal_of_the_hat_matrix():
    x, y, weights = design(60, 4)
    for mass in (None, weights):
        found = solve_least_squares(x, y, weights=mass)
        root = np.ones(60) if mass is None else np.sqrt(mass)
        orthogonal = np.linalg.qr(x * root[:, None])[0]
        values = leverage(x, found.bread, mass)
        np.testing.assert_allclose(values, (orthogonal**2).sum(axis=1), rtol=1e-12)
        assert values.sum() == pytest.approx(4, rel=1e-13)


def test_leverage_with_years_as_a_regressor():
    year = np.repeat(np.arange(2010.0, 2020.0), 5)
    x = np.column_stack([np.ones(50), year, year**2])
    centred = (year - 2014.5) / 4
    orthogonal = np.linalg.qr(np.column_stack([np.ones(50), centred, centred**2]))[0]
    values = leverage(x, solve_least_squares(x, year).bread)
    np.testing.assert_allclose(values, (orthogonal**2).sum(axis=1), rtol=1e-4)


def test_leverage_of_a_singular_bread_is_still_a_quadratic_form():
    x = np.array([[1.0, 1.0], [2.0, 2.0]])
    bread = np.array([[0.2, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(leverage(x, bread), [0.2, 0.8], rtol=1e-15)


def check_panel():
    """A panel that any language reproduces exactly: 60 units, 8 periods, staggered treatment."""

    def v(k):
        return ((k * k * 7919 + k * 104729 + 12345) % 100003) / 100003

    unit, time = np.divmod(np.arange(480), 8)
    unit, time, key = unit + 1, time + 1, np.arange(1, 481)
    start = np.array([0, 4, 5, 7])[unit % 4]
    treated = ((start > 0) & (time >= start)).astype(float)
    x, z, e = v(1000 + unit), v(2000 + key), v(4000 + key) - 0.5
    y = (
        1
        + 2 * v(5000 + unit)
        + 0.2 * time
        + 0.3 * x * time
        + 0.5 * z
        + treated * (0.4 + 0.1 * (time - start))
        + e
    )
    return np.column_stack([np.ones(480), treated, z, x]), y


def test_equals_r_on_the_check_panel():
    """lm(y ~ D + z + x) of R: coefficients, iid errors, and HC2 and HC3 through the leverage (sandwich)."""
    x, y = check_panel()
    assert y.sum() == pytest.approx(1956.3339819805, abs=1e-9)
    found = solve_least_squares(x, y)
    np.testing.assert_allclose(
        found.params, [2.22864424139, 1.61399651125, 0.53425005908, 1.95052369259], rtol=1e-11
    )
    iid = np.sqrt(np.diag(found.bread) * found.rss / 476)
    np.testing.assert_allclose(iid, [0.1160712758, 0.0904575950, 0.1413635484, 0.1399951067], rtol=1e-9)
    hat = leverage(x, found.bread)
    for power, errors in (
        (1, [0.1037693552, 0.0833110373, 0.1345751405, 0.1385359126]),
        (2, [0.1042628031, 0.0836931019, 0.1352263522, 0.1391925097]),
    ):
        scores = x * (found.residual**2 / (1 - hat) ** power)[:, None]
        np.testing.assert_allclose(
            np.sqrt(np.diag(found.bread @ (x.T @ scores) @ found.bread)), errors, rtol=1e-8
        )


problems = st.tuples(st.integers(0, 10**6), st.integers(8, 60), st.integers(1, 5), st.booleans())


@settings(max_examples=40, deadline=None)
@given(problems)
def test_whole_weights_are_repeated_rows_and_weight_zero_is_no_row(problem):
    seed, n, k, constant = problem
    x, y, _ = design(n, k, seed, constant)
    counts = np.random.default_rng(seed).integers(0, 4, n)
    counts[: k + 2] = 1
    weighted = solve_least_squares(x, y, weights=counts.astype(float))
    repeated = solve_least_squares(np.repeat(x, counts, axis=0), np.repeat(y, counts))
    np.testing.assert_allclose(weighted.params, repeated.params, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(weighted.bread, repeated.bread, rtol=1e-9, atol=1e-12)
    assert weighted.rss == pytest.approx(repeated.rss, rel=1e-11)


@settings(max_examples=40, deadline=None)
@given(problems, st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_units_and_origin_of_a_regressor(problem, origin, unit):
    seed, n, k, _ = problem
    x, y, weights = design(n + 8, k + 1, seed)
    plain = solve_least_squares(x, y, weights=weights)
    moved = x.copy()
    moved[:, 1] = unit * x[:, 1]
    scaled = solve_least_squares(moved, y * unit, weights=weights * 7.0)
    np.testing.assert_allclose(scaled.params[1], plain.params[1], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(scaled.bread[1, 1] * 7.0 * unit**2, plain.bread[1, 1], rtol=1e-9)
    moved[:, 1] = x[:, 1] + origin
    shifted = solve_least_squares(moved, y, weights=weights)
    tolerance = 1e-13 * (1 + abs(origin)) * (1 + np.abs(plain.params).max()) * np.sqrt(plain.bread.max() + 1)
    np.testing.assert_allclose(shifted.params[1:], plain.params[1:], rtol=1e-9, atol=100 * tolerance)


@settings(max_examples=40, deadline=None)
@given(problems)
def test_order_of_rows_and_columns(problem):
    seed, n, k, constant = problem
    x, y, weights = design(n, k, seed, constant)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(n), rng.permutation(k)
    plain = solve_least_squares(x, y, weights=weights)
    mixed = solve_least_squares(x[rows][:, columns], y[rows], weights=weights[rows])
    np.testing.assert_allclose(mixed.params, plain.params[columns], rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(mixed.residual, plain.residual[rows], rtol=0, atol=1e-13)


@settings(max_examples=30, deadline=None)
@given(problems)
def test_residuals_are_orthogonal_and_add_up(problem):
    seed, n, k, constant = problem
    x, y, weights = design(n, k, seed, constant)
    found = solve_least_squares(x, y, weights=weights)
    np.testing.assert_allclose(x @ found.params + found.residual, y, rtol=0, atol=1e-12)
    np.testing.assert_allclose(x.T @ (weights * found.residual), 0, atol=1e-11)
    np.testing.assert_allclose(found.bread @ (x.T * weights) @ x, np.eye(k), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(problems)
def test_partialling_out_gives_the_same_coefficient(problem):
    """Frisch and Waugh 1933."""
    seed, n, k, _ = problem
    x, y, weights = design(n + 8, k + 1, seed)
    others, last = x[:, :-1], x[:, -1]
    y_rest = solve_least_squares(others, y, weights=weights).residual
    x_rest = solve_least_squares(others, last, weights=weights).residual
    part = solve_least_squares(x_rest[:, None], y_rest, weights=weights)
    whole = solve_least_squares(x, y, weights=weights)
    np.testing.assert_allclose(part.params[0], whole.params[-1], rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(part.bread[0, 0], whole.bread[-1, -1], rtol=1e-10)
    np.testing.assert_allclose(part.residual, whole.residual, rtol=0, atol=1e-11)
