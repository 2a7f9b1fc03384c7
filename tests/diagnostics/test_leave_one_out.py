"""Refits without each unit, against least squares on the rows that are left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import impact
from impact.core.rows.design_rows import factor_on_rows
from impact.diagnostics._subset import drop_rows
from impact.diagnostics.leave_one_out import LeaveOneOutOptions, examine


def dense(design, keep):
    """The treatment coefficient by dummies on the kept rows."""
    columns = [design.x[keep, 0]]
    for effect in design.absorb:
        codes = effect.factor.codes[keep]
        columns += [(codes == code).astype(float) for code in np.unique(codes)]
    return np.linalg.lstsq(np.column_stack(columns), design.y[keep], rcond=None)[0][0]


@pytest.mark.parametrize(("among", "count"), [("all", 9), ("controls", 7), ("treated", 2)])
def test_every_refit(make, among, count):
    design = make.design(4, units=9, effect=1.0)
    found = examine(make.question("leave_one_out", make.fitted(design)), LeaveOneOutOptions(among=among))[0]
    unit = design.treatment.unit
    estimates = found.details["estimates"]
    assert len(estimates) == count
    for label, value in estimates.items():
        assert value == pytest.approx(dense(design, unit.codes != unit.labels.index(label)), abs=1e-9)
    assert (found.ci_low, found.ci_high) == (min(estimates.values()), max(estimates.values()))
    main = found.statistic
    assert found.details["most_influential"] == max(estimates, key=lambda k: abs(estimates[k] - main))


def test_a_change_of_sign_is_warned_of(make):
    design = make.design(4, units=9, effect=0.0, noise=0.1)
    code = design.treatment.unit.codes
    y = (
        design.y
        + np.where((code == 0) & (design.x[:, 0] > 0), 3.0, 0.0)
        - np.where((code == 1) & (design.x[:, 0] > 0), 2, 0)
    )
    found = examine(make.question("leave_one_out", make.fitted(replace(design, y=y))), LeaveOneOutOptions())[
        0
    ]
    assert found.verdict == "warn" and "changes sign" in found.sentence
    steady = make.fitted(make.design(4, units=9, effect=5.0, noise=0.1))
    assert examine(make.question("leave_one_out", steady), LeaveOneOutOptions())[0].verdict == "pass"


def test_other_factor_and_unknown_factor(make):
    result = make.fitted(make.design(4, effect=1.0))
    years = examine(make.question("leave_one_out", result), LeaveOneOutOptions(unit="time"))[0]
    assert set(years.details["estimates"]) == {"0", "1", "2", "3", "4", "5"}
    nothing = examine(make.question("leave_one_out", result), LeaveOneOutOptions(unit="region"))[0]
    assert nothing.verdict == "note" and "region" in nothing.sentence


def test_refits_that_fail_are_counted(make):
    result = make.fitted(make.design(4, units=9, treated=1, effect=1.0), sets="singles")
    found = examine(make.question("leave_one_out", result), LeaveOneOutOptions())[0]
    assert list(found.details["failed"]) == ["u0"]
    assert "1 of the refits could not be estimated" in found.sentence


def test_drop_rows_keeps_every_array_in_step(make):
    design = replace(make.design(4), weights=np.arange(1.0, 73.0), extra={"pop": np.arange(72), "note": "x"})
    mask = design.treatment.unit.codes == 3
    left = drop_rows(design, mask, reason="unit")
    keep = ~mask
    assert np.array_equal(left.y, design.y[keep]) and np.array_equal(left.weights, design.weights[keep])
    assert np.array_equal(left.extra["pop"], np.arange(72)[keep]) and left.extra["note"] == "x"
    unit = left.treatment.unit
    assert unit.levels == 11 and unit.codes.max() == 10
    assert [unit.labels[c] for c in unit.codes] == [
        design.treatment.unit.labels[c] for c in design.treatment.unit.codes[keep]
    ]
    exposed = left.treatment.treated[unit.codes] * left.treatment.profile[:, 0]
    assert np.array_equal(exposed, left.x[:, 0])
    assert left.sample.steps[-1].dropped == 6 and len(left.panel.time_values) == 66
    assert factor_on_rows(design.panel.time, design.panel.time.codes > 3).labels == ("4", "5")


def test_rows_leave_a_design_by_cohorts_with_their_units(cohort_design):
    design = cohort_design([3, 4, np.inf])
    made = drop_rows(design, design.adoption.unit.codes == 1)
    assert made.adoption.cohort.tolist() == [3, np.inf] and made.adoption.unit.labels == (0, 2)
    assert made.columns["w"].tolist() == made.y.tolist() and made.columns["g"].levels == 2
    late = drop_rows(design, design.adoption.time.codes >= 4)
    assert late.adoption.periods.tolist() == [1, 2, 3, 4] and late.adoption.cohort.tolist() == [3, 4, np.inf]


def test_cohorts_are_left_out_of_designs_by_cohorts():
    """The same numbers as a spec that filters the cohort away."""
    import impact

    def run(**more):
        spec = {
            "spec": 1,
            "data": "shipped:mpdta",
            "design": {"unit": "countyreal", "time": "year", "cohort": "first_treat", "never": 0},
            "models": {"main": {"estimator": "did_cs", "outcome": "lemp"}},
            "default_tests": False,
            **more,
        }
        return impact.run(spec, out=None).document

    found = run(tests={"loo": {"kind": "leave_one_out", "of": "main", "unit": "cohort"}})["tests"][0]
    assert list(found["details"]["estimates"]) == ["2004", "2006", "2007", "never"]
    without = next(row for row in run(filter="first_treat != 2006")["rows"] if row["term"] == "att")
    assert found["details"]["estimates"]["2006"] == pytest.approx(without["estimate"], abs=1e-12)
    treated = run(
        tests={"loo": {"kind": "leave_one_out", "of": "main", "unit": "cohort", "among": "treated"}}
    )["tests"][0]
    assert list(treated["details"]["estimates"]) == ["2004", "2006", "2007"]


def test_leaving_out_clusters_gives_the_jackknife(test_panel, tmp_path):
    """Σ (β_(g) − β)² is CR3: clubSandwich's errors of y ~ D + z + x by c, conventions section 5 [R]."""
    names = ("y", "D", "z", "x", "c")
    rows = [
        ",".join(names),
        *(",".join(map(repr, row)) for row in zip(*(test_panel[n].tolist() for n in names), strict=True)),
    ]
    (tmp_path / "panel.csv").write_text("\n".join(rows))
    spec = {
        "spec": 1, "data": {"root": "here", "file": "panel.csv"}, "vcov": {"cluster": "c"},
        "models": {"main": {"formula": "y ~ D + z + x", "treatment": ["D", "z", "x"]}},
        "tests": {"without": {"kind": "leave_one_out", "of": "main"}},
    }  # fmt: skip
    tests = impact.run(spec, out=None, roots={"here": tmp_path}).document["tests"]
    errors = {"D": 0.1063174346, "z": 0.1226547282, "x": 0.2336251604}
    assert [test["term"] for test in tests] == list(errors)
    for test in tests:
        details = test["details"]
        without = np.array(list(details["estimates"].values()))
        assert np.sqrt(np.sum((without - test["statistic"]) ** 2)) == pytest.approx(
            errors[test["term"]], abs=1e-9
        )
        assert len(without) == 12
        assert sum(details["leverage"].values()) == pytest.approx(4)
        assert sum(details["partial_leverage"].values()) == pytest.approx(1)
        assert 1 < details["effective_clusters"] <= 12
        assert "partial leverage" in test["sentence"]
