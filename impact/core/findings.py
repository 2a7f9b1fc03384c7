"""Records of tests: a fitted model, what a test is asked, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from impact.core.designs import Design
from impact.core.estimates import Estimate, Inference
from impact.core.permutations import Permutation


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the results' ``tests``: what was asked of which term, and the verdict in one sentence."""

    test: str
    kind: str
    of: str
    term: str = ""
    statistic: float | None = None
    df: float | None = None
    df2: float | None = None
    p_value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    verdict: str = "note"
    sentence: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelResult:
    """A fitted model of the plan: its design (kept for refits), estimate and inference, or the error."""

    name: str
    group: str | None
    estimate: Estimate | None
    inference: Inference | None
    design: Design | None
    error: Exception | None = None
    permutation: Permutation | None = None
    base: str = ""
    row: str | None = None
    expect: str | None = None

    @property
    def label(self) -> str:
        """Name of the model, with its group."""
        return self.name if self.group is None else f"{self.name} ({self.group})"


def _no_rows(result: ModelResult) -> ModelResult:
    """Stands in where the rows without an outcome are not at hand: nothing is missing that is known of."""
    return replace(result, estimate=None, inference=None)


def _written_number(value: str | float) -> float:
    """The number itself: no listing is at hand."""
    return float(value)


@dataclass(frozen=True, slots=True)
class Question:
    """What a test of ``tests:`` is asked: the models it is about and the means to refit them.

    Arguments:
        test: name in the spec; kind: its keyword.
        of: the results it names, each with the term asked for ("" means all focus terms).
        results: every model of the run by (name, group).
        refit: estimates a changed design with the same estimator and options.
        infer: the variance that the model asked for, on another estimate, also one that stands in for a fit.
        infer_fully: all the inference it asked for (wild bootstrap, bands, notices), on a fit of its estimator.
        lost: the same regression of whether the outcome is missing (no estimate where none is).
        number: a number as written, or that of an expression on the listings of the spec (``get(...)``).
        seed: seed of this test, spawned from (seed, test name).
        level: of intervals.
    """

    test: str
    kind: str
    of: tuple[tuple[ModelResult, str], ...]
    results: Mapping[tuple[str, str | None], ModelResult]
    refit: Callable[[ModelResult, Design], Estimate]
    infer: Callable[[ModelResult, Estimate, Design], Inference]
    infer_fully: Callable[[ModelResult, Estimate, Design], Inference]
    seed: int
    lost: Callable[[ModelResult], ModelResult] = _no_rows
    number: Callable[[str | float], float] = _written_number
    level: float = 0.95
    language: str = "en"
