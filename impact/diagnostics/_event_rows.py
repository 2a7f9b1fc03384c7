"""The rows of an event study as tests need them: times, estimates, covariance, and the period they are relative to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impact.core.arrays import Floats, Logicals
from impact.core.designs import Term
from impact.core.errors import DesignError, SpecError
from impact.core.findings import ModelResult, Question
from impact.core.labels import number_label
from impact.core.texts import fault
from impact.diagnostics._sentences import Words
from impact.kernels.honest.intervals import Study

# how estimators call a base that all event rows share; regressions by formula call it nothing
ONE_BASE = ("universal", None)
NO_LEADS: Words = {
    "en": "there are no effects before treatment with an error",
    "es": "no hay efectos antes del tratamiento con un error",
}
RESIDUALS: Words = {
    "en": "its rows before treatment are residuals of the fit to these very periods, small by construction",
    "es": "sus filas anteriores al tratamiento son residuos del ajuste a esos periodos, pequeños por construcción",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a model that have an error of their own.

    Arguments:
        names: of the terms; times: (m,) event times; params: (m,); covariance: (m, m).
        df: degrees of freedom of their t-tests, the smallest. positions: among the model's terms.
    """

    names: tuple[str, ...]
    times: Floats
    params: Floats
    covariance: Floats
    df: float
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EventStudy:
    """Event rows without gaps, relative to the last period that cannot respond yet.

    Arguments:
        names: of the periods before and after it. times: (p + q,). before: p. base: event time of the period itself.
        first: place among the q later rows of the first treated one (after anticipation).
    """

    names: tuple[str, ...]
    times: Floats
    params: Floats
    covariance: Floats
    before: int
    base: float
    first: int

    def towards(self, target: Floats) -> Study:
        """The kernel's study of the effect target′τ, (q,) weights of the later rows."""
        return Study(self.params, self.covariance, self.before, target)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why there is no event study: a code and the values of its text."""

    code: str
    values: Mapping[str, object]


def rows_of(result: ModelResult, kind: str) -> Rows:
    """The rows of one kind ("event", "att_gt") with an event time and an error; none where there are none."""
    estimate, inference = result.estimate, result.inference
    if estimate is None or inference is None:
        return Rows((), np.zeros(0), np.zeros(0), np.zeros((0, 0)), float("nan"), ())
    variance = np.diag(inference.vcov)
    kept = [
        place
        for place, term in enumerate(estimate.terms)
        if term.kind == kind and term.event_time is not None and variance[place] > 0
    ]
    kept.sort(key=lambda place: _order(estimate.terms[place]))
    return Rows(
        names=tuple(estimate.terms[place].name for place in kept),
        times=np.array([estimate.terms[place].event_time for place in kept], dtype=np.float64),
        params=estimate.params[kept],
        covariance=inference.vcov[np.ix_(kept, kept)],
        df=float(np.min(inference.df[kept])) if kept else float("nan"),
        positions=tuple(kept),
    )


def _order(term: Term) -> tuple[float, float]:
    cohort = term.cohort if isinstance(term.cohort, int | float) else 0.0
    return float(term.event_time or 0.0), float(cohort)


def only(rows: Rows, chosen: Logicals) -> Rows:
    """Some of the rows, by a mask (m,)."""
    kept = np.flatnonzero(chosen).tolist()
    return Rows(
        names=tuple(rows.names[place] for place in kept),
        times=rows.times[kept],
        params=rows.params[kept],
        covariance=rows.covariance[np.ix_(kept, kept)],
        df=rows.df,
        positions=tuple(rows.positions[place] for place in kept),
    )


def before_treatment(rows: Rows, anticipation: float) -> Rows:
    """The rows of periods that cannot respond to treatment yet."""
    return only(rows, rows.times < -anticipation)


def anticipation_of(result: ModelResult) -> float:
    """Periods before treatment that may respond already, as the model was asked."""
    value = _comparison(result).get("anticipation")
    return float(value) if isinstance(value, int | float) else 0.0


def _comparison(result: ModelResult) -> Mapping[str, object]:
    tables = {} if result.estimate is None else result.estimate.tables
    found = tables.get("comparison")
    return found if isinstance(found, Mapping) else {}


def references_of(result: ModelResult) -> list[float]:
    """Event times that are zero by definition: rows of no variance, or the declared reference without a row."""
    estimate, inference = result.estimate, result.inference
    if estimate is None or inference is None:
        return []
    variance = np.diag(inference.vcov)
    zeros = [
        float(term.event_time)
        for place, term in enumerate(estimate.terms)
        if term.kind == "event" and term.event_time is not None and not variance[place] > 0
        and not estimate.params[place]
    ]  # fmt: skip
    return sorted(set(zeros))


def has_varying_base(result: ModelResult) -> bool:
    """Whether each row before treatment is a change from the period just before."""
    return _comparison(result).get("base_period") == "varying" and not references_of(result)


def are_residuals(result: ModelResult) -> bool:
    """Whether rows before treatment are residuals of a fit to all untreated rows, which no test of trends can use."""
    tables = {} if result.estimate is None else result.estimate.tables
    return _comparison(result).get("base_period") == "all untreated" and not tables.get("pretest")


def event_study(result: ModelResult) -> EventStudy | Obstacle:
    """The event study of a model, moved to the last period before any response; or what stands in the way.

    A period that is zero by definition is a row like any other once the rows are relative to the base: b_t − b_base.
    """
    rows = rows_of(result, "event")
    model = result.name
    anticipation = anticipation_of(result)
    zeros = references_of(result)
    declared = _comparison(result).get("base_period")
    if not zeros and declared is None:
        # regressions leave the reference out: the one period that is missing
        missing = _missing(rows.times)
        zeros = missing if len(missing) == 1 else []
    if not zeros or declared not in ONE_BASE:
        return Obstacle("E590", {"model": model})
    times = np.array(sorted({*rows.times.tolist(), *zeros}))
    early = times[times < -anticipation]
    if len(early) == 0 or len(times) == len(early):
        return Obstacle("E592", {"model": model, "count": 0, "needed": 1})
    gaps = _missing(times)
    if gaps:
        return Obstacle("E591", {"model": model, "times": ", ".join(f"{gap:g}" for gap in gaps)})
    return _relative(rows, times, float(early[-1]), model)


def _relative(rows: Rows, times: Floats, base: float, model: str) -> EventStudy | Obstacle:
    """Rows minus the row of the base period, which leaves; periods that were zero by definition enter."""
    place = {time: k for k, time in enumerate(rows.times.tolist())}
    select = np.zeros((len(times), len(rows.times)))
    for k, time in enumerate(times.tolist()):
        if time in place:
            select[k, place[time]] = 1.0
    at = int(np.flatnonzero(times == base)[0])
    kept = np.arange(len(times)) != at
    matrix = (select - select[at])[kept]
    covariance = matrix @ rows.covariance @ matrix.T
    if is_singular(covariance):
        return Obstacle("E593", {"model": model, "count": int(kept.sum())})
    later = times[kept]
    names = [
        rows.names[place[time]] if time in place else f"event[{number_label(time)}]"
        for time in later.tolist()
    ]
    before = int(np.sum(later < base))
    return EventStudy(
        names=tuple(names),
        times=later,
        params=matrix @ rows.params,
        covariance=covariance,
        before=before,
        base=base,
        first=int(np.sum(later[before:] < 0)),
    )


def is_singular(covariance: Floats) -> bool:
    """Whether rows are more than their covariance can tell apart, judged on correlations."""
    spread = np.sqrt(np.clip(np.diag(covariance), 0, None))
    if not np.all(spread > 0) or not np.all(np.isfinite(covariance)):
        return True
    return bool(np.linalg.eigvalsh(covariance / np.outer(spread, spread))[0] < 1e-9)


def refusal(obstacle: Obstacle) -> DesignError:
    """The error that says why there is no event study."""
    return DesignError(fault(obstacle.code, **dict(obstacle.values)))  # type: ignore[arg-type]


def _missing(times: Floats) -> list[float]:
    """Event times between the first and the last that are not there, in steps of the smallest distance."""
    ordered = np.unique(times)
    if len(ordered) < 2:
        return []
    step = float(np.min(np.diff(ordered)))
    whole = ordered[0] + step * np.arange(1 + round((ordered[-1] - ordered[0]) / step))
    return [float(time) for time in whole if not np.any(np.isclose(ordered, time))]


def asked_models(question: Question) -> tuple[ModelResult, ...]:
    """The models that a test of whole event studies is about, each once; those that failed are left out.

    Raises:
        SpecError: E619 the test names a term.
    """
    found: dict[tuple[str, str | None], ModelResult] = {}
    for result, term in question.of:
        if term:
            raise SpecError(
                fault("E619", test=question.test, kind=question.kind, term=term, model=result.name)
            )
        if result.estimate is not None and result.inference is not None:
            found.setdefault((result.name, result.group), result)
    return tuple(found.values())
