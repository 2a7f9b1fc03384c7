"""Views of a spec of kind ledger: the overview, and every scenario with its inputs."""

from __future__ import annotations

from impact.cli.showing.block import Block
from impact.core.texts import text
from impact.outputs.ledger.words import value_words
from impact.plan import Plan
from impact.schema.expressions.tree import spell
from impact.schema.ledger.requests import Input, LedgerRequest


def overview(plan: Plan, ledger: LedgerRequest, language: str) -> tuple[Block, ...]:
    """What the ledger holds; its equations in the order of evaluation."""
    spec = plan.spec
    breakeven = [f"{one.input}: {spell(one.output.root)} = {one.equals:g}" for one in ledger.breakeven]
    lines = [
        (_word("title", language), _said(spec.title, language)),
        (_word("question", language), _said(spec.question, language)),
        (_own("years", language), f"{ledger.first}–{ledger.last}"),
        (_own("inputs", language), ", ".join(ledger.inputs)),
        (_own("equations", language), ", ".join(name for group in ledger.groups for name in group.names)),
        (_own("identities", language), "; ".join(one.text for one in ledger.identities)),
        (_own("scenarios", language), ", ".join(one.name for one in ledger.scenarios)),
        (_own("draws", language), f"{ledger.draws:,}" if ledger.draws else ""),
        (_own("breakeven", language), "; ".join(breakeven)),
        (_word("tables", language), ", ".join(ledger.tables)),
        (_word("figures", language), ", ".join(ledger.figures)),
        (_word("published", language), ", ".join(spec.published)),
        (_word("claims", language), ", ".join(spec.claims)),
        (_word("extends", language), ", ".join(source.file for source in plan.resolved.sources[1:])),
    ]
    return (Block(plan.study, tuple((label, shown) for label, shown in lines if shown)),)


def scenario_blocks(ledger: LedgerRequest, language: str) -> tuple[Block, ...]:
    """Every scenario with the inputs as they are there; those it changes are marked."""
    return tuple(
        Block(one.name, tuple((_label(own), _input(own, ledger)) for own in one.inputs.values()))
        for one in ledger.scenarios
    )


def _label(own: Input) -> str:
    return f"{own.name} *" if own.changed else own.name


def _input(own: Input, ledger: LedgerRequest) -> str:
    point = own.point.over(ledger.first, ledger.last)
    shown = value_words([float(value) for value in point], ledger.years)
    if own.low is not None and own.high is not None and own.is_random:
        ends = [end.over(ledger.first, ledger.last) for end in (own.low, own.high)]
        low, high = (value_words([float(value) for value in end], ledger.years) for end in ends)
        shown += f", {own.dist} {low} … {high}"
    return " ".join(part for part in (shown, own.unit or "", f"({own.status})") if part)


def _own(key: str, language: str) -> str:
    return text(f"ledger.show.{key}", language)


def _word(key: str, language: str) -> str:
    return text(f"commands.show.{key}", language)


def _said(words: object, language: str) -> str:
    if isinstance(words, dict):
        return str(words.get(language) or next(iter(words.values()), ""))
    return "" if words is None else str(words)
