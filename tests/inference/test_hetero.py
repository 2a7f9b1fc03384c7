"""Robust variances against fixest, sandwich and the full-model leverage."""

from __future__ import annotations

import pytest

from impact.inference.hetero import HeteroOptions, infer

# sandwich::vcovHC on lm(y ~ D + z + x)
POOLED = {
    "hc0": [0.1032786660, 0.0829311128, 0.1339275219, 0.1378829355],
    "hc1": [0.1037117021, 0.0832788339, 0.1344890653, 0.1384610636],
    "hc2": [0.1037693552, 0.0833110373, 0.1345751405, 0.1385359126],
    "hc3": [0.1042628031, 0.0836931019, 0.1352263522, 0.1391925097],
    "hc4": [0.1038853738, 0.0833937384, 0.1347290558, 0.1386830637],
}


def errors(fit, kind, **options):
    return infer(fit.estimate, fit.design, HeteroOptions(type=kind, **options), 0.95)


@pytest.mark.parametrize("kind", sorted(POOLED))
def test_pooled(pooled, kind):
    assert errors(pooled, kind).std_error == pytest.approx(POOLED[kind], abs=1e-10)


def test_two_way(two_way):
    found = errors(two_way, "hc1")
    assert found.std_error == pytest.approx([0.0579259551633, 0.0552453870984], abs=1e-11)
    assert found.df.tolist() == [411, 411]
    assert errors(two_way, "hc2").std_error == pytest.approx([0.05798227, 0.05531225], abs=6e-9)
    assert errors(two_way, "hc3").std_error == pytest.approx([0.06272189, 0.05984792], abs=6e-9)


def test_weighted(weighted):
    assert errors(weighted, "hc1").std_error == pytest.approx([0.0603165809588, 0.0575470836473], abs=1e-11)
