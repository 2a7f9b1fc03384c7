"""Figures of a population: 100,000 persons in 2,000 primary units and 50 strata, with sampling weights.

Means of four variables, the same means in 25 regions and in 200 provinces, a regression, and means with 80 replicate
weights. Peers are asked for one variable at a time where they take no more. Errors are compared as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from harness import Case, Contender, Estimates, installed, main

from impact.core.errors import Place
from impact.data.frames import frame_of
from impact.pipeline.fit import fit_request
from impact.plan import make_plan
from impact.schema.columns_used import model_uses
from impact.schema.nodes import from_plain

OUTCOMES = ["income", "hours", "informal", "years"]
REGRESSORS = ["hours", "years", "informal", "age"]
REPLICATES = 80
DESIGN = {"weights": "weight", "strata": "stratum", "psu": "psu"}


def persons(seed: int = 7) -> pd.DataFrame:
    """A sample of 50 strata by 40 primary units by 50 persons; 80 groups of primary units are left out in turn."""
    random = np.random.default_rng(seed)
    psu = np.repeat(np.arange(2000), 50)
    common = random.normal(size=2000)[psu]
    years = random.integers(0, 17, len(psu)).astype(float)
    frame = pd.DataFrame(
        {
            "stratum": psu // 40,
            "psu": psu,
            "weight": np.repeat(random.uniform(50, 300, 2000), 50) * random.uniform(0.8, 1.2, len(psu)),
            "region": psu // 80,
            "province": psu // 10,
            "years": years,
            "age": random.integers(14, 80, len(psu)).astype(float),
            "hours": np.clip(40 + 5 * common + 10 * random.normal(size=len(psu)), 0, 90),
            "informal": (random.uniform(size=len(psu)) < 0.7).astype(float),
        }
    )
    frame["income"] = np.exp(6 + 0.08 * years + 0.2 * common + 0.6 * random.normal(size=len(psu)))
    weights = {
        f"rep_{group + 1}": np.where(psu % REPLICATES == group, 0.0, REPLICATES / (REPLICATES - 1))
        * frame["weight"]
        for group in range(REPLICATES)
    }
    return pd.concat([frame, pd.DataFrame(weights)], axis=1)


def of_impact(model: dict[str, Any], survey: dict[str, Any]) -> Contender:
    """The model of a spec, from a frame to estimates and errors."""
    spec = {"spec": 1, "data": {"file": "persons"}, "survey": survey, "models": {"main": model}}

    def run(frame: pd.DataFrame) -> Estimates:
        request = make_plan(from_plain(spec, Place(file="benchmark"))).models[0]
        own = frame_of(frame, {name for name, _ in model_uses(request)})
        result = fit_request(own, request, seed=None).results[0]
        if result.error is not None:
            raise result.error
        assert result.estimate is not None
        assert result.inference is not None
        return result.estimate.params, result.inference.std_error

    return run


def means_of_samplics(domain: str | None) -> Contender:
    """TaylorEstimator, one variable at a time."""
    from samplics.estimation import TaylorEstimator
    from samplics.utils.types import PopParam

    def run(frame: pd.DataFrame) -> Estimates:
        points, errors = [], []
        for name in OUTCOMES:
            found = TaylorEstimator(PopParam.mean)
            found.estimate(
                y=frame[name],
                samp_weight=frame["weight"],
                stratum=frame["stratum"],
                psu=frame["psu"],
                domain=None if domain is None else frame[domain],
            )
            points.append(_numbers(found.point_est))
            errors.append(_numbers(found.stderror))
        return np.column_stack(points).ravel(), np.column_stack(errors).ravel()

    return run


def _numbers(found: Any) -> np.ndarray:
    """A number, or those of the domains in order."""
    if not isinstance(found, dict):
        return np.array([float(found)])
    return np.array([float(found[key]) for key in sorted(found)])


def _sample(frame: pd.DataFrame, *, replicates: bool = False) -> Any:
    import polars
    import svy

    if not replicates:
        columns = [name for name in frame if not name.startswith("rep_")]
        design = svy.Design(stratum="stratum", psu="psu", wgt="weight")
        return svy.Sample(polars.from_pandas(frame[columns]), design)
    weights = svy.JackknifeWgts(prefix="rep_", n_reps=REPLICATES, kind="jk1", wgt="weight")
    return svy.Sample(polars.from_pandas(frame), svy.Design(wgt="weight", rep_wgts=weights))


def means_of_svy(domain: str | None, *, replicates: bool = False) -> Contender:
    """Sample.estimation.mean, all variables in one call."""

    def run(frame: pd.DataFrame) -> Estimates:
        method = "replication" if replicates else "taylor"
        sample = _sample(frame, replicates=replicates)
        found = sample.estimation.mean(OUTCOMES, by=domain, method=method)
        tables = [one.to_polars() for one in found]
        if domain is not None:
            tables = [table.sort(domain) for table in tables]
        return (
            np.column_stack([table["est"].to_numpy() for table in tables]).ravel(),
            np.column_stack([table["se"].to_numpy() for table in tables]).ravel(),
        )

    return run


def regression_of_samplics(frame: pd.DataFrame) -> Estimates:
    """SurveyGLM, linear."""
    from samplics.regression import SurveyGLM
    from samplics.utils.types import ModelType

    model = SurveyGLM(model=ModelType.LINEAR)
    model.estimate(
        y=frame["income"],
        x=frame[REGRESSORS],
        samp_weight=frame["weight"],
        stratum=frame["stratum"],
        psu=frame["psu"],
        add_intercept=True,
    )
    return model.beta["point_est"], model.beta["stderror"]


def regression_of_svy(frame: pd.DataFrame) -> Estimates:
    """Sample.glm, Gaussian."""
    table = _sample(frame).glm.fit("income", x=REGRESSORS).to_polars()
    return table["estimate"].to_numpy().astype(float), table["std_err"].to_numpy().astype(float)


def _contenders(ours: Contender, **peers: Callable[[], Contender]) -> dict[str, Contender]:
    there: Sequence[str] = installed(*peers)
    return {"impact": ours, **{name: peers[name]() for name in there}}


def _means(domain: str | None) -> dict[str, Contender]:
    model: dict[str, Any] = {"estimator": "survey_mean", "of": OUTCOMES}
    if domain is not None:
        model["over"] = domain
    return _contenders(
        of_impact(model, DESIGN),
        samplics=lambda: means_of_samplics(domain),
        svy=lambda: means_of_svy(domain),
    )


CASES = {
    "means": Case("means of 4 variables, 100,000 persons", persons, _means(None)),
    "domains": Case("the same in 25 regions", persons, _means("region")),
    "provinces": Case("the same in 200 provinces", persons, _means("province")),
    "regression": Case(
        "regression on 4 variables",
        persons,
        _contenders(
            of_impact({"formula": f"income ~ {' + '.join(REGRESSORS)}"}, DESIGN),
            samplics=lambda: regression_of_samplics,
            svy=lambda: regression_of_svy,
        ),
    ),
    "replicates": Case(
        "means of 4 variables, 80 jackknife weights",
        persons,
        _contenders(
            of_impact(
                {"estimator": "survey_mean", "of": OUTCOMES},
                {"weights": "weight", "replicate": {"kind": "jk1", "weights": "rep_*"}},
            ),
            svy=lambda: means_of_svy(None, replicates=True),
        ),
    ),
}

if __name__ == "__main__":
    main(CASES)
