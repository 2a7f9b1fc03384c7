"""Columns of a model on other rows: levels and bases of its sample. More in tests/face/test_predicted.py."""

from __future__ import annotations

import numpy as np
import pandas as pd

import impact as im
from impact.data.frames import frame_of
from impact.design.other_rows import columns_on_rows, columns_read


def made(fit, other):
    frame = frame_of(other, other.columns)
    return columns_on_rows(fit.request, fit.result.design, fit.frame, frame, absorb=fit.result.design.absorb)


def test_rows_of_the_sample_have_the_columns_of_the_design(test_panel):
    table = pd.DataFrame(test_panel)
    fit = im.feols("y ~ poly(z, 2) + bs(x, 4) + i(t, D, ref=1) + i(g):z + z^2 | c", table)
    found = made(fit, table)
    assert [term.name for term in found.terms] == [term.name for term in fit.result.design.terms]
    rows = fit.result.design.sample.kept
    np.testing.assert_allclose(found.x[rows], fit.result.design.x, atol=1e-15)
    np.testing.assert_array_equal(found.effects[0].codes[rows], fit.result.design.absorb[0].factor.codes)


def test_names_are_those_of_the_right_side():
    rng = np.random.default_rng(0)
    data = {name: rng.normal(size=40) for name in ("y", "d", "q", "x", "w")} | {"f": np.arange(40) % 4}
    fit = im.feiv("y ~ x | f | d ~ q", data, weights="w" if (data["w"] > 0).all() else None)
    assert sorted(name for name, _ in columns_read(fit.request)) == ["d", "f", "x"]


def test_texts_and_gaps(test_panel):
    table = pd.DataFrame(test_panel).assign(name=[f"n{k % 3}" for k in range(480)])
    fit = im.feols("y ~ i(name, ref='n1') + z", table)
    new = pd.DataFrame({"name": ["n2", "n9", None, "n1"], "z": [1.0, 2.0, 3.0, np.nan]})
    found = made(fit, new)
    assert found.complete.tolist() == [True, True, False, False]
    assert found.unknown["name"].tolist() == [False, True]
    assert found.x[0].tolist() == [1.0, 0.0, 1.0, 1.0]
    assert np.isnan(found.x[1, 1:3]).all()
