"""A ledger as part of the results document: scenarios as models, lines as rows, and what stands behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import impact.outputs._assemble as assemble
from impact.core.arrays import Floats
from impact.core.ledgers import LedgerResult, LineResult, ScenarioResult
from impact.core.texts import LANGUAGES, text
from impact.outputs.ledger.words import line_label
from impact.pipeline.ledger.breakeven import FOUND
from impact.plan import Plan
from impact.schema.expressions import tree
from impact.schema.ledger.requests import Input, LedgerRequest, Scenario

Document = dict[str, Any]
# names of a claim's and row's estimator; kind of its rows
LEDGER = "ledger"
NOTE = "note"


def ledger_models(plan: Plan, request: LedgerRequest) -> dict[str, dict[str, object]]:
    """Scenario → facts, in the fields that models have."""
    focus = headline(request)
    return {
        one.name: {
            "estimator": LEDGER,
            "status": "ok",
            "outcome": None,
            "base": one.name,
            "row": None,
            "cell": {},
            "title": dict(one.title) if one.title is not None else None,
            "note": None,
            "groups": {},
            "focus": [focus],
            "warnings": [],
            "error": None,
            "extra": {"draws": request.draws, "changes": dict(one.changes)},
        }
        for one in request.scenarios
    }


def headline(request: LedgerRequest) -> str:
    """The term of the line that says most: the output of the break-even question or tornado, else the last line."""
    single = [one for one in request.outputs if not one.by_year and one.name not in request.equations]
    if request.breakeven:
        return tree.spell(request.breakeven[0].output.root)
    if single:
        return single[0].name
    last = list(request.equations)[-1]
    by_year = next(one for one in request.outputs if one.name == last).by_year
    return f"{last}[{request.last}]" if by_year else last


def ledger_rows(request: LedgerRequest, result: LedgerResult) -> list[dict[str, object]]:
    """One row a scenario, line and year; a line over years has no year."""
    return [_row(request, scenario, line) for scenario in result.scenarios for line in scenario.lines]


def _row(request: LedgerRequest, scenario: ScenarioResult, line: LineResult) -> dict[str, object]:
    term = line.line if line.time is None else f"{line.line}[{line.time}]"
    empty = dict.fromkeys(assemble.ROW_FIELDS)
    return {
        **empty,
        "model": scenario.name,
        "outcome": line.line,
        "estimator": LEDGER,
        "term": term,
        "kind": LEDGER,
        "time": line.time,
        "estimate": assemble.number(line.point),
        "std_error": assemble.number(line.std_error),
        "ci_low": assemble.number(line.low),
        "ci_high": assemble.number(line.high),
        "level": request.level,
        "median": assemble.number(line.median),
        "p25": assemble.number(line.quarter),
        "p75": assemble.number(line.three_quarters),
        "pr_positive": assemble.number(line.positive),
        "unit": line.unit,
    }


def ledger_entry(plan: Plan, request: LedgerRequest, result: LedgerResult) -> Document:
    """What stands behind the rows: inputs, equations, scenarios, break-even values, drivers, identities."""
    by_name = {one.name: one for one in result.scenarios}
    return {
        "years": list(request.years),
        "draws": request.draws,
        "level": request.level,
        "headline": headline(request),
        "discount": _discount(request),
        "inputs": {name: _input(request, name, one) for name, one in request.inputs.items()},
        "equations": {name: _equation(request, name) for name in request.equations},
        "scenarios": {one.name: _scenario(one, by_name[one.name]) for one in request.scenarios},
        "order": {
            "inputs": list(request.inputs),
            "equations": list(request.equations),
            "scenarios": [one.name for one in request.scenarios],
        },
        "touches": _touches(request),
        "breakeven": [
            {
                "name": one.name,
                "scenario": one.scenario,
                "input": one.input,
                "output": one.output,
                "equals": one.equals,
                "state": one.state,
                "value": one.values[0] if one.state == FOUND else None,
                "values": list(one.values),
                "low": one.low,
                "high": one.high,
                "at_low": assemble.number(one.at_low),
                "at_high": assemble.number(one.at_high),
                "reached": assemble.number(one.reached),
            }
            for one in result.breakeven
        ],
        "drivers": [
            {
                "scenario": one.scenario,
                "output": one.output,
                "input": one.input,
                "rank_correlation": assemble.number(one.rank_correlation),
                "at_low": assemble.number(one.at_low),
                "at_high": assemble.number(one.at_high),
                "point": assemble.number(one.point),
            }
            for one in result.drivers
        ],
        "identities": [{"identity": one.text, "largest_gap": one.gap} for one in result.identities],
        "correlations": [
            {"pair": pair, "asked": asked, "rank_correlation": assemble.number(found)}
            for pair, (asked, found) in result.correlations.items()
        ],
    }


def _discount(request: LedgerRequest) -> dict[str, object] | None:
    one = request.discount
    if one is None:
        return None
    rate = one.rate if isinstance(one.rate, float) else request.inputs[one.rate].point.value
    return {"rate": rate, "input": None if isinstance(one.rate, float) else one.rate, "base": one.base,
            "years": list(one.years)}  # fmt: skip


def _input(request: LedgerRequest, name: str, one: Input) -> dict[str, object]:
    span = request.first, request.last
    return {
        "point": _values(one.point.over(*span)),
        "low": None if one.low is None else _values(one.low.over(*span)),
        "high": None if one.high is None else _values(one.high.over(*span)),
        "dist": one.dist,
        "draw": one.draw,
        "unit": one.unit,
        "source": None if one.source is None else dict(one.source),
        "status": one.status,
        "note": None if one.note is None else dict(one.note),
    }


def _values(values: Floats) -> list[float]:
    """One value for all years, or one for each."""
    return [float(value) for value in (values[:1] if np.all(values == values[0]) else values)]


def _equation(request: LedgerRequest, name: str) -> dict[str, object]:
    one = request.equations[name]
    return {"text": one.expression.text(), "unit": one.unit}


def _scenario(one: Scenario, result: ScenarioResult) -> dict[str, object]:
    values = {found.name: _values(found.point) for found in result.inputs}
    return {
        "changes": {name: assemble.plain(change) for name, change in one.changes.items()},
        "values": {name: values[name] for name in one.changes},
    }


def _touches(request: LedgerRequest) -> dict[str, list[str]]:
    """Line → inputs that it depends on, directly or through other lines."""
    below: dict[str, set[str]] = {name: {name} for name in request.inputs}
    names = {
        name: {one.name for one in tree.walk(equation.expression.root) if isinstance(one, tree.Name)}
        for name, equation in request.equations.items()
    }
    for group in request.groups:
        joined: set[str] = set()
        for name in group.names:
            joined |= {inner for used in names[name] for inner in below.get(used, set())}
        for name in group.names:
            below[name] = joined
    order = list(request.inputs)
    found: dict[str, list[str]] = {}
    for one in request.outputs:
        used = {inner for name in one.uses for inner in below.get(name, set())}
        if request.discount is not None and isinstance(request.discount.rate, str) and "pv(" in one.name:
            used.add(request.discount.rate)
        found[one.name] = [name for name in order if name in used]
    return found


def ledger_labels(request: LedgerRequest) -> dict[str, dict[str, str]]:
    """Titles that inputs and equations give themselves."""
    titles = {name: one.title for name, one in request.inputs.items()}
    titles |= {name: one.title for name, one in request.equations.items()}
    return {name: dict(title) for name, title in titles.items() if title is not None}


def ledger_answer(document: Mapping[str, Any], request: LedgerRequest) -> dict[str, object] | None:
    """One sentence a scenario on the headline of the ledger: its value, interval, and the share of draws above zero."""
    term = headline(request)
    rows = [row for row in document["rows"] if row["term"] == term]
    if not rows:
        return None
    first, *others = (_sentence(document, row, term) for row in rows)
    return {
        "model": rows[0]["model"],
        "group": None,
        "term": term,
        "verdict": NOTE,
        "sentence": first,
        "reasons": others,
    }


def _sentence(document: Mapping[str, Any], row: Mapping[str, Any], term: str) -> dict[str, str]:
    found = {}
    title = document["models"][row["model"]]["title"] or {}
    for language in LANGUAGES:
        words = {
            "scenario": title.get(language) or str(row["model"]).replace("_", " "),
            "term": line_label(document, term, language),
            "value": _short(row["estimate"]),
        }
        if row["pr_positive"] is None:
            found[language] = str(text("ledger.answer_point", language, **words))
            continue
        words |= {
            "low": _short(row["ci_low"]), "high": _short(row["ci_high"]), "median": _short(row["median"]),
            "level": f"{100 * row['level']:g}", "share": f"{100 * row['pr_positive']:.0f}",
        }  # fmt: skip
        found[language] = str(text("ledger.answer", language, **words))
    return found


def _short(value: object) -> str:
    number = float(value)  # type: ignore[arg-type]
    size = abs(number)
    digits = 0 if size >= 1000 else 2 if size >= 1 else 3
    return f"{number:,.{digits}f}".replace("-", "−")
