"""The overview of replications as plain data: tables with their cells, claims, and what was not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import impact
from impact.cli._run_many import NOT_THERE, Outcome
from impact.cli.replicating.glance import glance_of
from impact.cli.replicating.run import path_of
from impact.core.errors import Fault
from impact.core.texts import in_language
from impact.diagnostics.published.summary import failures

SCHEMA = "impact-replication-1"
COUNTED = ("equal", "rounds_equal", "close", "sign_agrees", "differs", "not_available")
Overview = dict[str, Any]


def overview_of(outcomes: Sequence[Outcome], *, language: str = "en") -> Overview:
    """One record a study, in the order of the specs, and the totals over all of them."""
    studies = [_study(outcome, language) for outcome in outcomes]
    cells = [cell for study in studies for table in study["tables"] for cell in table["cells"]]
    claims = [claim["state"] for study in studies for claim in study["claims"]]
    return {
        "schema": SCHEMA,
        "impact": impact.__version__,
        "studies": studies,
        "reproducibility": glance_of(studies, [path_of(outcome.spec) for outcome in outcomes]),
        "totals": {
            "cells": len(cells),
            **{verdict: sum(cell["verdict"] == verdict for cell in cells) for verdict in COUNTED},
            "unexplained": len(failures(cells)),
            "claims": {state: claims.count(state) for state in ("agrees", "disagrees", "cannot_tell")},
        },
    }


def is_absent(outcome: Outcome) -> bool:
    """Whether a spec was not run only because its data are not here."""
    return bool(outcome.faults) and all(item.code in NOT_THERE for item in outcome.faults)


def _study(outcome: Outcome, language: str) -> Overview:
    document = outcome.document or {}
    status = "run" if outcome.document is not None else "data_absent" if is_absent(outcome) else "failed"
    return {
        "study": document.get("study") or _stem(outcome.spec),
        "spec": outcome.spec,
        "status": status,
        "title": document.get("title"),
        "tables": _tables(document),
        "claims": [_claim(claim) for claim in document.get("claims", ())],
        "models_failed": [
            name for name, facts in document.get("models", {}).items() if facts["status"] == "failed"
        ],
        "problems": [_problem(item, language) for item in outcome.faults],
    }


def _stem(spec: str) -> str:
    return spec.rpartition("/")[2].rpartition(".")[0]


def _problem(found: Fault, language: str) -> dict[str, str]:
    """A fault and, for data that are absent, where to get them."""
    said = in_language(found, language)
    return {"code": said.code, "message": said.message, "help": said.help}


def _tables(document: Mapping[str, Any]) -> list[Overview]:
    cells: list[Mapping[str, Any]] = list(document.get("published", ()))
    names = dict.fromkeys(str(cell["table"]) for cell in cells)
    return [_table(name, [cell for cell in cells if cell["table"] == name]) for name in names]


def _table(name: str, cells: Sequence[Mapping[str, Any]]) -> Overview:
    return {
        "table": name,
        "source": cells[0]["source"],
        "where": cells[0].get("where") or None,
        "evidence": cells[0]["evidence"],
        "counts": {verdict: sum(cell["verdict"] == verdict for cell in cells) for verdict in COUNTED},
        "unexplained": len(failures(cells)),
        "cells": [dict(cell) for cell in cells],
    }


def _claim(claim: Mapping[str, Any]) -> Overview:
    return {key: claim.get(key) for key in ("claim", "text", "state", "detail", "evidence", "source")}


def unexplained_cells(overview: Mapping[str, Any]) -> list[str]:
    """Name, published and found number of every cell that differs without a reason."""
    return [
        f"{study['study']} {cell['model']} {cell['term']} {cell['stat']}: {cell['printed']}, {_found(cell['ours'])}"
        for study in overview["studies"]
        for table in study["tables"]
        for cell in failures(table["cells"])
    ]


def _found(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float | int) else "-"
