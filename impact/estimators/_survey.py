"""What the estimators of surveys share: variables and domains of a design, weighted sums, and their linearised rows.

Shapes: n rows, v variables, D domains. The first outcome is y of the design, the others are columns of x; the domains
are the levels of the absorbed effect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from impact.core.arrays import Floats, Integers
from impact.core.designs import INTERCEPT, Design, Term
from impact.core.estimates import Estimate, Influence
from impact.core.labels import number_label
from impact.core.options import Options
from impact.core.population_figures import PopulationFigures, QuantileCurve, with_differences
from impact.kernels.group_sums import group_sums

# numbers of influence, zeros included, beyond which a survey keeps those of each row's own domain alone
LARGEST_DENSE = 1_000_000


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
    cv_limits: tuple[float, ...] = Field(
        (0.15,),
        min_length=1,
        max_length=2,
        description="Coefficients of variation above which a figure is for reference only (INEI: 15 %), and not "
        "reliable.",
    )

    @model_validator(mode="after")
    def _limits_ascend(self) -> Self:
        if min(self.cv_limits) <= 0 or list(self.cv_limits) != sorted(self.cv_limits):
            raise PydanticCustomError("E569", "", {"problem": "`cv_limits:` are positive and ascend"})
        return self


@dataclass(frozen=True, slots=True)
class Domains:
    """The domain (n,) of each row, their number D, and their words (D,) in the names of terms."""

    codes: Integers
    count: int
    words: tuple[str, ...]

    def sums(self, values: Floats, weights: Floats | None = None) -> Floats:
        """(D, v) sums of columns (n, v) by domain, times weights (n,) where given."""
        return group_sums(self.codes, self.count, values, weights)

    def of_rows(self, figures: Floats) -> Floats:
        """Figures (D, v) of the domain of each row: (n, v), or (1, v) where there is one."""
        return figures if self.count == 1 else figures[self.codes]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is described.

    Arguments:
        values: (n, v), column by column in memory; weights: (n,), all positive; domains: of the rows.
        size, count: (D, 1) sum of weights and rows of each domain.
        deff: which simple random sample it is compared with.
    """

    values: Floats
    weights: Floats
    domains: Domains
    size: Floats
    count: Floats
    deff: str


def sample_of(values: Floats, weights: Floats, domains: Domains, deff: str) -> Sample:
    """The sample with the size of each domain."""
    size = domains.sums(weights[:, None])
    count = np.bincount(domains.codes, minlength=domains.count).astype(np.float64)[:, None]
    return Sample(np.asfortranarray(values), weights, domains, size, count, deff)


@dataclass(frozen=True, slots=True)
class Figures:
    """Estimates (D, v), influence of rows on those of their domain (n, v), variance of a simple random sample (D, v).

    With ``curves`` (D v,), estimates are quantiles and influence is that of the shares at or below them.
    """

    values: Floats
    influence: Floats
    simple: Floats
    curves: tuple[QuantileCurve, ...] = ()


Describe = Callable[[Sample], Figures]


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
        describe: sample → figures, one for each variable and suffix. kind: of the terms; suffixes: of their names,
            behind that of each variable.
    """
    variables, values = _variables(design)
    names = [f"{name}{suffix}" for name in variables for suffix in suffixes]
    weights = np.ones(len(design.y)) if design.weights is None else design.weights
    # without weights the size of the population is not known
    deff = "replacement" if design.weights is None else options.deff
    domains = _domains(design)
    sample = sample_of(values, weights, domains, deff)
    found = describe(sample)
    pairs = _pairs(domains, options)
    scale = options.scale
    curves = tuple(replace(curve, values=scale * curve.values) for curve in found.curves)
    influence = found.influence if curves else scale * found.influence
    population = PopulationFigures(influence, domains.codes, domains.count, pairs, curves)
    terms = [Term(f"{name}{words}", kind) for words in domains.words for name in names]
    cases = np.repeat(sample.count.astype(np.int64), len(names)).tolist()
    for one, base in pairs:
        pair = f"[{design.absorb[0].factor.name}={_label(design, one)} - {_label(design, base)}]"
        terms += [Term(f"{name}{pair}", "difference") for name in names]
        cases += [min(cases[one * len(names)], cases[base * len(names)])] * len(names)
    simple = np.concatenate([scale**2 * found.simple.ravel(), np.full(len(pairs) * len(names), np.nan)])
    rows: Integers = np.arange(len(design.y), dtype=np.int32)
    # a survey sums by unit and domain; what else reads influence needs the zeros of other domains as well
    compact = "survey" in design.extra and len(rows) * len(terms) > LARGEST_DENSE
    return Estimate(
        estimator=keyword,
        terms=tuple(terms),
        params=population.with_differences(scale * found.values.reshape(1, -1))[0],
        n_obs=float(len(design.y)),
        df_model=len(terms),
        df_resid=float(len(design.y) - len(terms)),
        influence=None if compact else Influence(population.dense(), rows),
        focus=_focus(terms),
        fit={"sum_of_weights": float(weights.sum())},
        tables={
            "simple_random_variance": simple.tolist(),
            "cases": cases,
            "cv_limits": list(options.cv_limits),
        },
        population=population,
    )


def replicate_figures(
    design: Design,
    options: SurveyEstimatorOptions,
    weights: Floats,
    below: Floats | None,
    *,
    totals: bool = False,
) -> Floats:
    """(R, k) totals, or totals over the total of ``below`` (n,), with each column of weights (n, R).

    Arguments:
        below: None: one in every row, so that figures are means. totals: the totals themselves.
    """
    _, values = _variables(design)
    domains = _domains(design)
    columns = np.column_stack([values, np.ones(len(values)) if below is None else below])
    sums = np.empty((weights.shape[1], domains.count, columns.shape[1]))
    for domain in range(domains.count):
        inside = slice(None) if domains.count == 1 else np.flatnonzero(domains.codes == domain)
        sums[:, domain] = weights[inside].T @ columns[inside]
    figures = sums[:, :, :-1]
    if not totals:
        with np.errstate(divide="ignore", invalid="ignore"):
            figures = figures / sums[:, :, -1:]
    flat = options.scale * figures.reshape(len(figures), -1)
    return with_differences(flat, values.shape[1], _pairs(domains, options))


def _pairs(domains: Domains, options: SurveyEstimatorOptions) -> tuple[tuple[int, int], ...]:
    """Each later domain with the first, where differences are asked for."""
    later = range(1, domains.count) if options.test == "difference" else ()
    return tuple((number, 0) for number in later)


def _focus(terms: Sequence[Term]) -> tuple[int, ...]:
    """Differences where there are any, else everything."""
    found = tuple(j for j, term in enumerate(terms) if term.kind == "difference")
    return found or tuple(range(len(terms)))


def _variables(design: Design) -> tuple[list[str], Floats]:
    others = [j for j, term in enumerate(design.terms) if term.name != INTERCEPT]
    names = [design.outcome, *(design.terms[j].name for j in others)]
    return names, np.column_stack([design.y, design.x[:, others]])


def _domains(design: Design) -> Domains:
    if not design.absorb:
        return Domains(np.zeros(len(design.y), dtype=np.int32), 1, ("",))
    factor = design.absorb[0].factor
    words = tuple(f"[{factor.name}={_label(design, code)}]" for code in range(factor.levels))
    return Domains(factor.codes, factor.levels, words)


def _label(design: Design, code: int) -> str:
    label = design.absorb[0].factor.labels[code]
    parts: Sequence[object] = label if isinstance(label, tuple) else (label,)
    return "^".join(number_label(part) if isinstance(part, float) else str(part) for part in parts)


def means(sample: Sample) -> Figures:
    """Weighted means: influence w (y − ȳ)/Σw."""
    domains = sample.domains
    mean = domains.sums(sample.values, sample.weights) / sample.size
    left = sample.values - domains.of_rows(mean)
    influence = left * (sample.weights[:, None] / domains.of_rows(sample.size))
    return Figures(mean, influence, simple_variance(sample, left))


def simple_variance(sample: Sample, left: Floats) -> Floats:
    """Variance of the mean of a simple random sample of as many rows: s²/n, times 1 − n/Σw without replacement.

    NaN where the weights add up to less than the rows, and nothing is left to be without replacement from.

    Arguments:
        left: (n, v) values less the weighted mean of their domain.
    """
    count, size = sample.count, sample.size
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = sample.domains.sums(left * left, sample.weights) / size * count / (count - 1.0)
        share = np.ones_like(count) if sample.deff == "replacement" else 1.0 - count / size
        found = np.where((share > 0) & (count > 1), spread / count * share, np.nan)
    return np.asarray(found, dtype=np.float64)
