"""Results of pyfixest, statsmodels and linearmodels, read through their public attributes.

None of these packages is imported: an object that comes from one brings it along.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import impact.outputs._assemble as assemble
from impact.core.texts import LANGUAGES, text
from impact.face.fitted import Part

FIELDS = ("estimate", "std_error", "statistic", "p_value", "ci_low", "ci_high")
LEVEL = 0.95


def several(one: Any) -> list[Any]:
    """The fits of an object that holds several (pyfixest's multiple estimation), or the object itself."""
    is_many = _package(one) == "pyfixest" and hasattr(one, "to_list")
    return list(one.to_list()) if is_many else [one]


def foreign_part(one: Any) -> Part | None:
    """Estimates, errors, N and R² of another package's result; None for what is none."""
    read = READERS.get(_package(one))
    if read is None:
        return None
    try:
        facts, terms, columns = read(one)
    except AttributeError:
        return None  # from the package, but not a result
    return Part(facts, tuple(_rows(facts, terms, columns)), ())


def _package(one: Any) -> str:
    """The package that the object's class, or one of its bases, comes from."""
    roots = [kind.__module__.partition(".")[0] for kind in type(one).__mro__]
    return next((root for root in roots if root in READERS), "")


def _rows(facts: Mapping[str, Any], terms: Sequence[str], columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for place, term in enumerate(terms):
        row: dict[str, Any] = {
            "model": "", "outcome": facts["outcome"], "group": None, "estimator": facts["estimator"],
            "term": _constant(term), "kind": "coef", "level": LEVEL, "n_obs": facts["n_obs"],
            "df": None,
        }  # fmt: skip
        rows.append(row | {name: assemble.number(columns[name][place]) for name in FIELDS})
    return rows


def _constant(term: str) -> str:
    return "Intercept" if term in ("const", "(Intercept)") else term


def _facts(
    package: str, one: Any, *, outcome: str, variance: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    """What the document says of a model, here of another package's."""
    words = {
        f"text_{language}": text("face.errors_of", language, package=package, variance=variance)
        for language in LANGUAGES
    }
    count = given.get("n_obs")
    r2 = {name: assemble.number(_finite(given.get(name))) for name in ("r2", "r2_within")}
    return {
        "estimator": f"{package} {type(one).__name__.removesuffix('Wrapper').removesuffix('Results')}".strip(),
        "status": "ok", "outcome": outcome, "sample": "main", "n_obs": None if count is None else assemble.count(count),
        "absorbed": dict(given.get("absorbed", {})), "warnings": [], "focus": [], "steps": [],
        "extra": {}, "vcov": {"kind": variance, **words}, "n_clusters": {}, "error": None, **r2,
    }  # fmt: skip


def _finite(value: Any) -> float | None:
    return None if value is None or math.isnan(float(value)) else float(value)


def _columns(estimate: Any, error: Any, statistic: Any, p_value: Any, ends: Any) -> dict[str, Any]:
    bounds = np.asarray(ends, dtype=float)
    values = (estimate, error, statistic, p_value, bounds[:, 0], bounds[:, 1])
    return {name: np.asarray(v, dtype=float).tolist() for name, v in zip(FIELDS, values, strict=True)}


Read = tuple[dict[str, Any], list[str], dict[str, Any]]


def _pyfixest(fit: Any) -> Read:
    estimate = fit.coef()
    effects = str(getattr(fit, "_fixef", None) or "")
    names = [] if effects in ("", "None", "0") else [name.strip() for name in effects.split("+")]
    counts = getattr(fit, "_k_fe", None)
    known = {} if counts is None or not hasattr(counts, "items") else dict(counts.items())
    # the counts are named __fixed_effect__(name), in an order of their own
    levels = [known.get(f"__fixed_effect__({name})", known.get(name)) for name in names]
    clusters = getattr(fit, "_clustervar", None) or []
    kind = str(getattr(fit, "_vcov_type_detail", None) or getattr(fit, "_vcov_type", ""))
    variance = f"{kind} ({', '.join(clusters)})" if clusters else kind
    given = {
        "n_obs": fit._N, "absorbed": {n: None if v is None else int(v) for n, v in zip(names, levels, strict=True)},
        "r2": getattr(fit, "_r2", None) if hasattr(fit, "_r2") else getattr(fit, "_pseudo_r2", None),
        "r2_within": getattr(fit, "_r2_within", None),
    }  # fmt: skip
    facts = _facts("pyfixest", fit, outcome=str(fit._depvar), variance=variance, given=given)
    columns = _columns(estimate, fit.se(), fit.tstat(), fit.pvalue(), fit.confint())
    return facts, [str(name) for name in estimate.index], columns


def _statsmodels(result: Any) -> Read:
    names = [str(name) for name in result.model.exog_names]
    estimate = np.asarray(result.params, dtype=float)
    names = names if len(names) == len(estimate) else [str(name) for name in result.params.index]
    given = {"n_obs": float(result.nobs), "r2": getattr(result, "rsquared", None)}
    facts = _facts(
        "statsmodels", result.model, outcome=str(result.model.endog_names),
        variance=str(getattr(result, "cov_type", "")), given=given,
    )  # fmt: skip
    return facts, names, _columns(estimate, result.bse, result.tvalues, result.pvalues, result.conf_int())


def _linearmodels(result: Any) -> Read:
    model = result.model
    dependent = model.dependent  # panels call its columns variables
    outcome = (dependent.vars if hasattr(dependent, "vars") else dependent.cols)[0]
    kind = str(getattr(result, "_cov_type", "") or getattr(result, "cov_type", ""))
    given = {
        "n_obs": float(result.nobs), "r2": result.rsquared,
        "r2_within": getattr(result, "rsquared_within", None), "absorbed": _panel_effects(result),
    }  # fmt: skip
    facts = _facts("linearmodels", model, outcome=str(outcome), variance=kind, given=given)
    columns = _columns(result.params, result.std_errors, result.tstats, result.pvalues, result.conf_int())
    return facts, [str(name) for name in result.params.index], columns


def _panel_effects(result: Any) -> dict[str, int | None]:
    """Effects that a panel model absorbed, by the names of its index, with their levels."""
    found: dict[str, int | None] = {}
    for place, kind in enumerate(("entity", "time")):
        if getattr(result.model, f"{kind}_effects", False):
            facts = getattr(result, f"{kind}_info", None)
            name = result.model.dependent.index.names[place] or kind
            found[str(name)] = None if facts is None else int(facts["total"])
    return found


READERS: dict[str, Callable[[Any], Read]] = {
    "pyfixest": _pyfixest,
    "statsmodels": _statsmodels,
    "linearmodels": _linearmodels,
}
