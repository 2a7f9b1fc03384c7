"""Event studies on 500,000 rows of 30 periods: saturated (Sun and Abraham), and two-way with a dummy an event time.

The peers (fereg, pyfixest) are given the dummies, made beforehand and not timed; ours makes what it needs. The numbers
compared are all effects by cohort and period, or all event times, with errors clustered by unit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from harness import Case, Contender, Estimates, installed, main

import impact

COHORTS = (0, 8, 12, 16, 20, 25)
PERIODS = 30


def panel(units: int) -> pd.DataFrame:
    """Five cohorts and the never treated, with effects that grow and unit levels that go with the cohort."""
    rng = np.random.default_rng(6)
    cohort = rng.choice(COHORTS, units)
    time = np.arange(1, PERIODS + 1)
    treated = (cohort[:, None] > 0) & (time >= cohort[:, None])
    effect = np.where(treated, 0.5 + 0.05 * (time - cohort[:, None]), 0.0)
    noise = rng.standard_normal((units, PERIODS)) + rng.standard_normal((units, 1))
    y = 0.05 * time + 0.1 * cohort[:, None] + effect + noise
    frame = {"unit": np.repeat(np.arange(units), PERIODS), "time": np.tile(time, units), "y": y.ravel()}
    return pd.DataFrame({**frame, "cohort": np.repeat(cohort, PERIODS)})


def saturated_panel() -> pd.DataFrame:
    """The panel with a dummy for each cohort and period but the one before treatment."""
    frame = panel(16_667)
    dummies = {
        f"d{g}_{t}": ((frame["cohort"] == g) & (frame["time"] == t)).to_numpy(dtype=np.float64)
        for g in COHORTS[1:]
        for t in range(1, PERIODS + 1)
        if t != g - 1
    }
    return pd.concat([frame, pd.DataFrame(dummies)], axis=1)


def event_panel() -> pd.DataFrame:
    """The panel with a dummy for each event time but −1."""
    frame = panel(16_667)
    event = np.where(frame["cohort"] > 0, frame["time"] - frame["cohort"], -999)
    dummies = {
        f"e{j}": (event == value).astype(np.float64)
        for j, value in enumerate(v for v in np.unique(event) if v not in (-999, -1))
    }
    return pd.concat([frame, pd.DataFrame(dummies)], axis=1)


def of_impact(estimator: str, kind: str, **options: object) -> Contender:
    """impact.did: the rows of one kind, the reference left out."""

    def run(frame: pd.DataFrame) -> Estimates:
        fit = impact.did(
            frame, y="y", time="time", unit="unit", cohort="cohort", estimator=estimator,
            more={"never": 0, "vcov": {"cluster": "unit"}, **options},
        )  # fmt: skip
        terms, params, error = fit.estimate.terms, fit.estimate.params, fit.inference.std_error
        rows = [j for j, term in enumerate(terms) if term.kind == kind and params[j] != 0.0]
        return params[rows], error[rows]

    return run


def of_dummies(package: str, prefix: str) -> Contender:
    """A regression on the dummies by fereg or pyfixest."""

    def run(frame: pd.DataFrame) -> Estimates:
        names = [name for name in frame.columns if name.startswith(prefix)]
        formula = f"y ~ {' + '.join(names)} | unit + time"
        fit = __import__(package).feols(formula, frame, vcov={"CRV1": "unit"})
        return fit.coef()[names].to_numpy(), fit.se()[names].to_numpy()

    return run


def contenders(ours: Contender, prefix: str) -> dict[str, Contender]:
    """Ours and the installed peers."""
    peers = {name: of_dummies(name, prefix) for name in installed("fereg", "pyfixest")}
    return {"impact": ours, **peers}


CASES = {
    "saturated": Case(
        "cohorts by periods, 16,667 units x 30 periods",
        saturated_panel,
        contenders(of_impact("sa", "att_gt"), "d"),
    ),
    "two_way": Case(
        "event times, 16,667 units x 30 periods",
        event_panel,
        contenders(of_impact("twfe", "event", effect="event_study"), "e"),
    ),
}

if __name__ == "__main__":
    main(CASES)
