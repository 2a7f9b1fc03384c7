"""Robust intervals: published numbers, nesting, symmetry, breakdown values, coverage where departures are worst."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import numpy as np
import pytest

from impact.kernels.honest.intervals import (
    Restriction,
    Study,
    breakdown,
    interval_at,
    largest_credible,
    original,
)

FIRST, AVERAGE = np.array([1.0, 0.0]), np.array([0.5, 0.5])
KINDS = ("smoothness", "relative_magnitude", "relative_smoothness")


def study(medicaid, target=FIRST):
    return Study(*medicaid, 5, target)


# Rambachan and Roth, documentation of HonestDiD (R) and of its Stata version, Medicaid example, C-LF: two runs of the
# R package differ by up to 4e-4 between their own printed versions, and its grid has steps of 3.6e-4
@pytest.mark.parametrize(
    ("target", "factor", "low", "high"),
    [
        (FIRST, 0.5, 0.0241, 0.0673), (FIRST, 1.0, 0.0171, 0.0720), (FIRST, 1.5, 0.00859, 0.0796),
        (FIRST, 2.0, -0.00107, 0.0883), (FIRST, 1.5, 0.00824, 0.0797), (FIRST, 2.0, -0.000916, 0.0881),
        (AVERAGE, 0.0, 0.041, 0.075), (AVERAGE, 0.5, 0.033, 0.080), (AVERAGE, 1.0, 0.020, 0.090),
        (AVERAGE, 1.5, 0.006, 0.103), (AVERAGE, 2.0, -0.008, 0.117),
    ],
)  # fmt: skip
def test_published_relative_magnitudes(medicaid, target, factor, low, high):
    found = interval_at(study(medicaid, target), Restriction("relative_magnitude"), 0.05)(factor)
    assert found == pytest.approx((low, high), abs=1.2e-3)


def test_published_original_and_breakdown(medicaid):
    assert original(study(medicaid), 0.05) == pytest.approx((0.029, 0.064), abs=6e-4)
    assert original(study(medicaid, AVERAGE), 0.05) == pytest.approx((0.040, 0.075), abs=6e-4)
    # "breakdown value 2" for relative magnitudes, between 0.02 and 0.03 for smoothness
    relative = breakdown(interval_at(study(medicaid), Restriction("relative_magnitude"), 0.05), 1.0)
    assert 1.9 < relative < 2
    smooth = breakdown(interval_at(study(medicaid), Restriction("smoothness", method="flci"), 0.05), 0.01)
    assert 0.02 < smooth < 0.03


# moderndid 0.2.0 (a port of the R package), grid of 400 points from -0.1 to 0.2: the outermost accepted points, so ends
# agree within one step of 7.5e-4 and its 1,000 draws of the critical value
@pytest.mark.parametrize(
    ("restriction", "bound", "low", "high"),
    [
        (Restriction("relative_smoothness"), 0.5, 0.011278, 0.081203),
        (Restriction("relative_smoothness"), 1.0, 0.0, 0.090226),
        (Restriction("smoothness", method="c_f"), 0.0, 0.021053, 0.066917),
        (Restriction("smoothness", method="c_f"), 0.02, 0.002256, 0.090977),
        (Restriction("smoothness"), 0.0, 0.018797, 0.074436),
        (Restriction("smoothness", "positive", method="c_f"), 0.0, 0.021053, 0.06391),
        (Restriction("smoothness", "positive", method="c_f"), 0.02, 0.002256, 0.063158),
        (Restriction("smoothness", "positive"), 0.0, 0.018797, 0.064662),
        (Restriction("relative_smoothness", "positive"), 0.5, 0.011278, 0.067669),
    ],
)
def test_another_implementation(medicaid, restriction, bound, low, high):
    found = interval_at(study(medicaid), restriction, 0.05)(bound)
    assert low - 1e-3 < found[0] <= low + 1e-4
    assert high - 1e-4 <= found[1] < high + 1.3e-3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", [FIRST, AVERAGE], ids=["first", "average"])
def test_wider_bounds_give_wider_intervals(medicaid, kind, target):
    ends = interval_at(study(medicaid, target), Restriction(kind), 0.05)
    found = [ends(bound) for bound in (0.0, 0.02, 0.5, 1.0, 2.0)]
    assert all(b[0] < a[0] and b[1] > a[1] for a, b in pairwise(found))


@pytest.mark.parametrize("kind", KINDS)
def test_mirror_image(medicaid, kind):
    """Turning the signs of estimates and restriction turns the interval."""
    params, covariance = medicaid
    one = interval_at(
        Study(params, covariance, 5, AVERAGE), Restriction(kind, "positive", "increasing"), 0.05
    )
    two = interval_at(
        Study(-params, covariance, 5, AVERAGE), Restriction(kind, "negative", "decreasing"), 0.05
    )
    for bound in (0.01, 1.0):
        low, high = one(bound)
        assert two(bound) == pytest.approx((-high, -low), abs=3e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_units_do_not_matter(medicaid, kind):
    params, covariance = medicaid
    method = "flci" if kind == "smoothness" else "c_lf"
    bound, scaled = (0.01, 1.0) if kind == "smoothness" else (1.0, 1.0)
    low, high = interval_at(Study(params, covariance, 5, FIRST), Restriction(kind, method=method), 0.05)(
        bound
    )
    hundred = interval_at(
        Study(100 * params, 1e4 * covariance, 5, FIRST), Restriction(kind, method=method), 0.05
    )(scaled)
    assert hundred == pytest.approx((100 * low, 100 * high), abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_breakdown_is_where_zero_enters(medicaid, kind):
    method = "flci" if kind == "smoothness" else "c_lf"
    ends = interval_at(study(medicaid), Restriction(kind, method=method), 0.05)
    value = breakdown(ends, 0.01 if kind == "smoothness" else 1.0)
    assert ends(0.99 * value)[0] > 0 > ends(1.01 * value)[0]


def test_breakdown_at_both_ends(medicaid):
    params, covariance = medicaid
    flat = Study(np.append(params[:5], [0.001, 0.001]), covariance, 5, FIRST)
    assert breakdown(interval_at(flat, Restriction("relative_magnitude"), 0.05), 1.0) == 0
    # departures that are not positive cannot explain a positive effect, however large they are
    negative = interval_at(study(medicaid), Restriction("smoothness", "negative"), 0.05)
    assert breakdown(negative, 0.01) == math.inf


def test_scale_of_smoothness(medicaid):
    params, covariance = medicaid
    full = np.insert(params[:5], 5, 0.0)
    bends = np.abs(np.diff(full, 2))
    found = largest_credible(study(medicaid), 0.05)
    assert found > bends.max()
    assert math.isnan(largest_credible(Study(params[4:], covariance[4:, 4:], 1, FIRST), 0.05))


def test_one_period_before(medicaid):
    params, covariance = medicaid
    short = Study(params[4:], covariance[4:, 4:], 1, FIRST)
    for restriction in (Restriction("relative_magnitude"), Restriction("smoothness", method="flci")):
        low, high = interval_at(short, restriction, 0.05)(0.5)
        assert low < short.estimate < high
    with pytest.raises(ValueError, match="2 periods"):
        interval_at(short, Restriction("relative_smoothness"), 0.05)


def test_refused_methods(medicaid):
    with pytest.raises(ValueError, match="smoothness alone"):
        interval_at(study(medicaid), Restriction("smoothness", "positive", method="flci"), 0.05)
    with pytest.raises(ValueError, match="is for smoothness"):
        interval_at(study(medicaid), Restriction("relative_magnitude", method="c_f"), 0.05)


def test_all_restrictions_take_seconds(medicaid):
    start = time.perf_counter()
    for restriction in (
        Restriction("smoothness", method="flci"),
        Restriction("relative_magnitude"),
        Restriction("relative_smoothness"),
    ):
        ends = interval_at(study(medicaid), restriction, 0.05)
        for bound in (0.0, 0.5, 1.0, 1.5, 2.0):
            ends(bound)
    assert time.perf_counter() - start < 10


def test_a_long_event_study_takes_seconds():
    """Nine periods before and 21 after, as in Lovenheim and Willen's study."""
    random = np.random.default_rng(0)
    root = random.normal(size=(30, 80))
    params = 0.05 * random.normal(size=30)
    params[9:] += 0.8
    long = Study(params, root @ root.T / 8000, 9, np.eye(21)[0])
    start = time.perf_counter()
    for restriction in (
        Restriction("relative_magnitude"),
        Restriction("smoothness", "positive", method="c_f"),
    ):
        ends = interval_at(long, restriction, 0.05)
        found = [ends(bound) for bound in (0.0, 0.01, 1.0)]
        assert found[0][0] < long.estimate < found[0][1]
        assert found[0][0] > found[1][0] > found[2][0]
        breakdown(ends, 0.1)
    assert time.perf_counter() - start < 20


def covering(restriction, departure, bound, count):
    """Share of intervals that hold a true effect of zero."""
    before, after = 3, 2
    late = np.arange(before + after)
    covariance = 0.01 * (0.4 * np.eye(5) + 0.6 * 0.8 ** np.abs(late[:, None] - late))
    draws = np.random.default_rng(8).multivariate_normal(departure, covariance, size=count)
    held = 0
    for draw in draws:
        low, high = interval_at(Study(draw, covariance, before, FIRST), restriction, 0.05)(bound)
        held += low <= 0 <= high
    return held / count


WORST = [
    # a line that bends by M at the reference and again after it
    (Restriction("smoothness", method="flci"), 0.1, np.array([-0.3, -0.2, -0.1, 0.2, 0.5])),
    (Restriction("smoothness", method="c_f"), 0.1, np.array([-0.3, -0.2, -0.1, 0.2, 0.5])),
    # steps of 0.3 before, and M̄ times that after
    (Restriction("relative_magnitude"), 1.0, np.array([-0.3, 0.0, 0.0, 0.3, 0.6])),
    (Restriction("relative_magnitude", "positive"), 1.0, np.array([-0.3, 0.0, 0.0, 0.3, 0.6])),
    (Restriction("relative_smoothness"), 1.0, np.array([-0.4, -0.1, 0.0, 0.3, 0.8])),
]


@pytest.mark.parametrize(("restriction", "bound", "departure"), WORST)
def test_coverage(restriction, bound, departure):
    assert covering(restriction, departure, bound, 40) >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / 40)


@pytest.mark.slow
@pytest.mark.parametrize(("restriction", "bound", "departure"), WORST)
def test_coverage_of_many(restriction, bound, departure):
    assert covering(restriction, departure, bound, 1000) >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / 1000)
