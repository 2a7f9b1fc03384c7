"""Imputation and two-stage difference-in-differences with errors: 40,000 units x 10 periods, five cohorts.

The peers (diff-diff, StatsPAI, pyfixest) may ask for other versions of numpy and pandas than this project's environment
has: run it in an environment that has them and this package. Errors are clustered by unit; the numbers compared are the
mean effect over all treated rows and its error. The call of this package also returns every event, cohort, period and
cell, those of the peers the mean effect alone.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from harness import Case, Contender, Estimates, installed, main

import impact

COHORTS = (0.0, 4.0, 5.0, 6.0, 7.0, 9.0)


def panel(units: int, gaps: float = 0.0) -> pd.DataFrame:
    """Ten periods, five cohorts and the never treated, one control that varies; a share of rows missing at random."""
    rng = np.random.default_rng(7)
    cohort = rng.choice(COHORTS, units)
    time = np.arange(1.0, 11.0)
    effect = np.where((cohort[:, None] > 0) & (time >= cohort[:, None]), 1.0 + 0.1 * time, 0.0)
    z = rng.standard_normal((units, 10))
    y = rng.standard_normal((units, 1)) + 0.1 * time + 0.5 * z + effect + rng.standard_normal((units, 10))
    frame = pd.DataFrame({"id": np.repeat(np.arange(units), 10), "t": np.tile(time, units).astype(int)})
    frame["g"] = np.repeat(cohort, 10).astype(int)
    frame["y"], frame["z"] = y.ravel(), z.ravel()
    frame["d"] = ((frame["g"] > 0) & (frame["t"] >= frame["g"])).astype(int)
    kept = (rng.random(len(frame)) >= gaps) | (frame["t"] <= 2)
    return frame[kept].reset_index(drop=True)


def _pair(value: float, error: float) -> Estimates:
    return np.array([value]), np.array([error])


def of_impact(estimator: str, controls: tuple[str, ...]) -> Contender:
    """impact.did with its defaults."""

    def run(frame: pd.DataFrame) -> Estimates:
        fit = impact.did(
            frame,
            y="y",
            time="t",
            unit="id",
            cohort="g",
            estimator=estimator,
            controls=controls,
            more={"never": 0},
        )
        return _pair(fit.estimate.params[0], fit.inference.std_error[0])

    return run


def of_diff_diff(estimator: str, controls: tuple[str, ...]) -> Contender:
    """diff-diff: ImputationDiD or TwoStageDiD."""
    import diff_diff

    kind = {"bjs": diff_diff.ImputationDiD, "gardner": diff_diff.TwoStageDiD}[estimator]

    def run(frame: pd.DataFrame) -> Estimates:
        names = list(controls) or None
        found = kind().fit(frame, outcome="y", unit="id", time="t", first_treat="g", covariates=names)
        return _pair(found.overall_att, found.overall_se)

    return run


def of_statspai(estimator: str, controls: tuple[str, ...]) -> Contender:
    """StatsPAI: did_imputation or gardner_did."""
    import statspai

    function = {"bjs": statspai.did_imputation, "gardner": statspai.gardner_did}[estimator]

    def run(frame: pd.DataFrame) -> Estimates:
        found = function(frame, y="y", group="id", time="t", first_treat="g", controls=list(controls) or None)
        return _pair(found.estimate, found.se)

    return run


def of_pyfixest(controls: tuple[str, ...]) -> Contender:
    """pyfixest: did2s with a static second stage."""
    import pyfixest

    first = f"~ {' + '.join(controls) or '0'} | id + t"

    def run(frame: pd.DataFrame) -> Estimates:
        found = pyfixest.did2s(
            frame,
            yname="y",
            first_stage=first,
            second_stage="~ i(d, ref=0)",
            treatment="d",
            cluster="id",
        )
        return _pair(float(found.coef().iloc[0]), float(found.se().iloc[0]))

    return run


def contenders(
    estimator: str, controls: tuple[str, ...] = (), *, small: bool = False
) -> dict[str, Contender]:
    """Ours, and the installed peers; two stages of diff-diff and pyfixest where units are few (time grows faster)."""
    found = {"impact": of_impact(estimator, controls)}
    for name in installed("diff-diff", "StatsPAI", "pyfixest"):
        if name == "diff-diff" and (estimator == "bjs" or small):
            found[name] = of_diff_diff(estimator, controls)
        elif name == "StatsPAI":
            found[name] = of_statspai(estimator, controls)
        elif estimator == "gardner" and small:
            found[name] = of_pyfixest(controls)
    return found


CASES = {
    "imputation": Case("imputation, 40,000 units x 10 periods", lambda: panel(40_000), contenders("bjs")),
    "gaps": Case(
        "imputation, 40,000 units with gaps, one control",
        lambda: panel(40_000, 0.1),
        contenders("bjs", ("z",)),
    ),
    "two_stage": Case("two stages, 40,000 units x 10 periods", lambda: panel(40_000), contenders("gardner")),
    "small": Case("two stages, 1,000 units", lambda: panel(1000), contenders("gardner", small=True)),
    "twice": Case("imputation, 80,000 units x 10 periods", lambda: panel(80_000), contenders("bjs")),
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(CASES)
