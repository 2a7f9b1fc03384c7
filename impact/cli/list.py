"""`impact list`: exactly what is installed, read from the registries without loading the numerical packages."""

from __future__ import annotations

import json

import click

from impact.cli._installed import TOPICS, Line, installed
from impact.cli.main import setting
from impact.core.texts import text


@click.command("list")
@click.argument("topics", nargs=-1, type=click.Choice(TOPICS), metavar="[TOPIC]...")
@click.pass_context
def command(ctx: click.Context, *, topics: tuple[str, ...]) -> int:
    """What is installed.

    TOPIC is estimators, variances, tests, domains, formats, sources, outputs, examples or studies; without one
    everything is listed.
    """
    language = str(setting(ctx, "lang") or "en")
    wanted = topics or TOPICS
    found = {topic: installed(topic, language=language) for topic in wanted}
    if setting(ctx, "format") == "json":
        records = {topic: [_record(line) for line in lines] for topic, lines in found.items()}
        content = records[wanted[0]] if len(topics) == 1 else records
        print(json.dumps(content, indent=1, ensure_ascii=False))
        return 0
    blocks = [
        _block(topic, lines, language=language, heading=len(wanted) > 1) for topic, lines in found.items()
    ]
    print("\n\n".join(blocks))
    if not topics:
        print(f"\n{text('commands.list.more', language)}")
    return 0


def _record(line: Line) -> dict[str, str]:
    return {"keyword": line.keyword, "summary": line.summary, "where": line.where}


def _block(topic: str, lines: tuple[Line, ...], *, language: str, heading: bool) -> str:
    width = max((len(line.keyword) for line in lines), default=0)
    shown = [f"  {line.keyword:<{width}}  {line.summary}".rstrip() for line in lines]
    if not shown:
        shown = [f"  {text('commands.list.none', language)}"]
    return "\n".join([text(f"commands.list.{topic}", language), *shown] if heading else shown)
