"""Models to test: a panel with few treated units, fitted with the package's own estimator."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import impact as im
from impact.core.designs import (
    AbsorbedFactor,
    Adoption,
    AdoptionChoices,
    Design,
    Factor,
    Panel,
    Sample,
    Term,
    Treatment,
)
from impact.core.estimates import Estimate, Inference
from impact.core.findings import ModelResult, Question
from impact.estimators.ols import OlsOptions, fit
from impact.inference._options import PermuteOptions
from impact.inference._permutation import permute
from impact.inference.cluster import ClusterOptions, infer


def factor(name, values):
    labels, codes = np.unique(values, return_inverse=True)
    return Factor(name, codes.astype(np.int32), tuple(str(label) for label in labels.tolist()))


def panel_design(
    seed=1, *, units=12, periods=6, treated=2, effect=0.0, noise=1.0, event=False, outcome="y", shift=None
):
    """Units × periods, the first ``treated`` units exposed from period 3 on; or a term a period."""
    random = np.random.default_rng(seed)
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    on = (unit < treated).astype(float)
    y = random.normal(size=units)[unit] + 0.1 * time + noise * random.normal(size=len(unit))
    y = y + effect * on * (time >= 3) + (0.0 if shift is None else shift)
    ours, years = factor("unit", np.char.add("u", unit.astype(str).astype("U2"))), factor("time", time)
    if event:
        profile = np.column_stack([time == t for t in range(periods) if t != 2]).astype(float)
        terms = tuple(
            Term(f"time={t}:treated", "event", time=t, event_time=t - 3.0) for t in range(periods) if t != 2
        )
    else:
        profile, terms = (time >= 3).astype(float)[:, None], (Term("exposed"),)
    focus = tuple(range(len(terms)))
    by_label = np.array([int(label[1:]) < treated for label in ours.labels], dtype=float)
    return Design(
        outcome=outcome,
        terms=terms,
        y=y,
        x=on[:, None] * profile,
        sample=Sample(np.arange(len(y))),
        absorb=(AbsorbedFactor(ours), AbsorbedFactor(years)),
        clusters={"unit": ours},
        focus=focus,
        treatment=Treatment(ours, by_label, profile, focus),
        panel=Panel(ours, years, time.astype(float)),
    )


def fitted(design, name="main", *, group=None, permuted=True, sets=None, **more):
    """A model result with clustered inference and, if asked for, its permutation."""
    estimate = fit(design, OlsOptions())
    inference = infer(estimate, design, ClusterOptions(cluster="unit"), 0.95)
    treated = int(np.sum(design.treatment.treated))
    if inference.n_treated_clusters is None:
        inference = replace(inference, n_treated_clusters=treated)
    options = PermuteOptions() if sets is None else PermuteOptions(sets=sets)
    permutation = permute(estimate, design, options, seed=1, level=0.95) if permuted else None
    return ModelResult(
        name, group, estimate, inference, design, permutation=permutation, base=name.partition("[")[0], **more
    )


def question(kind, *of, results=(), language="en"):
    """A question about models: each of ``of`` is a result, or (result, term)."""
    pairs = tuple(one if isinstance(one, tuple) else (one, "") for one in of)
    clustered = ClusterOptions(cluster="unit")
    known = {(result.name, result.group): result for result in [*(pair[0] for pair in pairs), *results]}
    return Question(
        test="asked",
        kind=kind,
        of=pairs,
        results=known,
        refit=lambda result, design: fit(design, OlsOptions()),
        infer=lambda result, estimate, design: infer(estimate, design, clustered, 0.95),
        infer_fully=lambda result, estimate, design: infer(estimate, design, clustered, 0.95),
        seed=1,
        language=language,
    )


@pytest.fixture(scope="session")
def make():
    """The functions of this file, by name."""
    return type(
        "Make",
        (),
        {
            "design": staticmethod(panel_design),
            "fitted": staticmethod(fitted),
            "question": staticmethod(question),
            "factor": staticmethod(factor),
        },
    )


def event_rows(
    params, covariance, times, *, name="main", df=float("inf"), references=(), comparison=None, kind="event"
):
    """A model of event rows with a given covariance; ``references`` are rows that are zero by definition."""
    shown = sorted([*times, *references])
    terms = tuple(Term(f"event[{t:g}]", "event", event_time=float(t)) for t in shown)
    place = [shown.index(t) for t in times]
    estimates, vcov = np.zeros(len(shown)), np.zeros((len(shown), len(shown)))
    estimates[place] = params
    vcov[np.ix_(place, place)] = covariance
    return with_rows(terms, estimates, vcov, name=name, df=df, comparison=comparison)


def with_rows(terms, params, vcov, *, name="main", df=float("inf"), comparison=None, design=None):
    """A model with given terms, estimates and covariance."""
    error = np.sqrt(np.where(np.diag(vcov) > 0, np.diag(vcov), np.nan))
    many = np.full(len(terms), float("nan"))
    estimate = Estimate(
        estimator="given",
        terms=terms,
        params=params,
        n_obs=100.0,
        df_model=len(terms),
        df_resid=50.0,
        tables={} if comparison is None else {"comparison": comparison},
    )
    inference = Inference(
        variance={"kind": "cluster"},
        vcov=vcov,
        std_error=error,
        statistic=params / error,
        p_value=many,
        ci_low=many,
        ci_high=many,
        df=np.full(len(terms), df),
        level=0.95,
    )
    return ModelResult(name, None, estimate, inference, design, base=name)


@pytest.fixture(scope="session")
def event_model():
    """The function ``event_rows``."""
    return event_rows


@pytest.fixture(scope="session")
def model_with():
    """The function ``with_rows``."""
    return with_rows


@pytest.fixture(scope="session")
def medicaid_study():
    """The Medicaid example as a spec is run: two-way event study of insurance, states clustered."""
    import impact

    def run(tests, **model):
        spec = {
            "spec": 1,
            "data": "shipped:ehec",
            "filter": "year < 2016 and (missing(yexp2) or yexp2 != 2015)",
            "design": {
                "unit": "state",
                "time": "year",
                "treated": "coalesce(yexp2, 0) == 2014",
                "from": 2014,
            },
            "models": {"main": {"estimator": "did_sa", "outcome": "dins", **model}},
            "tests": tests,
            "default_tests": False,
        }
        return impact.run(spec, out=None).document

    return run


def by_cohorts(cohorts, periods=(1, 2, 3, 4, 5, 6), anticipation=0.0):
    units, count = len(cohorts), len(periods)
    unit = Factor("i", np.repeat(np.arange(units), count).astype(np.int32), tuple(range(units)))
    time = Factor("t", np.tile(np.arange(count), units).astype(np.int32), tuple(periods))
    adoption = Adoption(
        unit, time, np.array(periods, dtype=float), np.array(cohorts, dtype=float),
        choices=AdoptionChoices(anticipation=anticipation),
    )  # fmt: skip
    return Design(
        outcome="y",
        terms=(),
        y=np.arange(units * count, dtype=float),
        x=np.zeros((units * count, 0)),
        sample=Sample(np.arange(units * count)),
        clusters={"i": unit},
        adoption=adoption,
        columns={"w": np.arange(units * count, dtype=float), "g": unit},
    )


@pytest.fixture(scope="session")
def cohort_design():
    """The function ``by_cohorts``: a balanced panel of units with the given cohorts, y numbered by rows."""
    return by_cohorts


@pytest.fixture(scope="session")
def aer():
    """Tests of instruments that R's AER prints, by case (tests/reference/make_r_instruments.R)."""
    path = Path(__file__).parents[1] / "reference" / "numbers" / "r_instruments.json"
    return json.loads(path.read_text(encoding="utf-8"))["cases"]


@pytest.fixture(scope="session")
def asked():
    """Tests of specs by (kind, model), and the document."""
    return _asked


def _asked(data, models, kinds, *, instruments=None, **options):
    """{(kind, model): [test]} of the results of one spec; every model is asked every kind.

    Arguments:
        data: columns by name, or the name of a file that ships.
        models: name → block. kinds: tests. instruments: constructed ones. options: of the tests, by kind.
    """
    spec = {
        "spec": 1,
        "instruments": instruments or {},
        "models": models,
        "tests": {kind: {"kind": kind, "of": list(models), **options.get(kind, {})} for kind in kinds},
    }
    if isinstance(data, str):
        spec["data"] = f"shipped:{data}"
        document = im.run(spec, out=None).document
    else:
        folder, columns = data
        lines = [",".join(columns)]
        lines += [
            ",".join(map(repr, row))
            for row in zip(*(np.asarray(c).tolist() for c in columns.values()), strict=True)
        ]
        (folder / "panel.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        spec["data"] = {"root": "here", "file": "panel.csv"}
        document = im.run(spec, out=None, roots={"here": folder}).document
    failed = {name: facts["error"] for name, facts in document["models"].items() if facts["error"]}
    assert failed == {}
    found = {}
    for test in document["tests"]:
        found.setdefault((test["kind"], test["of"]), []).append(test)
    return found, document


@pytest.fixture(scope="session")
def shift_share_world(tmp_path_factory, asked):
    """The function that asks one kind of test of models with shift-share instruments.

    It returns the data, shares and shocks (columns by sector), a function from a model to its findings, and the
    document. Models: m (effects of period), pooled (none), one (one sector), own (shocks by unit), other (one more
    instrument), plain (no instrument).
    """
    rng = np.random.default_rng(17)
    n, sectors, periods = 60, ("coal", "iron", "wool"), (1, 2, 3, 4)
    shares = np.tile(rng.dirichlet([1.0, 2.0, 3.0], size=n), (len(periods), 1))
    t = np.repeat(periods, n)
    g = rng.normal(1.0, 1.0, size=(len(periods), 3))[t - 1]
    w = rng.normal(size=len(t))
    x = (shares * g).sum(axis=1) + 0.3 * w + rng.normal(size=len(t)) / 2
    y = 0.5 * x + 0.2 * t + rng.normal(size=len(t))
    columns = {"y": y, "x": x, "w": w, "t": t.astype(float), "q": rng.normal(size=len(t))}
    for j, s in enumerate(sectors):
        columns |= {
            f"w_{s}": shares[:, j],
            f"g_{s}": g[:, j],
            f"o_{s}": g[:, j] + rng.normal(size=len(t)) / 9,
        }

    def block(names, shocks):
        return {
            "kind": "shift_share",
            "shares": {s: f"w_{s}" for s in names},
            "shocks": {s: f"{shocks}_{s}" for s in names},
            "time": "t",
        }

    models = {
        "m": "y ~ w | t | x ~ z",
        "pooled": "y ~ w | x ~ z",
        "one": "y ~ w | t | x ~ z1",
        "own": "y ~ w | t | x ~ zo",
        "other": "y ~ w | t | x ~ z + q",
        "plain": "y ~ w | t",
    }

    def ask(kind):
        instruments = {"z": block(sectors, "g"), "z1": block(sectors[:1], "g"), "zo": block(sectors, "o")}
        found, document = asked(
            (tmp_path_factory.mktemp(kind), columns),
            {name: {"formula": formula, "vcov": "hc1"} for name, formula in models.items()},
            [kind],
            instruments=instruments,
            **({"rotemberg": {"top": 2}} if kind == "rotemberg" else {}),
        )
        data = pd.DataFrame(columns)
        own = ({s: data[f"{part}_{s}"] for s in sectors} for part in ("w", "g"))
        return (data, *own, lambda model: found[(kind, model)], document)

    return ask
