"""Python and spec give the same numbers, bit for bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import impact
from impact.core.errors import DesignError, ImpactError, SpecError

CASES = [
    ("y ~ D + z | i + t", {"vcov": {"cluster": "i"}}),
    ("y ~ D + z + x", {"vcov": "hc3"}),
    ("y ~ D + z + x", {}),
    ("y ~ D | i + t", {"vcov": {"cluster": ["i", "t"]}, "ssc": "reghdfe"}),
    ("y ~ D + z | i", {"weights": {"w": "analytic"}, "vcov": {"cluster": "c", "type": "cr2"}}),
    ("y ~ i(t, ref=1) + z | i", {"vcov": "iid", "level": 0.9}),
    ("log(y + 3) ~ poly(z, 2) | i[t]", {"vcov": "hc1"}),
]
FIELDS = ("estimate", "std_error", "statistic", "p_value", "ci_low", "ci_high")


@pytest.fixture(scope="module")
def table(test_panel):
    return pd.DataFrame({**test_panel, "high": (test_panel["cnt"] > 2).astype(float)})


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("face")
    table.to_csv(folder / "panel.csv", index=False)
    return folder / "panel.csv"


def spec_of(formula, keys):
    return {
        "spec": 1,
        "study": "face",
        "data": {"root": "here", "file": "panel.csv"},
        "models": {"m": {"formula": formula, **keys}},
    }


@pytest.mark.parametrize(("formula", "keys"), CASES)
def test_feols_is_the_spec(table, file, formula, keys):
    fit = impact.feols(formula, table, **keys)
    study = impact.run(spec_of(formula, keys), out=None, roots={"here": file.parent})
    rows = study.document["rows"]
    tidy = fit.tidy()
    assert tidy["term"].tolist() == [row["term"] for row in rows]
    for name in FIELDS:
        assert tidy[name].tolist() == [row[name] for row in rows], name
    model = study.document["models"]["m"]
    assert fit.glance()["n_obs"] == model["n_obs"]
    assert fit.glance()["r2"] == model["r2"]


LIKELIHOODS = [
    ("fepois", "ppml", "cnt ~ D + z + offset(q1) | i + t", {"vcov": {"cluster": "i"}}, {}),
    ("fepois", "ppml", "cnt ~ D + z", {"vcov": "hc3", "weights": {"w": "analytic"}}, {"steps": 30}),
    ("feglm", "logit", "high ~ D + z | t", {"vcov": {"cluster": "c"}}, {"marginal": "average"}),
    ("feglm", "probit", "high ~ D + z + x", {"level": 0.9}, {"marginal": "at_means"}),
    ("feglm", "logit", "high ~ D + z | i", {"vcov": "own"}, {"effects": "conditional"}),
]


@pytest.mark.parametrize(("function", "estimator", "formula", "keys", "more"), LIKELIHOODS)
def test_counts_and_choices_are_the_spec(table, file, function, estimator, formula, keys, more):
    family = {"family": estimator} if function == "feglm" else {}
    fit = getattr(impact, function)(formula, table, **family, **keys, more=more)
    spec = spec_of(formula, {"estimator": estimator, **keys, **more})
    study = impact.run(spec, out=None, roots={"here": file.parent})
    rows, tidy = study.document["rows"], fit.tidy()
    assert tidy["term"].tolist() == [row["term"] for row in rows]
    for name in FIELDS:
        assert tidy[name].tolist() == [row[name] for row in rows], name


def test_families_are_the_estimators(table):
    """gaussian is least squares, poisson is fepois; R's fixest has the figures of conventions section 7."""
    formula, vcov = "cnt ~ D + z | i + t", {"cluster": "i"}
    poisson = impact.feglm(formula, table, family="poisson", vcov=vcov)
    assert poisson.coef() == impact.fepois(formula, table, vcov=vcov).coef()
    assert poisson.coef()["D"] == pytest.approx(0.337193702149, abs=2e-11)
    assert poisson.se()["D"] == pytest.approx(0.162310575038, rel=1e-6)
    assert impact.feglm(formula, table, family="gaussian").coef() == impact.feols(formula, table).coef()


def test_another_variance_where_rows_were_dropped(table):
    """Units with only zeros are no rows of the likelihood: clusters that the fit did not read follow all the same."""
    some = table.assign(cnt=np.where(table["i"] == 1, 0, table["cnt"]))
    formula = "cnt ~ D + z | i + t"
    changed = impact.fepois(formula, some).summary(vcov={"cluster": "c"})
    again = impact.fepois(formula, some, vcov={"cluster": "c"})
    assert changed.estimate.n_obs == 472
    assert changed.tidy().equals(again.tidy())


@pytest.mark.parametrize("vcov", ["iid", "hc2", {"cluster": "c"}, {"cluster": "c", "type": "cr3"}])
def test_another_variance_is_another_fit_without_fitting(table, vcov):
    first = impact.feols("y ~ D + z | i + t", table, vcov="hc1")
    changed, again = first.summary(vcov=vcov), impact.feols("y ~ D + z | i + t", table, vcov=vcov)
    assert changed.estimate is first.estimate
    assert changed.vcov().tobytes() == again.vcov().tobytes()
    assert first.tidy(vcov=vcov).equals(again.tidy())


def test_defaults_are_those_of_a_spec(table):
    assert impact.feols("y ~ D", table).inference.variance["type"] == "hc1"
    panel = impact.feols("y ~ D | i", table, panel=("i", "t"))
    assert panel.inference.n_clusters == {"i": 60}


def test_frames_of_any_kind(table, test_panel):
    pyarrow = pytest.importorskip("pyarrow")
    wanted = impact.feols("y ~ D + z", table).tidy()
    for data in (
        test_panel,
        pyarrow.Table.from_pandas(table),
        {name: list(v) for name, v in test_panel.items()},
    ):
        assert impact.feols("y ~ D + z", data).tidy().equals(wanted)


def test_what_a_fit_says(table):
    fit = impact.feols("y ~ D + z | i + t", table, vcov={"cluster": "i"})
    assert fit.coef()["D"] == pytest.approx(0.437392234238, rel=1e-11)
    assert fit.se()["D"] == pytest.approx(0.0810188481501, rel=1e-11)
    low, high = fit.confint(0.9)["D"]
    assert (low + high) / 2 == pytest.approx(fit.coef()["D"])
    assert high - low < np.subtract(*reversed(fit.confint()["D"]))
    assert "0.437" in repr(fit)
    assert "<table" in fit._repr_html_()


@pytest.mark.parametrize(("name", "more"), [("feols", {}), ("fepois", {}), ("feglm", {"family": "logit"})])
@pytest.mark.parametrize(
    ("formula", "keys"),
    [
        ("y ~~ D", {}),
        ("high ~ lta", {}),
        ("high ~ D", {"vcov": "hc9"}),
        ("high ~ D", {"weights": {"w": "heavy"}}),
        ("high ~ D | D", {}),
    ],
)
def test_faults_stand_at_the_function_that_was_called(table, name, more, formula, keys):
    with pytest.raises(ImpactError) as caught:
        getattr(impact, name)(formula, table, **more, **keys)
    assert {fault.place.file for fault in caught.value.faults} == {name}


def test_a_preset_of_feglm_is_that_of_the_other_functions(table):
    """One small-sample preset, three ways to say it."""
    poisson = impact.fepois("cnt ~ D + z", table, vcov={"cluster": "c"}, ssc="none")
    other = impact.feglm("cnt ~ D + z", table, family="poisson", vcov={"cluster": "c"}, ssc="none")
    inside = impact.feglm("cnt ~ D + z", table, family="poisson", vcov={"cluster": "c", "ssc": "none"})
    assert other.se() == poisson.se() == inside.se()
    assert other.se() != impact.feglm("cnt ~ D + z", table, family="poisson", vcov={"cluster": "c"}).se()


def test_mistakes_are_typed_errors(table):
    with pytest.raises(SpecError) as caught:
        impact.feols("y ~ lta | i", table)
    assert (caught.value.code, caught.value.suggestion) == ("E514", "lat")
    with pytest.raises(DesignError):
        impact.feols("y ~ x | i", table)
    with pytest.raises(SpecError):
        impact.feols("y ~ D", table, vcov="hc9")
    with pytest.raises(SpecError) as caught:
        impact.feglm("y ~ D", table, family="posson")
    assert (caught.value.code, caught.value.suggestion) == ("E170", "poisson")
    with pytest.raises(SpecError) as caught:
        impact.fepois("cnt ~ D", table, more={"step": 3})
    assert caught.value.suggestion == "steps"
    with pytest.raises(SpecError) as caught:
        impact.feols("y ~ D + offset(x)", table)
    assert caught.value.code == "E179"
    with pytest.raises(SpecError) as caught:
        impact.fepois("cnt ~ 1 | i | D ~ z", table)
    assert caught.value.code == "E551"
    with pytest.raises(SpecError) as caught:
        impact.feols("y ~ D", table, vcov="own")
    assert caught.value.code == "E181"
    with pytest.raises(SpecError) as caught:
        impact.feols("y ~ D", table).summary(vcov="own")
    assert caught.value.code == "E181"
    with pytest.raises(AttributeError):
        getattr(impact, "no_such_name")  # noqa: B009
