"""Conley errors against fixest, and against the double sum over rows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from impact.core.errors import DesignError
from impact.inference.conley import ConleyOptions, infer

# fixest 0.13, y ~ D + z + x on the test panel
FIXEST = [
    (50, "triangular", [0.1881278352, 0.1279539019, 0.1307428752, 0.3614127560]),
    (50, "spherical", [0.1881278352, 0.1279539019, 0.1307428752, 0.3614127560]),
    (100, "triangular", [0.2076194191, 0.1269028735, 0.1391366671, 0.3535880805]),
    (100, "spherical", [0.2076194191, 0.1269028735, 0.1391366671, 0.3535880805]),
    (200, "triangular", [0.1925113593, 0.1542836111, 0.1322991310, 0.4129993950]),
    (200, "spherical", [0.1935593623, 0.1506167304, 0.1323626911, 0.4145259849]),
]


def errors(fit, **options):
    return infer(fit.estimate, fit.design, ConleyOptions(**options), 0.95)


@pytest.mark.parametrize(("km", "distance", "expected"), FIXEST)
def test_fixest(pooled, km, distance, expected):
    found = errors(pooled, km=km, distance=distance)
    assert found.std_error == pytest.approx(expected, abs=1e-10)
    assert found.df.tolist() == [476.0] * 4


def test_bartlett_is_the_double_sum(pooled, test_panel):
    lat, lon = np.radians(test_panel["lat"]), np.radians(test_panel["lon"])
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half = half + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    separation = 12752 * np.arcsin(np.minimum(1, np.sqrt(half)))
    weight = np.maximum(1 - separation / 150, 0)
    linear = pooled.estimate.linear
    scores = linear.x * linear.residual[:, None]
    expected = linear.bread @ scores.T @ weight @ scores @ linear.bread
    found = errors(pooled, km=150, kernel="bartlett", distance="spherical", ssc="none")
    np.testing.assert_allclose(found.vcov, expected, rtol=1e-9)


def test_negative_variance_is_no_number(dense):
    # three places on a line, middle one of opposite sign: the uniform kernel subtracts more than it adds
    lat = np.repeat([0.0, 0.5, 1.0], 2)
    fit = dense(
        np.array([1.0, 1.0, -1.0, -1.0, 1.0, 1.0]),
        {"a": np.array([1.0, 1, 1, 1, 1, 1])},
        coordinates=np.column_stack([lat, np.zeros(6)]),
    )
    linear = dataclasses.replace(fit.estimate.linear, residual=np.array([1.0, 1, -1.5, -1.5, 1, 1]))
    found = infer(dataclasses.replace(fit.estimate, linear=linear), fit.design, ConleyOptions(km=60), 0.95)
    assert np.isnan(found.std_error[0])
    assert np.isnan(found.p_value[0])
    assert np.isnan(found.ci_low[0])
    assert {"W516", "W517"} <= {notice.code for notice in found.notices}


def test_refusals(pooled, two_way):
    with pytest.raises(DesignError) as caught:
        errors(pooled)
    assert caught.value.code == "E536"
    with pytest.raises(DesignError) as caught:
        errors(two_way, km=50)
    assert caught.value.code == "E537"
    wrong = dataclasses.replace(pooled.design, coordinates=pooled.design.coordinates * 100)
    with pytest.raises(DesignError) as caught:
        infer(pooled.estimate, wrong, ConleyOptions(km=50), 0.95)
    assert caught.value.code == "E537"
