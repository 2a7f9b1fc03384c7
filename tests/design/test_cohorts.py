"""Cohorts from a column: codes of never treated, what may be a mistake, columns offered to formulas."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DesignError
from impact.design.adoption import build_adoption

N, T = 60, 8
COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


def codes(error):
    return {fault.code for fault in error.value.faults}


@pytest.mark.parametrize(
    ("changes", "values", "code"),
    [
        ({}, {}, "E562"),
        ({"never": "missing"}, {}, "E562"),
        ({"never": 0}, {"g": (7, 99)}, "E563"),
        ({"never": [0, 4, 5, 7]}, {}, "E558"),
        ({"never": 0}, {"t": (8, 8.5)}, "E529"),
        ({"never": 0}, {"t": (8, 7)}, "E508"),
    ],
)
def test_codes_that_may_be_mistakes(request_with, as_frame, test_panel, changes, values, code):
    design = {"unit": "i", "time": "t", "cohort": "g", **changes}
    columns = {**test_panel}
    for name, (old, new) in values.items():
        columns[name] = np.where(columns[name] == old, new, columns[name])
    with pytest.raises(DesignError) as error:
        build_adoption(as_frame(columns), request_with(design))
    assert codes(error) == {code}


def test_a_cohort_after_the_last_period_may_be_declared(request_with, as_frame, test_panel):
    columns = {**test_panel, "g": np.where(test_panel["g"] == 7, 2050, test_panel["g"])}
    request = request_with({**COHORTS, "never": [0, "beyond"]})
    assert np.count_nonzero(np.isinf(build_adoption(as_frame(columns), request).adoption.cohort)) == 30


def test_missing_and_infinite_cohorts(request_with, as_frame, test_panel):
    for never, code in (("missing", np.nan), ("inf", np.inf)):
        columns = {**test_panel, "g": np.where(test_panel["g"] == 0, code, test_panel["g"])}
        found = build_adoption(as_frame(columns), request_with({**COHORTS, "never": never}))
        assert np.count_nonzero(np.isinf(found.adoption.cohort)) == 15


def test_a_cohort_that_changes_within_a_unit(request_with, as_frame, test_panel):
    columns = {**test_panel, "g": np.where(test_panel["t"] == 8, 5, test_panel["g"])}
    with pytest.raises(DesignError) as error:
        build_adoption(as_frame(columns), request_with(COHORTS))
    assert codes(error) == {"E528"}
    assert "1 (4 and 5)" in str(error.value)


def test_cohorts_offer_columns_to_regressions(request_of, as_frame, test_panel):
    """`exposed` of a cohort design is the treatment of the panel: the same regression with either."""
    from impact.pipeline.fit import fit_request

    spec = {"spec": {"design": COHORTS}}
    one = fit_request(as_frame(test_panel), request_of("y ~ exposed + z | i + t", **spec), seed=None)
    other = fit_request(
        as_frame(test_panel), request_of("y ~ D + z | i + t", vcov={"cluster": "i"}), seed=None
    )
    assert one.results[0].estimate.params == pytest.approx(other.results[0].estimate.params, rel=1e-12)
    assert one.results[0].inference.std_error == pytest.approx(
        other.results[0].inference.std_error, rel=1e-12
    )
    event = request_of("y ~ event_time + z", **spec)
    found = fit_request(as_frame(test_panel), event, seed=None).results[0]
    assert found.estimate.n_obs == 360
