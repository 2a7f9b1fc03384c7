"""`impact report`: tables, figures and page of a finished run again, without estimating."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from impact.cli.main import setting

FORMATS = ("md", "tex", "html", "docx", "xlsx")


@click.command("report")
@click.argument("studies", nargs=-1, required=True, metavar="STUDY...")
@click.option("-o", "--out", default="reports", show_default=True, help="Folder that holds the studies.")
@click.option("--formats", default="", metavar="NAMES", help=f"Formats of the tables: {', '.join(FORMATS)}.")
@click.option("--standalone", is_flag=True, help="Also each table as a LaTeX document that compiles alone.")
@click.pass_context
def command(ctx: click.Context, *, studies: tuple[str, ...], out: str, formats: str, standalone: bool) -> int:
    """Draw reports again from their results.json; --lang es writes them in Spanish.

    STUDY is a name in OUT or a folder. Nothing is estimated and no data are read.
    """
    import impact.pipeline.finished.redraw as redraw  # the outputs load with the command, not with the help
    from impact.cli.replicating.index_page import refresh_index

    asked = tuple(one.strip() for one in formats.split(",") if one.strip())
    for one in asked:
        if one not in FORMATS:
            raise click.BadParameter(
                f"no format '{one}'; known: {', '.join(FORMATS)}", param_hint="--formats"
            )
    root = ctx.find_root()
    chosen = root.get_parameter_source("lang") is ParameterSource.COMMANDLINE
    languages = (str(root.params["lang"]),) if chosen else ()
    for study in studies:
        named = Path(out) / study
        folder = named if named.is_dir() else Path(study)
        files, notices = redraw.redraw_report(folder, languages=languages, formats=asked, alone=standalone)
        for notice in notices:
            print(f"{notice.code} {notice.message}")
        refresh_index(folder.parent, language=languages[0] if languages else "en")
        if not setting(ctx, "quiet"):
            print(f"{folder}: {len(files)} files")
    return 0
