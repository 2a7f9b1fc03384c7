"""Shared by the Monte Carlo sets: how a rejection rate is judged, and plans that are fitted in the process.

A rate p of R draws is accepted when |p − p0| ≤ z √(p0 (1 − p0)/R) + δ with z = 3.29, δ the known small-sample
gap of the method (0 where the test is exact). Where p0 itself comes from R0 draws its own error is added.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import impact.pipeline.fit as fitting
from impact.core.errors import Place
from impact.core.frames import Frame
from impact.plan import make_plan
from impact.schema.nodes import from_plain

Z = 3.29


def accepted(rate, expected, draws, *, gap=0.0, expected_draws=None):
    """Whether a rate of ``draws`` draws agrees with the expected one (simulated with ``expected_draws``)."""
    share = 1 / draws + (0.0 if expected_draws is None else 1 / expected_draws)
    return abs(rate - expected) <= Z * math.sqrt(expected * (1 - expected) * share) + gap


@pytest.fixture(scope="session")
def agrees():
    return accepted


@pytest.fixture(scope="session")
def units_and_periods():
    def make(units, periods):
        unit = np.repeat(np.arange(units, dtype=float), periods)
        return unit, np.tile(np.arange(periods, dtype=float), units)

    return make


@pytest.fixture(scope="session")
def fit_plan():
    """``fit_plan(keys)`` is a function from columns to the result of the spec's only model."""

    def make(**keys):
        tree = from_plain({"spec": 1, "data": {"file": "draw.csv"}, **keys}, Place(file="spec.yaml"))
        request = make_plan(tree).models[0]

        def fit(columns):
            frame = Frame(columns, len(next(iter(columns.values()))))
            (result,) = fitting.fit_request(frame, request, seed=1).results
            assert result.error is None
            return result

        return fit

    return make
