"""`impact migrate`: older spellings of a spec rewritten in place, comments kept."""

from __future__ import annotations

import json
from pathlib import Path

import click

from impact.cli._tell import report_faults
from impact.cli._write_text import write_text
from impact.cli.main import setting
from impact.core.errors import Fault, SpecError
from impact.core.texts import text


@click.command("migrate")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option(
    "--check", "only_check", is_flag=True, help="Only tell what would be rewritten; exit 3 if anything."
)
@click.pass_context
def command(ctx: click.Context, *, specs: tuple[str, ...], only_check: bool) -> int:
    """Rewrite keys that were renamed (clusters: X to vcov: {cluster: X}) in the files themselves.

    Comments, order and layout stay. What cannot be rewritten where it stands is told with its place, and the exit
    status is 3.
    """
    from impact.schema.load import load_nodes  # the parser loads with the command, not with the help
    from impact.schema.resolving.renamed import migrated
    from impact.schema.source_text import read_text
    from impact.schema.spec_files import spec_files

    language = str(setting(ctx, "lang") or "en")
    as_json = setting(ctx, "format") == "json"
    faults: list[Fault] = []
    records: list[dict[str, object]] = []
    for name in spec_files(specs):
        source = read_text(Path(name))
        changed, done, refused = migrated(source.text, load_nodes(Path(name)))
        faults += refused
        records += [
            {"file": name, "line": one.place.line, "column": one.place.column, "old": one.old, "new": one.new}
            for one in done
        ]
        if done and not only_check:
            ends = "\r\n" if b"\r\n" in source.content else "\n"
            write_text(name, changed.replace("\n", ends), overwrite=True)
    if as_json:
        print(json.dumps(records, indent=1, ensure_ascii=False))
    elif not setting(ctx, "quiet"):
        key = "would" if only_check else "done"
        for one in records:
            print(text(f"migrate.{key}", language, **one))
        if not records and not faults:
            print(text("migrate.nothing", language))
    if faults:
        report_faults(faults, language=language)
    return SpecError.exit_status if faults or (only_check and records) else 0
