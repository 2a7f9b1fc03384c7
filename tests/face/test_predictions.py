"""Predictions on the rows of another frame: the record behind the Python face. More in tests/face/test_predicted.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import impact as im
from impact.data.frames import frame_of
from impact.face.predictions import Asked, predict


@pytest.fixture(scope="module")
def table(test_panel):
    return pd.DataFrame(test_panel)


def test_the_sample_given_back_is_the_sample(table):
    fit = im.fepois("cnt ~ D + z | i^c + t", table)
    own = predict(fit.result, fit.request, fit.frame, None, Asked())
    again = predict(fit.result, fit.request, fit.frame, frame_of(table, table.columns), Asked())
    np.testing.assert_allclose(again.values, own.values, rtol=1e-8)
    assert own.std_error is None and not own.notices and not again.notices


def test_the_error_of_one_row_is_its_quadratic_form(table):
    fit = im.feols("y ~ D + z", table, vcov={"cluster": "i"})
    found = predict(fit.result, fit.request, fit.frame, None, Asked(errors=True))
    x = np.array([1.0, table["D"][9], table["z"][9]])
    assert found.std_error[9] == pytest.approx(np.sqrt(x @ fit.vcov() @ x), rel=1e-12)
    assert found.values[9] == pytest.approx(x @ list(fit.coef().values()), rel=1e-12)
