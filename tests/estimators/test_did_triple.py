"""Triple differences against moderndid 0.2.0 (a port of R's triplediff), against two differences, and truths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.pipeline.fit as fitting
from impact.core.errors import DesignError

PANEL = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def run(plan_of, as_frame, test_panel):
    def make(columns=None, design=None, rows=None, **block):
        plan = plan_of(
            design={**PANEL, **(design or {})},
            models={"m": {"estimator": "did_triple", "outcome": "y", "eligible": "q", **block}},
        )
        q = (test_panel["i"] // 4) % 2
        frame = as_frame({**test_panel, "q": q, **(columns or {})}, rows)
        made = fitting.design_of(frame, plan.models[0])
        return fitting.estimate_design(made, plan.models[0])

    return make


def rows_of(estimate):
    error = np.sqrt((estimate.influence.rows**2).sum(axis=0))
    names = [term.name for term in estimate.terms]
    return dict(zip(names, zip(estimate.params, error, strict=True), strict=True))


# moderndid 0.2.0, ddd and agg_ddd without bootstrap. None: its aggregates other than by cohort leave out the estimation
# of the shares, which R's triplediff and the rows here have
ORACLE = {
    ("never", "universal", "dr", "x"): {
        "att_gt[4,4]": (-0.0249656353, 0.2200620826),
        "att_gt[4,1]": (-0.0544983528, 0.2628045025),
        "att_gt[7,8]": (-0.4667485212, 0.3385361515),
        "event[4]": (0.3290892447, 0.272377751),
        "event[-6]": (0.1381592189, 0.3115666167),
        "att_cohort": (0.0960570317, 0.1397396009),
        "att_simple": (0.1461101398, None),
        "att_dynamic": (0.1894930086, None),
        "att_calendar": (0.1261519229, None),
        "event[1]": (0.0170431843, None),
    },
    ("never", "varying", "dr", None): {
        "att_gt[4,4]": (-0.0045773984, 0.2997372023),
        "att_gt[4,2]": (0.0847083159, 0.2818030391),
        "att_gt[5,8]": (0.6674046921, 0.4192750751),
        "event[-5]": (-0.1777916841, 0.3262326047),
        "att_cohort": (0.2120872609, 0.1850356375),
        "att_simple": (0.2682185703, None),
        "att_dynamic": (0.3446011382, None),
        "att_calendar": (0.2271840875, None),
        "event[1]": (0.0789404413, None),
    },
    ("never", "varying", "reg", "x"): {
        "att_gt[4,6]": (0.2529058089, 0.1640415351),
        "att_gt[4,2]": (0.1439105259, 0.2700788431),
        "att_gt[7,8]": (-0.4666753232, 0.3403505743),
        "event[4]": (0.318555798, 0.283225389),
        "att_cohort": (0.0938813108, 0.1438768981),
        "att_simple": (0.1424705318, None),
        "att_dynamic": (0.184315311, None),
        "att_calendar": (0.1225938868, None),
        "event[1]": (0.0159553112, None),
    },
    ("never", "varying", "ipw", "x"): {
        "att_gt[4,4]": (-0.0121602695, 0.22830943),
        "att_gt[5,3]": (-0.0981090478, 0.2718511275),
        "att_gt[7,7]": (0.2198752111, 0.2819589319),
        "event[-5]": (-0.1981709869, 0.3124463679),
        "att_cohort": (0.121535478, 0.1393103838),
        "att_simple": (0.1772158916, None),
        "att_dynamic": (0.2318938004, None),
        "att_calendar": (0.1533552465, None),
        "event[1]": (0.0217753089, None),
    },
    ("not_yet", "varying", "dr", None): {
        "att_gt[4,4]": (0.0837850458, 0.2834283495),
        "att_gt[4,6]": (0.4051337523, 0.224898141),
        "att_gt[5,5]": (-0.493344604, 0.262926662),
        "att_gt[7,3]": (-0.0967123072, 0.2129219953),
        "att_gt[7,8]": (-0.3109405111, 0.3313250978),
        "att_cohort": (0.1378972776, 0.1777588901),
        "att_simple": (0.1838630091, None),
        "att_dynamic": (0.2794406868, None),
        "att_calendar": (0.1432292145, None),
        "event[1]": (-0.1019932023, None),
    },
    ("not_yet", "universal", "dr", "x"): {
        "att_gt[4,4]": (0.0257772454, 0.2072642627),
        "att_gt[4,6]": (0.2285896343, 0.1278658218),
        "att_gt[5,1]": (0.1828907273, 0.2687770196),
        "att_gt[7,8]": (-0.4667485212, 0.3385361515),
        "event[4]": (0.3290892447, 0.272377751),
        "att_cohort": (0.0476576268, 0.141977232),
        "att_simple": (0.0910681328, None),
        "att_dynamic": (0.147938974, None),
        "att_calendar": (0.0706800032, None),
        "event[1]": (-0.0863555057, None),
    },
}


def units_compared(name, base):
    """Units in a cell whose comparisons are several cohorts of 15, else None."""
    if not name.startswith("att_gt"):
        return None
    cohort, time = (int(part) for part in name[7:-1].split(","))
    until = max(time, cohort - 1) if base == "universal" and time < cohort else time
    later = sum(g != cohort and g > until for g in (4, 5, 7))
    return 15 * (later + 2) if later else None


@pytest.mark.parametrize("case", ORACLE)
def test_against_another_package(run, case):
    control_group, base, method, control = case
    found = run(
        control_group=control_group,
        base_period=base,
        method=method,
        **({"controls": ["x"]} if control else {}),
    )
    rows = rows_of(found)
    for name, (value, error) in ORACLE[case].items():
        # its logits stop at 1e-8
        assert rows[name][0] == pytest.approx(value, abs=1e-7 if control and method != "reg" else 1e-9), name
        if error is None:
            continue
        units = units_compared(name, base) if control_group == "not_yet" else None
        # that package divides the variance of such a mean by the units of the sample, and by n − 1 in the cell
        factor = 1.0 if units is None else np.sqrt((units - 1) / units * 60 / units)
        assert rows[name][1] == pytest.approx(error * factor, abs=1e-6 if control else 1e-9), name


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_without_covariates_it_is_a_difference_of_two_differences(plan_of, as_frame, seed):
    """Effects by cohort and period of the eligible less those of the ineligible, each by did_cs."""
    draws = np.random.default_rng(seed)
    units = 40
    cohort = np.repeat(np.tile([0.0, 3.0, 4.0, 0.0], 10), 5)
    q = np.repeat(np.repeat([0.0, 1.0], 20), 5)
    columns = {
        "i": np.repeat(np.arange(units), 5), "t": np.tile(np.arange(1.0, 6), units), "g": cohort, "q": q,
        "y": draws.normal(size=5 * units),
    }  # fmt: skip

    def cells(**block):
        plan = plan_of(design=PANEL, models={"m": {"outcome": "y", **block}})
        made = fitting.design_of(as_frame(columns), plan.models[0])
        estimate = fitting.estimate_design(made, plan.models[0])
        return {
            term.name: value
            for term, value in zip(estimate.terms, estimate.params, strict=True)
            if term.kind == "att_gt"
        }

    found = cells(estimator="did_triple", eligible="q")
    one, other = (cells(estimator="did_cs", filter=f"q == {flag}") for flag in (1, 0))
    assert found == pytest.approx({name: one[name] - other[name] for name in one}, abs=1e-12)


def test_without_noise_the_truth_comes_back(run, test_panel):
    """Cohorts and eligible units on paths of their own, effects that differ by cohort and time since."""
    i, t, g = test_panel["i"], test_panel["t"], test_panel["g"]
    q = (i // 4) % 2
    effect = np.where((g > 0) & (t >= g) & (q == 1), g * (1 + t - g), 0.0)
    y = i + g * np.sqrt(t) + q * np.cos(t) + test_panel["x"] * t**1.5 + effect
    for control_group in ("never", "not_yet"):
        rows = rows_of(run(columns={"y": y}, controls=["x"], control_group=control_group, method="reg"))
        for cohort in (4, 5, 7):
            for time in range(cohort, 9):
                value, _ = rows[f"att_gt[{cohort},{time}]"]
                assert value == pytest.approx(cohort * (1 + time - cohort), abs=1e-9)


@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
def test_influence_is_the_derivative_by_a_unit_s_weight(run, test_panel, method):
    """The infinitesimal jackknife: regressions, odds, three comparisons and the shares of cohorts."""
    whole = run(method=method, controls=["x"])
    step = 1e-4
    for unit in (1, 2, 3, 4, 8):
        moved = [
            run(
                method=method,
                controls=["x"],
                columns={"weight": 1 + sign * step * (test_panel["i"] == unit)},
                weights={"weight": "sampling"},
            ).params
            for sign in (1, -1)
        ]
        derivative = (moved[0] - moved[1]) / (2 * step)
        assert whole.influence.rows[unit - 1] == pytest.approx(derivative, abs=1e-6)


def test_weights_are_copies_of_units(run, test_panel):
    """Whole weights and the same rows several times: the same points."""
    count = 1 + test_panel["i"] % 3
    copied = np.repeat(np.arange(480), count)
    number = np.concatenate([np.arange(n) for n in count])
    columns = {"i": test_panel["i"] + 0.0, "count": count + 0.0}
    weighted = run(columns=columns, weights={"count": "sampling"}, controls=["x"])
    frame = {
        **{name: values[copied] for name, values in test_panel.items() if len(values) == 480},
        "i": test_panel["i"][copied] + number / 10,
        "q": ((test_panel["i"] // 4) % 2)[copied],
    }
    plain = run(columns=frame, controls=["x"])
    assert weighted.params == pytest.approx(plain.params, abs=1e-9)


def test_covariates_that_change_are_taken_before(run):
    found = run(controls=["z"])
    assert "W541" in {notice.code for notice in found.notices}
    assert found.tables["groups"][0] == {"cohort": 4.0, "eligible": 7, "ineligible": 8}


def test_cells_without_a_group(run, test_panel):
    """Nobody of cohort 5 is ineligible: its cells have no estimate, the others do."""
    q = np.where(test_panel["g"] == 5, 1, (test_panel["i"] // 4) % 2)
    found = run(columns={"q": q})
    assert "W540" in {notice.code for notice in found.notices}
    assert not any(term.cohort == 5 for term in found.terms)


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({"eligible": ""}, "E589"),
        ({"eligible": "z"}, "E589"),
        ({"eligible": "D"}, "E589"),
        ({"filter": "q == 1"}, "E589"),
        ({"design": {"reference": -2}}, "E588"),
        ({"design": {"balance": "keep"}}, "E588"),
        ({"filter": "g == 0 or q == 1"}, "E571"),
        ({"trim": 0.9}, "E573"),
    ],
)
def test_what_it_cannot_use(run, block, code):
    with pytest.raises(DesignError) as error:
        run(**block)
    assert error.value.faults[0].code == code
