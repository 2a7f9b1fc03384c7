"""Least squares on the NIST reference sets: the digits reached, against certified values.

The ceiling of a set is what survives rounding its data to doubles, computed here in 60 digits. Where a
set is limited by that, half a digit less is asked for; elsewhere the least digits are written in the table.
"""

import json
import math
import re
from pathlib import Path

import mpmath
import numpy as np
import pytest

import impact.kernels.polynomial as polynomial
from impact.kernels.least_squares import solve_least_squares

SETS = json.loads((Path(__file__).parent / "numbers" / "nist.json").read_text(encoding="utf-8"))["sets"]
LINEAR = [name for name, entry in SETS.items() if entry["kind"] == "linear"]
ANOVA = [name for name, entry in SETS.items() if entry["kind"] == "anova"]
LEAST_DIGITS = {
    "Norris": (11, 11),
    "Pontius": (11, 11),
    "NoInt1": (11, 11),
    "NoInt2": (11, 11),
    "Longley": (13, 12),
    "Wampler1": (13, 8),
    "Wampler2": (13, 8),
    "Wampler3": (13, 12),
    "Wampler4": (13, 12),
    "Wampler5": (13, 12),
    "Filip": (7, 7),
}


def digits(value, certified):
    """Log relative error, at most 15; log absolute error where the certified value is zero."""
    if value == certified:
        return 15.0
    error = abs(value) if certified == 0 else abs(value - certified) / abs(certified)
    return min(15.0, -math.log10(error))


def least_digits(values, certified):
    return min(digits(value, target) for value, target in zip(values, certified, strict=True))


def linear_design(entry):
    """y and the columns as a user would supply them: constant, then powers or the columns themselves."""
    y, *columns = (np.array(column, dtype=float) for column in entry["data"])
    powers = re.search(r"k=0\.\.(\d+)", entry["model"])
    if powers:
        columns = [columns[0] ** j for j in range(1, int(powers[1]) + 1)]
    return y, np.column_stack([np.ones(y.size), *columns] if entry["constant"] else columns)


def std_errors(bread, rss, n):
    return np.sqrt(np.diag(bread) * rss / (n - len(bread)))


def test_every_set_is_here():
    assert set(LINEAR) == set(LEAST_DIGITS)
    assert ANOVA == ["SmLs01", "SmLs04", "SmLs07"]


@pytest.mark.parametrize("name", LINEAR)
def test_linear_sets(name):
    entry = SETS[name]
    y, x = linear_design(entry)
    found = solve_least_squares(x, y)
    errors = std_errors(found.bread, found.rss, y.size)
    params_digits, error_digits = LEAST_DIGITS[name]
    assert found.kept.all()
    assert least_digits(found.params, entry["params"]) >= params_digits
    assert least_digits(errors, entry["std_error"]) >= error_digits
    assert digits(found.rss, entry["rss"]) >= min(11, error_digits)
    exact = max(entry["std_error"]) == 0
    if name != "Filip" and not exact:
        # The measure that a reader feels. Filip's powers, rounded to doubles, have lost it before the start.
        assert np.max(np.abs(found.params - entry["params"]) / entry["std_error"]) < 1e-8


@pytest.mark.parametrize("name", LINEAR)
def test_linear_sets_with_rows_and_columns_reversed(name):
    entry = SETS[name]
    y, x = linear_design(entry)
    found = solve_least_squares(x[::-1, ::-1], y[::-1])
    assert found.kept.all()
    least = 6.5 if name == "Filip" else LEAST_DIGITS[name][0]
    assert least_digits(found.params[::-1], entry["params"]) >= least


def test_filip_reaches_the_ceiling_of_its_rounded_powers():
    """The exact solution of the doubles that were handed in comes out, to 12 digits."""
    y, x = linear_design(SETS["Filip"])
    with mpmath.workdps(60):
        rows, out = mpmath.matrix(x.tolist()), mpmath.matrix(y.tolist())
        exact = mpmath.lu_solve(rows.T * rows, rows.T * out)
        inverse = (rows.T * rows) ** -1
        bread = [float(inverse[j, j]) for j in range(x.shape[1])]
        exact = [float(value) for value in exact]
    found = solve_least_squares(x, y)
    assert least_digits(found.params, exact) >= 12
    # One factor in doubles: its digits are 16 less those of the condition number.
    assert least_digits(np.diag(found.bread), bread) >= 6.5
    assert found.condition > 3e6


def test_filip_by_orthogonal_polynomials():
    entry = SETS["Filip"]
    y, x = (np.array(column) for column in entry["data"])
    basis = polynomial.fit_polynomial(x, 10)
    found = solve_least_squares(
        np.column_stack([np.ones(y.size), polynomial.evaluate_polynomial(basis, x)]), y
    )
    params, bread = polynomial.power_parameters(basis, found.params, found.bread)
    assert found.condition < 10
    assert least_digits(params, entry["params"]) >= 13
    assert least_digits(std_errors(bread, found.rss, y.size), entry["std_error"]) >= 12
    assert np.max(np.abs(params - entry["params"]) / entry["std_error"]) < 1e-8


@pytest.mark.parametrize("name", [name for name in LINEAR if name.startswith("Wampler")])
def test_wampler_by_orthogonal_polynomials(name):
    entry = SETS[name]
    y, x = (np.array(column, dtype=float) for column in entry["data"])
    basis = polynomial.fit_polynomial(x, 5)
    found = solve_least_squares(
        np.column_stack([np.ones(y.size), polynomial.evaluate_polynomial(basis, x)]), y
    )
    params, bread = polynomial.power_parameters(basis, found.params, found.bread)
    errors = std_errors(bread, found.rss, y.size)
    # Wampler5's noise is 1e7 times its coefficients and takes that many of their digits.
    assert least_digits(params, entry["params"]) >= 7
    assert least_digits(errors, entry["std_error"]) >= 8
    assert np.max(np.abs(params - entry["params"])) <= 1e-8 * max(1.0, *entry["std_error"])


def anova_sums(y, group):
    """Sums of squares, F and R² of the doubles y, in 60 digits."""
    with mpmath.workdps(60):
        values = [mpmath.mpf(float(v)) for v in y]
        mean = mpmath.fsum(values) / len(values)
        levels = sorted(set(group))
        within = between = mpmath.mpf(0)
        for level in levels:
            mine = [v for v, g in zip(values, group, strict=True) if g == level]
            centre = mpmath.fsum(mine) / len(mine)
            within += mpmath.fsum((v - centre) ** 2 for v in mine)
            between += len(mine) * (centre - mean) ** 2
        f = between / (len(levels) - 1) / (within / (len(values) - len(levels)))
        return [float(v) for v in (between, within, f, between / (between + within))]


def group_columns(design, group):
    levels = np.unique(group)
    dummies = (group[:, None] == levels).astype(float)
    if design == "dummies":
        return dummies
    return np.column_stack([np.ones(group.size), dummies[:, 1:]])


@pytest.mark.parametrize("design", ["dummies", "constant"])
@pytest.mark.parametrize("name", ANOVA)
def test_analysis_of_variance(name, design):
    entry = SETS[name]
    tenths = entry["tenths"]
    y = np.array([float(f"{entry['whole']}.{digit}") for line in tenths for digit in line])
    group = np.repeat(np.arange(len(tenths)), [len(line) for line in tenths])
    certified = [entry["ss_between"], entry["ss_within"], entry["f"], entry["r2"]]
    ceilings = [digits(v, c) for v, c in zip(anova_sums(y, group), certified, strict=True)]
    within = solve_least_squares(group_columns(design, group), y).rss
    total = solve_least_squares(np.ones((y.size, 1)), y).rss
    between = total - within
    f = between / (len(tenths) - 1) / (within / (y.size - len(tenths)))
    found = [between, within, f, between / total]
    assert y.size == 189
    for value, target, ceiling in zip(found, certified, ceilings, strict=True):
        assert digits(value, target) >= min(ceiling, 14.0) - 0.5


@pytest.mark.parametrize("name", LINEAR)
def test_linear_sets_from_a_file_and_a_spec(name, tmp_path):
    """The whole way that a user goes: a CSV file, a spec, results.json as bytes."""
    from impact.pipeline.study import StudyOptions, run_study

    entry = SETS[name]
    y, x = linear_design(entry)
    columns = [f"x{j}" for j in range(x.shape[1])]
    lines = [",".join(map(repr, row)) for row in np.column_stack([y, x]).tolist()]
    (tmp_path / "set.csv").write_text("\n".join([",".join(["y", *columns]), *lines]) + "\n", encoding="utf-8")
    regressors = columns[1:] if entry["constant"] else ["0", *columns]
    spec = {
        "spec": 1, "data": "set.csv",
        "models": {"set": {"formula": f"y ~ {' + '.join(regressors)}", "vcov": "iid"}},
    }  # fmt: skip
    (tmp_path / "set.yaml").write_text(json.dumps(spec), encoding="utf-8")
    run_study(str(tmp_path / "set.yaml"), StudyOptions(out=tmp_path))
    document = json.loads((tmp_path / "set" / "results.json").read_text(encoding="utf-8"))
    rows = document["rows"]
    params_digits, error_digits = LEAST_DIGITS[name]
    assert len(rows) == len(entry["params"])
    assert least_digits([row["estimate"] for row in rows], entry["params"]) >= params_digits
    assert least_digits([row["std_error"] for row in rows], entry["std_error"]) >= error_digits
