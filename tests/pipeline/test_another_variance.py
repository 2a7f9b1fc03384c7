"""Another variance of the same fit is the variance of a new fit, whatever columns it reads."""

import numpy as np
import pandas as pd
import pytest

import impact as im


@pytest.fixture(scope="module")
def frame(test_panel):
    return pd.DataFrame(test_panel).sample(frac=1.0, random_state=3)


VARIANCES = [
    "iid",
    "hc3",
    {"cluster": "c"},
    {"cluster": ["c", "t"]},
    {"cluster": "c", "type": "cr2"},
    {"newey_west": {"lags": 2, "unit": "c", "time": "k"}},
    {"conley": {"lat": "lat", "lon": "lon", "km": 100}},
    {"jackknife": {"cluster": "g"}},
]


@pytest.mark.parametrize("vcov", VARIANCES, ids=str)
@pytest.mark.parametrize("first", ["hc1", {"cluster": "t"}], ids=str)
@pytest.mark.parametrize("weights", [None, {"w": "analytic"}], ids=str)
def test_the_same_as_a_new_fit(frame, vcov, first, weights):
    data = frame.assign(k=8 * (frame["i"] - 1) + frame["t"])
    changed = im.feols("y ~ D + z + x", data, vcov=first, weights=weights).summary(vcov=vcov)
    fresh = im.feols("y ~ D + z + x", data, vcov=vcov, weights=weights)
    np.testing.assert_allclose(changed.vcov(), fresh.vcov(), rtol=1e-10)
    assert changed.inference.variance == fresh.inference.variance


def test_back_again(frame):
    first = im.feols("y ~ D + z | i", frame, vcov={"cluster": "t"})
    again = first.summary(vcov={"cluster": "c"}).summary(vcov={"cluster": "t"})
    np.testing.assert_allclose(again.vcov(), first.vcov(), rtol=1e-13)


def test_missing_clusters_change_the_sample(frame):
    data = frame.assign(c=np.where(frame["c"] == 4, np.nan, frame["c"]))
    first = im.feols("y ~ D + z | t", data, vcov="hc1")
    changed, fresh = (
        first.summary(vcov={"cluster": "c"}),
        im.feols("y ~ D + z | t", data, vcov={"cluster": "c"}),
    )
    assert first.glance()["n_obs"] == 480
    assert changed.glance()["n_obs"] == fresh.glance()["n_obs"] == 440
    assert changed.coef() == fresh.coef()
    assert changed.se() == fresh.se()
