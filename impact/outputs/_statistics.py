"""The statistics that a table cell can show: what each word prints for a row of the results.

A statistic that the results do not hold is ``n/a``; one that has no meaning for the row is empty.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from impact.core.interval_sets import robust_columns, union_text
from impact.core.texts import text
from impact.kernels.scipy_on_use import special
from impact.outputs._cell_grid import SUPPRESSED, Cell, figure
from impact.outputs._document import (
    Document,
    Entry,
    primary,
    primary_interval,
    primary_p,
    said,
    verdict_text,
)
from impact.outputs._numbers import (
    decimal_text,
    error_text,
    interval_text,
    is_number,
    p_text,
    percent_text,
    whole_text,
)
from impact.outputs._percent import percent_of, percentages

UNKNOWN = "n/a"
_INTERVALS = {"ci90": 0.90, "ci95": 0.95, "ci99": 0.99}
_FIELDS = {
    "t": "statistic", "df": "df", "n": "n_obs", "mean_y": "mean_outcome", "group_share": "share",
    "p_clustered": "p_value", "se_cr2": "std_error_cr2", "se_cr3": "std_error_cr3", "se": "std_error",
}  # fmt: skip
_ENDS = {
    "ci_clustered": ("ci_low", "ci_high"), "ci_permutation": ("ci_low_permutation", "ci_high_permutation"),
    "ci_cr3": ("ci_low_cr3", "ci_high_cr3"), "ci_wild": ("ci_low_wild", "ci_high_wild"),
    "band": ("band_low", "band_high"), "ci_tf": ("ci_low_tf", "ci_high_tf"),
}  # fmt: skip
_ERRORS = ("se", "se_cr2", "se_cr3", "percent_se")
_COUNTS = ("n", "n_treated", "cases")
_P_VALUES = (
    "p", "p_clustered", "p_permutation", "p_permutation_t", "p_permutation_size", "p_cr3", "p_wild", "p_ar",
    "p_romano_wolf", "p_westfall_young",
    "p_bh", "q_sharpened", "equivalence_p", "p_holm", "p_bonferroni", "p_by",
)  # fmt: skip
# what stands beside an instrumented regressor, and is empty in other rows
INSTRUMENTED = ("ci_ar", "p_ar", "ci_tf", "effective_f")
TEXTS = ("verdict", "verdict_reason", "expect", "quality")


@dataclass(frozen=True, slots=True)
class Printing:
    """How the numbers of a table are printed: decimals, levels of stars, smallest cell, language."""

    digits: int
    stars: tuple[float, ...]
    min_cell: int
    language: str


def hidden(row: Entry, printing: Printing) -> bool:
    """True if the row rests on fewer observations than may be shown."""
    n_obs = row.get("n_obs")
    return is_number(n_obs) and float(n_obs) < printing.min_cell


def cell_of(word: str, row: Entry, document: Document, printing: Printing, *, bare: bool = False) -> Cell:
    """The cell of one statistic; ``bare`` leaves out parentheses and braces (a column of its own)."""
    if hidden(row, printing):
        if word == "n":
            return figure(f"<{printing.min_cell}")
        return figure(SUPPRESSED)
    if word == "estimate":
        return _estimate(row, printing)
    if word in TEXTS:
        return Cell(_words(word, row, printing.language))
    if word in INSTRUMENTED and row.get("effective_f") is None:
        return figure("")
    shown, number = _shown(word, row, document, printing)
    if word == "p_both" and not shown:
        return figure("")
    if not shown and "permutation" in word and primary(row) != "permutation":
        return figure("")
    if not shown or shown == "nan":
        return figure(UNKNOWN)
    made = figure(shown if bare else _decorated(word, shown), number)
    return replace(made, ends=_ends(word, row))


def _ends(word: str, row: Entry) -> tuple[float, float] | None:
    """Both numbers of a cell that shows an interval."""
    low, high = interval_at(row, _INTERVALS[word]) if word in _INTERVALS else _stored_ends(word, row)
    return (float(low), float(high)) if is_number(low) and is_number(high) else None


def _stored_ends(word: str, row: Entry) -> tuple[object, object]:
    low, high = _ENDS.get(word, ("", ""))
    return row.get(low), row.get(high)


def _estimate(row: Entry, printing: Printing) -> Cell:
    value = row.get("estimate")
    shown = decimal_text(value, printing.digits)
    if not shown:
        return figure(SUPPRESSED)
    made = figure(shown, value if is_number(value) else None, stars=stars_of(row, printing.stars))
    p_value = primary_p(row)
    return replace(made, p_value=float(p_value) if is_number(p_value) else None)


def stars_of(row: Entry, levels: tuple[float, ...]) -> str:
    """One star for every level that the primary p-value does not exceed."""
    p_value = primary_p(row)
    if not is_number(p_value):
        return ""
    return "*" * sum(float(p_value) < level for level in levels)


def _words(word: str, row: Entry, language: str) -> str:
    if word == "verdict":
        return verdict_text(row.get("verdict"), language)
    if word == "expect":
        return expect_text(row.get("expect"), language)
    if word == "quality":
        grade = row.get("quality")
        return text(f"table.quality.{int(grade)}", language) if is_number(grade) else ""
    return said(row.get("verdict_reason"), language)


def expect_text(expect: object, language: str) -> str:
    """What a robustness row was expected to show, in words."""
    return text(f"table.expect.{expect}", language) if expect else ""


def _shown(word: str, row: Entry, document: Document, printing: Printing) -> tuple[str, float | None]:
    """Text without decoration, and the number behind it."""
    if word in _INTERVALS:
        level = _INTERVALS[word]
        low, high = interval_at(row, level)
        if low is None or high is None:
            low, high = _interval_of_test(row, document, level)
        return interval_text(low, high, printing.digits), None
    if word in _ENDS:
        low, high = _ENDS[word]
        return interval_text(row.get(low), row.get(high), printing.digits), None
    if word == "p_both":
        return _both_p(row), None
    if word == "ci_ar":
        return robust_set_text(row, printing.digits), None
    if word == "published":
        return _published(row, document), None
    if word == "percent_ci95":
        return _percent_interval(row, document, printing.digits), None
    value = _value(word, row, document)
    return _number_text(word, value, printing.digits), float(value) if is_number(value) else None


def robust_set_text(row: Entry, digits: int) -> str:
    """The Anderson-Rubin set: its intervals, ∅ where it is empty; nothing where it is not known."""
    count = row.get("pieces_ar")
    if not is_number(count):
        return ""
    columns = (robust_columns(place) for place in range(int(count)))
    return union_text(
        (decimal_text(row.get(low), digits), decimal_text(row.get(high), digits)) for low, high in columns
    )


def _number_text(word: str, value: Any, digits: int) -> str:
    if word in _P_VALUES:
        return p_text(value)
    if word in _COUNTS:
        return whole_text(value)
    if word in _ERRORS:
        return error_text(value, digits)
    if word in ("share", "group_share", "cv"):
        return percent_text(value)
    if word in ("t", "df", "df_cr2", "effective_f"):
        return decimal_text(value, 2 if word == "t" else 1)
    return decimal_text(value, digits)


def _published(row: Entry, document: Document) -> str:
    """The published estimate of this very cell, as printed."""
    for cell in document.get("published", ()):
        here = (cell.get("model"), cell.get("term"), cell.get("group"), cell.get("stat"))
        if here == (row["model"], row["term"], row.get("group"), "estimate"):
            return str(cell.get("printed") or "")
    return ""


def _both_p(row: Entry) -> str:
    """The permutation p-values of the estimate and of t, side by side."""
    both = [p_text(row.get(field)) for field in ("p_permutation", "p_permutation_t")]
    return ", ".join(shown or UNKNOWN for shown in both) if any(both) else ""


def _value(word: str, row: Entry, document: Document) -> Any:
    if word == "p":
        return primary_p(row)
    if word in _DERIVED:
        return _DERIVED[word](row, document)
    return row.get(_FIELDS.get(word, word))


def interval_at(row: Entry, level: float) -> tuple[Any, Any]:
    """The primary interval at a level: as stored where the level is the row's, else from the t distribution;
    a permutation interval at another level than the stored one is not defined.
    """
    if is_number(row.get("level")) and math.isclose(float(row["level"]), level):
        return primary_interval(row)
    estimate, error, df = row.get("estimate"), row.get("std_error"), row.get("df")
    if primary(row) != "asymptotic" or not (is_number(estimate) and is_number(error)):
        return None, None
    freedom = float(df) if is_number(df) else math.inf if df in (None, "inf") else math.nan
    quantile = (
        special().ndtri(0.5 + level / 2)
        if math.isinf(freedom)
        else special().stdtrit(freedom, 0.5 + level / 2)
    )
    half = float(quantile) * float(error)
    return float(estimate) - half, float(estimate) + half


def _interval_of_test(row: Entry, document: Document, level: float) -> tuple[Any, Any]:
    """The interval at a level that an equivalence test of the row has read from the distribution of its verdict."""
    for test in document.get("tests", ()):
        details = test.get("details") or {}
        own = (test.get("of"), test.get("term"), details.get("group"))
        if test.get("kind") != "equivalence" or own != (row["model"], row.get("term"), row.get("group")):
            continue
        if is_number(details.get("level")) and math.isclose(float(details["level"]), level):
            return test.get("ci_low"), test.get("ci_high")
    return None, None


def _exposure(row: Entry, document: Document, key: str) -> float | None:
    value = (document["models"].get(row["model"], {}).get("extra") or {}).get(key)
    return float(value) if is_number(value) else None


def _per_sd(row: Entry, document: Document) -> float | None:
    spread = _exposure(row, document, "exposure_sd")
    if spread is None or not is_number(row.get("estimate")):
        return None
    return float(row["estimate"]) * spread


def _elasticity(row: Entry, document: Document) -> float | None:
    """β · mean exposure / mean outcome."""
    mean, outcome = _exposure(row, document, "exposure_mean"), row.get("mean_outcome")
    if mean is None or not is_number(outcome) or not outcome or not is_number(row.get("estimate")):
        return None
    return float(row["estimate"]) * mean / float(outcome)


def _semi_elasticity(row: Entry, document: Document) -> float | None:
    """Per cent change of the outcome for one unit: 100 (exp β − 1)."""
    return percent_of(float(row["estimate"])) if is_number(row.get("estimate")) else None


def _percent(field: str) -> Callable[[Entry, Document], float | None]:
    """A percentage effect of a coefficient of a model whose outcome is a logarithm or a count."""
    return lambda row, document: percentages(row, _estimator(row, document)).get(field)


def _percent_interval(row: Entry, document: Document, digits: int) -> str:
    limits = interval_at(row, 0.95)
    if not percentages(row, _estimator(row, document)) or not all(is_number(end) for end in limits):
        return ""
    low, high = (percent_of(float(end)) for end in limits)
    return interval_text(low, high, digits)


def _estimator(row: Entry, document: Document) -> str:
    return str(document["models"].get(row["model"], {}).get("estimator") or "")


_DERIVED: dict[str, Callable[[Entry, Document], Any]] = {
    "per_sd": _per_sd,
    "elasticity": _elasticity,
    "semi_elasticity": _semi_elasticity,
    "percent": _percent("percent"),
    "percent_se": _percent("percent_std_error"),
    "percent_kennedy": _percent("percent_kennedy"),
}


def _decorated(word: str, shown: str) -> str:
    """Parentheses around errors, braces around p-values; intervals bring their brackets."""
    if word in (*_ERRORS, "t"):
        return f"({shown})"
    if word in _P_VALUES or word == "p_both":
        return "{" + shown + "}"
    return shown


def heading(word: str, language: str) -> str:
    """The name of a statistic as a column heading."""
    return text(f"table.stat.{word}", language)
