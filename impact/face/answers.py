"""Tests of a fit: Wald, equivalence, honest intervals; with the numbers and sentences of a spec's ``tests:``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import impact.catalog as catalog
import impact.pipeline.fit as fitting
from impact.core.errors import Place, SpecError
from impact.core.findings import Finding, Question
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.face.arguments import at, checked_call
from impact.face.fitted import Fitted
from impact.face.frames_out import rows_out
from impact.outputs._escape import html_text
from impact.pipeline.referee import on_one_base
from impact.schema.nodes import from_plain
from impact.schema.option_requests import checked

FIELDS = ("term", "statistic", "df", "df2", "p_value", "ci_low", "ci_high", "verdict")


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What a test found: printed as its sentence; ``statistic``, ``p_value``, ``ci_low``, ``ci_high``, ``verdict``."""

    findings: tuple[Finding, ...]

    @property
    def statistic(self) -> float | None:
        """The statistic of the first finding: F or chi-squared, the estimate, the breakdown value."""
        return self.findings[0].statistic

    @property
    def p_value(self) -> float | None:
        """The p-value of the first finding."""
        return self.findings[0].p_value

    @property
    def ci_low(self) -> float | None:
        """Lower end of the interval of the first finding."""
        return self.findings[0].ci_low

    @property
    def ci_high(self) -> float | None:
        """Upper end of the interval of the first finding."""
        return self.findings[0].ci_high

    @property
    def verdict(self) -> str:
        """pass, warn, fail or note."""
        return self.findings[0].verdict

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        return " ".join(found.sentence for found in self.findings)

    @property
    def details(self) -> dict[str, Any]:
        """Everything else that the first finding holds, as in the results' ``tests``."""
        return dict(self.findings[0].details)

    def tidy(self) -> Any:
        """A data frame: of honest intervals one row a bound, else one row a finding."""
        rows: list[dict[str, Any]] = []
        for found in self.findings:
            inside: Any = found.details.get("rows")
            if isinstance(inside, list):
                rows += [dict(row) for row in inside]
            else:
                rows.append({"test": found.kind} | {name: getattr(found, name) for name in FIELDS})
        return rows_out(rows)

    def __repr__(self) -> str:
        return "\n".join(found.sentence for found in self.findings)

    def _repr_html_(self) -> str:
        return "".join(f"<p>{html_text(found.sentence)}</p>" for found in self.findings)


@checked_call
def equivalence(
    fit: Any, term: str = "", *, bound: float, alpha: float = 0.05, reason: str = "given in the call"
) -> Answer:
    """Two one-sided tests that an effect lies within ``±bound``, which was fixed beforehand.

    Arguments:
        fit: of ``feols``, ``did`` and so on. term: the coefficient; every treatment term without one.
        bound: in units of the outcome. alpha: of each one-sided test; the interval has level 1 − 2 alpha.
        reason: why effects within the bound do not matter.

    Returns:
        Answer with ``p_value``, ``ci_low``, ``ci_high``, ``verdict`` and ``sentence``.

    Raises:
        SpecError: E698 what is no fit, E606 an unknown term, E106 a bound that is none.
    """
    if not isinstance(fit, Fitted):
        raise SpecError(
            fault("E698", place=Place(file="equivalence"), function="equivalence", kind=type(fit).__name__)
        )
    options = {"bound": bound, "alpha": alpha, "reason": reason}
    if any(row.get("primary") == "permutation" for row in fit.part().rows) and fit.result.permutation is None:
        raise SpecError(fault("E697", place=Place(file="equivalence"), what="equivalence"))
    return ask(fit, "equivalence", term, options)


def wald(fit: Fitted, hypotheses: Sequence[str]) -> Answer:
    """Wald test of linear equations, jointly."""
    return ask(fit, "wald", "", {"hypotheses": list(hypotheses)} if hypotheses else {})


def honest(fit: Fitted, options: Mapping[str, Any]) -> Answer:
    """Intervals that hold when trends are not parallel, but not too far from it.

    Effects that are measured from several base periods are estimated again from one (``base_period: universal``).
    """
    return ask(fit.live(), "honest_did", "", options)


def ask(fit: Fitted, kind: str, term: str, options: Mapping[str, Any]) -> Answer:
    """A test of ``tests:`` about one fit.

    Raises:
        SpecError: E606 an unknown term; as the test of a spec with these options.
    """
    place = Place(file=kind)
    if term and term not in fit.terms:
        hint, listed = nearest(term, fit.terms), ", ".join(fit.terms)
        raise SpecError(
            fault("E606", place=place, suggestion=hint, model=fit.request.name, name=term, terms=listed)
        )
    record: Any = catalog.DIAGNOSTICS.load(kind)
    request = fit.request
    question = Question(
        test=kind,
        kind=kind,
        of=((fit.result, term),),
        results={(fit.result.name, fit.result.group): fit.result},
        refit=lambda result, design: fitting.estimate_design(design, request),
        infer=lambda result, estimate, design: fitting.plain_variance(estimate, design, request),
        infer_fully=lambda result, estimate, design: fitting.infer_design(estimate, design, request),
        seed=fitting.spawn_seed(fit.seed(), f"tests.{kind}"),
        level=request.level,
    )
    asked = checked(record.options, from_plain(dict(options), place), kind)
    with at(kind):
        return Answer(record.examine(on_one_base(question, {}), asked))
