"""Means, ratios and quantiles of variables in a population, from a sample: overall or by domain.

    ȳ = Σ w y / Σ w            mean
    R = Σ w y / Σ w x          ratio of two totals, `per: x`
    q = min {y : F(y) ≥ p}     quantile, F(y) = Σ w 1{y_i ≤ y} / Σ w, `quantiles: [p]`

over the rows of a domain. Target: the figure in the finite population that the weights stand for. Assumption: the
weights are the inverse probabilities of selection. With `survey:` the error is that of the design; design effects stand
beside means and ratios. Intervals of quantiles invert that of F (Woodruff 1952), with replicate weights they are those
of the replicates. Sources: Särndal, Swensson and Wretman (1992), ch. 5; Woodruff (1952); Lumley (2004).
"""

from __future__ import annotations

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import DesignError
from impact.core.estimates import Estimate
from impact.core.labels import number_label
from impact.core.population_figures import QuantileCurve
from impact.core.registered import Estimator
from impact.core.rows.survey_rows import SurveyRows
from impact.core.texts import fault
from impact.estimators._survey import (
    Figures,
    Sample,
    SurveyEstimatorOptions,
    fit_survey,
    means,
    replicate_figures,
    simple_variance,
)
from impact.kernels.surveys.weighted_quantiles import distribution, inverse


class MeanOptions(SurveyEstimatorOptions):
    """Options of means, ratios and quantiles."""

    per: str = Field(
        "", description="Column: the total of each variable over the total of this one, instead of its mean."
    )
    quantiles: tuple[float, ...] = Field(
        (), description="Shares (0.5: the median): quantiles of each variable instead of its mean."
    )

    @model_validator(mode="after")
    def _one_figure(self) -> MeanOptions:
        if self.per and self.quantiles:
            raise PydanticCustomError("E569", "", {"problem": "`per:` and `quantiles:` are two figures"})
        if not all(0 < share < 1 for share in self.quantiles):
            raise PydanticCustomError("E569", "", {"problem": "`quantiles:` lie between 0 and 1"})
        return self


def fit(design: Design, options: MeanOptions) -> Estimate:
    """Figures of ``of`` in each domain of ``over``, and differences from the first.

    Terms: means ``y`` or ``y[over=level]``, ratios ``y/per``, quantiles ``y[0.5]``.

    Raises:
        DesignError: E569 quantiles without a survey, differences of quantiles without replicate weights, a denominator
            that is no number or adds up to zero.
    """
    if options.quantiles:
        _refuse_quantiles(design, options)
        suffixes = tuple(f"[{number_label(share)}]" for share in options.quantiles)

        def quantiles(sample: Sample) -> Figures:
            return _quantiles(sample, options.quantiles)

        return fit_survey(design, options, quantiles, keyword="survey_mean", kind="mean", suffixes=suffixes)
    if options.per:
        below = _below(design, options)

        def ratios(sample: Sample) -> Figures:
            return _ratios(sample, below[:, None])

        suffixes = (f"/{options.per}",)
        return fit_survey(design, options, ratios, keyword="survey_mean", kind="mean", suffixes=suffixes)
    return fit_survey(design, options, means, keyword="survey_mean", kind="mean")


def replicate(design: Design, options: MeanOptions, weights: Floats) -> Floats | None:
    """(R, k) means or ratios with each column of weights (n, R); None for quantiles, which sort."""
    if options.quantiles:
        return None
    return replicate_figures(design, options, weights, _below(design, options) if options.per else None)


def _below(design: Design, options: MeanOptions) -> Floats:
    """The column of `per:`."""
    below = design.columns["per"]
    if not isinstance(below, np.ndarray):
        raise DesignError(fault("E569", problem=f"`per: {options.per}` is no number"))
    return below


def _ratios(sample: Sample, below: Floats) -> Figures:
    """Totals over the total of another variable (n, 1): influence w (y − R x)/Σ w x; deff that of its total."""
    domains = sample.domains
    total = domains.sums(below, sample.weights)
    if not np.all(total):
        raise DesignError(fault("E569", problem="the column of `per:` adds up to zero"))
    ratio = domains.sums(sample.values, sample.weights) / total
    # its weighted sum is zero in every domain, so that it is what is left of its own mean
    linear = (sample.values - below * domains.of_rows(ratio)) / domains.of_rows(total)
    return Figures(ratio, sample.weights[:, None] * linear, simple_variance(sample, linear) * sample.size**2)


def _quantiles(sample: Sample, shares: tuple[float, ...]) -> Figures:
    """Quantiles of each variable, with the influence w (1{y ≤ q} − F(q))/Σw of the shares at or below them."""
    domains, v = sample.domains, sample.values.shape[1]
    found = np.empty((domains.count, v * len(shares)))
    influence = np.empty((len(sample.values), v * len(shares)))
    curves: list[QuantileCurve] = []
    for domain in range(domains.count):
        inside = np.flatnonzero(domains.codes == domain)
        weights = sample.weights[inside]
        for j in range(v):
            column = sample.values[inside, j]
            ordered, mass = distribution(column, weights)
            for number, share in enumerate(shares, start=j * len(shares)):
                value = inverse(ordered, mass, share)
                below = (column <= value).astype(np.float64)
                reached = float(weights @ below / weights.sum())
                found[domain, number] = value
                influence[inside, number] = weights * (below - reached) / weights.sum()
                curves.append(QuantileCurve(reached, ordered, mass))
    return Figures(found, influence, np.full_like(found, np.nan), tuple(curves))


def _refuse_quantiles(design: Design, options: MeanOptions) -> None:
    survey = design.extra.get("survey")
    if not isinstance(survey, SurveyRows):
        raise DesignError(
            fault("E569", problem="intervals of quantiles need strata, primary units or replicates")
        )
    if options.test == "difference" and survey.replicates is None:
        problem = "differences of quantiles need replicate weights: the inverse of F gives each an interval of its own"
        raise DesignError(fault("E569", problem=problem))


ESTIMATOR = Estimator(
    summary="Means, ratios and quantiles of a population from a survey, by domain",
    options=MeanOptions,
    fit=fit,
    references=("Särndal, Swensson and Wretman 1992", "Woodruff 1952", "Lumley 2004"),
    accepts=("weights:sampling", "clusters", "means"),
    columns=lambda options: {"per": options.per} if options.per else {},
    replicate=replicate,
)
