"""Are two characteristics of a population independent: Pearson's chi-squared with the correction of Rao and Scott.

The table has the values of each variable of `of:` as rows and the domains of `over:` as columns. Pearson's statistic is
divided by the average design effect of its contrasts and compared with F (kernel ``rao_scott``), so that
clustering and unequal weights do not make a relation where there is none. Assumption: the sample was drawn as the
design says. Sources: Rao and Scott (1984); Lumley (2004), svychisq.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.designs import Design, Term
from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._joint_test import law
from impact.diagnostics._sentences import both, number, probability, word
from impact.diagnostics._subjects import failed, nothing
from impact.kernels.scipy_on_use import special
from impact.kernels.surveys.rao_scott import association

DESCRIBES = ("survey_mean", "survey_proportion")
MOST_LEVELS = 50
NO_TABLE = {
    "en": "it needs a survey_proportion or survey_mean with `over:`",
    "es": "necesita un survey_proportion o survey_mean con `over:`",
}
NO_LEVELS = {
    "en": f"{{name}} has one value, or more than {MOST_LEVELS}",
    "es": f"{{name}} tiene un solo valor, o más de {MOST_LEVELS}",
}
NO_SPREAD = {
    "en": "the covariance of the cells is singular",
    "es": "la covarianza de las celdas es singular",
}


class RaoScottOptions(Options):
    """Options of the test of independence."""

    statistic: Literal["f", "chi2"] = Field(
        "f", description="F with the second-order correction, or chi-squared with the first-order one."
    )


def examine(question: Question, options: RaoScottOptions) -> tuple[Finding, ...]:
    """One finding for each variable of each model; a note where the model has no domains."""
    found: list[Finding] = []
    for own in {id(result): result for result, _ in question.of}.values():
        if own.estimate is None or own.design is None or own.inference is None:
            continue
        design = own.design
        if own.estimate.estimator not in DESCRIBES or not design.absorb or _other_figure(own):
            found.append(nothing(question, own, NO_TABLE))
            continue
        others = [j for j, term in enumerate(design.terms) if term.name != "Intercept"]
        variables = {design.outcome: design.y, **{design.terms[j].name: design.x[:, j] for j in others}}
        found += [_finding(question, options, own, name, values) for name, values in variables.items()]
    return (*found, *failed(question))


def _other_figure(result: ModelResult) -> bool:
    """Ratios and quantiles: no shares of a table."""
    assert result.estimate is not None
    assert result.design is not None
    population = result.estimate.population
    return (population is not None and bool(population.curves)) or "per" in result.design.columns


def _finding(
    question: Question, options: RaoScottOptions, result: ModelResult, name: str, values: Floats
) -> Finding:
    assert result.design is not None
    levels, codes = np.unique(values, return_inverse=True)
    if not 1 < len(levels) <= MOST_LEVELS:
        return nothing(question, result, {lang: said.format(name=name) for lang, said in NO_LEVELS.items()})
    factor = result.design.absorb[0].factor
    cells = _cells(
        result.design, codes.reshape(-1) * factor.levels + factor.codes, len(levels) * factor.levels
    )
    estimate = question.refit(result, cells)
    inference = question.infer(result, estimate, cells)
    # shares add up to the factor of what is printed
    scale = float(estimate.params.sum())
    shares = (estimate.params / scale).reshape(len(levels), factor.levels)
    test = association(shares, inference.vcov / scale**2, float(len(values)))
    if test is None:
        return nothing(question, result, NO_SPREAD)
    if options.statistic == "f":
        statistic, df, df2 = test.pearson / test.trace, test.df, test.df * float(inference.df[0])
        p_value = float(special().fdtrc(df, df2, statistic))
    else:
        statistic, df, df2 = test.pearson * test.contrasts / test.trace, float(test.contrasts), math.inf
        p_value = float(special().chdtrc(df, statistic))
    sentences = both(
        "finding.rao_scott",
        row=name,
        column=factor.name,
        model=result.name if result.group is None else f"{result.name} ({result.group})",
        statistic=law(statistic, df, df2),
        p=probability(p_value),
        deff=number(test.trace / test.contrasts, digits=3),
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=result.name,
        term=name,
        statistic=statistic,
        df=df,
        df2=None if math.isinf(df2) else df2,
        p_value=p_value,
        sentence=word(sentences, language=question.language),
        details={
            "group": result.group,
            "over": factor.name,
            "pearson": test.pearson,
            "deff": test.trace / test.contrasts,
            "law": options.statistic,
            "sentences": sentences,
        },
    )


def _cells(design: Design, codes: np.ndarray[tuple[int], np.dtype[np.int64]], count: int) -> Design:
    """The design with the indicators of the cells of the table as variables, and no domains."""
    indicators = (codes[:, None] == np.arange(count)).astype(np.float64)
    terms = tuple(Term(f"cell {number}") for number in range(1, count))
    return replace(
        design, outcome="cell 0", y=indicators[:, 0], x=np.ascontiguousarray(indicators[:, 1:]), terms=terms,
        absorb=(), focus=(),
    )  # fmt: skip


DIAGNOSTIC = Diagnostic(
    summary="Independence of two characteristics of a population (Rao-Scott chi-squared)",
    options=RaoScottOptions,
    examine=examine,
    references=("Rao and Scott 1984", "Thomas and Rao 1987", "Lumley 2004"),
)
