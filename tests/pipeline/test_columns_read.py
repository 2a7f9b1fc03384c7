"""Columns that a plan reads: those of formulas, filters, weights, clusters and derived columns."""

from __future__ import annotations

from impact.pipeline.columns_read import names_used, unknown_faults


def test_columns_that_are_read(plan_of):
    plan = plan_of(
        model={
            "formula": "log(y) ~ made + i(g, ref=1) | id[t]",
            "weights": {"w": "analytic"},
            "vcov": {"cluster": "c"},
        },
        derive={"made": "2 * a"},
        filter="b > 0",
    )
    assert {"y", "a", "g", "id", "t", "w", "c", "b"} <= names_used(plan)
    assert not {"log", "i"} & names_used(plan)
    assert unknown_faults(plan, ["y", "a", "g", "id", "t", "w", "c", "b"]) == []
    (fault,) = unknown_faults(plan, ["y", "aa", "g", "id", "t", "w", "c", "b"])
    assert (fault.code, fault.suggestion) == ("E514", "aa")
