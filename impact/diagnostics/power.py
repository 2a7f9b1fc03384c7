"""Power: the smallest effect that would have been found, and the power at effects that the reader names.

    MDE = (t_{1−α/2,df} + t_{π,df}) · se

With treatment in fewer than ten clusters the smallest detectable effect is read from the permutation
distribution, never from the clustered error. The power of a permutation test at an effect d is the
share of sets, the real one left out, that would be called different from zero had d been added to
their estimate. With ``simulate`` the model's own test is run on samples with signs of residuals drawn by
cluster, where the verdict reads that test. Sources: Bloom (1995); Conley and Taber (2011).
"""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.permutations import Permutation
from impact.core.registered import Diagnostic
from impact.diagnostics._reading import Reading, permutation_column
from impact.diagnostics._sentences import both, number, word
from impact.diagnostics._simulated_power import simulated
from impact.diagnostics._subjects import Subject, failed, subjects
from impact.kernels.permutation import TIE
from impact.kernels.power import detectable, power_at


class PowerOptions(Options):
    """Options of the power calculation."""

    power: float = Field(0.8, gt=0, lt=1, description="Power asked for.")
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level of the two-sided test.")
    effects: tuple[float, ...] = Field(
        (),
        description="Effects at which the power is given; by default up to twice the detectable one.",
    )
    simulate: int = Field(
        0, ge=0, le=100_000, description="Simulated samples for the power at each effect; 0 simulates none."
    )


def permuted_power(permutation: Permutation, column: int, effect: float, *, alpha: float) -> float:
    """Power of the permutation test at ±effect: the share of rejections over the noise of every set.

    The estimated effects are taken out of all estimates; the real set then has the noise of each set
    in turn and the effect, and the other sets keep their own noise and the part of the effect that
    they pick up.
    """
    real = permutation.estimates[permutation.actual]
    null = permutation.estimates[:, column] - permutation.slopes[:, column, :] @ real
    slopes = np.delete(permutation.slopes[:, column, column], permutation.actual)
    others = np.delete(null, permutation.actual)
    share = 0.0
    for signed in (effect, -effect):
        sizes = np.sort(np.abs(others + signed * slopes))
        at_least = len(sizes) - np.searchsorted(sizes, np.abs(null + signed) * (1 - TIE), side="left")
        p_values = (at_least + 1) / (len(sizes) + 1)
        share += float(np.mean(p_values <= alpha * (1 + 1e-12))) / 2
    return share


def examine(question: Question, options: PowerOptions) -> tuple[Finding, ...]:
    """One finding a term: the smallest detectable effect as ``statistic``, the power curve in details."""
    return (*(_finding(question, options, subject) for subject in subjects(question)), *failed(question))


def _finding(question: Question, options: PowerOptions, subject: Subject) -> Finding:
    reading = subject.read()
    formula = None
    if reading.std_error:
        formula = detectable(reading.df, reading.std_error, power=options.power, alpha=options.alpha)
    by_permutation = _smallest_by_permutation(options, subject)
    is_permutation = reading.basis == "permutation"
    mde = by_permutation if is_permutation else formula
    key = "power_never" if mde is None or math.isinf(mde) else "power"
    sentences = both(
        f"finding.{key}",
        term=subject.term,
        model=subject.label,
        mde=number(mde),
        power=f"{100 * options.power:g}",
        alpha=f"{100 * options.alpha:g}",
        basis=both(f"finding.basis_{reading.basis}"),
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=mde,
        df=None if is_permutation or math.isinf(reading.df) else reading.df,
        verdict="note",
        sentence=word(sentences, language=question.language),
        details={
            "group": subject.result.group,
            "basis": reading.basis,
            "power": options.power,
            "alpha": options.alpha,
            "mde_formula": formula,
            "mde_permutation": by_permutation,
            "curve": _curve(question, options, subject, reading, mde),
            "sentences": sentences,
        },
    )


def _smallest_by_permutation(options: PowerOptions, subject: Subject) -> float | None:
    permutation = subject.result.permutation
    column = permutation_column(subject.result, subject.position)
    if permutation is None or column is None:
        return None
    if options.power == 0.8 and options.alpha == 0.05 and not math.isnan(permutation.mde80[column]):
        return float(permutation.mde80[column])
    return smallest_effect(permutation, column, power=options.power, alpha=options.alpha)


def smallest_effect(permutation: Permutation, column: int, *, power: float, alpha: float) -> float:
    """Smallest size of effect at which the permutation test has the power; infinite if none."""
    low, high = 0.0, float(np.max(np.abs(permutation.estimates[:, column])))
    for _ in range(20):
        if permuted_power(permutation, column, high, alpha=alpha) >= power:
            break
        low, high = high, 2 * high
    else:
        return math.inf
    for _ in range(60):
        middle = (low + high) / 2
        reached = permuted_power(permutation, column, middle, alpha=alpha) >= power
        low, high = (low, middle) if reached else (middle, high)
    return high


def _curve(
    question: Question, options: PowerOptions, subject: Subject, reading: Reading, mde: float | None
) -> list[dict[str, float | None]]:
    effects = options.effects
    if not effects and mde is not None and math.isfinite(mde):
        effects = tuple(mde * step / 4 for step in range(9))
    permutation = subject.result.permutation
    column = permutation_column(subject.result, subject.position)
    points: list[dict[str, float | None]] = []
    for effect in effects:
        formula = None
        if reading.basis != "permutation" and reading.std_error:
            formula = power_at(effect, reading.df, reading.std_error, alpha=options.alpha)
        permuted = None
        if permutation is not None and column is not None:
            permuted = permuted_power(permutation, column, effect, alpha=options.alpha)
        points.append({"effect": effect, "formula": formula, "permutation": permuted})
    if not options.simulate or reading.basis != "asymptotic":
        return points
    shares = simulated(question, subject, effects, alpha=options.alpha, reps=options.simulate)
    return [{**point, "simulation": None if shares is None else shares[j]} for j, point in enumerate(points)]


DIAGNOSTIC = Diagnostic(
    summary="Smallest detectable effect by formula and by permutation, and the power curve",
    options=PowerOptions,
    examine=examine,
    references=("Bloom 1995", "Conley and Taber 2011"),
)
