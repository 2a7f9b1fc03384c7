"""5,000 permutations of a difference-in-differences: one block of treated units, unit and period effects.

Draws differ between packages, so that p-values agree up to their simulation error, which is printed; the estimate
itself must agree to 1e-8. Peer: fereg refitted draw by draw, as a user without a routine writes, on 50 draws,
scaled up. pyfixest's ``ritest`` draws other sets (not as many treated units as there were) and is no peer here.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from impact.face.differences import did

REPS = 5000
FEW = 50


def block(units: int, periods: int, treated: int) -> pd.DataFrame:
    """A panel with autocorrelated errors and an effect of 0.05 on the treated block."""
    rng = np.random.default_rng(7)
    unit, time_ = (grid.ravel() for grid in np.meshgrid(np.arange(units), np.arange(periods), indexing="ij"))
    error = rng.normal(size=(units, periods)).cumsum(axis=1).ravel() / 3
    ever = (unit < treated).astype(float)
    exposed = ever * (time_ >= periods // 2)
    y = 0.05 * exposed + rng.normal(size=units)[unit] + rng.normal(size=periods)[time_] + error
    return pd.DataFrame({"unit": unit, "time": time_, "ever": ever, "exposed": exposed, "y": y})


def of_impact(frame: pd.DataFrame, periods: int) -> tuple[float, float]:
    """did_twfe with ``permute``: estimate, p by the estimate."""
    more = {
        "treated": "ever == 1", "from": periods // 2, "effect": "static", "seed": 1,
        "permute": {"unit": "unit", "sets": "same_size", "reps": REPS},
    }  # fmt: skip
    fit = did(frame, y="y", unit="unit", time="time", estimator="twfe", more=more)
    permutation = fit.result.permutation
    assert permutation is not None
    return fit.coef()["att"], float(permutation.p_value[0])


def of_fereg(frame: pd.DataFrame, periods: int) -> tuple[float, float]:
    """A loop of refits, which is what a user without a permutation routine writes; 50 of them."""
    import fereg

    rng = np.random.default_rng(1)
    actual = float(fereg.feols("y ~ exposed | unit + time", frame).coef()["exposed"])
    units, treated = int(frame["unit"].nunique()), int(frame.groupby("unit")["ever"].first().sum())
    post = (frame["time"] >= periods // 2).to_numpy()
    found = []
    for _ in range(FEW):
        chosen = np.zeros(units)
        chosen[rng.choice(units, treated, replace=False)] = 1
        drawn = frame.assign(exposed=chosen[frame["unit"].to_numpy()] * post)
        found.append(float(fereg.feols("y ~ exposed | unit + time", drawn).coef()["exposed"]))
    return actual, float(np.mean(np.abs(found) >= abs(actual)))


PEERS: dict[str, tuple[Callable[[pd.DataFrame, int], tuple[float, float]], float]] = {
    "impact": (of_impact, 1.0),
    "fereg": (of_fereg, REPS / FEW),
}


def main() -> None:
    """Print seconds, the estimate and p of each package that is installed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    for units, periods, treated in ((500, 10, 50), (2000, 20, 100)):
        frame = block(units, periods, treated)
        print(f"{units} units x {periods} periods, {treated} treated, {REPS} permutations")
        for name, (run, scale) in PEERS.items():
            try:
                version = importlib.metadata.version("impact-evaluation" if name == "impact" else name)
                run(frame, periods)
                seconds, found = min(_timed(run, frame, periods) for _ in range(options.repetitions))
            except Exception as problem:
                print(f"  {name:10} failed: {str(problem).splitlines()[0][:90]}")
                continue
            note = f"  ({FEW} refits, scaled)" if scale > 1 else ""
            print(
                f"  {name:10}{version:>8}{seconds * scale:10.3f} s   {found[0]:.9f}   p {found[1]:.4f}{note}"
            )
    print(f"simulation error of a p of 0.5 with {REPS} draws: {0.5 / REPS**0.5:.4f}")


def _timed(
    run: Callable[[pd.DataFrame, int], tuple[float, float]], frame: pd.DataFrame, periods: int
) -> tuple[float, tuple[float, float]]:
    start = time.perf_counter()
    found = run(frame, periods)
    return time.perf_counter() - start, found


if __name__ == "__main__":
    main()
