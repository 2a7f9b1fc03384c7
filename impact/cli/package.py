"""`impact package`: a reproducibility package of finished studies."""

from __future__ import annotations

import json
from pathlib import Path

import click

from impact.cli._options import roots_of
from impact.cli.main import setting
from impact.core.texts import entry, fill, text


@click.command("package")
@click.argument("studies", nargs=-1, required=True, metavar="STUDY...")
@click.option(
    "-o", "--out", default="package", show_default=True, metavar="DIR", help="Folder of the package."
)
@click.option("--reports", default="reports", show_default=True, help="Folder that holds the studies.")
@click.option("--zip", "archive", is_flag=True, help="Also write DIR.zip.")
@click.option(
    "--no-restricted", "open_only", is_flag=True,
    help="Leave out studies that read restricted data; without it only the data stay out.",
)  # fmt: skip
@click.option("--root", "roots", multiple=True, metavar="NAME=PATH", help="Folder of a named data root.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    studies: tuple[str, ...],
    out: str,
    reports: str,
    archive: bool,
    open_only: bool,
    roots: tuple[str, ...],
) -> int:
    """Put specs, data, reports, README, exact versions and checksums of finished studies in one folder.

    STUDY is a name in reports/ or a report folder. The package is run in an empty folder before it is written:
    its results must be those of the reports. Data whose access is restricted never enter it.
    """
    import impact.pipeline.packaging.package as packaging  # the street loads with the command, not with the help

    language = str(setting(ctx, "lang") or "en")
    made = packaging.write_package(
        studies,
        out=Path(out),
        reports=Path(reports),
        roots=roots_of(roots),
        archive=archive,
        open_only=open_only,
        language=language,
    )
    if setting(ctx, "format") == "json":
        content = {
            "schema": "impact-packaged-1",
            "folder": out,
            "archive": None if made.archive is None else str(made.archive),
            "studies": list(made.studies),
            "files": made.n_files,
            "left_out": list(made.left_out),
            "notices": [{"code": one.code, "of": one.of, "message": one.message} for one in made.notices],
        }
        print(json.dumps(content, indent=1, ensure_ascii=False))
        return 0
    if not setting(ctx, "quiet"):
        names = ", ".join(made.studies)
        print(text("packaging.written", language, folder=out, files=made.n_files, studies=names))
        if made.archive is not None:
            print(text("packaging.zipped", language, file=made.archive))
    for one in made.notices:
        said = fill(entry(one.code, language)["message"], one.details)
        click.echo(f"{one.code} {one.of}: {said}", err=True)
    return 0
