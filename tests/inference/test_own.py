"""Errors that an estimator makes itself: taken over as they are, intervals by inversion, no word on few treated."""

from dataclasses import replace

import numpy as np
import pytest

from impact.core.designs import Adoption, Design, Factor, Sample, Term
from impact.core.errors import EstimationError
from impact.core.estimates import Estimate, OwnVariance
from impact.core.options import NoOptions
from impact.inference.own import infer, interval_from_curve

WORDS = {"en": "placebo", "es": "placebo"}


def made(**more):
    terms = (Term("att", "att"), Term("event[0]", "event", event_time=0))
    own = OwnVariance(np.diag([4.0, np.nan]), "placebo", WORDS, **more)
    estimate = Estimate("x", terms, np.array([3.0, 1.0]), 10.0, 2, 8.0, own_variance=own, focus=(0,))
    design = Design("y", terms, np.arange(10.0), np.empty((10, 0)), Sample(np.arange(10)))
    return estimate, design


def test_errors_are_taken_over():
    found = infer(*made(), NoOptions(), 0.95)
    assert found.std_error[0] == 2
    assert np.isnan(found.std_error[1])
    assert found.ci_low[0] == pytest.approx(3 - 1.959963984540054 * 2)
    assert found.variance["kind"] == "own"
    assert found.n_treated_clusters is None


@pytest.mark.parametrize(
    ("method", "warned"),
    [
        ("placebo", False),
        ("conformal", False),
        ("jackknife_plus", False),
        ("bootstrap", True),
        ("jackknife", True),
    ],
)
def test_few_treated_units_harm_errors_from_treated_units_alone(method, warned):
    """Placebos are untreated units, conformal tests compare periods; refits draw the two treated units themselves."""
    estimate, design = made()
    unit = Factor("unit", np.arange(10, dtype=np.int32), tuple(range(10)))
    adoption = Adoption(
        unit, Factor("t", np.zeros(10, dtype=np.int32), (1.0,)), np.ones(1), np.r_[1.0, 1.0, [np.inf] * 8]
    )
    own = replace(estimate.own_variance, method=method)
    found = infer(replace(estimate, own_variance=own), replace(design, adoption=adoption), NoOptions(), 0.95)
    assert ("W511" in {notice.code for notice in found.notices}) == warned
    assert found.n_treated_clusters == (2 if warned else None)


def test_ranks_replace_the_p_value():
    assert infer(*made(p_value=np.array([0.04, 0.5])), NoOptions(), 0.95).p_value.tolist() == [0.04, 0.5]


def test_intervals_by_inversion():
    values = np.tile(np.arange(5.0)[:, None], 2)
    p = np.array([[0.01, 0.2], [0.3, 0.2], [0.9, 0.2], [0.06, 0.2], [0.01, 0.2]])
    own = made(curve_values=values, curve_p=p)[0].own_variance
    low, high = interval_from_curve(own, 0.95)
    assert (low[0], high[0]) == (1.0, 3.0)
    assert (low[1], high[1]) == (-np.inf, np.inf)
    none = replace(own, curve_p=np.zeros_like(p))
    assert np.isnan(interval_from_curve(none, 0.95)[0]).all()


def test_an_estimator_without_own_errors():
    estimate, design = made()
    with pytest.raises(EstimationError) as error:
        infer(replace(estimate, own_variance=None), design, NoOptions(), 0.95)
    assert error.value.code == "E531"
