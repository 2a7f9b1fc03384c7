"""What is said of a design before anything is estimated."""

from __future__ import annotations

import numpy as np

from impact.design.adoption import build_adoption

N, T = 60, 8
COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


def test_what_a_reader_should_know(request_with, as_frame, test_panel):
    """Always treated, nobody never treated, cohorts of one unit, uneven periods: each has its notice."""
    g = np.where(test_panel["g"] == 0, 1, test_panel["g"])
    g = np.where(test_panel["i"] == 1, 3, g)
    time = np.where(test_panel["t"] == 8, 10, test_panel["t"])
    found = build_adoption(as_frame({**test_panel, "g": g, "t": time}), request_with(COHORTS))
    assert {notice.code for notice in found.notices} == {"W524", "W525", "W526", "W527"}


def test_cells_without_controls_and_the_thinnest_cell(request_with, as_frame, test_panel):
    """Counted by hand: with nobody never treated no cohort has controls once the last is treated."""
    kept = np.flatnonzero(test_panel["g"] > 0)
    kept = kept[~((test_panel["i"][kept] == 2) & (test_panel["t"][kept] == 3))]
    request = request_with({**COHORTS, "control_group": "not_yet"})
    facts = build_adoption(as_frame(test_panel, kept), request).extra["adoption"]
    assert facts["never"] == 0
    # unit 2 belongs to cohort 5: i mod 4 = 2
    assert facts["smallest_cell"] == {"cohort": 5.0, "time": 3.0, "units": 14}
    expected = [[g, t] for g in (4.0, 5.0, 7.0) for t in (7.0, 8.0)]
    assert facts["cells_without_controls"] == expected
    assert facts["absent_unit_periods"] == 1
    assert facts["balanced"] is False
    assert facts["n_treated"] == 15 * (5 + 4 + 2)
