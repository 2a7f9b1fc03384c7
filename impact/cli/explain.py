"""`impact explain`: what a keyword, key, code or function is."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from impact.cli._tell import report_faults
from impact.cli.main import setting
from impact.core.errors import SpecError

WRONG_COMMAND_LINE = 2


@click.command("explain")
@click.argument("topics", nargs=-1, metavar="TOPIC...")
@click.option("--all-markdown", "folder", default=None, hidden=True, help="Write every page to a folder.")
@click.pass_context
def command(ctx: click.Context, *, topics: tuple[str, ...], folder: str | None) -> int:
    """Explain TOPIC.

    TOPIC is an estimator (ols), variance (cluster), test (equivalence) or domain; a key of the spec (models.vcov,
    robustness); a code (E102, W511); a function (lag, i) or a verdict (fragile).
    """
    from impact.cli._pages import topic_page
    from impact.cli.reference.page import page_text  # the records load with the command, not with the help

    language = str(setting(ctx, "lang") or "en")
    if folder is not None:
        print(f"{_write_all(Path(folder), language)} pages in {folder}")
        return 0
    if not topics:
        raise click.UsageError("name a topic, such as: impact explain ols")
    try:
        pages = [topic_page(topic, language=language) for topic in topics]
    except SpecError as problem:
        report_faults(problem.faults, as_json=setting(ctx, "format") == "json", language=language)
        return WRONG_COMMAND_LINE
    if setting(ctx, "format") == "json":
        records: list[dict[str, Any]] = [asdict(page) for page in pages]
        print(json.dumps(records[0] if len(records) == 1 else records, indent=1, ensure_ascii=False))
    else:
        print("\n\n".join(page_text(page).rstrip() for page in pages))
    return 0


def _write_all(folder: Path, language: str) -> int:
    """Every page as KIND/TOPIC.md."""
    from impact.cli._pages import all_pages
    from impact.cli.reference.page import page_markdown

    pages = all_pages(language=language)
    for page in pages:
        file = folder / page.kind / f"{page.topic}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page_markdown(page), encoding="utf-8", newline="\n")
    return len(pages)
