"""M24: every registered estimator, variance and test on a null design of its own: p-values are uniform.

A table of null designs, run through the pipeline. Quick: a handful of draws each, whose p-values exist, lie in [0, 1]
and are not all small (a test that always rejects, or fails, is found). Slow (`-m slow`): 200 draws; the Kolmogorov-
Smirnov test of uniformity has p > 1e-4, or, where p-values are discrete or adjusted, their distribution lies nowhere
above that of a uniform one by more than the same test allows. A keyword without an entry fails: a new estimator or
test cannot land without a null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest

import impact.catalog as catalog
import impact.pipeline.fit as fitting
from impact.core.errors import Place
from impact.core.frames import Frame
from impact.pipeline.ask import ask_tests
from impact.plan import make_plan
from impact.schema.nodes import from_plain

FEW, MANY = 4, 200
SMALLEST = 1e-4


# --- samples without any effect ---


def rows(rng, count=240):
    """Independent rows, in 60 groups of four: outcomes of several kinds, none of which depends on anything."""
    x, z, e, v, y, y2 = rng.standard_normal((6, count))
    q1, q2 = rng.standard_normal((2, count))
    treated = (rng.random(count) < 0.5).astype(float)
    return {
        "g": np.repeat(np.arange(count / 4), 4), "x": x, "z": z, "y": y, "y2": y2, "d": treated, "q1": q1, "q2": q2,
        "end": 0.5 * q1 + 0.5 * q2 + e, "weak": v, "cnt": rng.poisson(2.0, count).astype(float),
        "b": (rng.random(count) < 0.5).astype(float), "lat": 10 * rng.random(count), "lon": 10 * rng.random(count),
        "gap": np.where(rng.random(count) < 0.8, y, np.nan), "at_bound": y + 0.3 * x, "row": np.arange(count) + 0.0,
    }  # fmt: skip


def selected(rng, count=400):
    x, z, v, e = rng.standard_normal((4, count))
    return {"y": np.where(0.3 + z + v > 0, 0.6 * v + 0.8 * e, np.nan), "x": x, "z": z}


def panel(rng, units=60, periods=6):
    unit = np.repeat(np.arange(float(units)), periods)
    own = rng.standard_normal(units)[unit.astype(int)]
    x, y, y2 = rng.standard_normal((3, units * periods))
    return {"i": unit, "t": np.tile(np.arange(float(periods)), units), "x": x, "y": own + y, "y2": own + y2}


def long(rng):
    return panel(rng, 6, 80)


def adopted(rng, units=90, periods=6):
    """Units that adopt in period 3, in 4 or never, drawn at random."""
    found = panel(rng, units, periods)
    first = rng.permutation(np.repeat([0.0, 3.0, 4.0], units // 3))
    dose, side = rng.random(units) + 0.5, (rng.random(units) < 0.5).astype(float)
    place = found["i"].astype(int)
    later = (first[place] > 0) & (found["t"] >= first[place])
    return found | {
        "c": first[place], "dose": dose[place], "side": side[place], "on": later.astype(float),
        "z": rng.random(units)[place],
    }  # fmt: skip


def two(rng):
    found = adopted(rng, 150, 2)
    return found | {"c": np.where(found["c"] > 3, 1.0, 0.0)}


def one_treated(rng):
    found = panel(rng, 11, 8)
    return found | {"who": (found["i"] < 3).astype(float)}


def running(rng):
    r, y = rng.uniform(-1, 1, 1200), rng.standard_normal(1200)
    return {"r": r, "y": y}


# --- the table ---


@dataclass(frozen=True)
class Null:
    """A null design: what is drawn, the spec, and the term or kind of test whose p-value is read.

    Arguments:
        conservative: p-values may be too large (ranks, adjusted ones). draws: of the slow version.
    """

    draw: Callable[[np.random.Generator], dict[str, np.ndarray]]
    spec: dict[str, Any]
    term: str = "x"
    test: str = ""
    conservative: bool = False
    draws: int = MANY
    notes: tuple[str, ...] = field(default=())


def model(draw, formula, term="x", *, draws=MANY, conservative=False, spec=None, **block):
    own = {"formula": formula, **block} if formula else block
    return Null(draw, {"models": {"main": own}, **(spec or {})}, term, draws=draws, conservative=conservative)


def did(name, draw=adopted, draws=MANY, **block):
    own = {"outcome": "y", **({"vcov": {"cluster": "i"}} if name not in OWN_ERRORS else {}), **block}
    design = {"unit": "i", "time": "t", "cohort": "c", "never": 0}
    return model(draw, "", "att", draws=draws, spec={"design": design, "seed": 1}, estimator=name, **own)


def asked(draw, models, kind, *, conservative=False, draws=MANY, spec=None, **test):
    is_one = isinstance(models, str) or not {"formula", "outcome"}.isdisjoint(models)
    named = {"main": models} if is_one else models
    of = list(named) if len(named) > 1 else "main"
    tests = {"tests": {"t": {"kind": kind, "of": of, **test}}}
    return Null(draw, {"models": named, **tests, **(spec or {})}, "", kind, conservative, draws)


OWN_ERRORS = ("did_cic",)
SURVEY = {"survey": {"psu": "g"}}
PANEL = {"panel": {"unit": "i", "time": "t"}}
IV = {"estimator": "iv", "formula": "y ~ 1 | end ~ q1 + q2"}
FAMILY = {"one": "y ~ x", "other": "y2 ~ x"}
STAGGERED = {"design": {"unit": "i", "time": "t", "cohort": "c", "never": 0}}
BLOCK = {"design": {"unit": "i", "time": "t", "treated": "who == 1", "from": 4}, "seed": 1}

ESTIMATORS = {
    "ols": model(rows, "y ~ x + z | g", vcov="hc1"),
    "iv": model(rows, **IV, term="end", vcov="hc1"),
    "ppml": model(rows, "cnt ~ x + z", vcov="hc1"),
    "logit": model(rows, "b ~ x + z", vcov="iid"),
    "probit": model(rows, "b ~ x + z", vcov="iid"),
    "quantile": model(rows, "y ~ x", "x[0.5]", estimator="quantile", quantiles=0.5),
    "rif": model(rows, "y ~ x", "x[0.5]", estimator="rif", quantiles=0.5, vcov="hc1"),
    "panel": model(panel, "y ~ x", estimator="panel", method="random", spec={"panel": {"unit": "i", "time": "t"}}),
    "heckman": model(selected, "y ~ x", estimator="heckman", selection="z", vcov="own", draws=150),
    "oaxaca": model(rows, "y ~ x", "unexplained", estimator="oaxaca", group="d", vcov="hc1"),
    "ipw": model(rows, "y ~ d + x + z", "d", estimator="ipw"),
    "matching": model(rows, "y ~ d + x", "d", estimator="matching"),
    "double_ml": model(rows, "y ~ x + z + q1 + q2", estimator="double_ml", draws=100),
    "rd": model(running, "y ~ r", "", estimator="rd", cutoff=0, draws=100),
    "survey_mean": model(rows, "", "", estimator="survey_mean", of=["y"], over="d", test="difference", spec=SURVEY),
    "survey_proportion": model(
        rows, "", "", estimator="survey_proportion", of=["b"], over="d", test="difference", spec=SURVEY
    ),
    "survey_total": model(rows, "", "y", estimator="survey_total", of=["y"], spec={"survey": {"psu": "g"}}),
    "did_2x2": did("did_2x2", two),
    "did_cic": did("did_cic", two, draws=40),
    **{name: did(name) for name in ("did_twfe", "did_cs", "did_sa", "did_bjs", "did_gardner", "did_etwfe")},
    "did_stacked": did("did_stacked", pre=1, post=1),
    "did_lp": did("did_lp"),
    "did_triple": did("did_triple", eligible="side"),
    "did_dcdh": did("did_dcdh", effects=2),
    "did_dose": did("did_dose", dose="dose", degree=1),
}  # fmt: skip
for _name in ("ppml", "logit", "probit"):
    ESTIMATORS[_name].spec["models"]["main"]["estimator"] = _name

VARIANCES = {
    **{name: model(rows, "y ~ x + z", vcov=name) for name in ("iid", "hc0", "hc1", "hc2", "hc3", "hc4")},
    "cluster": model(rows, "y ~ x + z", vcov={"cluster": "g"}),
    "cluster cr2": model(rows, "y ~ x + z", vcov={"cluster": "g", "type": "cr2"}),
    "cluster cr3": model(rows, "y ~ x + z", vcov={"cluster": "g", "type": "cr3"}),
    "jackknife": model(rows, "y ~ x + z", vcov={"jackknife": {"cluster": "g"}}),
    "bootstrap": model(rows, "y ~ x", vcov={"bootstrap": {"cluster": "g", "reps": 199}}, spec={"seed": 1}, draws=100),
    "survey": model(rows, "y ~ x", spec={"survey": {"psu": "g"}}),
    "newey_west": model(long, "y ~ x | i", vcov={"newey_west": {"lags": 1}}, spec=PANEL),
    "driscoll_kraay": model(
        long, "y ~ x | i", vcov={"driscoll_kraay": {"lags": 1}}, spec={"panel": {"unit": "i", "time": "t"}}
    ),
    "conley": model(rows, "y ~ x", vcov={"conley": {"lat": "lat", "lon": "lon", "km": 30}}),
    "own": ESTIMATORS["heckman"],
}  # fmt: skip

DIAGNOSTICS = {
    "wald": asked(rows, "y ~ x + z", "wald", hypotheses="x = z"),
    "overid": asked(rows, IV, "overid"),
    "endogeneity": asked(rows, IV, "endogeneity"),
    "anderson_rubin": asked(rows, IV, "anderson_rubin"),
    "conditional_lr": asked(rows, IV, "conditional_lr", draws=100),
    "first_stage": asked(rows, {"estimator": "iv", "formula": "y ~ 1 | weak ~ q1 + q2"}, "first_stage"),
    "hausman": asked(
        panel, {"estimator": "panel", "method": "random", "formula": "y ~ x", "vcov": {"cluster": "i"}}, "hausman",
        spec={"panel": {"unit": "i", "time": "t"}},
    ),
    "balance": asked(adopted, {"estimator": "did_cs", "outcome": "y", "controls": ["z"]}, "balance", spec=STAGGERED),
    "attrition": asked(rows, {"formula": "gap ~ d + x", "treatment": "d"}, "attrition"),
    "pretrend": asked(
        adopted, {"estimator": "did_sa", "outcome": "y", "vcov": {"cluster": "i"}}, "pretrend", spec=STAGGERED
    ),
    "ibragimov_mueller": asked(
        panel, {"formula": "y ~ x", "treatment": "x", "vcov": {"cluster": "i"}}, "ibragimov_mueller", unit="i"
    ),
    "density": asked(running, {"estimator": "rd", "formula": "y ~ r", "cutoff": 0}, "density", draws=100),
    "equivalence": asked(
        rows, {"formula": "at_bound ~ x", "vcov": "iid"}, "equivalence", bound=0.3, reason="the truth"
    ),
    **{
        name: asked(rows, FAMILY, name, conservative=True)
        for name in ("holm", "bonferroni", "benjamini_hochberg", "benjamini_yekutieli", "sharpened_q")
    },
    "westfall_young": asked(rows, FAMILY, "westfall_young", conservative=True, reps=99, draws=100,
        spec={"seed": 1, "vcov": {"cluster": "g"}}),
    "randomization": asked(
        one_treated, "y ~ exposed | i + t", "randomization", conservative=True, draws=100,
        spec={**BLOCK, "permute": {"unit": "i", "sets": "same_size"}},
    ),
    "romano_wolf": asked(
        one_treated, {"one": "y ~ exposed | i + t", "other": "y2 ~ exposed | i + t"}, "romano_wolf", conservative=True,
        draws=60, spec={**BLOCK, "permute": {"unit": "i", "sets": "same_size"}},
    ),
    "placebo": asked(
        one_treated, "y ~ exposed | i + t", "placebo", conservative=True, draws=100,
        spec={**BLOCK, "permute": {"unit": "i", "sets": "same_size"}, "robustness": {"of": "main", "rows": {
            "early": {"filter+": "t < 4", "design.from": 2, "expect": "no_effect"}}}},
    ),
}  # fmt: skip

# keyword → why it has no p-value of its own here
NONE = {
    "estimator": {
        "lee_bounds": "two bounds, judged by one interval: its coverage is M23",
        "synth": "ranks among placebos: M17",
        "synth_augmented": "conformal ranks: M17",
        "synth_did": "placebo and jackknife errors: M18",
        "matrix_completion": "bootstrap errors: M18",
    },
    "variance": {"akm": "needs exposure to shocks: M14"},
    "test": {
        "weak_iv": "its F is compared with critical values of a bias",
        "bacon": "a decomposition",
        "twfe_weights": "weights",
        "honest_did": "intervals under a bound: M13",
        "pretrend_power": "power",
        "power": "power",
        "bayes_null": "a posterior",
        "oster": "a bound",
        "sensemakr": "robustness values",
        "e_value": "a ratio",
        "rate_ratio": "exact and about numbers: its coverage is a full sum in tests/kernels",
        "rao_scott": "equal to R's svychisq in every case of the stored file",
        "reporting": "a rate that would hide the bound",
        "leave_one_out": "influence",
        "rotemberg": "weights",
        "shock_level": "needs exposure to shocks: M14",
    },
}
TABLES = {"estimator": ESTIMATORS, "variance": VARIANCES, "test": DIAGNOSTICS}
REGISTRIES = {"estimator": catalog.ESTIMATORS, "variance": catalog.VARIANCES, "test": catalog.DIAGNOSTICS}
CASES = [(kind, name) for kind, table in TABLES.items() for name in table]


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_keyword_has_a_null(kind):
    names = {name.split()[0] for name in TABLES[kind]} | set(NONE[kind])
    assert names >= set(REGISTRIES[kind].names())


@cache
def _plan(kind, name):
    null = TABLES[kind][name]
    return make_plan(from_plain({"spec": 1, "data": {"file": "x.csv"}, **null.spec}, Place(file="spec.yaml")))


def p_value(kind, name, seed):
    """The p-value of one draw; what cannot be estimated is an error."""
    null, plan = TABLES[kind][name], _plan(kind, name)
    columns = null.draw(np.random.default_rng([24, seed]))
    frame = Frame(columns, len(next(iter(columns.values()))))
    fitted = fitting.fit_models(frame, plan.models, seed=seed, jobs=1, progress=None)
    for one in fitted:
        assert one.results[0].error is None, one.results[0].error
    if null.test:
        failures: list[Exception] = []
        findings = ask_tests(plan, fitted, frame, failures)
        assert not failures, failures
        return next(
            float(found.p_value)
            for found in findings
            if found.kind == null.test and found.p_value is not None
        )
    result = fitted[0].results[0]
    names = [term.name for term in result.estimate.terms]
    place = names.index(null.term) if null.term else len(names) - 1
    return float(result.inference.p_value[place])


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_p_values_exist(kind, name):
    found = np.array([p_value(kind, name, seed) for seed in range(FEW)])
    assert np.isfinite(found).all() and (found >= 0).all() and (found <= 1).all()
    # all of four below 0.05: once in 160,000
    assert found.max() > 0.05


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_p_values_are_uniform(kind, name):
    null = TABLES[kind][name]
    found = np.array([p_value(kind, name, seed) for seed in range(null.draws)])
    side = "greater" if null.conservative else "two-sided"
    agreement = kstest(found, "uniform", alternative=side).pvalue
    print(f"M24 {kind} {name}: below .05 {np.mean(found <= 0.05):.3f}, uniform p {agreement:.4f}")
    assert agreement > SMALLEST
