"""Progress on standard error: the design is told once, before the estimates, and never when quiet."""

from __future__ import annotations

import pytest

from impact.cli._progress import make_progress

FACTS = {
    "panel": False, "n_units": 10, "n_periods": 2, "periods": [1, 2], "cohorts": [{"cohort": 2, "units": 4}],
    "never": 6, "share_never": 0.6, "always": 0, "smallest_cell": None, "cells_without_controls": [],
    "control_group": "never", "switches_off": 0,
}  # fmt: skip


@pytest.mark.parametrize(("quiet", "times"), [(False, 1), (True, 0)])
def test_a_design_shared_by_models_is_told_once(capsys, quiet, times):
    tell = make_progress("study", {}, quiet=quiet, verbose=0)
    tell("one", "design", FACTS)
    tell("two", "design", FACTS)
    shown = capsys.readouterr().err
    assert shown.count("Design: 10 observations in 2 cross-sections") == times


def test_models_are_told_when_asked(capsys):
    tell = make_progress("study", {}, quiet=False, verbose=1)
    tell("one", "done", {})
    assert "one  done" in capsys.readouterr().err
