"""`impact schema`: the JSON Schema of the spec format, for editors."""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.option(
    "-o", "--out", default=None, metavar="FILE", help="Write the schema to FILE instead of printing it."
)
@click.pass_context
def command(ctx: click.Context, *, out: str | None) -> int:
    """Print the JSON Schema of the spec format, with the options of everything that is installed.

    For completion and checking while you type: write it beside the specs with `impact schema -o impact-spec-1.json`
    and begin each spec with

        # yaml-language-server: $schema=impact-spec-1.json

    `impact new` writes that line.
    """
    from impact.cli._write_text import write_text
    from impact.cli.reference.json_schema import (
        spec_schema,
    )  # the records load with the command, not with the help

    content = json.dumps(spec_schema(), indent=1, ensure_ascii=False) + "\n"
    if out is None:
        print(content, end="")
    else:
        write_text(out, content, overwrite=True)
    return 0
