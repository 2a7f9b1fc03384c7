"""What the estimators of surveys share: variables and domains of a design, weighted sums, and their linearised rows.

Shapes: n rows, v variables, D domains. The first outcome is y of the design, the others are columns of x; the domains
are the levels of the absorbed effect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats, Integers
from impact.core.designs import INTERCEPT, Design, Term
from impact.core.estimates import Estimate, Influence
from impact.core.labels import number_label
from impact.core.options import Options
from impact.core.quantile_curves import QuantileCurve


class SurveyEstimatorOptions(Options):
    """Options that the estimators of surveys share."""

    of: tuple[str, ...] | str = Field((), description="Variable(s) to describe.")
    over: tuple[str, ...] | str = Field((), description="Column(s) whose levels are domains of their own.")
    test: Literal["none", "difference"] = Field(
        "none", description="difference: each domain less the first, with the covariance of the design."
    )
    scale: float = Field(1.0, gt=0, description="Factor of what is printed: 100 for percent.")
    deff: Literal["without_replacement", "replacement"] = Field(
        "without_replacement",
        description='The simple random sample that the design effect compares with (R: TRUE, or "replace").',
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """Estimates in one domain: values (v,), influence (n, v), variance of a simple random sample.

    With ``curves``, values are quantiles and influence is that of the shares at or below them.
    """

    values: Floats
    influence: Floats
    simple: Floats
    curves: tuple[QuantileCurve, ...] = ()


@dataclass(frozen=True, slots=True)
class Domain:
    """The rows of a domain (n,) 0/1, and its words in the names of terms."""

    inside: Floats
    words: str


Describe = Callable[[Floats, Floats, str], Figures]


def fit_survey(
    design: Design,
    options: SurveyEstimatorOptions,
    describe: Describe,
    *,
    keyword: str,
    kind: str,
    suffixes: Sequence[str] = ("",),
) -> Estimate:
    """The estimate of every variable in every domain, and of differences where they are asked for.

    Arguments:
        describe: values, weights inside the domain (n,), and which design effect → figures, one for each variable and
            suffix. kind: of the terms; suffixes: of their names, behind that of each variable.
    """
    variables, values = _variables(design)
    names = [f"{name}{suffix}" for name in variables for suffix in suffixes]
    weights = np.ones(len(design.y)) if design.weights is None else design.weights
    # without weights the size of the population is not known
    deff = "replacement" if design.weights is None else options.deff
    terms: list[Term] = []
    found: list[Figures] = []
    domains = _domains(design)
    for domain in domains:
        found.append(describe(values, weights * domain.inside, deff))
        terms += [Term(f"{name}{domain.words}", kind) for name in names]
    for number in range(1, len(domains)) if options.test == "difference" else ():
        found.append(_difference(found[number], found[0]))
        over = design.absorb[0].factor.name
        pair = f"[{over}={_label(design, number)} - {_label(design, 0)}]"
        terms += [Term(f"{name}{pair}", "difference") for name in names]
    scale = options.scale
    curves = tuple(
        replace(curve, values=scale * curve.values) for figures in found for curve in figures.curves
    )
    rows: Integers = np.arange(len(design.y), dtype=np.int32)
    return Estimate(
        estimator=keyword,
        terms=tuple(terms),
        params=scale * np.concatenate([one.values for one in found]),
        n_obs=float(len(design.y)),
        df_model=len(terms),
        df_resid=float(len(design.y) - len(terms)),
        influence=Influence((1.0 if curves else scale) * np.hstack([one.influence for one in found]), rows),
        focus=_focus(terms),
        fit={"sum_of_weights": float(weights.sum())},
        tables={
            "simple_random_variance": (scale**2 * np.concatenate([one.simple for one in found])).tolist()
        },
        curves=curves,
    )


def _focus(terms: Sequence[Term]) -> tuple[int, ...]:
    """Differences where there are any, else everything."""
    found = tuple(j for j, term in enumerate(terms) if term.kind == "difference")
    return found or tuple(range(len(terms)))


def _variables(design: Design) -> tuple[list[str], Floats]:
    others = [j for j, term in enumerate(design.terms) if term.name != INTERCEPT]
    names = [design.outcome, *(design.terms[j].name for j in others)]
    return names, np.column_stack([design.y, design.x[:, others]])


def _domains(design: Design) -> list[Domain]:
    if not design.absorb:
        return [Domain(np.ones(len(design.y)), "")]
    factor = design.absorb[0].factor
    return [
        Domain((factor.codes == code).astype(np.float64), f"[{factor.name}={_label(design, code)}]")
        for code in range(factor.levels)
    ]


def _label(design: Design, code: int) -> str:
    label = design.absorb[0].factor.labels[code]
    parts: Sequence[object] = label if isinstance(label, tuple) else (label,)
    return "^".join(number_label(part) if isinstance(part, float) else str(part) for part in parts)


def _difference(one: Figures, base: Figures) -> Figures:
    return Figures(one.values - base.values, one.influence - base.influence, np.full(len(one.values), np.nan))


def means(values: Floats, weights: Floats, deff: str) -> Figures:
    """Weighted means: influence w (y − ȳ)/Σw."""
    total = float(weights.sum())
    mean = weights @ values / total
    influence = weights[:, None] * (values - mean) / total
    return Figures(mean, influence, simple_variance(values, weights, mean, deff))


def simple_variance(values: Floats, weights: Floats, mean: Floats, deff: str) -> Floats:
    """Variance of the mean of a simple random sample of as many rows: s²/n, times 1 − n/Σw without replacement.

    NaN where the weights add up to less than the rows, and nothing is left to be without replacement from.
    """
    count, total = float(np.count_nonzero(weights)), float(weights.sum())
    if count < 2:
        return np.full(values.shape[1], np.nan)
    spread = (weights @ (values - mean) ** 2) / total * count / (count - 1.0)
    share = 1.0 if deff == "replacement" else 1.0 - count / total
    return np.asarray(
        spread / count * share if share > 0 else np.full(values.shape[1], np.nan), dtype=np.float64
    )
