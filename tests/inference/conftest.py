"""A model by dense algebra: a design and its estimate without the package's own estimator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from impact.core.designs import AbsorbedFactor, Design, Factor, Panel, Sample, Term
from impact.core.estimates import Estimate, Linear


@dataclass(frozen=True)
class Fitted:
    design: Design
    estimate: Estimate
    full: np.ndarray  # (n, p) dummies of all effects beside the regressors, not weighted


def factor(name: str, values: np.ndarray) -> Factor:
    labels, codes = np.unique(values, return_inverse=True)
    return Factor(name, codes.astype(np.int32), tuple(labels.tolist()))


def dummies(codes: np.ndarray, levels: int) -> np.ndarray:
    return (codes[:, None] == np.arange(levels)).astype(float)


def without(basis: np.ndarray, root: np.ndarray, columns: np.ndarray) -> np.ndarray:
    scaled = columns * root[:, None]
    return (scaled - basis @ (basis.T @ scaled)) / root[:, None]


def fit_dense(
    y,
    x: dict[str, np.ndarray],
    *,
    absorb=(),
    clusters=(),
    weights=None,
    kind="",
    within=None,
    **more,
) -> Fitted:
    """Least squares by pseudo-inverses of the dummies; ``absorb`` and ``clusters`` map names to columns."""
    absorb, clusters = dict(absorb), dict(clusters)
    n = len(y)
    names = list(x)
    columns = np.column_stack([x[name] for name in names]).astype(float)
    factors = [factor(name, values) for name, values in absorb.items()]
    effects = [dummies(f.codes, f.levels) for f in factors]
    root = np.ones(n) if weights is None else np.sqrt(weights)
    absorbed, y_absorbed = columns, np.asarray(y, float)
    if effects:
        u, s, _ = np.linalg.svd(np.hstack(effects) * root[:, None], full_matrices=False)
        basis = u[:, s > 1e-9 * s[0]]
        absorbed = without(basis, root, columns)
        y_absorbed = without(basis, root, y_absorbed[:, None])[:, 0]
    w = np.ones(n) if weights is None else weights
    bread = np.linalg.inv((absorbed * w[:, None]).T @ absorbed)
    params = bread @ (absorbed.T @ (w * y_absorbed))
    residual = y_absorbed - absorbed @ params
    terms = tuple(Term(name) for name in names)
    n_obs = float(w.sum()) if kind == "frequency" else float(n)
    squares = None
    if kind == "frequency":
        squares = w * residual**2 + (0.0 if within is None else within)
    absorb_records = tuple(AbsorbedFactor(f) for f in factors)
    df_absorbed = sum(f.levels for f in factors) - max(len(factors) - 1, 0)
    design = Design(
        outcome="y",
        terms=terms,
        y=np.asarray(y, float),
        x=columns,
        sample=Sample(np.arange(n)),
        weights=weights,
        weight_kind=kind or ("" if weights is None else "analytic"),
        within_sum_of_squares=within,
        absorb=absorb_records,
        clusters={name: factor(name, values) for name, values in clusters.items()},
        intercept=not factors,
        **more,
    )
    linear = Linear(absorbed, residual, bread, weights, design.weight_kind, squares, absorb_records)
    estimate = Estimate(
        estimator="ols",
        terms=terms,
        params=params,
        n_obs=n_obs,
        df_model=len(names),
        df_resid=n_obs - len(names) - df_absorbed,
        df_absorbed=df_absorbed,
        linear=linear,
        effect_levels={f.name: f.levels for f in factors},
        focus=design.focus,
    )
    return Fitted(design, estimate, np.hstack([*effects, columns]))


@pytest.fixture(scope="session")
def dense():
    """The dense fit as a function."""
    return fit_dense


@pytest.fixture(scope="session")
def two_way(test_panel):
    """y ~ D + z | i + t, with clusters i, c, t and the panel's coordinates."""
    p = test_panel
    unit, time = factor("i", p["i"]), factor("t", p["t"])
    return fit_dense(
        p["y"],
        {"D": p["D"], "z": p["z"]},
        absorb={"i": p["i"], "t": p["t"]},
        clusters={"i": p["i"], "c": p["c"], "t": p["t"]},
        panel=Panel(unit, time, np.arange(1.0, 9.0)),
    )


@pytest.fixture(scope="session")
def pooled(test_panel):
    """y ~ D + z + x, no effects."""
    p = test_panel
    return fit_dense(
        p["y"],
        {"const": np.ones(480), "D": p["D"], "z": p["z"], "x": p["x"]},
        clusters={"c": p["c"], "t": p["t"]},
        coordinates=np.column_stack([p["lat"], p["lon"]]),
    )


@pytest.fixture(scope="session")
def weighted(test_panel):
    """y ~ D + z | i + t with analytic weights w."""
    p = test_panel
    return fit_dense(
        p["y"],
        {"D": p["D"], "z": p["z"]},
        absorb={"i": p["i"], "t": p["t"]},
        clusters={"i": p["i"]},
        weights=p["w"],
        kind="analytic",
    )
