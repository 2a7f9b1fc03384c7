"""Why a cell may differ from print: other conventions are tried, and what each would give is reported.

The conventions that differ between packages: the small-sample factors of a variance, what counts in K,
the sample, the divisor of a standard deviation, one-sided or normal p-values, the scale, the base of a
logarithm, the sign.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from impact.diagnostics._reading import finite
from impact.diagnostics._sentences import Words, both, number
from impact.kernels.scipy_on_use import special

SCALES = (100.0, 0.01, 1000.0, 0.001)
IN_UNITS = ("estimate", "std_error", "ci_low", "ci_high", "rmse", "mean_outcome")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A cell that differs.

    Arguments:
        stat: field of the document. ours, published: the two numbers; tolerance: of the comparison.
        row, facts: the row and the model of the document. n_terms: coefficients of the model.
        published_n: printed N of the same column, if any.
    """

    stat: str
    ours: float
    published: float
    tolerance: float
    row: Mapping[str, object]
    facts: Mapping[str, object]
    n_terms: int = 0
    published_n: float | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One convention: its name, the number it gives, and its words."""

    name: str
    value: float
    words: Words


def explain(evidence: Evidence) -> list[dict[str, object]]:
    """Every convention tried on a cell, those that give the printed number first.

    Returns:
        {name, value, agrees, text: {en, es}} for each attempt.
    """
    attempts = [*_attempts(evidence)]
    tolerance = max(evidence.tolerance, 1e-9 * abs(evidence.published))
    found = [
        {
            "name": attempt.name,
            "value": attempt.value,
            "agrees": abs(attempt.value - evidence.published) <= tolerance * (1 + 1e-9),
            "text": attempt.words,
        }
        for attempt in attempts
        if math.isfinite(attempt.value)
    ]
    return sorted(found, key=lambda one: not one["agrees"])


def _attempts(evidence: Evidence) -> Iterator[Attempt]:
    if evidence.stat in {"std_error", "statistic", "ci_low", "ci_high"}:
        yield from _factor_attempts(evidence)
        yield from _other_errors(evidence)
    if evidence.stat in {"p_value", "primary_p", "p_permutation"}:
        yield from _probability_attempts(evidence)
    if evidence.stat in {"ci_low", "ci_high"}:
        yield from _interval_attempts(evidence)
    if evidence.stat == "n_obs":
        yield from _sample_attempts(evidence)
    if evidence.stat in {"std_error", "rmse"}:
        yield from _divisor_attempts(evidence)
    if evidence.stat == "r2":
        yield from _fit_attempts(evidence)
    yield from _unit_attempts(evidence)
    ours = finite(evidence.facts.get("n_obs"))
    if evidence.published_n and ours and evidence.published_n != ours and evidence.stat != "n_obs":
        yield Attempt(
            "sample",
            evidence.ours,
            both("explanation.sample", theirs=f"{evidence.published_n:,.0f}", ours=f"{ours:,.0f}"),
        )


# --- the variance ---


def _factor_attempts(evidence: Evidence) -> Iterator[Attempt]:
    """Other small-sample factors: the error is freed of ours and given each of the usual ones."""
    error = finite(evidence.row.get("std_error"))
    total = _factor_of(evidence.facts)
    if error is None or total is None or total <= 0:
        return
    bare = error / math.sqrt(total)
    for name, factor, values in _factors(evidence):
        value = (
            None if abs(factor - total) < 1e-12 * total else _with_error(evidence, bare * math.sqrt(factor))
        )
        if value is not None:
            yield Attempt(name, value, both(f"explanation.{name}", value=number(value, digits=5), **values))


def _factors(evidence: Evidence) -> Iterator[tuple[str, float, dict[str, object]]]:
    """Name, factor on the variance, and the numbers in it."""
    n, g = _n(evidence), _clusters(evidence)
    yield "factor_none", 1.0, {}
    if g is not None:
        yield "factor_g", g / (g - 1), {"g": f"{g:g}"}
    for count, k in _counts(evidence).items():
        if n is None or n <= k:
            continue
        for name, numerator in (("n1", n - 1), ("n", n)):
            values: dict[str, object] = {"n": f"{n:g}", "k": f"{k:g}"}
            yield f"factor_{name}_{count}", numerator / (n - k), values
            if g is not None:
                yield f"factor_g_{name}_{count}", g / (g - 1) * numerator / (n - k), {**values, "g": f"{g:g}"}


def _with_error(evidence: Evidence, error: float) -> float | None:
    """The cell's statistic with another standard error."""
    if evidence.stat == "std_error":
        return error
    estimate, old = finite(evidence.row.get("estimate")), finite(evidence.row.get("std_error"))
    if estimate is None or old is None or error <= 0 or old <= 0:
        return None
    if evidence.stat == "statistic":
        return estimate / error
    return estimate + (evidence.ours - estimate) * error / old


def _other_errors(evidence: Evidence) -> Iterator[Attempt]:
    for kind in ("cr2", "cr3"):
        error = finite(evidence.row.get(f"std_error_{kind}"))
        value = None if error is None else _with_error(evidence, error)
        if value is not None:
            yield Attempt(
                f"error_{kind}",
                value,
                both("explanation.error", kind=kind.upper(), value=number(value, digits=5)),
            )


def _factor_of(facts: Mapping[str, object]) -> float | None:
    """Our small-sample factor on the variance: the product of the factors that the model states."""
    vcov = facts.get("vcov")
    factors = vcov.get("factors") if isinstance(vcov, Mapping) else None
    if factors is None:
        return 1.0
    values = factors.values() if isinstance(factors, Mapping) else []
    numbers = [number for number in map(finite, values) if number is not None]
    return math.prod(numbers) if numbers else 1.0


# --- probabilities and intervals ---


def _probability_attempts(evidence: Evidence) -> Iterator[Attempt]:
    t, p = finite(evidence.row.get("statistic")), evidence.ours
    yield _said("one_sided", p / 2)
    yield _said("one_sided_other", 1 - p / 2)
    yield _said("two_sided", min(1.0, 2 * p))
    if t is None:
        return
    yield _said("normal", 2 * float(special().ndtr(-abs(t))))
    yield _said("normal_one_sided", float(special().ndtr(-abs(t))))
    for df in _other_df(evidence):
        yield _said("df", 2 * float(special().stdtr(df, -abs(t))), df=f"{df:g}")


def _interval_attempts(evidence: Evidence) -> Iterator[Attempt]:
    estimate, error = finite(evidence.row.get("estimate")), finite(evidence.row.get("std_error"))
    level = finite(evidence.row.get("level")) or 0.95
    if estimate is None or error is None:
        return
    side = 1.0 if evidence.stat == "ci_high" else -1.0
    yield _said("normal", estimate + side * float(special().ndtri(0.5 + level / 2)) * error)
    for df in _other_df(evidence):
        yield _said(
            "df", estimate + side * float(special().stdtrit(df, 0.5 + level / 2)) * error, df=f"{df:g}"
        )
    for other in (0.90, 0.95, 0.99):
        if other != level:
            value = estimate + side * float(special().ndtri(0.5 + other / 2)) * error
            yield _said("level", value, level=f"{100 * other:g}")


def _other_df(evidence: Evidence) -> list[float]:
    n, g = _n(evidence), _clusters(evidence)
    own = finite(evidence.row.get("df"))
    candidates = [g - 1 if g else None, *(n - k for k in _counts(evidence).values() if n)]
    return [df for df in dict.fromkeys(candidates) if df is not None and df > 0 and df != own]


# --- sample, divisors, units ---


def _sample_attempts(evidence: Evidence) -> Iterator[Attempt]:
    """N with the rows that our steps left out, one step at a time and all together from the last one back."""
    steps = evidence.facts.get("steps")
    total = evidence.ours
    for step in reversed(list(steps) if isinstance(steps, (list, tuple)) else []):
        dropped = finite(step.get("dropped")) if isinstance(step, Mapping) else None
        if not dropped:
            continue
        total += dropped
        name = str(step.get("name"))
        yield _said("kept_step", evidence.ours + dropped, step=name)
        if total != evidence.ours + dropped:
            yield _said("kept_steps", total, step=name)
    for key in ("n_units", "n_clusters"):
        found = evidence.facts.get(key)
        counts = list(found.values()) if isinstance(found, Mapping) else [found]
        for count in map(finite, counts):
            if count is not None:
                yield _said(key, count)


def _divisor_attempts(evidence: Evidence) -> Iterator[Attempt]:
    n = _n(evidence)
    if not n or n <= 1:
        return
    yield _said("population_sd", evidence.ours * math.sqrt((n - 1) / n))
    yield _said("sample_sd", evidence.ours * math.sqrt(n / (n - 1)))
    for k in _counts(evidence).values() if evidence.stat == "rmse" else ():
        if n > k:
            yield _said("rmse_df", evidence.ours * math.sqrt(n / (n - k)), k=f"{k:g}")
            yield _said("rmse_n", evidence.ours * math.sqrt((n - k) / n), k=f"{k:g}")


def _fit_attempts(evidence: Evidence) -> Iterator[Attempt]:
    within = finite(evidence.facts.get("r2_within"))
    n = _n(evidence)
    if within is not None:
        yield _said("r2_within", within)
    for k in _counts(evidence).values():
        if n and n > k:
            yield _said("r2_adjusted", 1 - (1 - evidence.ours) * (n - 1) / (n - k), k=f"{k:g}")


def _unit_attempts(evidence: Evidence) -> Iterator[Attempt]:
    if evidence.stat in {"n_obs", "n_units", "n_clusters", "df", "r2", "r2_within", "p_value"}:
        return
    if evidence.stat in IN_UNITS:
        for scale in SCALES:
            yield _said("scale", evidence.ours * scale, scale=f"{scale:g}")
        yield _said("log10_outcome", evidence.ours / math.log(10))
        yield _said("log10_regressor", evidence.ours * math.log(10))
    if evidence.stat in {"estimate", "statistic"}:
        yield _said("sign", -evidence.ours)


def _said(name: str, value: float, **values: object) -> Attempt:
    return Attempt(name, value, both(f"explanation.{name}", value=number(value, digits=5), **values))


def _n(evidence: Evidence) -> float | None:
    own = finite(evidence.row.get("n_obs"))
    return finite(evidence.facts.get("n_obs")) if own is None else own


def _k(facts: Mapping[str, object]) -> float | None:
    """K as our variance counts it."""
    vcov = facts.get("vcov")
    return finite(vcov.get("k")) if isinstance(vcov, Mapping) else None


def _counts(evidence: Evidence) -> dict[str, float]:
    """Ways to count K: ours, coefficients alone, and with every absorbed effect (Σ levels − effects + 1)."""
    own, terms = _k(evidence.facts), float(evidence.n_terms)
    absorbed = evidence.facts.get("absorbed")
    levels = (
        [count for count in map(finite, absorbed.values()) if count] if isinstance(absorbed, Mapping) else []
    )
    found = {
        "k": own,
        "kterms": terms or None,
        "kfull": terms + sum(levels) - max(len(levels) - 1, 0) if terms else None,
    }
    seen: dict[float, str] = {}
    for name, count in found.items():
        if count:
            seen.setdefault(count, name)
    return {name: count for count, name in seen.items()}


def _clusters(evidence: Evidence) -> float | None:
    counts = evidence.facts.get("n_clusters")
    found = [count for count in map(finite, counts.values()) if count] if isinstance(counts, Mapping) else []
    smallest = min(found, default=None)
    return smallest if smallest is not None and smallest > 1 else None
