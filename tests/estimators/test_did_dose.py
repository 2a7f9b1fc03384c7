"""Effects by dose against diff-diff 3.13.0 and moderndid 0.2.0, against polynomials, derivatives and truths."""

from __future__ import annotations

import numpy as np
import pytest

import impact.pipeline.fit as fitting
from impact.core.errors import DesignError

PANEL = {"unit": "i", "time": "t", "cohort": "g", "never": 0}
TWO = {"filter": "(t == 3 or t == 5) and (g == 0 or g == 4)"}


@pytest.fixture(scope="module")
def run(plan_of, as_frame, test_panel):
    def make(columns=None, design=None, rows=None, **block):
        own = {key: value for key, value in {**PANEL, **(design or {})}.items() if value is not None}
        block = {"dose": "w", "grid": [0.7, 1.0, 1.2], "aggregate": "cohort", **block}
        block = {key: value for key, value in block.items() if value is not None}
        plan = plan_of(design=own, models={"m": {"estimator": "did_dose", "outcome": "y", **block}})
        frame = as_frame({**test_panel, **(columns or {})}, rows)
        made = fitting.design_of(frame, plan.models[0])
        return fitting.estimate_design(made, plan.models[0])

    return make


def rows_of(estimate):
    error = np.sqrt((estimate.influence.rows**2).sum(axis=0))
    names = [term.name for term in estimate.terms]
    return dict(zip(names, zip(estimate.params, error, strict=True), strict=True))


# diff-diff 3.13.0, ContinuousDiD without bootstrap, dose w of the treated; moderndid 0.2.0 (cont_did) has the same
# points in the last two. Errors are compared in two periods: of acrt that package leaves out that the treated doses
# are a sample, and of averages over cohorts that the cohorts' shares are
ORACLE = {
    "cubic": {
        "att": (0.601667749968, 0.142414562317),
        "acrt": (-0.903287861793, 0.909265660283),
        "dose[0.7]": (0.611780384649, 0.167011901389),
        "dose[1]": (0.555084668233, 0.231129149254),
        "dose[1.2]": (0.533329413853, 0.209986039837),
        "acrt[0.7]": (-1.175797263989, 0.699450155913),
        "acrt[1]": (0.234614297469, 0.969407627579),
        "acrt[1.2]": (-0.702483074054, 2.557405596194),
    },
    "line": {
        "att": (0.601667749968, 0.142414562317),
        "acrt": (-0.38265865266, 0.317199574),
        "dose[0.7]": (0.671759273476, 0.142322064896),
        "dose[1]": (0.556961677678, 0.151597301202),
        "dose[1.2]": (0.480429947146, 0.186710327576),
        "acrt[0.7]": (-0.38265865266, 0.317199574),
        "acrt[1]": (-0.38265865266, 0.317199574),
        "acrt[1.2]": (-0.38265865266, 0.317199574),
    },
    "knots": {
        "att": (0.601667749968, 0.142414562317),
        "acrt": (-1.273149426595, 0.606158558935),
        "dose[0.7]": (0.50215608959, 0.172150957238),
        "dose[1]": (0.652035627194, 0.225997072659),
        "dose[1.2]": (0.532855642375, 0.210874193485),
        "acrt[0.7]": (-1.995985334673, 0.642099466856),
        "acrt[1]": (0.338325861552, 0.560057871799),
        "acrt[1.2]": (-1.530125709738, 2.030884330948),
    },
    "cohorts": {
        "att": (0.542530462975, 0.095898469952),
        "acrt": (-0.199987916324, 0.42215407401),
        "dose[0.7]": (0.389213529843, 0.12775441717),
        "dose[1]": (0.508136455546, 0.106018711917),
        "dose[1.2]": (0.633618573653, 0.122295262197),
        "acrt[0.7]": (-0.170594646602, 0.527905744498),
        "acrt[1]": (0.706371813671, 0.611412736775),
        "acrt[1.2]": (0.434208328459, 0.764403296893),
    },
    "not yet": {
        "att": (0.531687402526, 0.090707561142),
        "acrt": (0.0092650005, 0.236365408588),
        "dose[0.7]": (0.489431916392, 0.104493380489),
        "dose[1]": (0.492211416542, 0.086864934114),
        "dose[1.2]": (0.494064416642, 0.104323906935),
        "acrt[0.7]": (0.0092650005, 0.236365408588),
        "acrt[1]": (0.0092650005, 0.236365408588),
        "acrt[1.2]": (0.0092650005, 0.236365408588),
    },
}
CASES = {
    "cubic": TWO,
    "line": {**TWO, "degree": 1},
    "knots": {**TWO, "degree": 2, "knots": 1},
    "cohorts": {},
    "not yet": {"degree": 1, "control_group": "not_yet"},
}


@pytest.mark.parametrize("case", CASES)
def test_against_another_package(run, case):
    rows = rows_of(run(**CASES[case]))
    for name, (value, error) in ORACLE[case].items():
        assert rows[name][0] == pytest.approx(value, abs=1e-10), name
        if "filter" in CASES[case] and name != "acrt":
            assert rows[name][1] == pytest.approx(error, abs=1e-10), name


def changes(test_panel):
    y = test_panel["y"].reshape(60, 8)
    dose, cohort = test_panel["w"][::8], test_panel["g"][::8]
    change = y[:, 4] - y[:, 2]
    return dose[cohort == 4], change[cohort == 4], change[cohort == 0]


def test_two_periods_are_a_polynomial(run, test_panel):
    """Levels and slopes from a fitted cubic; the error of acrt with the sampling of the doses."""
    dose, change, other = changes(test_panel)
    curve = np.polynomial.Polynomial.fit(dose, change, 3)
    rows = rows_of(run(**TWO))
    for d in (0.7, 1.0, 1.2):
        assert rows[f"dose[{d:g}]"][0] == pytest.approx(curve(d) - other.mean(), abs=1e-10)
        assert rows[f"acrt[{d:g}]"][0] == pytest.approx(curve.deriv()(d), abs=1e-9)
    slopes = curve.deriv()(dose)
    assert rows["acrt"][0] == pytest.approx(slopes.mean(), abs=1e-10)
    basis = np.vander(dose, 4, increasing=True)
    load = np.linalg.pinv(basis).T @ np.array([0, 1, 2 * dose.mean(), 3 * np.mean(dose**2)])
    influence = (slopes - slopes.mean()) / len(dose) + load * (change - curve(dose))
    assert rows["acrt"][1] == pytest.approx(np.sqrt(np.sum(influence**2)), abs=1e-9)


def test_the_mean_over_the_doses_is_the_effect_without_doses(run, plan_of, as_frame, test_panel):
    """att and the event rows are those of did_cs."""
    found = rows_of(run(aggregate="simple", design={"base_period": "universal"}))
    plan = plan_of(
        design={**PANEL, "base_period": "universal"}, models={"m": {"estimator": "did_cs", "outcome": "y"}}
    )
    made = fitting.design_of(as_frame(test_panel), plan.models[0])
    other = rows_of(fitting.estimate_design(made, plan.models[0]))
    for name, row in found.items():
        if name.startswith("event") or name == "att":
            assert row == pytest.approx(other[name], abs=1e-12)


@pytest.mark.parametrize("aggregate", ["simple", "cohort", "dynamic"])
def test_influence_is_the_derivative_by_a_unit_s_weight(run, test_panel, aggregate):
    """The infinitesimal jackknife: curves, means over doses and the shares of cohorts, all at once."""
    whole = run(aggregate=aggregate)
    step = 1e-4
    for unit in (1, 2, 7, 20):
        moved = [
            run(
                aggregate=aggregate,
                columns={"weight": 1 + sign * step * (test_panel["i"] == unit)},
                weights={"weight": "sampling"},
            ).params
            for sign in (1, -1)
        ]
        derivative = (moved[0] - moved[1]) / (2 * step)
        assert whole.influence.rows[unit - 1] == pytest.approx(derivative, abs=2e-7)


def test_without_noise_the_truth_comes_back(run, test_panel):
    """Effects quadratic in the dose that grow with time since treatment, the same for every cohort."""
    i, t, g, w = (test_panel[name] for name in ("i", "t", "g", "w"))
    on = (g > 0) & (t >= g)
    y = i + np.sqrt(t) + np.where(on, (1 + t - g) * (2 + w - 0.5 * w**2), 0.0)
    rows = rows_of(run(columns={"y": y}, degree=2, aggregate="dynamic"))
    growth = 3.0  # event times 0 to 4
    for d in (0.7, 1.0, 1.2):
        assert rows[f"dose[{d:g}]"][0] == pytest.approx(growth * (2 + d - 0.5 * d**2), abs=1e-9)
        assert rows[f"acrt[{d:g}]"][0] == pytest.approx(growth * (1 - d), abs=1e-8)
    assert rows["event[-1]"][0] == pytest.approx(0, abs=1e-10)


def test_doses_of_the_treatment_itself(run, test_panel):
    """A treatment that is the dose from the first treated period on."""
    columns = {"amount": test_panel["D"] * test_panel["w"]}
    own = {"cohort": None, "never": None, "treatment": "amount"}
    one, other = run(columns=columns, design=own, dose=None), run()
    assert one.params == pytest.approx(other.params, abs=1e-12)
    assert one.influence.rows == pytest.approx(other.influence.rows, abs=1e-14)


def test_weights_are_copies_of_units(run, test_panel):
    count = 1 + test_panel["i"] % 3
    copied = np.repeat(np.arange(480), count)
    number = np.concatenate([np.arange(n) for n in count])
    weighted = run(columns={"count": count + 0.0}, weights={"count": "sampling"})
    frame = {name: values[copied] for name, values in test_panel.items()}
    plain = run(columns={**frame, "i": test_panel["i"][copied] + number / 10})
    assert weighted.params == pytest.approx(plain.params, abs=1e-9)


def test_the_grid_is_deciles_by_default(run, test_panel):
    found = run(grid=None)
    doses = test_panel["w"][::8][test_panel["g"][::8] > 0]
    names = [term.name for term in found.terms if term.kind == "dose"]
    deciles = np.quantile(doses, np.arange(1, 10) / 10)
    assert names == [f"{name}[{d:g}]" for name in ("dose", "acrt") for d in deciles]
    assert found.tables["spline"]["knots"] == []


def test_cohorts_too_small_for_the_curve(run, test_panel):
    """Three units of cohort 7 cannot carry a cubic: its cells are left out, and named."""
    rows = np.flatnonzero((test_panel["g"] != 7) | (test_panel["i"] <= 12))
    found = run(rows=rows)
    notice = next(notice for notice in found.notices if notice.code == "W540")
    assert "(7, 8)" in str(notice.message)
    assert np.isfinite(found.params).all()


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({"dose": None}, "E597"),
        ({"dose": "z"}, "E597"),
        ({"dose": "lat"}, "E597"),
        ({"grid": [0.1, 1.0]}, "E597"),
        ({"dose": "half", "grid": None}, "E597"),
        ({"design": {"reference": -2}}, "E588"),
        ({"design": {"balance": "keep"}}, "E588"),
        ({"filter": "i <= 7"}, "E571"),
    ],
)
def test_what_it_cannot_use(run, test_panel, block, code):
    with pytest.raises(DesignError) as error:
        run(columns={"half": 1 + test_panel["i"] % 2}, **block)
    assert error.value.faults[0].code == code


def test_doses_that_change(run, test_panel):
    own = {"cohort": None, "never": None, "treatment": "amount"}
    columns = {"amount": test_panel["D"] * (1 + (test_panel["t"] > 6))}
    with pytest.raises(DesignError) as error:
        run(columns=columns, design=own, dose=None)
    assert error.value.faults[0].code == "E597"
