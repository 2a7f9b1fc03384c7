"""Romano–Wolf: p-values adjusted for several outcomes or groups, by resampling that all of them share.

Step-down: the largest statistic is compared with the distribution of the largest of all, the next with that of the
largest of the rest, and so on. Models with a permutation share the sets of units that are treated in turn (estimates
are put on one scale by their root mean square over the sets); others share random weights on the scores of their
clusters, drawn under the null, with which a t is compared by the p-value that its own degrees of freedom give it.
Either way the dependence between the estimates is kept.
Sources: Romano and Wolf (2005); Kline and Santos (2012) for random weights on scores.
"""

from __future__ import annotations

from impact.core.findings import Finding, Question
from impact.core.registered import Diagnostic
from impact.diagnostics._family import FamilyOptions, adjusted_findings
from impact.kernels.stepdown import stepdown_maxima


class RomanoWolfOptions(FamilyOptions):
    """Options of the Romano–Wolf adjustment."""


def examine(question: Question, options: RomanoWolfOptions) -> tuple[Finding, ...]:
    """One finding an estimate: the adjusted p-value, also for the row's column ``p_romano_wolf``.

    Raises:
        SpecError: E182, E613, E678. DesignError: E614 (see ``adjusted_findings``).
    """
    return adjusted_findings(question, options, stepdown_maxima, "p_romano_wolf")


DIAGNOSTIC = Diagnostic(
    summary="p-values adjusted over outcomes or groups by joint resampling (step-down)",
    options=RomanoWolfOptions,
    examine=examine,
    references=("Romano and Wolf 2005", "Romano and Wolf 2016", "Kline and Santos 2012"),
)
