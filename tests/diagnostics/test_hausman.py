"""Hausman's test: plm's printed example, linearmodels' variances, statsmodels' pooled Mundlak regression, null law.

plm (R, 2.6), `phtest(inv ~ value + capital, data = Grunfeld)`: chisq = 2.3304, df = 2, p-value = 0.3119.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.panel import PanelOLS, RandomEffects
from scipy import stats

import impact
from impact.core.designs import Design, Factor, Panel, Sample, Term
from impact.core.errors import DesignError, SpecError
from impact.core.findings import ModelResult, Question
from impact.diagnostics.hausman import HausmanOptions, examine, with_unit_means
from impact.estimators.panel import PanelOptions, fit
from impact.inference.cluster import ClusterOptions, infer
from impact.schema.shipped import find_shipped

FORMULA = "lwage ~ union + married + exper"


def run(tests, models, folder=None, **spec):
    block = {"spec": 1, "data": "shipped:wagepan", "panel": {"unit": "nr", "time": "year"}, **spec}
    roots = None if folder is None else {"here": folder}
    return impact.run({**block, "models": models, "tests": tests}, out=None, roots=roots).document["tests"]


def panel(method, formula=FORMULA):
    return {"estimator": "panel", "method": method, "formula": formula}


def test_the_example_of_plm(tmp_path):
    """Grunfeld's ten firms: those of statsmodels without American Steel."""
    firms = sm.datasets.grunfeld.load_pandas().data
    firms[firms["firm"] != "American Steel"].to_csv(tmp_path / "grunfeld.csv", index=False)
    formula = "invest ~ value + capital"
    (line,) = run(
        {"effects": {"kind": "hausman", "of": ["fe", "re"], "form": "classical"}},
        {"fe": panel("within", formula), "re": panel("random", formula)},
        folder=tmp_path,
        data={"root": "here", "file": "grunfeld.csv"},
        panel={"unit": "firm", "time": "year"},
    )
    assert f"{line['statistic']:.4f}" == "2.3304" and line["df"] == 2
    assert f"{line['p_value']:.4f}" == "0.3119"
    assert line["verdict"] == "pass"


@pytest.fixture(scope="module")
def data():
    return pd.read_csv(find_shipped("wagepan", "data")).set_index(["nr", "year"])


@pytest.mark.parametrize("within", [panel("within"), {"formula": f"{FORMULA} | nr"}])
def test_classical_against_linearmodels(data, within):
    x = sm.add_constant(data[["union", "married", "exper"]])
    fixed = PanelOLS(data["lwage"], x, entity_effects=True).fit(debiased=True)
    random = RandomEffects(data["lwage"], x).fit(debiased=True)
    names = ["union", "married", "exper"]
    d = (fixed.params - random.params)[names]
    expected = d @ np.linalg.solve((fixed.cov - random.cov).loc[names, names], d)
    (line,) = run(
        {"effects": {"kind": "hausman", "of": ["fe", "re"], "form": "classical"}},
        {"fe": within, "re": panel("random")},
    )
    assert line["statistic"] == pytest.approx(expected, rel=1e-6)
    assert line["p_value"] == pytest.approx(stats.chi2.sf(expected, 3), rel=1e-6)
    assert line["verdict"] == "warn"


def test_unit_means_against_pooled_least_squares(data):
    """In a balanced panel Mundlak's coefficients are those of pooled least squares, and so is their clustered
    variance."""
    names = ["union", "married", "exper"]
    means = data[names].groupby(level="nr").transform("mean")
    x = sm.add_constant(np.column_stack([data[names], means]))
    oracle = sm.OLS(data["lwage"].to_numpy(), x).fit(
        cov_type="cluster",
        cov_kwds={
            "groups": data.index.get_level_values("nr"),
            "use_correction": False,
            "df_correction": False,
        },
    )
    expected = oracle.params[4:] @ np.linalg.solve(oracle.cov_params()[4:, 4:], oracle.params[4:]) / 3
    (line,) = run(
        {"effects": {"kind": "hausman", "of": "re"}},
        {"re": {**panel("random"), "vcov": {"cluster": "nr", "type": "cr0"}}},
    )
    assert line["statistic"] == pytest.approx(expected, rel=1e-7)
    assert (line["df"], line["df2"]) == (3, 544)
    found = [row["estimate"] for row in line["details"]["rows"]]
    assert found == pytest.approx(list(oracle.params[4:]), rel=1e-7)


def test_what_never_changes_has_no_mean():
    """educ does not change within persons: it has no mean of its own and nothing is said of it."""
    (line,) = run({"effects": {"kind": "hausman", "of": "re"}}, {"re": panel("random", f"{FORMULA} + educ")})
    assert [row["term"] for row in line["details"]["rows"]] == ["mean(union)", "mean(married)", "mean(exper)"]


def factor(name, codes):
    return Factor(name, codes.astype(np.int32), tuple(range(int(codes.max()) + 1)))


def panel_of(random, units=40, periods=4, *, related=0.0):
    """A panel with unit effects, related to x or not, and errors of a size that differs between units."""
    unit = factor("i", np.repeat(np.arange(units), periods))
    time = factor("t", np.tile(np.arange(periods), units))
    level = random.normal(size=units)
    x = level[unit.codes] + random.normal(size=len(unit.codes))
    effect = related * level + random.normal(size=units)
    spread = np.exp(0.5 * random.normal(size=units))[unit.codes]
    y = 0.5 * x + effect[unit.codes] + spread * random.normal(size=len(unit.codes))
    return Design(
        outcome="y",
        terms=(Term("Intercept"), Term("x")),
        y=y,
        x=np.column_stack([np.ones(len(y)), x]),
        sample=Sample(np.arange(len(y))),
        clusters={"i": unit},
        panel=Panel(unit, time, time.codes.astype(float)),
        focus=(1,),
        intercept=True,
    )


def asked(design, **options):
    def clustered(estimate, given):
        return infer(estimate, estimate.design or given, ClusterOptions(cluster="i"), 0.95)

    random = PanelOptions(method="random")
    estimate = fit(design, random)
    result = ModelResult("re", None, estimate, clustered(estimate, design), design)
    question = Question(
        test="asked",
        kind="hausman",
        of=((result, ""),),
        results={("re", None): result},
        refit=lambda _, changed: fit(changed, random),
        infer=lambda _, estimate, changed: clustered(estimate, changed),
        infer_fully=lambda _, estimate, changed: clustered(estimate, changed),
        seed=1,
    )
    return examine(question, HausmanOptions(**options))[0]


def test_it_finds_effects_that_go_with_the_regressor():
    random = np.random.default_rng(3)
    assert asked(panel_of(random, related=1.0)).verdict == "warn"


@pytest.mark.slow
def test_p_values_are_uniform_where_effects_are_unrelated():
    """600 panels with errors that are not alike: rejections at 5 and 10 % within three simulation errors."""
    random = np.random.default_rng(11)
    p = np.array([asked(panel_of(random)).p_value for _ in range(600)])
    for level in (0.05, 0.10):
        assert abs(np.mean(p < level) - level) < 3 * np.sqrt(level * (1 - level) / len(p))
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_unit_means_of_a_design():
    design = panel_of(np.random.default_rng(1), units=3, periods=2)
    found = with_unit_means(design)
    assert [term.name for term in found.terms] == ["Intercept", "x", "mean(x)"]
    expected = np.repeat(design.x[:, 1].reshape(3, 2).mean(axis=1), 2)
    assert found.x[:, 2] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("of", "form"),
    [("fe", "mundlak"), ("ols", "mundlak"), (["fe", "fe2"], "classical"), ("re", "classical"),
     (["fe", "re2"], "classical"), (["ols", "re"], "classical"), (["fe", "fe2", "re"], "classical")],
)  # fmt: skip
def test_models_that_cannot_be_compared(of, form):
    models = {
        "fe": panel("within"),
        "fe2": panel("within", "lwage ~ union"),
        "re": panel("random"),
        "re2": {**panel("random"), "filter": "year > 1980"},
        "ols": {"formula": FORMULA},
    }
    with pytest.raises(SpecError) as caught:
        run({"effects": {"kind": "hausman", "of": of, "form": form}}, models)
    assert caught.value.code == "E675"


def test_regressors_that_never_change():
    design = panel_of(np.random.default_rng(5))
    still = replace(design, x=with_unit_means(design).x[:, [0, 2]])
    with pytest.raises(DesignError) as caught:
        asked(still)
    assert caught.value.code == "E676"


def test_covariances_that_cannot_be_inverted(make):
    """Two clusters cannot test two means; a variance of random effects that is the larger one cannot be efficient."""
    design = panel_of(np.random.default_rng(5))
    two = replace(
        design,
        terms=(*design.terms, Term("z")),
        x=np.column_stack([design.x, np.random.default_rng(6).normal(size=len(design.y))]),
        clusters={"i": factor("i", design.panel.unit.codes % 2)},
    )
    with pytest.raises(DesignError) as caught:
        asked(two)
    assert caught.value.code == "E677"
    related = panel_of(np.random.default_rng(5), periods=20, related=20.0)
    models = [
        ModelResult(name, None, estimate, infer(estimate, rows, ClusterOptions(cluster="i"), 0.95), related)
        for name, estimate in ((m, fit(related, PanelOptions(method=m))) for m in ("within", "random"))
        for rows in (estimate.design or related,)
    ]
    with pytest.raises(DesignError) as caught:
        examine(make.question("hausman", *models), HausmanOptions(form="classical"))
    assert caught.value.code == "E677"
