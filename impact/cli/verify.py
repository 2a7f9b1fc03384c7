"""`impact verify`: re-hash inputs and outputs of a report, run again, compare."""

from __future__ import annotations

from pathlib import Path

import click

from impact.cli._options import roots_of
from impact.cli.main import setting


@click.command("verify")
@click.argument("folders", nargs=-1, required=True, metavar="REPORT...")
@click.option("--root", "roots", multiple=True, metavar="NAME=PATH", help="Folder of a named data root.")
@click.option("--no-rerun", is_flag=True, help="Only re-hash the files; do not run the spec again.")
@click.pass_context
def command(ctx: click.Context, *, folders: tuple[str, ...], roots: tuple[str, ...], no_rerun: bool) -> int:
    """Verify reports (folders such as reports/NAME); exit 6 where anything differs."""
    import impact.pipeline.finished.verify as verification  # the street loads with the command, not with the help

    for folder in folders:
        result = verification.verify_folder(Path(folder), roots=roots_of(roots), rerun=not no_rerun)
        verification.require_same(result)
        if not setting(ctx, "quiet"):
            again = "" if no_rerun else ", the second run is byte-identical"
            print(f"{folder}: {result.n_outputs} outputs and {result.n_inputs} inputs as they were{again}")
    return 0
