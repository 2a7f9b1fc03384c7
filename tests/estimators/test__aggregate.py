"""Aggregates of group-time effects: weighted means written out, and loadings against numerical derivatives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact.core.designs import AdoptionChoices
from impact.estimators._aggregate import Cells, aggregate_cells

PERIODS = np.arange(1.0, 7)
COHORTS = np.array([3.0, 4.0, 6.0])
SHARE = np.array([0.2, 0.35, 0.1])


def cells_of(share=SHARE, seed=1, m=40):
    rng = np.random.default_rng(seed)
    cohort, time = (grid.ravel() for grid in np.meshgrid(COHORTS, PERIODS, indexing="ij"))
    place = np.searchsorted(COHORTS, cohort)
    att = rng.normal(size=len(cohort))
    influence = rng.normal(size=(m, len(cohort)))
    return Cells(cohort, time, att, influence, share[place], COHORTS, share, rng.normal(size=(m, 3)))


def params(found):
    return {term.name: value for term, value in zip(found.terms, found.params.tolist(), strict=True)}


def test_means_are_those_of_the_definitions():
    """Callaway and Sant'Anna (2021), table 1, written as loops."""
    cells = cells_of()
    att = {(g, t): a for g, t, a in zip(cells.cohort, cells.time, cells.att, strict=True)}
    p = dict(zip(COHORTS, SHARE, strict=True))
    found = params(aggregate_cells(cells, AdoptionChoices()))
    post = [(g, t) for g, t in att if t >= g]
    simple = sum(p[g] * att[g, t] for g, t in post) / sum(p[g] for g, _ in post)
    by_cohort = {g: np.mean([att[g, t] for t in PERIODS if t >= g]) for g in COHORTS}

    def mean(pairs):
        return sum(p[g] * att[g, t] for g, t in pairs) / sum(p[g] for g, _ in pairs)

    by_event = {e: mean([(g, t) for g, t in att if t - g == e]) for e in range(-5, 4)}
    by_period = {t: mean([(g, s) for g, s in post if s == t]) for t in PERIODS if t >= 3}
    assert found["att"] == found["att_simple"] == pytest.approx(simple)
    assert found["att_cohort"] == pytest.approx(sum(p[g] * by_cohort[g] for g in COHORTS) / SHARE.sum())
    assert found["att_dynamic"] == pytest.approx(np.mean([by_event[e] for e in range(4)]))
    assert found["att_calendar"] == pytest.approx(np.mean(list(by_period.values())))
    for e, value in by_event.items():
        assert found[f"event[{e}]"] == pytest.approx(value)
    for g, value in by_cohort.items():
        assert found[f"cohort[{g:g}]"] == pytest.approx(value)
    for t, value in by_period.items():
        assert found[f"calendar[{t:g}]"] == pytest.approx(value)
    assert found["att_gt[4,2]"] == att[4, 2]


@pytest.mark.parametrize("aggregate", ["simple", "dynamic", "cohort", "calendar"])
def test_the_overall_effect_is_the_one_asked_for(aggregate):
    found = params(aggregate_cells(cells_of(), AdoptionChoices(aggregate=aggregate)))
    assert found["att"] == found[f"att_{aggregate}"]


def test_the_influence_of_estimated_shares_is_their_derivative():
    """Central differences of every row in each share."""
    cells = cells_of()
    choices = AdoptionChoices()
    base = aggregate_cells(cells, choices)
    fixed = aggregate_cells(replace(cells, membership=None), choices)
    assert fixed.influence == pytest.approx(cells.influence @ fixed.weights)
    step = 1e-6
    derivative = np.column_stack([
        (aggregate_cells(cells_of(SHARE + step * one), choices).params
         - aggregate_cells(cells_of(SHARE - step * one), choices).params) / (2 * step)
        for one in np.eye(3)
    ])  # fmt: skip
    assert base.influence - fixed.influence == pytest.approx(cells.membership @ derivative.T, abs=1e-7)


def test_the_window_hides_events_and_changes_nothing_else():
    cells = cells_of()
    everything, shown = (
        params(aggregate_cells(cells, AdoptionChoices(window=window))) for window in (None, (-2, 1))
    )
    events = [name for name in shown if name.startswith("event")]
    assert events == ["event[-2]", "event[-1]", "event[0]", "event[1]"]
    assert all(everything[name] == value for name, value in shown.items())


def test_balanced_events_take_the_same_cohorts():
    """Cohorts seen two periods after treatment, and event times that all of them reach (R did, balance_e = 2)."""
    found = aggregate_cells(cells_of(), AdoptionChoices(), balance_event=2)
    cells = cells_of()
    weights = dict(zip([term.name for term in found.terms], found.weights.T, strict=True))
    events = [name for name in weights if name.startswith("event")]
    assert events == [f"event[{e}]" for e in (-3, -2, -1, 0, 1, 2)]
    for e in (-1, 0, 1, 2):
        used = {*cells.cohort[weights[f"event[{e}]"] > 0].tolist()}
        assert used == {3.0, 4.0}
    assert params(found)["att_dynamic"] == pytest.approx(
        np.mean([params(found)[f"event[{e}]"] for e in (0, 1, 2)])
    )


def test_cells_without_an_estimate_are_left_out():
    cells = cells_of()
    att = cells.att.copy()
    att[0] = np.nan
    found = aggregate_cells(replace(cells, att=att), AdoptionChoices())
    assert "att_gt[3,1]" not in params(found)
    assert np.isfinite(found.params).all()


def test_effects_before_treatment_alone_have_no_overall_effect():
    cells = cells_of()
    before = cells.time < cells.cohort
    att = np.where(before, cells.att, np.nan)
    found = aggregate_cells(replace(cells, att=att), AdoptionChoices())
    assert not any(term.kind == "att" for term in found.terms)
