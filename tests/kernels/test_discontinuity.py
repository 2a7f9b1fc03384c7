"""Local polynomials at a cutoff: numbers of rdrobust, loops for neighbours, exact polynomials, the delta method."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.discontinuity as kernel


def sine(k):
    return (np.sin(np.arange(1.0, 601.0) * k) * 1e4) % 1


@pytest.fixture(scope="module")
def sample():
    """600 rows that every machine makes alike."""
    x = 2 * sine(12.9898) - 1
    noise = sine(78.233) + sine(39.425) + sine(11.17) - 1.5
    taken = (sine(3.7) < 0.2 + 0.6 * (x >= 0)).astype(float)
    z = sine(5.3)
    y = 0.5 * x + 0.8 * x**2 + 1.0 * (x >= 0) + 0.7 * taken + 0.6 * z + noise
    return {"x": x, "y": y, "taken": taken, "z": z}


def sides(sample, *names, weights=None, x=None):
    x = sample["x"] if x is None else x
    columns = np.column_stack([sample[name] for name in ("y", *names)])
    weights = np.ones(len(x)) if weights is None else weights
    return [kernel.side_of(x[one], columns[one], weights[one]) for one in (x < 0, x >= 0)]


def estimate(both, order=1, shape="triangular", fuzzy=False, windows=None):
    asked = kernel.Shape(order, shape, fuzzy)
    h, b = windows or kernel.bandwidths(*both, asked, outcome_only=False)
    found = kernel.jump(*both, asked, h, b)
    numbers = [h, b, found.robust, found.conventional, *np.sqrt(np.diag(found.vcov))[::-1]]
    if fuzzy:
        numbers += [*found.first[::-1], *np.sqrt(np.diag(found.first_vcov))[::-1]]
    return numbers, found.n_inside


# Python rdrobust 2.1.1: h, b, robust, conventional, their errors (fuzzy: of the first stage, too), rows within h
RDROBUST = {
    "plain": (
        [0.2012092097430871, 0.36002723995926145, 1.243135479861142, 1.3560588505371818, 0.26491331484665886,
         0.23264109034040464], (62, 52)),
    "order 0, uniform": (
        [0.12484768517556319, 0.3248888124461396, 1.6659553049867504, 1.6759299899243414, 0.1720547851025502,
         0.13057143267007135], (39, 34)),
    "order 2, epanechnikov": (
        [0.2767947752065949, 0.4193155038260787, 1.0768111050674265, 1.1755345556953478, 0.3127602067320102,
         0.2841618805178728], (78, 77)),
    "fuzzy": (
        [0.34357916959310203, 0.5846062789267524, 2.1104173921152243, 2.189827771468883, 0.4066905855849684,
         0.34903510220695216, 0.7220865000594792, 0.7114559861440576, 0.1341851012830172, 0.1158694752868403],
        (101, 95)),
    "covariate": (
        [0.23033418982176507, 0.39883842088855204, 1.2090545943805326, 1.3074413182137694, 0.2346673142308086,
         0.2044196338235632], (69, 64)),
    "fuzzy, covariate": (
        [0.32544799484484715, 0.584885157242096, 1.9412740161233546, 2.015875974431944, 0.3797627258321449,
         0.3317590370169845, 0.7157342762649888, 0.7066001747820431, 0.13526013727518618, 0.11873620582149048],
        (98, 93)),
    "windows": (
        [0.3, 0.5, 1.4455207588878416, 1.486439540573028, 0.2245201951733884, 0.1942937612582038], (84, 88)),
    "one window": (
        [0.3, 0.3, 1.172734226610095, 1.486439540573028, 0.2762041551221332, 0.1942909318527657], (84, 88)),
    "weights": (
        [0.20533481275161625, 0.36554717821157, 1.2082031886492401, 1.322599578381944, 0.2747524622398563,
         0.2410976641901193], (63, 53)),
    "few values": (
        [0.3247073293027697, 0.5383319405884215, 1.3101801577984682, 1.348873795343622, 0.270989734382915,
         0.2233684259360209], (77, 95)),
}  # fmt: skip


@pytest.mark.parametrize("case", RDROBUST)
def test_numbers_of_rdrobust(sample, case):
    names = [name for word, name in (("fuzzy", "taken"), ("covariate", "z")) if word in case]
    weights = 1 + sample["z"] if case == "weights" else None
    x = np.round(sample["x"] * 15) / 15 if case == "few values" else None
    words = {"order 0, uniform": (0, "uniform"), "order 2, epanechnikov": (2, "epanechnikov")}
    order, shape = words.get(case, (1, "triangular"))
    windows = {"windows": (0.3, 0.5), "one window": (0.3, 0.3)}.get(case)
    found, inside = estimate(
        sides(sample, *names, weights=weights, x=x), order, shape, "fuzzy" in case, windows
    )
    numbers, rows = RDROBUST[case]
    assert found == pytest.approx(numbers, rel=1e-8)
    assert inside == rows


@pytest.mark.parametrize("step", [None, 0.1])
def test_neighbours_by_loops(sample, step):
    x = np.sort(sample["x"][:80])
    x = x if step is None else np.round(x / step) * step
    y = sample["y"][:80, None]
    found = kernel.neighbour_residuals(x, y)
    for row in range(80):
        apart = np.abs(x - x[row])
        apart[row] = -1
        near = apart <= np.sort(apart)[3] + 1e-9
        near[row] = False
        count = near.sum()
        assert found[row, 0] == pytest.approx(np.sqrt(count / (count + 1)) * (y[row, 0] - y[near, 0].mean()))


def test_a_jump_between_polynomials_is_exact(sample):
    """Quadratics on both sides: the robust row has no bias, the conventional one has."""
    x = sample["x"]
    y = np.where(x >= 0, 3 + x - x**2, 1 - 2 * x + 4 * x**2)
    found = kernel.jump(*sides({"y": y, "x": x}), kernel.Shape(1, "triangular", False), 0.4, 0.6)
    assert found.robust == pytest.approx(2)
    assert abs(found.conventional - 2) > 0.01


def test_scale_and_place_do_not_matter(sample):
    one, _ = estimate(sides(sample))
    other, _ = estimate(sides({"x": 1000 * sample["x"], "y": 7 * sample["y"]}))
    assert np.array(other) == pytest.approx(np.array(one) * [1000, 1000, 7, 7, 7, 7])


def test_windows_without_rows(sample):
    with pytest.raises(kernel.WindowError) as error:
        kernel.jump(*sides(sample), kernel.Shape(1, "triangular", False), 1e-6, 0.5)
    assert error.value.reason == "window"
    same = {**sample, "taken": np.zeros(600)}
    with pytest.raises(kernel.WindowError) as error:
        kernel.jump(*sides(same, "taken"), kernel.Shape(1, "triangular", True), 0.3, 0.5)
    assert error.value.reason == "first_stage"
