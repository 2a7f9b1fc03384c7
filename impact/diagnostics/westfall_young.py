"""Westfall–Young: p-values adjusted for several outcomes or groups, by the smallest p-value of each joint resample.

Step-down: the smallest p-value is compared with the distribution of the smallest of all over the resamples, the next
with that of the smallest of the rest, and so on. Unlike maxima of statistics, p-values give outcomes with different
laws the same weight. Resamples are drawn under the null and shared by all models: sets of units that are treated in
turn where the models have a permutation, else random weights on the scores of their clusters, with which a t is
compared by the p-value that its own degrees of freedom give it.
Sources: Westfall and Young (1993), algorithm 2.8; Kline and Santos (2012) for random weights on scores.
"""

from __future__ import annotations

from impact.core.findings import Finding, Question
from impact.core.registered import Diagnostic
from impact.diagnostics._family import FamilyOptions, adjusted_findings
from impact.kernels.stepdown import stepdown_minima


class WestfallYoungOptions(FamilyOptions):
    """Options of the Westfall–Young adjustment."""


def examine(question: Question, options: WestfallYoungOptions) -> tuple[Finding, ...]:
    """One finding an estimate: the adjusted p-value, also for the row's column ``p_westfall_young``.

    Raises:
        SpecError: E182, E613, E678. DesignError: E614 (see ``adjusted_findings``).
    """
    return adjusted_findings(question, options, stepdown_minima, "p_westfall_young")


DIAGNOSTIC = Diagnostic(
    summary="p-values adjusted over several outcomes or groups by the smallest p (step-down)",
    options=WestfallYoungOptions,
    examine=examine,
    references=("Westfall and Young 1993", "Kline and Santos 2012"),
)
