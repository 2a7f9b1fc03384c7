"""The verdict: every word of it, and what it takes to earn or lose it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.findings import Finding
from impact.diagnostics._reading import Reading, read_row
from impact.diagnostics._verdict import (
    Check,
    Equivalence,
    checks_of,
    equivalences,
    judge,
    judge_check,
    judge_event,
    without_row,
)


def row(estimate=-0.03, by_estimate=0.01, by_t=0.02, **more):
    base = {
        "estimate": estimate,
        "std_error": 0.005,
        "p_value": 1e-6,
        "df": 25.0,
        "primary": "permutation",
        "p_permutation": by_estimate,
        "p_permutation_t": by_t,
        "mde80": 0.05,
    }
    return {**base, **more}


def check(name, estimate, p=0.5, *, expect=None):
    reading = Reading(estimate, None, math.inf, {"permutation": p}, None, None, None, "permutation")
    return Check(name, (reading,), expect, {"en": name, "es": name})


def test_effect_needs_both_permutation_p_values():
    assert judge(row())[0] == "effect"
    assert judge(row(by_estimate=0.06))[0] == "inconclusive"
    verdict, reason = judge(row(by_estimate=0.040, by_t=0.067))
    assert verdict == "inconclusive"
    assert "0.040" in reason["en"] and "0.067" in reason["en"] and "0.067" in reason["es"]


def test_the_clustered_p_value_alone_is_no_effect_with_few_treated_clusters():
    only_cr1 = row(p_permutation=None, p_permutation_t=None, primary="cr3", p_cr3=0.4, std_error_cr3=0.03)
    assert only_cr1["p_value"] < 0.001
    assert judge(only_cr1)[0] == "inconclusive"
    without_any = row(p_permutation=None, p_permutation_t=None, primary="cr3", p_cr3=None, primary_p=None)
    verdict, reason = judge(without_any)
    assert verdict == "inconclusive"
    assert "no valid p-value" in reason["en"]


def test_own_p_value_where_many_clusters_are_treated():
    assert (
        judge({"estimate": 1.0, "std_error": 0.2, "p_value": 0.0001, "primary": "asymptotic"})[0] == "effect"
    )
    assert judge({"estimate": 1.0, "std_error": 0.9, "p_value": 0.27})[0] == "inconclusive"
    assert judge({"estimate": None, "p_value": 0.001})[0] == "inconclusive"


def test_alpha_itself_is_not_below_alpha():
    assert judge(row(by_estimate=0.05))[0] == "inconclusive"
    assert judge(row(by_estimate=0.05), alpha=0.051)[0] == "effect"


def test_equivalent_and_small():
    within, beyond = Equivalence(0.01, 0.02), Equivalence(0.30, 0.02)
    assert judge(row(by_estimate=0.4), equivalence=within)[0] == "equivalent"
    assert judge(row(by_estimate=0.4), equivalence=beyond)[0] == "inconclusive"
    assert judge(row(), equivalence=within)[0] == "effect_but_small"
    assert judge(row(), equivalence=beyond)[0] == "effect"


def test_thin_rows_are_inconclusive_whatever_they_show():
    assert judge(row(), thin=True)[0] == "inconclusive"
    assert judge(row(by_estimate=0.9), thin=True, equivalence=Equivalence(0.001, 1.0))[0] == "inconclusive"


def test_signs_nine_of_ten_hold_and_eight_of_nine_do_not():
    nine = [check(f"r{i}", -0.02) for i in range(9)] + [check("odd", 0.001)]
    assert judge(row(), nine)[0] == "effect"
    verdict, reason = judge(row(), nine[1:])
    assert verdict == "fragile"
    assert "odd" in reason["en"] and "8 of 9" in reason["en"]


@pytest.mark.parametrize(
    ("estimate", "p", "verdict"),
    [(-0.014, 0.6, "effect"), (-0.016, 0.6, "fragile"), (0.016, 0.6, "fragile"), (-0.001, 0.04, "fragile")],
)
def test_placebo_breaks_when_it_rejects_or_exceeds_half(estimate, p, verdict):
    placebo = check("placebo_2016", estimate, p, expect="no_effect")
    found, reason = judge(row(), [placebo])
    assert found == verdict
    assert verdict == "effect" or "placebo_2016" in reason["en"]


def test_placebo_rows_do_not_count_for_the_sign():
    placebos = [check(f"p{i}", 0.001, expect="no_effect") for i in range(5)]
    assert judge(row(), placebos)[0] == "effect"


def test_robustness_does_not_make_an_inconclusive_row_fragile():
    assert judge(row(by_estimate=0.4), [check("odd", 0.5)])[0] == "inconclusive"


def test_failed_rows_do_not_count():
    assert judge(row(), [Check("failed")])[0] == "effect"


def test_a_family_such_as_leave_one_out_is_one_row():
    readings = tuple(check("x", e).readings[0] for e in (-0.02, -0.03, 0.001))
    family = Check("drop_one", readings)
    assert judge(row(), [family])[0] == "fragile"
    assert judge(row(), [family, *(check(f"r{i}", -0.01) for i in range(9))])[0] == "effect"


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.one_of(st.none(), st.floats(0, 1)),
    st.lists(st.tuples(st.floats(-1, 1), st.booleans()), max_size=6),
    st.booleans(),
)
def test_effect_is_never_given_without_what_it_needs(by_estimate, by_t, equivalence, rows, thin):
    checks = [check(f"r{i}", e, expect="no_effect" if b else None) for i, (e, b) in enumerate(rows)]
    tost = None if equivalence is None else Equivalence(equivalence, 0.02)
    verdict, reason = judge(row(1.0, by_estimate, by_t), checks, equivalence=tost, thin=thin)
    assert reason["en"] and reason["es"]
    if verdict in {"effect", "effect_but_small"}:
        assert by_estimate < 0.05 and by_t < 0.05 and not thin
        same = [e > 0 for e, placebo in rows if not placebo]
        assert not same or sum(same) >= 0.9 * len(same)
        assert all(abs(e) <= 0.5 for e, placebo in rows if placebo)
    if verdict == "equivalent":
        assert equivalence is not None and equivalence < 0.05


def document():
    return {
        "labels": {"all_areas": {"en": "all areas", "es": "todas las zonas"}},
        "models": {
            "main": {"base": "main", "row": None},
            "main[row=all_areas]": {
                "base": "main",
                "row": "all_areas",
                "note": {"en": "Why.", "es": "Por qué."},
            },
            "main[row=placebo]": {"base": "main", "row": "placebo", "expect": "no_effect"},
            "main[row=drop:a]": {"base": "main", "row": "drop:a"},
            "main[row=drop:b]": {"base": "main", "row": "drop:b"},
            "main[row=broken]": {"base": "main", "row": "broken", "status": "failed"},
            "other[row=x]": {"base": "other", "row": "x"},
        },
        "rows": [
            {"model": name, "group": None, "term": "exposed", **row(value)}
            for name, value in [
                ("main", -0.015),
                ("main[row=all_areas]", -0.023),
                ("main[row=placebo]", -0.014),
                ("main[row=drop:a]", -0.01),
                ("main[row=drop:b]", -0.02),
                ("other[row=x]", 3.0),
            ]
        ],
    }


def test_a_robustness_row_is_no_finding_while_the_main_estimate_is_none():
    found = document()
    main, other = found["rows"][0], found["rows"][1]
    other.update(verdict="effect", verdict_reason={"en": "e", "es": "e"})
    for verdict, expected in (("inconclusive", "fragile"), ("fragile", "fragile"), ("effect", "effect")):
        main["verdict"] = verdict
        assert judge_check(found, other)[0] == expected
    other["verdict"] = "inconclusive"
    assert judge_check(found, other)[0] == "inconclusive"
    main.update(verdict="effect", verdict_reason={"en": "e", "es": "e"})
    assert judge_check(found, main)[0] == "effect"


def test_labels_of_rows():
    found = document()
    found["models"]["main"]["title"] = {"en": "Main", "es": "Principal"}
    found["models"]["main[row=placebo]"]["title"] = {"en": "Main", "es": "Principal"}
    found["models"]["main[row=all_areas]"]["title"] = {"en": "Everywhere", "es": "En todas partes"}
    for name in ("a", "b"):
        found["models"][f"main[row=drop_one:{name}]"] = {"base": "main", "row": f"drop_one:{name}"}
    labels = {check.name: check.label["en"] for check in checks_of(found, "main", "exposed")}
    assert labels["all_areas"] == "Everywhere"
    assert labels["placebo"] == "placebo"
    assert labels["drop_one"] == "leaving out one unit at a time"


def test_robustness_rows_are_found_in_the_document():
    checks = {found.name: found for found in checks_of(document(), "main", "exposed")}
    assert list(checks) == ["all_areas", "placebo", "drop", "broken"]
    assert checks["all_areas"].label["es"] == "todas las zonas"
    assert checks["all_areas"].note["en"] == "Why."
    assert checks["placebo"].is_placebo
    assert [reading.estimate for reading in checks["drop"].readings] == [-0.01, -0.02]
    assert checks["broken"].readings == ()
    assert checks_of(document(), "main", "exposed", "sex=women")[0].readings == ()


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("main[row=a]", "main"),
        ("ols[y=kept,row=a]", "ols[y=kept]"),
        ("ols[y=kept][row=a]", "ols[y=kept]"),
        ("ols[row=a,y=kept]", "ols[y=kept]"),
        ("ols[y=kept]", "ols[y=kept]"),
        ("m[arrow=a]", "m[arrow=a]"),
    ],
)
def test_name_without_row(name, plain):
    assert without_row(name) == plain


def test_equivalence_findings_by_row():
    details = {"bound": 0.02, "basis": "permutation", "group": "sex=women"}
    one = Finding("bound", "equivalence", "main", "exposed", p_value=0.2, details=details)
    joint = Finding("bound", "equivalence", "main", p_value=0.2, details={"bound": 0.02})
    found = equivalences([one, joint, Finding("w", "wald", "main", "exposed", p_value=0.1, details=details)])
    assert found == {("main", "sex=women", "exposed"): Equivalence(0.2, 0.02, "permutation")}


def test_reading_takes_infinities_as_the_document_writes_them():
    reading = read_row(row(mde80="inf"))
    assert reading is not None and reading.mde80 == math.inf
    reading = read_row({"estimate": 1.0, "std_error": 0.5, "p_value": 0.1})
    assert reading is not None and reading.mde80 == pytest.approx(1.4)
    assert reading.basis == "asymptotic"


def event(time, verdict, *, model="event", kind="event"):
    return {
        "model": model,
        "group": None,
        "term": f"t{time}",
        "kind": kind,
        "event_time": time,
        "verdict": verdict,
    }


def test_before_treatment_there_is_no_effect_and_a_lead_that_differs_breaks_the_later_ones():
    rows = [
        event(-4.0, "effect"),
        event(-3.0, "inconclusive"),
        event(0.0, "effect"),
        event(1.0, "inconclusive"),
    ]
    document = {"rows": [*rows, event(0.0, "effect", model="other")]}
    assert [judge_event(document, one)[0] for one in document["rows"]] == [
        "fragile", "inconclusive", "fragile", "inconclusive", "effect"
    ]  # fmt: skip
    assert "t-4.0" in judge_event(document, rows[2])[1]["en"]
    # rows without a start of treatment, and other kinds, keep theirs
    plain = [event(None, "effect"), event(-1.0, "effect", kind="coef")]
    assert [judge_event({"rows": plain}, one)[0] for one in plain] == ["effect", "effect"]
