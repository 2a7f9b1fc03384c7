"""What a verdict reads of one estimate: the p-values that count, the interval, the smallest detectable
effect.

With treatment in fewer than ten clusters these come from the permutation distribution, or from the
cluster jackknife (CR3) where no permutation is possible; never from the usual clustered error (Conley
and Taber 2011; MacKinnon and Webb 2020).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impact.core.estimates import Inference
from impact.core.findings import ModelResult
from impact.kernels.scipy_on_use import special

FEW_TREATED = 10
POWER_FACTOR = 2.8


@dataclass(frozen=True, slots=True)
class Reading:
    """One estimate as the verdict sees it.

    Arguments:
        estimate: point estimate; std_error, df: of the basis ("asymptotic": the model's own, "cr3").
        p_values: name → p; every one of them must be below alpha for an effect.
        ci_low, ci_high: interval of the basis.
        mde80: smallest effect that is detected with a power of 80 %, None where it is not defined.
        basis: "permutation", "cr3" or "asymptotic".
        p_clustered: the model's own p-value, whatever the basis.
    """

    estimate: float
    std_error: float | None
    df: float
    p_values: Mapping[str, float]
    ci_low: float | None
    ci_high: float | None
    mde80: float | None
    basis: str
    p_clustered: float | None = None

    @property
    def p_value(self) -> float | None:
        """The p-value printed first."""
        return next(iter(self.p_values.values()), None)

    def rejects(self, alpha: float) -> bool:
        """Whether every p-value is below alpha."""
        return bool(self.p_values) and all(p < alpha for p in self.p_values.values())

    def rejects_in_part(self, alpha: float) -> bool:
        """Whether any p-value is below alpha."""
        return any(p < alpha for p in self.p_values.values())


def read_row(row: Mapping[str, object]) -> Reading | None:
    """The reading of a row of the results document, None for a row without an estimate."""
    estimate = finite(row.get("estimate"))
    if estimate is None:
        return None
    own = finite(row.get("p_value"))
    basis = str(
        row.get("primary")
        or ("permutation" if finite(row.get("p_permutation")) is not None else "asymptotic")
    )
    low, high = finite(row.get("primary_ci_low")), finite(row.get("primary_ci_high"))
    if low is None and high is None and basis == "asymptotic":
        low, high = finite(row.get("ci_low")), finite(row.get("ci_high"))
    error = finite(row.get("std_error_cr3" if basis == "cr3" else "std_error"))
    mde = _number(row.get("mde80"))
    if mde is None and basis != "permutation" and error is not None:
        mde = POWER_FACTOR * error
    return Reading(
        estimate=estimate,
        std_error=error,
        df=finite(row.get("df")) or math.inf,
        p_values=_row_p_values(row, basis),
        ci_low=low,
        ci_high=high,
        mde80=mde,
        basis=basis,
        p_clustered=own,
    )


def _row_p_values(row: Mapping[str, object], basis: str) -> dict[str, float]:
    by_estimate, by_t = finite(row.get("p_permutation")), finite(row.get("p_permutation_t"))
    found: dict[str, float | None]
    if by_estimate is not None or basis == "permutation":
        found = {"permutation": by_estimate, "permutation_t": by_t}
        if by_estimate is None:
            found["permutation"] = finite(row.get("primary_p"))
    elif basis == "cr3":
        found = {"cr3": _first(row.get("p_cr3"), row.get("primary_p"))}
    else:
        found = {"own": _first(row.get("primary_p"), row.get("p_value"))}
    return {name: p for name, p in found.items() if p is not None}


def read_result(result: ModelResult, position: int) -> Reading:
    """The reading of one term of a fitted model (it must have an estimate and an inference)."""
    if result.estimate is None or result.inference is None:
        raise ValueError("a model without an estimate has no reading")
    value = float(result.estimate.params[position])
    inference = result.inference
    column = permutation_column(result, position)
    own = finite(inference.p_value[position])
    if result.permutation is not None and column is not None:
        return _read_permutation(result, value, column, position)
    if is_few_treated(result, position):
        return _read_jackknife(inference, value, position)
    error = finite(inference.std_error[position])
    return Reading(
        estimate=value,
        std_error=error,
        df=float(inference.df[position]),
        p_values={} if own is None else {"own": own},
        ci_low=finite(inference.ci_low[position]),
        ci_high=finite(inference.ci_high[position]),
        mde80=None if error is None else POWER_FACTOR * error,
        basis="asymptotic",
        p_clustered=own,
    )


def read_term(result: ModelResult, term: str) -> Reading | None:
    """The reading of a term by name; None where the model failed or does not have it."""
    if result.estimate is None or result.inference is None:
        return None
    names = [one.name for one in result.estimate.terms]
    return read_result(result, names.index(term)) if term in names else None


def _read_permutation(result: ModelResult, value: float, column: int, position: int) -> Reading:
    permutation, inference = result.permutation, result.inference
    if permutation is None or inference is None:
        raise ValueError("no permutation to read")
    found = {
        "permutation": finite(permutation.p_value[column]),
        "permutation_t": finite(permutation.p_value_t[column]),
    }
    few = is_few_treated(result, position)
    error = finite(inference.std_error[position])
    low, high = permutation.ci_low[column], permutation.ci_high[column]
    if not few:
        low, high = inference.ci_low[position], inference.ci_high[position]
    detectable = (
        _number(permutation.mde80[column]) if few else (None if error is None else POWER_FACTOR * error)
    )
    return Reading(
        estimate=value,
        std_error=error,
        df=float(inference.df[position]),
        p_values={name: p for name, p in found.items() if p is not None},
        ci_low=_number(low),
        ci_high=_number(high),
        mde80=detectable,
        basis="permutation" if few else "asymptotic",
        p_clustered=finite(inference.p_value[position]),
    )


def _read_jackknife(inference: Inference, value: float, position: int) -> Reading:
    errors = inference.extra.get("std_error_cr3")
    error = None if errors is None else finite(errors[position])
    df = float(min(inference.n_clusters.values(), default=2) - 1)
    if error is None or error <= 0 or df < 1:
        return Reading(value, None, df, {}, None, None, None, "cr3", finite(inference.p_value[position]))
    half = float(special().stdtrit(df, 0.5 + inference.level / 2)) * error
    return Reading(
        estimate=value,
        std_error=error,
        df=df,
        p_values={"cr3": 2 * upper_tail(df, abs(value / error))},
        ci_low=value - half,
        ci_high=value + half,
        mde80=POWER_FACTOR * error,
        basis="cr3",
        p_clustered=finite(inference.p_value[position]),
    )


def is_few_treated(result: ModelResult, position: int) -> bool:
    """Whether a term is a treatment term that fewer than ten clusters identify, or a dose that was permuted."""
    if result.estimate is None or result.inference is None:
        return False
    if result.permutation is not None and result.permutation.of_doses:
        return position in result.permutation.columns
    treated = result.inference.n_treated_clusters
    focus = result.estimate.focus
    return treated is not None and treated < FEW_TREATED and (not focus or position in focus)


def permutation_column(result: ModelResult, position: int) -> int | None:
    """The column of the permutation distribution that belongs to a term of the estimate."""
    if result.permutation is None or position not in result.permutation.columns:
        return None
    return result.permutation.columns.index(position)


def upper_quantile(df: float, tail: float) -> float:
    """The value that a t (normal for infinite df) exceeds with probability ``tail``."""
    return float(-special().ndtri(tail)) if math.isinf(df) else float(-special().stdtrit(df, tail))


def upper_tail(df: float, value: float) -> float:
    """Probability that a t (normal for infinite df) exceeds a value."""
    return float(special().stdtr(df, -value))


def finite(value: object) -> float | None:
    """A number of the document or of an array as a float; None for null, NaN and infinities."""
    number = _number(value)
    return None if number is None or math.isinf(number) else number


def _number(value: object) -> float | None:
    if isinstance(value, str):
        return float(value) if value in {"inf", "-inf"} else None
    if value is None or isinstance(value, bool) or not isinstance(value, (int, float, np.generic)):
        return None
    number = float(value)
    return None if math.isnan(number) else number


def _first(*values: object) -> float | None:
    return next((number for number in map(finite, values) if number is not None), None)
