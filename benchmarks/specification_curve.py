"""1,000 specifications on a panel of 50,000 rows: five outcomes, 25 sets of controls, four of effects, two samples.

Errors are clustered by unit. The peers run the specifications one after the other, as a user writes it; ours are those
of `speccurve:` in a spec, the planning of it included. Estimates and errors of all of them are compared. pyfixest
needs minutes for all of them and is asked for 96.
"""

from __future__ import annotations

from itertools import chain, combinations, product
from typing import Any

import numpy as np
import pandas as pd
from harness import Case, Contender, Estimates, installed, main

from impact.core.errors import Place
from impact.data.frames import frame_of
from impact.pipeline.columns_read import names_used
from impact.pipeline.curve import run_curve
from impact.plan import make_plan
from impact.schema.nodes import from_plain

OUTCOMES = [f"y{j}" for j in range(1, 6)]
NAMES = [f"c{j}" for j in range(1, 6)]
CONTROLS = [list(own) for own in chain.from_iterable(combinations(NAMES, size) for size in range(6))][:25]
EFFECTS = ["unit + time", "unit", "time", "none"]
SAMPLES = {"all": "true", "late": "time >= 5"}
FEW = 96


def panel(units: int = 2500, periods: int = 20) -> pd.DataFrame:
    """A treatment and controls that follow the unit; outcomes that share a part."""
    rng = np.random.default_rng(11)
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    level = rng.standard_normal(units)[unit]
    frame = pd.DataFrame({"unit": unit, "time": time, "m": rng.standard_normal(len(unit)) + 0.3 * level})
    for name in NAMES:
        frame[name] = rng.standard_normal(len(unit)) + 0.2 * frame["m"]
    common = 0.05 * frame["m"] + 0.1 * frame["c1"] + level + 0.02 * time
    for name in OUTCOMES:
        frame[name] = common + rng.standard_normal(len(unit))
    return frame


def of_impact(count: int) -> Contender:
    """The curve of a spec, the first specifications in the order of its dimensions."""
    vary = {"outcome": OUTCOMES, "controls": CONTROLS, "fe": EFFECTS, "sample": SAMPLES}
    kept = {**vary, "outcome": OUTCOMES[: max(1, count * len(OUTCOMES) // 1000)]}
    if count < 1000 // len(OUTCOMES):
        kept["controls"] = CONTROLS[: count // (len(EFFECTS) * len(SAMPLES))]
    content: dict[str, Any] = {
        "spec": 1,
        "study": "curve",
        "data": "panel.csv",
        "models": {"main": {"formula": "y1 ~ m | unit + time", "vcov": {"cluster": "unit"}}},
        "speccurve": {"target": "m", "vary": kept, "max": 1000},
    }

    def run(frame: pd.DataFrame) -> Estimates:
        plan = make_plan(from_plain(content, Place(file="curve.yaml")))
        curve = run_curve(plan, frame_of(frame, names_used(plan)))
        assert curve is not None
        rows = curve.rows
        return np.array([row.estimate for row in rows]), np.array([row.std_error for row in rows])

    return run


def in_a_loop(name: str, count: int) -> Contender:
    """fereg or pyfixest, one specification after the other."""
    package = __import__(name)

    def run(frame: pd.DataFrame) -> Estimates:
        late = frame[frame["time"] >= 5].reset_index(drop=True)
        params, errors = [], []
        for outcome, controls, effects, sample in list(product(OUTCOMES, CONTROLS, EFFECTS, SAMPLES))[:count]:
            right = " + ".join(["m", *controls])
            formula = f"{outcome} ~ {right}" + ("" if effects == "none" else f" | {effects}")
            data = frame if sample == "all" else late
            fit = package.feols(formula, data, vcov={"CRV1": "unit"})
            params.append(float(fit.coef()["m"]))
            errors.append(float(fit.se()["m"]))
        return np.array(params), np.array(errors)

    return run


def contenders(count: int, *packages: str) -> dict[str, Contender]:
    """Ours and the installed peers among the packages."""
    peers = {name: in_a_loop(name, count) for name in installed(*packages)}
    return {"impact": of_impact(count), **peers}


CASES = {
    "curve": Case("1,000 specifications, 50,000 rows", panel, contenders(1000, "fereg")),
    "few": Case(f"{FEW} specifications, 50,000 rows", panel, contenders(FEW, "fereg", "pyfixest")),
}

if __name__ == "__main__":
    main(CASES)
