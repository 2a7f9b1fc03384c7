"""Adding a constant to a regressor moves no standard error, however large the constant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import impact as im

VCOVS = [
    "iid",
    "hc0",
    "hc1",
    "hc2",
    "hc3",
    "hc4",
    *({"cluster": "g", "type": kind} for kind in ("cr0", "cr1", "cr2", "cr3")),
]


@pytest.mark.parametrize("shift", [1e3, 1e5, 1e7, 1e8])
@pytest.mark.parametrize("vcov", VCOVS, ids=str)
def test_shift(vcov, shift):
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(size=200).round(6), "g": np.arange(200) // 10})
    data["y"] = 2 * data["x"] + rng.normal(size=200) * (1 + data["x"] ** 2)
    data["far"] = np.round((data["x"] + shift) * 2**20) / 2**20
    data["near"] = data["far"] - shift
    there, here = im.feols("y ~ far", data, vcov=vcov), im.feols("y ~ near", data, vcov=vcov)
    assert there.coef()["far"] == pytest.approx(here.coef()["near"], rel=1e-8)
    assert there.se()["far"] == pytest.approx(here.se()["near"], rel=1e-7)
