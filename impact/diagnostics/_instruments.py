"""What tests of instruments share: models with instruments, their joint reduced form, sets in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from impact.core.designs import Design
from impact.core.errors import EstimationError
from impact.core.estimates import Estimate, Inference, Linear
from impact.core.findings import Finding, ModelResult, Question
from impact.core.instrumented import Instrumented
from impact.core.interval_sets import Intervals, set_text
from impact.core.reduced_forms import JointForm, by_replicates, joint_form
from impact.core.texts import fault
from impact.diagnostics._joint_test import Joint
from impact.diagnostics._sentences import Words, both, joined, pair, word
from impact.diagnostics._subjects import failed, nothing


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model with instruments."""

    question: Question
    result: ModelResult
    estimate: Estimate
    inference: Inference
    design: Design
    linear: Linear
    instrumented: Instrumented

    @property
    def label(self) -> str:
        """Name of the model, with its group."""
        group = self.result.group
        return self.result.name if group is None else f"{self.result.name} ({group})"

    def infer(self, estimate: Estimate) -> Inference:
        """The model's variance on another estimate of its rows."""
        return self.question.infer(self.result, estimate, self.design)

    def form(self) -> JointForm:
        """Reduced form and first stages with their joint covariance."""
        return joint_form(self.estimate, self.inference.variance, self.infer)

    @property
    def is_iid(self) -> bool:
        """Whether the model's variance assumes independent errors of equal variance."""
        return self.inference.variance.get("kind") == "iid"

    @property
    def variance_kind(self) -> str:
        """The variance in one word, such as hc3 or cr2."""
        return str(self.inference.variance.get("type") or self.inference.variance.get("kind"))


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic with its law: F with df and df2, chi-squared with df alone."""

    value: float | None
    df: float | None = None
    df2: float | None = None
    p_value: float | None = None


def of_joint(joint: Joint) -> Statistic:
    """A joint test as the statistic of a finding."""
    df2 = None if math.isinf(joint.df2) else joint.df2
    return Statistic(joint.statistic, float(joint.df), df2, joint.p_value)


def models(question: Question) -> tuple[list[Model], list[Finding]]:
    """The models asked about, each once, and notes on those that failed, have no instruments or replicate weights."""
    found: dict[tuple[str, str | None], Model] = {}
    notes = list(failed(question))
    for result, _ in question.of:
        estimate, inference, design = result.estimate, result.inference, result.design
        if estimate is None or inference is None or design is None:
            continue
        if estimate.instrumented is None or estimate.linear is None:
            notes.append(nothing(question, result, both("instruments.none")))
            continue
        if by_replicates(inference.variance):
            notes.append(nothing(question, result, both("instruments.replicates")))
            continue
        found[(result.name, result.group)] = Model(
            question,
            result,
            estimate,
            inference,
            estimate.design or design,
            estimate.linear,
            estimate.instrumented,
        )
    return list(found.values()), notes


def finding(
    model: Model,
    sentences: list[Words],
    statistic: Statistic,
    *,
    term: str = "",
    verdict: str = "note",
    details: Mapping[str, object] | None = None,
    ends: tuple[float | None, float | None] = (None, None),
) -> Finding:
    """A finding on a model with its sentence in the language of the question."""
    said = joined(sentences)
    return Finding(
        test=model.question.test,
        kind=model.question.kind,
        of=model.result.name,
        term=term,
        statistic=statistic.value,
        df=statistic.df,
        df2=statistic.df2,
        p_value=statistic.p_value,
        ci_low=ends[0],
        ci_high=ends[1],
        verdict=verdict,
        sentence=word(said, language=model.question.language),
        details={"group": model.result.group, **(details or {}), "sentences": said},
    )


def set_words(pieces: Intervals) -> Words:
    """A set in words: its intervals, and that it is empty, unbounded or in several pieces."""
    shown = set_text(pieces)
    if not pieces:
        return both("instruments.set_empty")
    if pieces[0][0] == float("-inf") or pieces[-1][1] == float("inf"):
        kind = "whole" if len(pieces) == 1 and pieces[0] == (float("-inf"), float("inf")) else "unbounded"
        return both(f"instruments.set_{kind}", set=shown)
    return pair(shown) if len(pieces) == 1 else both("instruments.set_disjoint", set=shown)


def set_ends(pieces: Intervals) -> tuple[float | None, float | None]:
    """Ends of the smallest interval around a set; none for the empty one."""
    return (pieces[0][0], pieces[-1][1]) if pieces else (None, None)


def not_positive(model: Model) -> EstimationError:
    """E643: a covariance that cannot be inverted over."""
    return EstimationError(fault("E643", model=model.label))
