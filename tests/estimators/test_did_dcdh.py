"""Treatments that change against the authors' Python package py-did-multiplegt-dyn 0.1.9, by hand, and by algebra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.pipeline.fit as fitting
from impact.core.errors import DesignError

TREATED = {"unit": "i", "time": "t", "treatment": "dd"}


def treatments(panel):
    """Doses and a treatment with three baselines, changes up and down, and units that cross their baseline."""
    i, t = panel["i"], panel["t"]
    base = i % 3
    first = np.where(i % 4 == 0, 99, 3 + (i // 3) % 4)
    jump = np.where(i % 5 < 3, 1, -1) * (1 + i % 2)
    on = t >= first
    dose = np.where(on, base + jump * (1 + 0.5 * (t - first >= 2)), base)
    dose = np.where((i % 13 == 0) & on & (t - first >= 3), base - jump, dose)
    return {"dd": dose.astype(float), "amount": panel["D"] * (0.5 + i % 3), "half": i % 2}


@pytest.fixture(scope="module")
def run(plan_of, as_frame, test_panel):
    def make(design=None, rows=None, columns=None, **block):
        plan = plan_of(
            design={**TREATED, **(design or {})},
            models={"m": {"estimator": "did_dcdh", "outcome": "y", **block}},
        )
        frame = as_frame({**test_panel, **treatments(test_panel), **(columns or {})}, rows)
        made = fitting.design_of(frame, plan.models[0])
        return fitting.fit_design(made, plan.models[0], None, 3)

    return make


def rows_of(found):
    names = [term.name for term in found.estimate.terms]
    return dict(zip(names, zip(found.estimate.params, found.inference.std_error, strict=True), strict=True))


# event rows and the average total effect: estimate, error; three effects and two placebos were asked for
ORACLE = {
    "cohorts": {
        "event[0]": (0.4374041853, 0.0904122933), "event[1]": (0.5236959225, 0.0943689029),
        "event[2]": (0.5604084544, 0.1224410739), "att": (0.500514654, 0.0836320086),
        "event[-2]": (0.0607439629, 0.0807325862), "event[-3]": (0.1263040775, 0.0924221521),
    },
    "doses": {
        "event[0]": (0.4374041853, 0.0848510965), "event[1]": (0.5236959225, 0.0959572378),
        "event[2]": (0.5604084544, 0.1253067336), "att": (0.333676436, 0.0545839498),
        "event[-2]": (0.0607439629, 0.075622693), "event[-3]": (0.1263040775, 0.0893868691),
    },
    "baselines": {
        "event[0]": (0.0267159852, 0.0607759418), "event[1]": (-0.0007397141, 0.0715130364),
        "event[2]": (0.0967212473, 0.0830404227), "att": (0.0210338603, 0.0307084319),
        "event[-2]": (0.0380988296, 0.0886717158), "event[-3]": (0.1718759094, 0.0774672723),
    },
    "in": {
        "event[0]": (-0.0188628712, 0.0967701737), "event[1]": (0.0617862057, 0.1115623609),
        "event[2]": (0.3781296968, 0.1354779367), "att": (0.0721805197, 0.0504447925),
        "event[-2]": (-0.0644704622, 0.1381083048), "event[-3]": (-0.0343726879, 0.143333903),
    },
    "out": {
        "event[0]": (0.0950842697, 0.0953736871), "event[1]": (-0.0945285938, 0.119491443),
        "event[2]": (-0.3253914271, 0.153413155), "att": (-0.0556861288, 0.0527193473),
        "event[-2]": (0.1919527673, 0.1374468649), "event[-3]": (0.4812488054, 0.1008096333),
    },
    "normalized": {
        "event[0]": (0.0160295911, 0.0364655651), "event[1]": (-0.0002219142, 0.0214539109),
        "event[2]": (0.0165807852, 0.014235501), "att": (0.0210338603, 0.0307084319),
        "event[-2]": (0.0228592978, 0.0532030295), "event[-3]": (0.0501304736, 0.0225946211),
    },
    "weights": {
        "event[0]": (0.0248596724, 0.0621456262), "event[1]": (0.0181664961, 0.0747456937),
        "event[2]": (0.1123007474, 0.0882439166), "att": (0.0267030041, 0.0326655531),
        "event[-2]": (0.0391783297, 0.0846533959), "event[-3]": (0.1855198245, 0.0824145667),
    },
    "clusters": {
        "event[0]": (0.0267159852, 0.0593709373), "event[1]": (-0.0007397141, 0.0536720523),
        "event[2]": (0.0967212473, 0.0548166727), "att": (0.0210338603, 0.019292871),
        "event[-2]": (0.0380988296, 0.0664081257), "event[-3]": (0.1718759094, 0.0504614501),
    },
    "never": {
        "event[0]": (0.0481402225, 0.0593819255), "event[1]": (0.0140582227, 0.0704709971),
        "event[2]": (0.0999762229, 0.0821413167), "att": (0.0278013717, 0.0302285325),
        "event[-2]": (0.0407486664, 0.0886376638), "event[-3]": (0.1728055587, 0.0766974327),
    },
    "trends": {
        "event[0]": (-0.0489053995, 0.0747621682), "event[1]": (-0.0944774657, 0.0826994871),
        "event[2]": (0.1324650927, 0.1380111633), "att": (-0.0205734184, 0.0458299551),
        "event[-2]": (0.0455720662, 0.1068058778), "event[-3]": (0.2380940872, 0.0955158817),
    },
    "mixed": {
        "event[0]": (0.3033401596, 0.0506923597), "event[1]": (0.1886258448, 0.041112371),
        "event[2]": (0.1319953649, 0.0299281013), "att": (0.3538757793, 0.0586926515),
        "event[-2]": (0.0339801672, 0.0505056947), "event[-3]": (0.0250436248, 0.0399521738),
    },
    "gaps": {
        "event[0]": (-0.0087757814, 0.0558913167), "event[1]": (-0.0610688093, 0.0746017523),
        "event[2]": (0.0633174236, 0.0953219682), "att": (-0.0011931752, 0.0301259592),
        "event[-2]": (-0.0167295024, 0.0945396634), "event[-3]": (0.2013884872, 0.1079186506),
    },
}  # fmt: skip
CASES = {
    "cohorts": {"design": {"treatment": "D"}},
    "doses": {"design": {"treatment": "amount"}},
    "baselines": {},
    "in": {"switchers": "in"},
    "out": {"switchers": "out"},
    "normalized": {"normalized": True},
    "weights": {"weights": "w"},
    "clusters": {"vcov": {"cluster": "c"}},
    "never": {"control_group": "never"},
    "trends": {"trends": "half"},
    "mixed": {
        "design": {"treatment": "amount"}, "vcov": {"cluster": "c"}, "weights": "w", "normalized": True
    },
    "gaps": {},
}  # fmt: skip


@pytest.mark.parametrize("case", ORACLE)
def test_against_the_authors_package(run, test_panel, case):
    rows = None
    if case == "gaps":
        rows = np.flatnonzero((test_panel["i"] * 7 + test_panel["t"] * 11) % 17 > 0)
    found = rows_of(run(rows=rows, effects=3, placebos=2, **CASES[case]))
    assert list(found) == ["att", "event[-3]", "event[-2]", "event[-1]", "event[0]", "event[1]", "event[2]"]
    for name, expected in ORACLE[case].items():
        assert found[name] == pytest.approx(expected, abs=1e-9), name
    assert found["event[-1]"][0] == 0
    assert not found["event[-1]"][1] > 0


# the same package with controls: three effects, two placebos
CONTROLLED = {
    "one baseline": {
        "event[0]": (0.436808348, 0.0776619107), "event[1]": (0.5174735752, 0.0858425198),
        "event[2]": (0.5250201415, 0.1176876504), "att": (0.4891107565, 0.074883889),
        "event[-2]": (0.0616685655, 0.0768595632), "event[-3]": (0.1194110657, 0.0844434116),
    },
    "weights": {
        "event[0]": (0.4250953605, 0.0776021993), "event[1]": (0.5315879143, 0.0965264032),
        "event[2]": (0.5296492145, 0.1173779319), "att": (0.490752261, 0.0787132635),
        "event[-2]": (0.0294073443, 0.0793408619), "event[-3]": (0.059802752, 0.0848598197),
    },
    "baselines": {
        "event[0]": (-0.0164284131, None), "event[1]": (-0.0366108115, None), "event[2]": (0.0443639747, None),
        "att": (-0.0014871857, None), "event[-2]": (-0.0059469556, None), "event[-3]": (0.1045139043, None),
    },
}  # fmt: skip
CONTROLLED_CASES = {
    "one baseline": {"design": {"treatment": "D"}, "controls": ["z", "q1"]},
    "weights": {"design": {"treatment": "D"}, "controls": ["z"], "weights": "w"},
    "baselines": {"controls": ["z", "q1"]},
}


@pytest.mark.parametrize("case", CONTROLLED)
def test_controls_against_the_authors_package(run, case):
    """That package adds M'θ/U to each unit's influence, M'θ what the controls change; its errors by baseline differ."""
    block = CONTROLLED_CASES[case]
    found = run(effects=3, placebos=2, **block).estimate
    plain = rows_of(run(effects=3, placebos=2, **{key: block[key] for key in block if key != "controls"}))
    for j, term in enumerate(found.terms):
        if term.name not in CONTROLLED[case]:
            continue
        value, error = CONTROLLED[case][term.name]
        assert found.params[j] == pytest.approx(value, abs=1e-9), term.name
        if error is not None:
            shift = (plain[term.name][0] - found.params[j]) / 60
            own = np.sqrt(np.sum((found.influence.rows[:, j] + shift) ** 2))
            assert own == pytest.approx(error, abs=1e-9), term.name


def by_hand(panel, treatment, step, placebo=False):
    """The mean over switchers of their own difference, one unit after the other."""
    y = panel["y"].reshape(60, 8)
    dose = treatment.reshape(60, 8)
    first = [next((t for t in range(8) if row[t] != row[0]), 8) for row in dose]
    found, doses = [], []
    for g in range(60):
        t = first[g] - 1 + step
        target = first[g] - 1 - step if placebo else t
        crossed = (dose[g, : t + 1] > dose[g, 0]).any() and (dose[g, : t + 1] < dose[g, 0]).any()
        if first[g] > 7 or t > 7 or target < 0 or crossed:
            continue
        controls = [h for h in range(60) if dose[h, 0] == dose[g, 0] and first[h] > t]
        if not controls:
            continue
        change = y[g, target] - y[g, first[g] - 1]
        change -= np.mean([y[h, target] - y[h, first[g] - 1] for h in controls])
        found.append(np.sign(dose[g, first[g]] - dose[g, 0]) * change)
        doses.append(abs(dose[g, t] - dose[g, 0]))
    return found, doses


def test_the_formula_unit_by_unit(run, test_panel):
    found = rows_of(run())
    treatment = treatments(test_panel)["dd"]
    steps = [by_hand(test_panel, treatment, step) for step in range(1, 8)]
    for step, (values, _) in enumerate(steps, start=1):
        name = f"event[{step - 1}]"
        assert (name in found) == bool(values)
        if values:
            assert found[name][0] == pytest.approx(np.mean(values), abs=1e-12)
    total = sum(sum(values) for values, _ in steps) / sum(sum(doses) for _, doses in steps)
    assert found["att"][0] == pytest.approx(total, abs=1e-12)
    for step in range(1, 4):
        values, _ = by_hand(test_panel, treatment, step, placebo=True)
        assert found[f"event[{-1 - step}]"][0] == pytest.approx(np.mean(values), abs=1e-12)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_an_absorbing_treatment_is_callaway_and_sant_anna(plan_of, as_frame, seed):
    """Not-yet-treated controls, universal base: every event row after treatment, on random panels."""
    draws = np.random.default_rng(seed)
    units, periods = 30, 6
    cohort = np.repeat(draws.choice([0.0, 3.0, 4.0, 6.0], size=units), periods)
    cohort[: 2 * periods] = np.repeat([0.0, 3.0], periods)
    time = np.tile(np.arange(1.0, periods + 1), units)
    columns = {
        "i": np.repeat(np.arange(units), periods), "t": time, "g": cohort, "y": draws.normal(size=len(time))
    }  # fmt: skip
    frame = as_frame(columns)

    def events(**block):
        plan = plan_of(
            design={"unit": "i", "time": "t", "cohort": "g", "never": 0},
            models={"m": {"outcome": "y", **block}},
        )
        made = fitting.design_of(frame, plan.models[0])
        estimate = fitting.estimate_design(made, plan.models[0])
        return {
            term.event_time: value
            for term, value in zip(estimate.terms, estimate.params, strict=True)
            if term.kind == "event" and term.event_time >= 0
        }

    own = events(estimator="did_dcdh")
    other = events(estimator="did_cs", control_group="not_yet", base_period="universal")
    assert own.keys() == other.keys()
    for event, value in own.items():
        assert value == pytest.approx(other[event], abs=1e-9)


def test_without_noise_the_truth_comes_back(run, test_panel):
    """Effects that differ by unit, dose and time since the change; outcome 2 per unit of dose and period since."""
    i, t = test_panel["i"], test_panel["t"]
    dose = treatments(test_panel)["dd"]
    gap = dose - (i % 3)
    first = np.where(i % 4 == 0, 99, 3 + (i // 3) % 4)
    effect = 2 * gap * (1 + np.maximum(t - first, 0))
    columns = {"y": i**0.5 + (1 + i % 3) * np.sin(t) + effect}
    found = rows_of(run(columns=columns, effects=2))
    assert found["event[-2]"][0] == pytest.approx(0, abs=1e-10)
    seen = (t == first) & (gap != 0)
    assert found["event[0]"][0] == pytest.approx(np.mean(2 * np.abs(gap[seen])), abs=1e-10)
    later = (t == first + 1) & (gap != 0)
    assert found["event[1]"][0] == pytest.approx(np.mean(4 * np.abs(gap[later])), abs=1e-10)
    total = 2 * np.abs(gap[seen]).sum() + 4 * np.abs(gap[later]).sum()
    total /= np.abs(gap[seen]).sum() + np.abs(gap[later]).sum()
    assert found["att"][0] == pytest.approx(total, abs=1e-10)


def test_rows_that_cross_their_baseline_are_counted(run):
    found = run()
    steps = {step.name: step.dropped for step in found.estimate.design.sample.steps}
    assert steps["crossed_baseline"] == 8
    assert found.estimate.n_obs == 472
    assert found.estimate.tables["steps"][0]["event_time"] == -4


def test_a_change_that_is_not_seen(run, test_panel):
    """Unit 7 is absent just before its change: its later rows are not used, and it is a control until then."""
    i, t = test_panel["i"], test_panel["t"]
    first = 3 + (7 // 3) % 4
    rows = np.flatnonzero(~((i == 7) & (t == first - 1)))
    found = run(rows=rows)
    steps = {step.name: step.dropped for step in found.estimate.design.sample.steps}
    assert steps["unseen_change"] == 8 - first + 1
    kept = np.flatnonzero(~((i == 7) & (t >= first - 1)))
    other = run(rows=kept)
    assert found.estimate.params == pytest.approx(other.estimate.params, abs=1e-12)


def test_more_effects_than_there_are(run):
    codes = {notice.code: str(notice.message) for notice in run(effects=30, placebos=0).estimate.notices}
    assert "of 30 effects" in codes["W536"]


def test_the_window_hides_rows_and_changes_none(run):
    whole, shown = rows_of(run()), rows_of(run(window=[-2, 1]))
    assert list(shown) == ["att", "event[-2]", "event[-1]", "event[0]", "event[1]"]
    assert all(shown[name] == whole[name] for name in shown if name != "event[-1]")


def test_nobody_shares_a_baseline(run, test_panel):
    columns = {"dd": 1.0 + test_panel["i"] + test_panel["D"]}
    with pytest.raises(DesignError) as error:
        run(columns=columns, design={"treatment": "dd"})
    assert error.value.faults[0].code == "E587"


def test_everybody_has_a_dose_from_the_start(run, test_panel):
    """Doses that are never zero: only their changes matter."""
    one = run()
    other = run(columns={"dd": 5.0 + treatments(test_panel)["dd"]})
    assert other.estimate.params == pytest.approx(one.estimate.params, abs=1e-12)
    assert other.inference.std_error == pytest.approx(one.inference.std_error, abs=1e-12, nan_ok=True)


def test_some_without_a_control(run, test_panel):
    """Units 1 and 2 start with a dose of their own."""
    own = np.where(test_panel["i"] <= 2, 10.0 + test_panel["i"], 0.0)
    found = run(columns={"dd": test_panel["D"] + own})
    notice = next(notice for notice in found.estimate.notices if notice.code == "W535")
    assert "2 of 45" in str(notice.message)


@pytest.mark.parametrize("controls", [["x"], ["z", "copy"]])
def test_controls_without_a_rate(run, test_panel, controls):
    with pytest.raises(DesignError) as error:
        run(controls=controls, columns={"copy": 2 * test_panel["z"] + test_panel["i"]})
    assert error.value.faults[0].code == "E572"


@pytest.mark.parametrize(
    "block",
    [
        {"trends": "z"},
        {"trends": "half", "controls": ["z"]},
        {"vcov": {"cluster": "t"}},
        {"design": {"reference": -2}},
    ],
)
def test_what_it_cannot_use(run, block):
    with pytest.raises(DesignError) as error:
        run(**block)
    assert error.value.faults[0].code == "E588"
