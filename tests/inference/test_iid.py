"""Classical variance against fixest and lm."""

from __future__ import annotations

import dataclasses

import pytest

from impact.core.errors import DesignError
from impact.inference.iid import IidOptions, infer


def errors(fit, **options):
    return infer(fit.estimate, fit.design, IidOptions(**options), 0.95)


def test_fixest(two_way, weighted, pooled):
    found = errors(two_way)
    assert found.std_error == pytest.approx([0.0595507764867, 0.0566514331028], abs=1e-11)
    assert found.variance["k"] == 69
    assert found.df.tolist() == [411, 411]
    assert errors(weighted).std_error == pytest.approx([0.0591635435038, 0.0560288466542], abs=1e-11)
    expected = [0.1160712758, 0.0904575950, 0.1413635484, 0.1399951067]
    assert errors(pooled).std_error == pytest.approx(expected, abs=1e-10)


def test_scale_of_analytic_weights_does_not_matter(weighted, dense, test_panel):
    p = test_panel
    scaled = dense(
        p["y"],
        {"D": p["D"], "z": p["z"]},
        absorb={"i": p["i"], "t": p["t"]},
        weights=7.0 * p["w"],
        kind="analytic",
    )
    assert errors(scaled).std_error == pytest.approx(errors(weighted).std_error, rel=1e-12)


def test_sampling_weights_are_refused(weighted):
    linear = dataclasses.replace(weighted.estimate.linear, weight_kind="sampling")
    estimate = dataclasses.replace(weighted.estimate, linear=linear)
    with pytest.raises(DesignError) as caught:
        infer(estimate, weighted.design, IidOptions(), 0.95)
    assert caught.value.code == "E530"


def test_means_of_cells_are_refused(two_way):
    design = dataclasses.replace(two_way.design, extra={"cell_means": True})
    with pytest.raises(DesignError) as caught:
        infer(two_way.estimate, design, IidOptions(), 0.95)
    assert caught.value.code == "E532"
