"""Results of the run to the results document: one dict that every view is drawn from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from impact.core.designs import Design, Term
from impact.core.estimates import Estimate, Inference
from impact.core.findings import ModelResult
from impact.core.frames import Frame, Step
from impact.core.permutations import Permutation
from impact.schema.requests import ModelRequest, OutcomeSums

SCHEMA = "impact-results-1"
FEW_TREATED_CLUSTERS = 10
POWER_FACTOR = 2.8
ROW_FIELDS = (
    "model", "outcome", "group", "estimator", "term", "kind", "cohort", "time", "event_time", "estimate", "std_error",
    "statistic", "df", "p_value", "ci_low", "ci_high", "band_low", "band_high", "level", "n_obs", "n_treated",
)  # fmt: skip


# the group of the margin `all` in an interacted regression
EVERYBODY = "all"


def number(value: object) -> float | int | str | None:
    """A number for JSON: None where it is not defined, infinities as text."""
    if value is None or isinstance(value, (bool, str)):
        return value
    real = float(value)  # type: ignore[arg-type]
    if math.isnan(real):
        return None
    if math.isinf(real):
        return "inf" if real > 0 else "-inf"
    return int(real) if isinstance(value, (int, np.integer)) else real


def count(value: float) -> int | float:
    """A count as a whole number where it is one."""
    return int(value) if float(value).is_integer() else float(value)


def model_rows(
    result: ModelResult, request: ModelRequest, names: Mapping[str, tuple[str, str]], total_n: float
) -> list[dict[str, object]]:
    """The rows of one fitted model: one a term.

    Arguments:
        names: for interacted models, stacked term → (term, group).
        total_n: observations of the whole model, for the group's share.
    """
    estimate, inference, design = result.estimate, result.inference, result.design
    if estimate is None or inference is None or design is None:
        return []
    rows = []
    for j, term in enumerate(estimate.terms):
        name, group = names.get(term.name, (term.name, result.group))
        row = _row(result, request, j, term, estimate, inference)
        row |= {"term": name, "group": None if group == EVERYBODY else group}
        row |= _own_counts(design, estimate, group, total_n)
        row |= _permutation_fields(result.permutation, j)
        row |= {key: number(values[j]) for key, values in inference.extra.items()}
        treated = treated_clusters(design, term.name) if j in estimate.focus else None
        row["n_treated_clusters"] = treated if inference.n_clusters else None
        row |= primary_fields(row, _fewest(treated, inference) if j in estimate.focus else None)
        rows.append(row)
    return rows


def _own_counts(design: Design, estimate: Estimate, group: str | None, total_n: float) -> dict[str, object]:
    """Observations, treated, mean and share of a row: of its group where several groups share one regression."""
    facts = _group_facts(design).get(group or EVERYBODY)
    found = facts or {
        "n_obs": estimate.n_obs,
        "mean_outcome": estimate.fit.get("mean_outcome"),
        "n_treated": estimate.fit.get("n_treated", design.extra.get("n_treated")),
    }
    n_obs, treated = float(found["n_obs"]), found["n_treated"]
    return {
        "n_obs": count(n_obs),
        "n_treated": None if treated is None else count(float(treated)),
        "mean_outcome": number(found["mean_outcome"]),
        "share": number(n_obs / total_n) if total_n else None,
    }


def _group_facts(design: Design) -> dict[str, dict[str, Any]]:
    found: Any = design.extra.get("groups")
    return found or {}


def treated_clusters(design: Design, term: str) -> int | None:
    """Clusters in which a column differs from zero; None without clusters, or where it does so in all of them."""
    position = next((j for j, one in enumerate(design.terms) if one.name == term), None)
    cluster = next(iter(design.clusters.values()), None)
    if position is None or cluster is None:
        return None
    count = len(np.unique(cluster.codes[design.x[:, position] != 0]))
    return count if count < cluster.levels else None


def _fewest(treated: int | None, inference: Inference) -> int | None:
    counts = [count for count in (treated, inference.n_treated_clusters) if count is not None]
    return min(counts, default=None)


def _row(
    result: ModelResult, request: ModelRequest, j: int, term: Term, estimate: Estimate, inference: Inference
) -> dict[str, object]:
    return {
        "model": result.name,
        "outcome": request.outcome_name,
        "group": result.group,
        "estimator": estimate.estimator,
        "term": term.name,
        "kind": term.kind,
        "cohort": number(term.cohort),
        "time": number(term.time),
        "event_time": number(term.event_time),
        "estimate": number(estimate.params[j]),
        "std_error": number(inference.std_error[j]),
        "statistic": number(inference.statistic[j]),
        "df": number(inference.df[j]),
        "p_value": number(inference.p_value[j]),
        "ci_low": number(inference.ci_low[j]),
        "ci_high": number(inference.ci_high[j]),
        "band_low": None if inference.band_low is None else number(inference.band_low[j]),
        "band_high": None if inference.band_high is None else number(inference.band_high[j]),
        "level": inference.level,
        "n_obs": count(estimate.n_obs),
    }


def _permutation_fields(permutation: Permutation | None, j: int) -> dict[str, object]:
    if permutation is None or j not in permutation.columns:
        return {}
    m = permutation.columns.index(j)
    return {
        "p_permutation": number(permutation.p_value[m]),
        "p_permutation_t": number(permutation.p_value_t[m]),
        "p_permutation_size": number(permutation.p_value_size[m]),
        "ci_low_permutation": number(permutation.ci_low[m]),
        "ci_high_permutation": number(permutation.ci_high[m]),
        "mde80": number(permutation.mde80[m]),
    }


def primary_fields(row: Mapping[str, object], n_treated_clusters: int | None) -> dict[str, object]:
    """Which inference the verdict reads: never the clustered error with treatment in fewer than ten clusters.

    Arguments:
        n_treated_clusters: of a term of interest; None for other terms and without clusters.
    """
    few = n_treated_clusters is not None and n_treated_clusters < FEW_TREATED_CLUSTERS
    if row.get("p_permutation") is not None:
        kind, suffix = "permutation", "_permutation"
    elif few:
        kind, suffix = "cr3", "_cr3"
    else:
        kind, suffix = "asymptotic", ""
    p_name = {"permutation": "p_permutation", "cr3": "p_cr3", "asymptotic": "p_value"}[kind]
    fields: dict[str, object] = {
        "primary": kind,
        "primary_p": row.get(p_name),
        "primary_ci_low": row.get(f"ci_low{suffix}"),
        "primary_ci_high": row.get(f"ci_high{suffix}"),
    }
    if row.get("mde80") is None:
        error = row.get("std_error_cr3" if kind == "cr3" else "std_error")
        usable = isinstance(error, (int, float)) and kind != "permutation"
        fields["mde80"] = POWER_FACTOR * error if usable else None  # type: ignore[operator]
    return fields


def model_facts(
    request: ModelRequest, results: Sequence[ModelResult], names: Mapping[str, tuple[str, str]]
) -> dict[str, object]:
    """What the document says of one model of the plan (of all its groups)."""
    fitted = [result for result in results if result.estimate is not None]
    first = next((result for result in fitted if result.group is None), fitted[0] if fitted else None)
    facts: dict[str, object] = {
        "estimator": request.estimator,
        "status": "ok" if len(fitted) == len(results) and fitted else "failed",
        "outcome": request.outcome_name,
        "formula": formula_text(request),
        "sample": request.sample,
        "base": request.base,
        "cell": dict(request.cell),
        "row": request.row,
        "expect": request.expect,
        "note": dict(request.note) or None,
        "title": dict(request.title) or None,
        "weights": _weights(request, first),
        "error": None if fitted else _error_text(results),
        "warnings": sorted({notice.code for result in results for notice in _notices(result)}),
    }
    facts |= _fit_facts(first, names)
    facts["steps"] = _own_steps(request, first)
    if names:
        fine = {"status": "ok", "n_obs": None, "error": None}
        facts["groups"] = {group: fine for _, group in names.values()} | {
            result.group: {"status": "failed", "n_obs": None, "error": _error_text([result])}
            for result in results
            if result.error is not None and result.group is not None
        }
    elif request.grouping is not None:
        facts["groups"] = {
            str(result.group): {
                "status": "ok" if result.estimate is not None else "failed",
                "n_obs": None if result.estimate is None else count(result.estimate.n_obs),
                "error": _error_text([result]) if result.error is not None else None,
            }
            for result in results
        }
    return facts


def formula_text(request: ModelRequest) -> str:
    """The formula of a model; of one that starts from a design, its outcome and controls."""
    if not request.by_adoption or request.formula.outcomes:
        return request.formula.text()
    controls = request.formula.text().removeprefix("~ 0").removeprefix(" + ")
    return f"{request.outcome_name} ~ {controls or '1'}"


def _own_steps(request: ModelRequest, first: ModelResult | None) -> list[dict[str, object]]:
    """Drops of the model itself: filters that the main sample has, too, and group conditions are told there."""
    if first is None or first.design is None:
        return []
    shared = request.sample == "main"
    hidden = {"filter", "group"} if shared else {"group"}
    made = first.estimate.design if first.estimate is not None else None
    return steps_of([step for step in (made or first.design).sample.steps if step.reason not in hidden])


def _error_text(results: Sequence[ModelResult]) -> str | None:
    return next((str(result.error) for result in results if result.error is not None), None)


def _notices(result: ModelResult) -> list[Any]:
    found = list(result.design.notices) if result.design is not None else []
    found += list(result.estimate.notices) if result.estimate is not None else []
    return found + (list(result.inference.notices) if result.inference is not None else [])


def _weights(request: ModelRequest, first: ModelResult | None) -> dict[str, str] | None:
    if request.weights is not None:
        return {"variable": request.weights.text, "kind": request.weights.kind}
    if first is not None and first.design is not None and first.design.weight_kind:
        sums = request.outcome
        variable = sums.count.text() if isinstance(sums, OutcomeSums) else "count"
        return {"variable": variable, "kind": first.design.weight_kind}
    return None


def _fit_facts(first: ModelResult | None, names: Mapping[str, tuple[str, str]]) -> dict[str, object]:
    if first is None or first.estimate is None or first.design is None:
        return {"n_obs": None, "focus": [], "steps": [], "extra": {}}
    estimate, inference = first.estimate, first.inference
    design = estimate.design or first.design
    focus = [names.get(estimate.terms[j].name, (estimate.terms[j].name, ""))[0] for j in estimate.focus]
    facts: dict[str, object] = {
        "n_obs": count(estimate.n_obs),
        "n_rows": len(design.y),
        "n_units": estimate.n_units,
        "absorbed": dict(estimate.effect_levels),
        "dropped_terms": dict(estimate.dropped_terms),
        "r2": number(estimate.fit.get("r2")),
        "r2_within": number(estimate.fit.get("r2_within")),
        "converged": estimate.converged,
        "df_resid": number(estimate.df_resid),
        "focus": list(dict.fromkeys(focus)),
        "extra": {key: number(value) for key, value in sorted(estimate.fit.items())}
        | _permutation_facts(first.permutation, [term.name for term in estimate.terms])
        | {"df_model": estimate.df_model, "df_absorbed": estimate.df_absorbed}
        | _design_facts(first.design)
        | {name: plain(table) for name, table in estimate.tables.items()},
    }
    if inference is not None:
        facts["vcov"] = {key: plain(value) for key, value in inference.variance.items()}
        facts["n_clusters"] = dict(inference.n_clusters)
        facts["n_treated_clusters"] = inference.n_treated_clusters
    return facts


def _design_facts(design: Design) -> dict[str, object]:
    """The design as it was before estimation: who is treated from when."""
    return {"adoption": plain(design.extra["adoption"])} if "adoption" in design.extra else {}


def plain(value: object) -> object:
    """A value as plain data for JSON."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return number(value)


def both_languages(value: str | Mapping[Any, str]) -> dict[str, str]:
    """Free text as English and Spanish; one text serves both, a missing one is stood in for by the other."""
    if isinstance(value, str):
        return {"en": value, "es": value}
    first = next(iter(value.values()), "")
    return {"en": value.get("en", first), "es": value.get("es", value.get("en", first))}


def _permutation_facts(permutation: Permutation | None, terms: Sequence[str]) -> dict[str, object]:
    if permutation is None:
        return {}
    facts: dict[str, object] = {
        "unit": permutation.unit,
        "n_sets": len(permutation.estimates),
        "n_left_out": permutation.n_left_out,
        "n_not_fitted": permutation.n_not_fitted,
        "enumerated": permutation.enumerated,
        "smallest_p": number(permutation.smallest_p),
        "size": int(permutation.members.shape[1]),
        "estimates": {
            terms[j]: [number(value) for value in permutation.estimates[:, m].tolist()]
            for m, j in enumerate(permutation.columns)
        },
        "actual": permutation.actual,
    }
    return {"permutation": facts}


def steps_of(steps: Sequence[Step]) -> list[dict[str, object]]:
    """Named drops as plain data."""
    return [
        {"name": s.name, "reason": s.reason, "dropped": s.dropped, "false": s.false, "missing": s.missing}
        for s in steps
    ]


def sample_facts(frame: Frame, steps: Sequence[Step], used: int) -> dict[str, object]:
    """The sample ledger: rows read, named steps, rows used."""
    return {"read": frame.read or frame.n_rows, "steps": steps_of([*frame.steps, *steps]), "used": used}


def thin_cells(result: ModelResult, request: ModelRequest) -> dict[str | None, bool]:
    """Group → whether it is too thin for a verdict (fewer than min_cell treated in a period, or 100 in all)."""
    design, estimate, grouping = result.design, result.estimate, request.grouping
    if design is None or estimate is None or grouping is None:
        return {}
    stacked = _group_facts(design)
    if not stacked:
        thinnest = design.extra.get("n_treated_thinnest")
        return {result.group: _is_thin(thinnest, estimate.n_obs, grouping.min_cell)}
    return {
        None if group == EVERYBODY else group: _is_thin(
            facts["n_treated_thinnest"], facts["n_obs"], grouping.min_cell
        )
        for group, facts in stacked.items()
    }


def _is_thin(thinnest: object, n_obs: float, min_cell: int) -> bool:
    return (isinstance(thinnest, float) and thinnest < min_cell) or n_obs < 100
