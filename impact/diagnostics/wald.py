"""Wald test of linear hypotheses on the coefficients of a model.

    F = (R b − r)′ (R V R′)⁻¹ (R b − r) / q   with q and df degrees of freedom

df is that of the coefficients' t-tests (the smallest among those in the hypotheses); with normal
inference, or when asked for, the statistic is q·F and its law chi-squared.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.errors import SpecError
from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._hypotheses import restrictions
from impact.diagnostics._joint_test import joint_statistic, joint_test, rank_of
from impact.diagnostics._reading import FEW_TREATED, upper_quantile
from impact.diagnostics._sentences import both, joined, listed, probability, word
from impact.diagnostics._subjects import failed, subjects


class WaldOptions(Options):
    """Options of the Wald test."""

    hypotheses: str | tuple[str, ...] = Field(
        (),
        description="Linear equations ('x1 = x2', '2*x1 - x2 = 1'); treatment terms zero if none is given.",
    )
    statistic: Literal["f", "chi2"] = Field(
        "f", description="F with the model's degrees of freedom, or chi-squared."
    )


def examine(question: Question, options: WaldOptions) -> tuple[Finding, ...]:
    """One finding a model.

    Raises:
        SpecError: E611 for a hypothesis that cannot be read, E606 for an unknown term, E612 for
        redundant ones.
    """
    done: dict[tuple[str, str | None], tuple[ModelResult, list[str]]] = {}
    for subject in subjects(question):
        key = (subject.result.name, subject.result.group)
        done.setdefault(key, (subject.result, []))[1].append(subject.term)
    found = [_finding(question, options, result, terms) for result, terms in done.values()]
    return (*found, *failed(question))


def _finding(question: Question, options: WaldOptions, result: ModelResult, terms: list[str]) -> Finding:
    estimate, inference = result.estimate, result.inference
    if estimate is None or inference is None:
        raise ValueError("a model without an estimate cannot be tested")
    asked = [options.hypotheses] if isinstance(options.hypotheses, str) else list(options.hypotheses)
    texts = asked or [f"`{term}` = 0" for term in terms]
    names = [term.name for term in estimate.terms]
    matrix, right = restrictions(texts, names, model=result.name)
    if (rank := int(np.linalg.matrix_rank(matrix))) < len(texts):
        raise SpecError(fault("E612", test=question.test, rank=rank, count=len(texts)))
    involved = np.flatnonzero(np.any(matrix != 0, axis=0))
    df = float(np.min(inference.df[involved]))
    difference = matrix @ estimate.params - right
    covariance = matrix @ inference.vcov @ matrix.T
    joint = joint_test(difference, covariance, df, chi2=options.statistic == "chi2")
    if joint is None:
        raise SpecError(fault("E612", test=question.test, rank=rank_of(covariance), count=len(texts)))
    treated = inference.n_treated_clusters
    few = treated is not None and treated < FEW_TREATED and bool({*involved.tolist()} & {*estimate.focus})
    said = both(
        "finding.wald",
        hypotheses=listed([text.replace("`", "") for text in texts]),
        model=result.label,
        statistic=joint_statistic(joint),
        p=probability(joint.p_value),
    )
    sentences = joined([said, *([both("finding.wald_few")] if few else [])])
    return Finding(
        test=question.test,
        kind=question.kind,
        of=result.name,
        statistic=joint.statistic,
        df=float(joint.df),
        df2=None if math.isinf(joint.df2) else joint.df2,
        p_value=joint.p_value,
        verdict="warn" if few else "note",
        sentence=word(sentences, language=question.language),
        details={
            "group": result.group,
            "hypotheses": _single(texts, difference, covariance, df, question.level),
            "law": "chi2" if math.isinf(joint.df2) else "f",
            "sentences": sentences,
        },
    )


def _single(
    texts: list[str], difference: Floats, covariance: Floats, df: float, level: float
) -> list[dict[str, object]]:
    """Each hypothesis on its own: left side minus right side, error and interval."""
    errors = np.sqrt(np.diag(covariance))
    half = upper_quantile(df, (1 - level) / 2) * errors
    return [
        {
            "hypothesis": text,
            "difference": float(difference[i]),
            "std_error": float(errors[i]),
            "ci_low": float(difference[i] - half[i]),
            "ci_high": float(difference[i] + half[i]),
        }
        for i, text in enumerate(texts)
    ]


DIAGNOSTIC = Diagnostic(
    summary="Joint test of linear hypotheses on coefficients (F or chi-squared)",
    options=WaldOptions,
    examine=examine,
    references=("Wald 1943", "Greene 2018, chapter 5"),
)
