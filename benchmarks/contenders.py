"""The same regression in each package: a formula with absorbed effects and a variance, coefficients in its order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from harness import Contender, Estimates, installed

import impact


def _ordered(
    coef: pd.Series | dict[str, float], error: pd.Series | dict[str, float], names: list[str]
) -> Estimates:
    return np.array([coef[name] for name in names]), np.array([error[name] for name in names])


def of_impact(formula: str, cluster: str | None, names: list[str], function: str = "feols") -> Contender:
    """impact.feols or another function of its face, hc1 or clustered."""
    vcov: str | dict[str, str] = {"cluster": cluster} if cluster else "hc1"

    def run(frame: pd.DataFrame) -> Estimates:
        fit = getattr(impact, function)(formula, frame, vcov=vcov)
        return _ordered(fit.coef(), fit.se(), names)

    return run


def _formula_package(name: str, function: str) -> Callable[[str, str | None, list[str]], Contender]:
    """fereg and pyfixest share one face, whose functions are called as ours."""

    def make(formula: str, cluster: str | None, names: list[str]) -> Contender:
        package = __import__(name)
        vcov: str | dict[str, str] = {"CRV1": cluster} if cluster else "HC1"

        def run(frame: pd.DataFrame) -> Estimates:
            fit = getattr(package, function)(formula, frame, vcov=vcov)
            return _ordered(fit.coef(), fit.se(), names)

        return run

    return make


def of_statsmodels(formula: str, cluster: str | None, names: list[str]) -> Contender:
    """OLS on the matrix; effects are not absorbed, so it is asked only without them."""
    import statsmodels.api as statsmodels

    outcome = formula.split("~", maxsplit=1)[0].strip()

    def run(frame: pd.DataFrame) -> Estimates:
        model = statsmodels.OLS(frame[outcome], statsmodels.add_constant(frame[names]))
        options = (
            {"cov_type": "cluster", "cov_kwds": {"groups": frame[cluster]}}
            if cluster
            else {"cov_type": "HC1"}
        )
        fit = model.fit(**options)
        return _ordered(fit.params, fit.bse, names)

    return run


def of_linearmodels(formula: str, cluster: str | None, names: list[str]) -> Contender:
    """Absorbing least squares; its clustered errors have G/(G−1) but another K, so they may stand apart."""
    from linearmodels.iv.absorbing import AbsorbingLS

    outcome, right = (part.strip() for part in formula.split("~"))
    effects = [name.strip() for name in right.split("|")[1].split("+")] if "|" in right else []

    def run(frame: pd.DataFrame) -> Estimates:
        absorb = pd.DataFrame({name: pd.Categorical(frame[name]) for name in effects})
        model = AbsorbingLS(frame[outcome], frame[names], absorb=absorb)
        options = {"cov_type": "clustered", "clusters": frame[cluster]} if cluster else {"cov_type": "robust"}
        fit = model.fit(debiased=True, **options)
        return _ordered(fit.params, fit.std_errors, names)

    return run


def contenders(
    formula: str, cluster: str | None, names: list[str], *, function: str = "feols", slow: bool = True
) -> dict[str, Contender]:
    """Ours and every installed peer that can run the formula; ``slow``: those without absorption, too."""
    found = {"impact": of_impact(formula, cluster, names, function)}
    for name in installed("fereg", "pyfixest"):
        found[name] = _formula_package(name, function)(formula, cluster, names)
    if function != "feols":
        return found
    if slow and "|" not in formula and installed("statsmodels"):
        found["statsmodels"] = of_statsmodels(formula, cluster, names)
    if slow and "|" in formula and installed("linearmodels"):
        found["linearmodels"] = of_linearmodels(formula, cluster, names)
    return found
