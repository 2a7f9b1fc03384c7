"""Worker, firm and year effects, 1,000,000 rows: many moves, few moves, and few moves to the next firm only."""

from __future__ import annotations

import numpy as np
import pandas as pd
from contenders import contenders
from harness import Case, main

import impact.kernels.absorb as absorb
import impact.kernels.factors as factors

FORMULA, NAMES = "y ~ x1 + x2 | worker + firm + year", ["x1", "x2"]
WORKERS, FIRMS, YEARS = 100_000, 10_000, 10


def careers(moves: float, *, next_firm: bool) -> pd.DataFrame:
    """Workers change firm with a probability each year: to any firm, or to the neighbour (a thin graph)."""
    rng = np.random.default_rng(3)
    firm = np.empty((WORKERS, YEARS), dtype=np.int64)
    firm[:, 0] = np.arange(WORKERS) * FIRMS // WORKERS
    for year in range(1, YEARS):
        new = (firm[:, year - 1] + 1) % FIRMS if next_firm else rng.integers(0, FIRMS, WORKERS)
        firm[:, year] = np.where(rng.random(WORKERS) < moves, new, firm[:, year - 1])
    worker, year = np.repeat(np.arange(WORKERS), YEARS), np.tile(np.arange(YEARS), WORKERS)
    level = np.sin(firm.ravel() / 300) * 3 + rng.standard_normal(WORKERS)[worker] + 0.1 * year
    frame = pd.DataFrame({"worker": worker, "firm": firm.ravel(), "year": year})
    frame["x1"] = rng.standard_normal(len(frame)) + level
    frame["x2"] = rng.standard_normal(len(frame)) - level
    frame["y"] = frame["x1"] - 0.5 * frame["x2"] + level + rng.standard_normal(len(frame))
    return frame


def _case(name: str, moves: float, *, next_firm: bool) -> Case:
    own = contenders(FORMULA, "worker", NAMES, slow=False)
    return Case(name, lambda: careers(moves, next_firm=next_firm), own)


CASES = {
    "high": _case("worker, firm, year: 30 % move a year, to any firm", 0.3, next_firm=False),
    "low": _case("worker, firm, year: 1 % move a year, to any firm", 0.01, next_firm=False),
    "thin": _case("worker, firm, year: 1 % move a year, to the next firm", 0.01, next_firm=True),
}


def attained(frame: pd.DataFrame) -> absorb.Absorbed:
    """What the rows say after absorption."""
    effects = []
    for name in ("worker", "firm", "year"):
        codes, labels = factors.encode(frame[name].to_numpy())
        effects.append(factors.Effect(codes, len(labels)))
    return absorb.absorb(frame[["y", *NAMES]].to_numpy(), effects)


if __name__ == "__main__":
    for key, case in CASES.items() if main(CASES) else ():
        found = attained(case.data())
        print(
            f"{key}: largest group mean of the residuals {found.attained:.1e} sd, {found.iterations} iterations"
        )
