"""Effects by cohort and period: 40,000 units x 10 periods without covariates; 10,000 x 10 x 5 cohorts, doubly robust.

The peers (csdid, moderndid, diff-diff) ask for other versions of numpy and pandas than this project's environment may
have: run it in an environment that has them and this package. All take analytic errors, the never treated as comparison
and varying base periods, and make every mean they have (diff-diff: none by period). The numbers compared are the
effects of all cells and their simple mean. The doubly robust term of diff-diff divides by another sum: "(apart)".
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from harness import Case, Contender, Estimates, installed, main

import impact

MEANS = ("simple", "dynamic", "group", "calendar")
COHORTS = (0.0, 3.0, 4.0, 5.0, 6.0, 8.0)


def panel(units: int, covariates: int) -> pd.DataFrame:
    """Ten periods, five cohorts and the never treated; adoption and trends follow the covariates."""
    rng = np.random.default_rng(4)
    x = rng.standard_normal((units, covariates))
    pull = 0.4 * x.sum(axis=1) + rng.logistic(size=units)
    cohort = np.where(pull > -0.5, rng.choice(COHORTS[1:], units), 0.0)
    time = np.arange(1.0, 11.0)
    level = rng.standard_normal((units, 1)) + 0.1 * time * (1 + x.sum(axis=1, keepdims=True))
    effect = np.where((cohort[:, None] > 0) & (time >= cohort[:, None]), 1.0 + 0.1 * time, 0.0)
    y = level + effect + rng.standard_normal((units, 10))
    frame = pd.DataFrame(
        {"id": np.repeat(np.arange(units), 10), "t": np.tile(time, units).astype(int), "y": y.ravel()}
    )
    frame["g"] = np.repeat(cohort, 10).astype(int)
    for j in range(covariates):
        frame[f"x{j}"] = np.repeat(x[:, j], 10)
    return frame


def _ordered(cells: dict[tuple[float, float], tuple[float, float]], simple: tuple[float, float]) -> Estimates:
    pairs = np.array([simple, *(cells[key] for key in sorted(cells))])
    return pairs[:, 0], pairs[:, 1]


def of_impact(covariates: int) -> Contender:
    """impact.did with its defaults."""
    controls = [f"x{j}" for j in range(covariates)]

    def run(frame: pd.DataFrame) -> Estimates:
        fit = impact.did(frame, y="y", time="t", unit="id", cohort="g", controls=controls, more={"never": 0})
        error = fit.inference.std_error
        terms = fit.estimate.terms
        cells = {
            (term.cohort, term.time): (value, own)
            for term, value, own in zip(terms, fit.estimate.params, error, strict=True)
            if term.kind == "att_gt"
        }
        return _ordered(cells, (fit.estimate.params[0], error[0]))

    return run


def _xformula(covariates: int, outcome: str = "") -> str:
    return f"{outcome}~ " + (" + ".join(f"x{j}" for j in range(covariates)) or "1")


def of_csdid(covariates: int) -> Contender:
    """csdid: fit and the simple mean, without bootstrap."""
    from csdid.att_gt import ATTgt

    def run(frame: pd.DataFrame) -> Estimates:
        formula = _xformula(covariates, "y ")
        with contextlib.redirect_stdout(io.StringIO()):
            found = ATTgt(
                yname="y", tname="t", idname="id", gname="g", data=frame, control_group="nevertreated", xformla=formula
            )  # fmt: skip
            found = found.fit(est_method="dr", base_period="varying", bstrap=False)
            cells = found.results
            simple, *_ = (found.aggte(typec=name, bstrap=False, cband=False).atte for name in MEANS)
        keys = zip(map(float, cells["group"]), map(float, cells["year"]), strict=True)
        pairs = zip(map(float, cells["att"]), map(float, cells["se"]), strict=True)
        return _ordered(
            dict(zip(keys, pairs, strict=True)),
            (simple["overall_att"], float(np.ravel(simple["overall_se"])[0])),
        )

    return run


def of_moderndid(covariates: int) -> Contender:
    """moderndid: att_gt and aggte, without bootstrap."""
    import moderndid

    def run(frame: pd.DataFrame) -> Estimates:
        found = moderndid.att_gt(
            frame, "y", "t", "id", "g", xformla=_xformula(covariates), boot=False, cband=False
        )
        simple, *_ = (moderndid.aggte(found, type=name, boot=False, cband=False) for name in MEANS)
        keys = zip(map(float, found.groups), map(float, found.times), strict=True)
        pairs = zip(map(float, found.att_gt), map(float, found.se_gt), strict=True)
        return _ordered(dict(zip(keys, pairs, strict=True)), (simple.overall_att, simple.overall_se))

    return run


def of_diff_diff(covariates: int) -> Contender:
    """diff-diff: fit with all its means, without bootstrap."""
    from diff_diff import CallawaySantAnna

    controls = [f"x{j}" for j in range(covariates)] or None

    def run(frame: pd.DataFrame) -> Estimates:
        found = CallawaySantAnna(estimation_method="dr", cband=False, n_bootstrap=0).fit(
            frame, outcome="y", unit="id", time="t", first_treat="g", covariates=controls, aggregate="all"
        )
        cells = {
            (float(g), float(t)): (own["effect"], own["se"])
            for (g, t), own in found.group_time_effects.items()
        }
        return _ordered(cells, (found.overall_att, found.overall_se))

    return run


PEERS: dict[str, Callable[[int], Contender]] = {
    "csdid": of_csdid,
    "moderndid": of_moderndid,
    "diff-diff": of_diff_diff,
}


def contenders(covariates: int) -> dict[str, Contender]:
    """Ours, and the peers that are installed."""
    found = {"impact": of_impact(covariates)}
    return found | {name: PEERS[name](covariates) for name in installed(*PEERS)}


CASES = {
    "plain": Case("40,000 units x 10 periods, no covariates", lambda: panel(40_000, 0), contenders(0)),
    "covariates": Case(
        "10,000 units x 10 periods x 5 cohorts, 3 covariates, dr", lambda: panel(10_000, 3), contenders(3)
    ),
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(CASES)
