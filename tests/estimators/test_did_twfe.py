"""Two-way regressions against R's fixest, the regression that a user would write, and exact algebra."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators._saturated as saturated
import impact.pipeline.fit as fitting
from impact.core.errors import DesignError

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def fit(plan_of, as_frame, test_panel):
    def make(columns=None, rows=None, design=None, **block):
        plan = plan_of(
            seed=3,
            design=design if design and "unit" in design else {**COHORTS, **(design or {})},
            models={"m": {"estimator": "did_twfe", "outcome": "y", **block}},
        )
        frame = as_frame({**test_panel, **(columns or {})}, rows)
        (result,) = fitting.fit_request(frame, plan.models[0], seed=1).results
        if result.error is not None:
            raise result.error
        return result

    return make


@pytest.fixture(scope="module")
def ols(request_of, as_frame, test_panel):
    def make(formula, columns=None, **block):
        request = request_of(formula, **block)
        (result,) = fitting.fit_request(as_frame({**test_panel, **(columns or {})}), request, seed=1).results
        return rows_of(result)

    return make


def rows_of(result):
    return {
        term.name: (value, error)
        for term, value, error in zip(
            result.estimate.terms, result.estimate.params, result.inference.std_error, strict=True
        )
    }


def is_zero(row):
    """Zero by definition: no error, whether printed as none or as zero."""
    return row[0] == 0.0 and (np.isnan(row[1]) or row[1] == 0.0)


# R fixest 0.12, y ~ D + z | i + t
CHECKS = {
    ("cluster", "i", None): (0.0810188481501, 0.0604603905587),
    ("cluster", "c", None): (0.0845464086528, 0.0486160617772),
    ("cluster", "t", None): (0.0382680973048, 0.1077466127400),
    ("cluster", ("c", "t"), None): (0.0701707168131, 0.0918854282246),
    ("cluster", "i", "none"): (0.0795825072316, 0.0593885198164),
    ("cluster", "i", "stata"): (0.0866391299851, 0.0646545310896),
    ("iid", None, None): (0.0595507764867, 0.0566514331028),
    ("hc1", None, None): (0.0579259551633, 0.0552453870984),
}


@pytest.mark.parametrize("effect", ["static", "both"])
@pytest.mark.parametrize("case", CHECKS)
def test_static_check_values(fit, case, effect):
    kind, by, ssc = case
    vcov = kind if by is None else {"cluster": list(by) if isinstance(by, tuple) else by}
    if ssc is not None:
        vcov["ssc"] = ssc
    found = rows_of(fit(controls=["z"], effect=effect, vcov=vcov))
    expected = CHECKS[case]
    assert found["att"] == pytest.approx((0.437392234238, expected[0]), abs=1e-10)
    assert found["z"] == pytest.approx((0.428551743451, expected[1]), abs=1e-10)


def dummies(panel, values, low=-np.inf, high=np.inf):
    event = np.where(panel["g"] > 0, np.clip(panel["t"] - panel["g"].astype(float), low, high), -np.inf)
    names = {value: f"e{'m' if value < 0 else 'p'}{abs(value)}" for value in values}
    return names, {name: (event == value).astype(float) for value, name in names.items()}


VARIANCES = [
    "iid",
    "hc1",
    "hc3",
    {"cluster": "i"},
    {"cluster": "c"},
    {"cluster": "c", "type": "cr2"},
    {"cluster": "c", "type": "cr3"},
    {"cluster": ["c", "t"]},
]


@pytest.mark.parametrize("effect", ["event_study", "both"])
@pytest.mark.parametrize("vcov", VARIANCES)
def test_the_event_study_is_the_regression_with_dummies(fit, ols, test_panel, effect, vcov):
    names, columns = dummies(test_panel, [-6, -5, -4, -3, -2, 0, 1, 2, 3, 4])
    expected = ols(f"y ~ {' + '.join(names.values())} + z | i + t", columns, vcov=vcov)
    result = fit(effect=effect, controls=["z"], vcov=vcov)
    found = rows_of(result)
    for value, name in names.items():
        assert found[f"event[{value}]"] == pytest.approx(expected[name], rel=1e-9, nan_ok=True)
    assert is_zero(found["event[-1]"])
    assert found["z" if effect == "event_study" else "z (event study)"] == pytest.approx(
        expected["z"], rel=1e-9
    )
    covariance = result.inference.vcov
    assert np.allclose(covariance, covariance.T, rtol=1e-12, atol=0)
    if vcov != {"cluster": ["c", "t"]} and np.isfinite(covariance).all():
        assert np.linalg.eigvalsh(covariance)[0] > -1e-9


def test_bins(fit, ols, test_panel):
    names, columns = dummies(test_panel, [-3, -2, 0, 1, 2], -3, 2)
    expected = ols(f"y ~ {' + '.join(names.values())} | i + t", columns, vcov={"cluster": "i"})
    found = rows_of(fit(effect="event_study", bins=[-3, 2]))
    windowed = rows_of(fit(effect="event_study", bin_ends=True, design={"window": [-3, 2]}))
    for value, name in names.items():
        assert found[f"event[{value}]"] == pytest.approx(expected[name], rel=1e-9)
    assert str(windowed) == str(found)
    assert found["att"][0] == pytest.approx(np.mean([found[f"event[{e}]"][0] for e in (0, 1, 2)]))


def test_the_window_hides_rows_and_changes_nothing(fit):
    whole, part = fit(effect="event_study"), fit(effect="event_study", design={"window": [-2, 1]})
    assert rows_of(whole)["att"] == pytest.approx(rows_of(part)["att"], rel=1e-12)
    events = [term.event_time for term in part.estimate.terms if term.kind == "event"]
    assert events == [-2, -1, 0, 1]


def test_forbidden_comparisons_are_told(fit):
    """R bacondecomp: Later vs Earlier has weight 0.18182."""
    result = fit()
    (found,) = [n for n in result.estimate.notices if n.code == "W544"]
    assert "18.2" in found.message
    assert result.estimate.tables["two_way_weights"]["forbidden"] == pytest.approx(0.18182, abs=5e-6)


def test_negative_weights_where_the_decomposition_does_not_exist(fit, test_panel):
    """Most units treated early and long: later periods of the early enter negatively; an unbalanced panel."""
    early = np.where(test_panel["i"] % 4 == 0, 8, 2)
    rows = np.flatnonzero(~((test_panel["i"] == 3) & (test_panel["t"] == 5)))
    result = fit({"g": early}, rows)
    assert {n.code for n in result.estimate.notices} & {"W544", "W545"} == {"W545"}
    assert result.estimate.tables["two_way_weights"]["negative_sum"] < 0


def staggered(starts, periods, never):
    """Units with effect t − g + 1 and no noise, and unit and period effects (Goodman-Bacon 2021's example)."""
    unit, time = np.repeat(np.arange(len(starts)), periods), np.tile(np.arange(1, periods + 1), len(starts))
    start = np.array(starts)[unit]
    treated = (start != never) & (time >= start)
    y = 3.0 * unit + 0.5 * time**2 + treated * (time - start + 1.0)
    return {"i": unit, "t": time, "g": start, "y": y, "c": unit}


def test_a_reference_is_added_where_nobody_is_never_treated(fit):
    data = staggered([3, 3, 5, 5, 6, 6], 8, never=0)
    data["y"] = data["y"] + np.random.default_rng(1).normal(size=48)
    result = fit(data, effect="event_study")
    found = rows_of(result)
    assert is_zero(found["event[-5]"])
    assert is_zero(found["event[-1]"])
    assert "never treated" in result.estimate.dropped_terms["event[-5]"]
    assert found["event[-4]"][0] != 0.0


BLOCK = {"unit": "i", "time": "t", "treated": "i <= 3", "from": 5}


@pytest.mark.parametrize("effect", ["static", "both"])
def test_permutation_in_a_block(fit, ols, effect):
    """All C(60, 3) sets are more than are listed, so that sets are drawn; with one treated unit all 60 are."""
    block = {**BLOCK, "treated": "i == 3"}
    result = fit(design=block, effect=effect, permute={"unit": "i"})
    permutation = result.permutation
    assert permutation.enumerated
    assert len(permutation.members) == 60
    assert permutation.estimates[permutation.actual, 0] == pytest.approx(result.estimate.params[0], rel=1e-9)
    assert result.estimate.terms[permutation.columns[0]].name == "att"
    assert not [n for n in result.estimate.notices if n.code in {"W544", "W545"}]


def test_permutation_of_an_event_study(fit):
    result = fit(design={**BLOCK, "treated": "i == 3"}, effect="event_study", permute={"unit": "i"})
    names = [result.estimate.terms[j].name for j in result.permutation.columns]
    assert {*names} == {f"event[{e}]" for e in (-4, -3, -2, 0, 1, 2, 3)}
    own = result.permutation.estimates[result.permutation.actual]
    assert own == pytest.approx(result.estimate.params[list(result.permutation.columns)], rel=1e-9)


def test_refusals(fit, test_panel):
    def code(**arguments):
        with pytest.raises(DesignError) as error:
            fit(**arguments)
        return error.value.code

    assert code(reference=-9) == "E579"
    assert code(bins=[0, 3]) == "E581"
    assert code(bin_ends=True) == "E581"
    dose = test_panel["D"] * (1 + test_panel["t"])
    treatment = {"unit": "i", "time": "t", "treatment": "D"}
    assert code(columns={"D": dose}, design=treatment, effect="event_study") == "E580"
    ends = np.where(test_panel["t"] == 8, 0, test_panel["D"])
    assert code(columns={"D": ends}, design=treatment, effect="event_study") == "E561"


def test_treatment_that_ends_or_changes_has_a_static_coefficient_alone(fit, ols, test_panel):
    """With `both` the event study is left out, and said to be."""
    treatment = {"unit": "i", "time": "t", "treatment": "D"}
    ends = np.where(test_panel["t"] == 8, 0, test_panel["D"])
    dose = test_panel["D"] * (1 + test_panel["t"])
    for column, why in ((ends, "ends or falls"), (dose, "dose changes")):
        result = fit({"D": column}, design=treatment)
        assert [term.name for term in result.estimate.terms] == ["att"]
        assert why in result.estimate.dropped_terms["event study"]
        assert [n for n in result.estimate.notices if n.code == "W506"]
        expected = ols("y ~ D | i + t", {"D": column}, vcov={"cluster": "i"})["D"]
        assert rows_of(result)["att"] == pytest.approx(expected, rel=1e-10)


def test_a_dose_multiplies_event_times(fit, ols, test_panel):
    """A dose that stays: dummies times the unit's dose, as fixest's i(event, dose)."""
    size = np.where(test_panel["g"] > 0, 1 + test_panel["i"] % 3, 0)
    names, columns = dummies(test_panel, [-6, -5, -4, -3, -2, 0, 1, 2, 3, 4])
    columns = {name: column * size for name, column in columns.items()}
    expected = ols(f"y ~ {' + '.join(names.values())} | i + t", columns, vcov={"cluster": "i"})
    treatment = {"unit": "i", "time": "t", "treatment": "D"}
    found = rows_of(fit({"D": test_panel["D"] * size}, design=treatment, effect="event_study"))
    for value, name in names.items():
        assert found[f"event[{value}]"] == pytest.approx(expected[name], rel=1e-9)


@pytest.mark.parametrize("effect", ["event_study", "both"])
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("share", [0.0, 0.3])
@pytest.mark.parametrize("more", [{}, {"bins": [-3, 2]}])
def test_by_units_is_the_regression_with_dummies(fit, monkeypatch, effect, weights, share, more):
    """The road of large panels: estimates, errors by unit and by groups of units, covariances between parts."""
    rows = np.flatnonzero(np.random.default_rng(2).random(480) >= share)
    for cluster in ("i", "c"):
        block = {"vcov": {"cluster": cluster}, **({"weights": weights} if weights else {}), **more}
        dense = fit(rows=rows, effect=effect, **block)
        monkeypatch.setattr(saturated, "LARGEST_DUMMIES", 0)
        monkeypatch.setattr(saturated, "FEW_CLUSTERS", 2)
        large = fit(rows=rows, effect=effect, **block)
        monkeypatch.undo()
        event = large.estimate.parts[1] if effect == "both" else large.estimate
        assert event.linear is None
        assert event.influence is not None
        assert large.estimate.params == pytest.approx(dense.estimate.params, abs=1e-11)
        assert [t.name for t in large.estimate.terms] == [t.name for t in dense.estimate.terms]
        error = dense.inference.std_error
        assert large.inference.std_error == pytest.approx(error, rel=1e-8, nan_ok=True)
        scale = np.outer(np.nan_to_num(error), np.nan_to_num(error)).max()
        assert np.abs(large.inference.vcov - dense.inference.vcov).max() < 1e-8 * scale
        for name in ("n_obs", "df_model", "df_resid", "df_absorbed"):
            assert getattr(large.estimate, name) == getattr(dense.estimate, name)


def test_without_never_treated_large_panels_take_the_dummies(fit, monkeypatch):
    """Collinear columns need the rules of the dummies."""
    monkeypatch.setattr(saturated, "LARGEST_DUMMIES", 0)
    monkeypatch.setattr(saturated, "FEW_CLUSTERS", 2)
    data = staggered([3, 3, 5, 5, 6, 6], 8, never=0)
    data["y"] = data["y"] + np.random.default_rng(1).normal(size=48)
    result = fit(data, effect="event_study")
    assert result.estimate.linear is not None
    assert is_zero(rows_of(result)["event[-5]"])
