"""What a run found as the results document: rows, verdicts, published cells, claims and the answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import impact
import impact.catalog as catalog
import impact.diagnostics._answer as answers
import impact.diagnostics._claims as claims
import impact.diagnostics._specification_curve as curves
import impact.diagnostics._verdict as verdicts
import impact.diagnostics.published.compare as published
import impact.outputs._assemble as assemble
import impact.pipeline.ledger.document as ledgers
from impact.core.errors import Notice
from impact.core.findings import Finding
from impact.core.frames import Frame
from impact.core.ledgers import LedgerResult
from impact.core.texts import LANGUAGES, notice
from impact.diagnostics._reading import FEW_TREATED
from impact.diagnostics._resolver import Resolver
from impact.diagnostics.published.summary import summaries
from impact.outputs._curve_rows import curve_entry
from impact.outputs._document import group_label
from impact.pipeline.constructed.exposure_units import add_exposure_facts, units_of
from impact.pipeline.fit import FittedModel
from impact.pipeline.ledger.claims import judge_claims as judge_ledger_claims
from impact.pipeline.listings.document import geometry_entries, geometry_files, listing_entries
from impact.pipeline.percentages import add_percentages
from impact.pipeline.street import RunResult
from impact.pipeline.written import claim_places, written_values
from impact.plan import Plan
from impact.schema.constructed.scale import outcome_scale
from impact.schema.ledger.requests import LedgerRequest
from impact.schema.nodes import to_plain
from impact.schema.requests import ModelRequest

Document = dict[str, Any]


def build_document(run: RunResult) -> Document:
    """The results document of a run, complete with verdicts, comparisons and the answer."""
    plan = run.plan
    if plan.ledger is not None and run.ledger is not None:
        return _ledger_document(run, plan.ledger, run.ledger)
    document = _study(plan, run.main) | {
        "samples": {"main": assemble.sample_facts(run.main, (), run.main.n_rows)},
        "data": {name: dict(facts) for name, facts in run.main.files.items()},
        "models": {},
        "rows": [],
        "tests": [_finding(found) for found in run.findings],
        "notices": [notice_entry(found) for found in run.notices],
    }
    document["data"] |= geometry_files(run.geometries)
    if run.listings:
        document["listings"] = listing_entries(run.listings)
    if run.geometries:
        document["geometries"] = geometry_entries(run.geometries)
    thin: dict[tuple[str, str | None], bool] = {}
    for model in run.fitted:
        document["models"][model.request.name] = assemble.model_facts(
            model.request, model.results, model.names
        )
        document["rows"] += _rows(plan, model)
        thin |= _thin(model)
    add_percentages(document, plan, [model.request for model in run.fitted])
    add_exposure_facts(
        document,
        {
            model.request.name: outcome_scale(model.request, plan.derive, plan.spec.log_outcomes)
            for model in run.fitted
        },
    )
    _add_curve(document, run)
    if run.main.constructed:
        document["constructed"] = {name: assemble.plain(one) for name, one in run.main.constructed.items()}
    document["synthetic"] = _is_synthetic(document["data"])
    document["notices"] += _thin_notices(document, thin)
    _add_family_p_values(document, run.findings)
    _add_verdicts(document, run.findings, thin, alpha=plan.spec.alpha)
    written, places = written_values(plan)
    document["published"] = published.compare_published(
        plan.spec.published, document, written=written, places=places
    )
    document["published_summary"] = summaries(document["published"])
    results = {(result.name, result.group): result for model in run.fitted for result in model.results}
    document["claims"] = claims.judge_claims(
        plan.spec.claims, Resolver(document, results), places=claim_places(plan)
    )
    document["answer"] = answers.answer_of(document, plan.spec.answer, alpha=plan.spec.alpha)
    return document


def _ledger_document(run: RunResult, request: LedgerRequest, result: LedgerResult) -> Document:
    """The results document of a ledger: scenarios stand where models do, and nothing is made of data."""
    plan = run.plan
    document = _study(plan, run.main) | {
        "samples": {},
        "data": {},
        "models": ledgers.ledger_models(plan, request),
        "rows": ledgers.ledger_rows(request, result),
        "tests": [],
        "notices": [notice_entry(found) for found in run.notices],
        "ledger": ledgers.ledger_entry(plan, request, result),
        "synthetic": False,
    }
    document["labels"] = ledgers.ledger_labels(request) | document["labels"]
    written, places = written_values(plan)
    document["published"] = published.compare_published(
        plan.spec.published, document, written=written, places=places
    )
    document["published_summary"] = summaries(document["published"])
    document["claims"] = judge_ledger_claims(plan.spec.claims, request, claim_places(plan), plan.spec.seed)
    document["answer"] = ledgers.ledger_answer(document, request)
    return document


def _add_curve(document: Document, run: RunResult) -> None:
    """The specification curve with its line among the tests, where the spec has one."""
    if run.curve is None:
        return
    alpha = run.plan.spec.alpha
    summary = curves.summarize(run.curve, alpha=alpha)
    document["speccurve"] = curve_entry(run.curve, curves.summary_fields(run.curve, summary))
    base = [
        result for model in run.fitted if model.request.name == run.curve.base for result in model.results
    ]
    counts = [one.inference.n_treated_clusters for one in base if one.inference is not None]
    few = any(count is not None and count < FEW_TREATED for count in counts)
    found = curves.curve_finding(run.curve, summary, alpha=alpha, few_treated=few)
    document["tests"].append(_finding(found))


def _file_labels(plan: Plan, frame: Frame) -> dict[str, dict[str, str]]:
    """Labels that the data files carry, for what the spec does not label: of columns, and of codes as ``sex=2``."""
    derived = set(plan.derive)
    labels = {name: label for name, label in frame.labels.items() if name not in derived}
    for name, codes in frame.value_labels.items():
        if name not in derived:
            labels |= {f"{name}={code:g}": label for code, label in codes.items() if label.strip()}
    return {name: assemble.both_languages(label) for name, label in sorted(labels.items())}


def _study(plan: Plan, frame: Frame) -> Document:
    spec = plan.spec
    notes = spec.notes if isinstance(spec.notes, list) else [spec.notes] if spec.notes is not None else []
    labels = _file_labels(plan, frame) | _labels(plan)
    return {
        "schema": assemble.SCHEMA,
        "study": plan.study,
        "impact": impact.__version__,
        "spec_sha256": spec_sha256(plan),
        "domain": spec.domain,
        "seed": spec.seed,
        "alpha": spec.alpha,
        "title": assemble.both_languages(spec.title or plan.study),
        "question": assemble.both_languages(spec.question) if spec.question else None,
        "notes": [assemble.both_languages(note) for note in notes],
        "assumptions": [assemble.both_languages(note) for note in spec.assumptions],
        "unit_of_exposure": assemble.both_languages(spec.unit_of_exposure) if spec.unit_of_exposure else None,
        "source": assemble.both_languages(spec.source) if spec.source else None,
        "labels": labels,
        "languages": list(plan.languages),
    }


def _labels(plan: Plan) -> dict[str, dict[str, str]]:
    """Labels by name: of the field of study, of its variables under the names that the spec gave them, of the spec."""
    found: dict[str, dict[str, str]] = {}
    if plan.spec.domain is not None:
        record: Any = catalog.DOMAINS.load(plan.spec.domain)
        found |= {name: dict(words) for name, words in record.labels.items()}
    for name, used in plan.variables.items():
        owner: Any = catalog.DOMAINS.load(used.domain)
        found[name] = dict(owner.labels[used.variable])
    return found | {name: assemble.both_languages(value) for name, value in plan.spec.labels.items()}


def spec_sha256(plan: Plan) -> str:
    """SHA-256 of the resolved spec in canonical form."""
    canonical = json.dumps(to_plain(plan.resolved.tree), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _rows(plan: Plan, model: FittedModel) -> list[dict[str, object]]:
    total = max(
        (result.estimate.n_obs for result in model.results if result.estimate is not None), default=0.0
    )
    everybody = [r for r in model.results if r.group is None and r.estimate is not None]
    if everybody and everybody[0].estimate is not None:
        total = everybody[0].estimate.n_obs
    elif model.request.grouping is not None and not model.names:
        cross = len(model.request.grouping.by)
        parts = [r for r in model.results if r.estimate is not None and (r.group or "").count("=") == cross]
        total = sum(r.estimate.n_obs for r in parts if r.estimate is not None)
    rows: list[dict[str, object]] = []
    for result in model.results:
        units = units_of(plan, model.request, result)
        rows += assemble.model_rows(result, model.request, model.names, total, units)
    return rows


def _thin(model: FittedModel) -> dict[tuple[str, str | None], bool]:
    return {
        (result.name, group): is_thin
        for result in model.results
        for group, is_thin in assemble.thin_cells(result, model.request).items()
    }


def _thin_notices(document: Document, thin: Mapping[tuple[str, str | None], bool]) -> list[dict[str, object]]:
    """One W514 a model: which subgroups are too thin for a verdict."""
    groups: dict[str, list[str | None]] = {}
    for (model, group), is_thin in thin.items():
        if is_thin:
            groups.setdefault(model, []).append(group)
    for model in groups:
        facts = document["models"][model]
        facts["warnings"] = sorted({*facts["warnings"], "W514"})
    return [_thin_entry(document, model, names) for model, names in groups.items()]


def _thin_entry(document: Document, model: str, names: Sequence[str | None]) -> dict[str, object]:
    said = {
        language: "; ".join(group_label(document, name, language) for name in names) for language in LANGUAGES
    }
    told = {
        language: notice("W514", language=language, count=len(names), groups=groups).message
        for language, groups in said.items()
    }
    return {"code": "W514", "of": model, "message": told}


def notice_entry(found: Notice) -> dict[str, object]:
    """A notice as the document has it, in both languages."""
    # a detail that is text of its own comes in both languages: variance, variance_es
    details = {name: found.details.get(f"{name}_es", value) for name, value in found.details.items()}
    spanish = notice(found.code, of=found.of, language="es", **details).message if details else None
    return {
        "code": found.code,
        "of": found.of,
        "message": {"en": found.message, "es": spanish or found.message},
    }


def _finding(found: Finding) -> dict[str, object]:
    return {
        "test": found.test,
        "kind": found.kind,
        "of": found.of,
        "term": found.term,
        "statistic": assemble.number(found.statistic),
        "df": assemble.number(found.df),
        "df2": assemble.number(found.df2),
        "p_value": assemble.number(found.p_value),
        "ci_low": assemble.number(found.ci_low),
        "ci_high": assemble.number(found.ci_high),
        "verdict": found.verdict,
        "sentence": found.sentence,
        "details": assemble.plain(found.details),
    }


def _is_synthetic(data: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether any data are made up: as the spec says, or as a file itself does."""
    return any(
        bool(facts.get("synthetic")) or str(facts.get("access") or "").lower().startswith("synthetic")
        for facts in data.values()
    )


def _add_family_p_values(document: Document, findings: Sequence[Finding]) -> None:
    """Adjusted p-values of a family stand in the rows they belong to."""
    fields = {
        "romano_wolf": "p_romano_wolf",
        "westfall_young": "p_westfall_young",
        "holm": "p_holm",
        "bonferroni": "p_bonferroni",
        "benjamini_hochberg": "p_bh",
        "benjamini_yekutieli": "p_by",
    }
    rows = {(row["model"], row["group"], row["term"]): row for row in document["rows"]}
    for found in findings:
        if found.kind in fields and found.p_value is not None:
            group = found.details.get("group")
            row = rows.get((found.of, None if group is None else str(group), found.term))
            if row is not None:
                row[fields[found.kind]] = assemble.number(found.p_value)


def _add_verdicts(
    document: Document,
    findings: Sequence[Finding],
    thin: Mapping[tuple[str, str | None], bool],
    *,
    alpha: float,
) -> None:
    equivalences = verdicts.equivalences(findings)
    for row in document["rows"]:
        facts = document["models"][row["model"]]
        if row["term"] not in facts["focus"] or row["kind"] == "mean":  # a mean is no effect
            continue
        key = (row["model"], row["group"], row["term"])
        equivalence = equivalences.get(key)
        if equivalence is not None:
            row["equivalence_p"] = assemble.number(equivalence.p_value)
            row["bound"] = assemble.number(equivalence.bound)
        checks = () if facts["row"] else verdicts.checks_of(document, row["model"], row["term"], row["group"])
        verdict, reason = verdicts.judge(
            row,
            checks,
            equivalence=equivalence,
            alpha=alpha,
            thin=thin.get((row["model"], row["group"]), False),
        )
        row["verdict"], row["verdict_reason"] = verdict, dict(reason)
    events = [row for row in document["rows"] if row.get("verdict")]
    judged = [verdicts.judge_event(document, row) for row in events]
    for row, (verdict, reason) in zip(events, judged, strict=True):
        row["verdict"], row["verdict_reason"] = verdict, dict(reason)
    for row in document["rows"]:
        if row.get("verdict") and document["models"][row["model"]]["row"]:
            verdict, reason = verdicts.judge_check(document, row)
            row["verdict"], row["verdict_reason"] = verdict, dict(reason)


def model_order(requests: Sequence[ModelRequest]) -> tuple[str, ...]:
    """Names of the models in the order of the plan."""
    return tuple(request.name for request in requests)
