"""Views of a spec: overview, models after expansion, sample ledger, and the resolved text with its origins."""

from __future__ import annotations

from collections.abc import Iterator

import impact.cli.showing.ledger as ledgers
from impact.cli.showing.block import Block
from impact.core.errors import ImpactError, Place
from impact.core.frames import Step
from impact.core.texts import text
from impact.plan import Plan
from impact.schema.design_block import StartBlock
from impact.schema.load import load_nodes
from impact.schema.nodes import Node
from impact.schema.requests import ModelRequest
from impact.schema.resolve import Resolved
from impact.schema.resolved_text import resolved_text

WIDEST = 72


def overview(plan: Plan, language: str) -> tuple[Block, ...]:
    """What the spec asks for, without reading data."""
    spec = plan.spec
    if plan.ledger is not None:
        return ledgers.overview(plan, plan.ledger, language)
    rows = [request.row for request in plan.models if request.row is not None]
    main = [request for request in plan.models if request.row is None]
    lines = [
        ("title", _said(spec.title, language)),
        ("question", _said(spec.question, language)),
        ("data", ", ".join(source.block.file for source in plan.sources)),
        ("derive", ", ".join(plan.derive)),
        ("filter", ", ".join(plan.filters)),
        ("design", _design(plan)),
        ("models", ", ".join(request.name for request in main)),
        ("robustness", ", ".join(dict.fromkeys(rows))),
        ("speccurve", _curve(plan, language)),
        ("tests", ", ".join(f"{test.name} ({test.kind})" for test in plan.tests)),
        ("tables", ", ".join(spec.tables)),
        ("figures", ", ".join(spec.figures)),
        ("published", ", ".join(spec.published)),
        ("claims", ", ".join(spec.claims)),
        ("extends", ", ".join(source.file for source in plan.resolved.sources[1:])),
    ]
    return (Block(plan.study, tuple((_word(label, language), shown) for label, shown in lines if shown)),)


def _curve(plan: Plan, language: str) -> str:
    """How many specifications of which model."""
    curve = plan.curve
    if curve is None:
        return ""
    return text("speccurve.planned", language, count=len(curve.specifications), model=curve.base)


def _design(plan: Plan) -> str:
    block = plan.spec.design
    if block is None:
        return ""
    if block.treated is None:
        return ", ".join(
            f"{key}: {value}"
            for key, value in (("cohort", block.cohort), ("treatment", block.treatment))
            if value
        )
    start = f"outcome {block.from_.outcome:g}" if isinstance(block.from_, StartBlock) else f"{block.from_:g}"
    return f"{block.treated}, from {start}"


def model_blocks(plan: Plan, language: str) -> tuple[Block, ...]:
    """Every model of the plan, those of the matrix and of robustness rows included; of a ledger every scenario."""
    if plan.ledger is not None:
        return ledgers.scenario_blocks(plan.ledger, language)
    return tuple(Block(request.name, tuple(_model_lines(request, language))) for request in plan.models)


def _model_lines(request: ModelRequest, language: str) -> Iterator[tuple[str, str]]:
    options = request.variance.options.model_dump(exclude_defaults=True, mode="json")
    detail = ", ".join(f"{key}: {value}" for key, value in options.items() if key != request.variance.keyword)
    by = request.variance.options.model_dump(mode="json").get(request.variance.keyword)
    named = f"{request.variance.keyword} {by}" if by else request.variance.keyword
    yield _word("estimator", language), request.estimator
    yield _word("outcome", language), request.outcome_name
    yield _word("formula", language), request.formula.text()
    if request.weights is not None:
        yield _word("weights", language), f"{request.weights.text} ({request.weights.kind})"
    yield _word("vcov", language), named + (f" ({detail})" if detail else "")
    for name, condition in request.filters.items():
        yield f"{_word('filter', language)} {name}", condition.text()
    if request.grouping is not None:
        yield _word("by", language), ", ".join(request.grouping.by)
    if request.expect is not None:
        yield _word("expect", language), request.expect


def sample_blocks(plan: Plan, language: str) -> tuple[Block, ...]:
    """The sample ledger: rows read, dropped by each named step, used; reads the data and builds the designs.

    Raises:
        DataError: the data cannot be read.
    """
    from impact.pipeline.fit import design_of  # frames load only where data are read
    from impact.pipeline.street import read_data

    if plan.ledger is not None:
        return (Block(plan.study, ((_word("data", language), text("ledger.show.no_data", language)),)),)
    frame, main = read_data(plan)
    blocks = [_ledger(_word("main_sample", language), main.read, main.steps, main.n_rows, language)]
    for request in plan.models:
        try:
            design = design_of(frame, request, None)
        except ImpactError as problem:
            blocks.append(Block(request.name, ((_word("failed", language), str(problem)),)))
            continue
        blocks.append(_ledger(request.name, frame.n_rows, design.sample.steps, len(design.y), language))
    return tuple(blocks)


def _ledger(name: str, read: int, steps: tuple[Step, ...], used: int, language: str) -> Block:
    lines = [(_word("read", language), f"{read:>10,}")]
    for step in steps:
        detail = text("commands.show.detail", language, false=f"{step.false:,}", missing=f"{step.missing:,}")
        shown = f"  ({detail})" if step.false or step.missing else ""
        lines.append((step.name, f"{-step.dropped:>10,}{shown}"))
    return Block(name, (*lines, (_word("used", language), f"{used:>10,}")))


def _said(words: object, language: str) -> str:
    if isinstance(words, dict):
        return str(words.get(language) or next(iter(words.values()), ""))
    return "" if words is None else str(words)


def _word(key: str, language: str) -> str:
    return text(f"commands.show.{key}", language)


def resolved_with_origins(resolved: Resolved) -> str:
    """The resolved spec as YAML that runs again; each value says in a comment where it was written."""
    plain = resolved_text(resolved.tree)
    again = load_nodes(plain)
    comments = dict(_origins(resolved.tree, again, resolved.tree.place.file))
    lines = plain.split("\n")
    widest = min(max((len(lines[line - 1]) for line in comments), default=0), WIDEST)
    for line, comment in comments.items():
        lines[line - 1] = f"{lines[line - 1]:<{widest}}  # {comment}"
    return "\n".join(lines)


def _origins(tree: Node, again: Node, file: str) -> Iterator[tuple[int, str]]:
    """Line of the written text → where the value on it came from."""
    for entry in again.entries:
        held = tree.get(entry.key)
        if held is None:
            continue
        if entry.node.kind == "map" and entry.node.entries:
            yield from _origins(held, entry.node, file)
        else:
            yield entry.place.line, _origin(held.place, file)


def _origin(place: Place, file: str) -> str:
    where = f"line {place.line}" if place.file == file else f"{place.file}:{place.line}"
    return f"{where}; {place.note}" if place.note else where
