"""`impact replicate`: published numbers and claims against what is found here, over many specs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from impact.cli._options import roots_of
from impact.cli._tell import report_faults
from impact.cli.main import setting
from impact.core.errors import Place, VerificationError
from impact.core.texts import fault

FOLDER = "replication"
SPECS = "specs"
MOST_NAMED = 6


@click.command("replicate")
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option(
    "-o", "--out", default="reports", show_default=True, help="Folder in which replication/ is written."
)
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Specs at the same time."
)
@click.option(
    "--against", "grid", metavar="FILE.csv",
    help="Numbers typed from a paper (columns model, term, stat, value; group, outcome, tolerance), for one SPEC.",
)  # fmt: skip
@click.option("--root", "roots", multiple=True, metavar="NAME=PATH", help="Folder of a named data root.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    specs: tuple[str, ...],
    out: str,
    jobs: int,
    grid: str | None,
    roots: tuple[str, ...],
) -> int:
    """Run specs with published numbers or claims and compare, cell by cell.

    Without SPEC all specs in specs/ are taken, else those of the package. The overview is written to
    OUT/replication/overview.md, .html and .json. It begins with what was found, not found and not attempted. Exit
    status 6: a number differs that its spec does not expect to, or a cell marked must_match is not met.
    """
    import impact.cli.replicating.views as views  # numpy and pandas load with the run, not with the help
    from impact.cli.replicating.against import run_against
    from impact.cli.replicating.overview import is_absent, overview_of
    from impact.cli.replicating.run import chosen_specs
    from impact.outputs.folder.write import write_folder

    language = str(setting(ctx, "lang") or "en")
    as_json = setting(ctx, "format") == "json"
    files = chosen_specs(specs, SPECS)
    if grid is not None and len(files) != 1:
        raise click.UsageError("--against compares with one spec: name it")
    outcomes = run_against(files, grid, roots=roots_of(roots), jobs=jobs)
    overview = overview_of(outcomes, language=language)
    content = json.dumps(overview, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    pages = {
        "overview.json": content,
        "overview.md": views.as_markdown(overview, language),
        "overview.html": views.as_html(overview, language),
    }
    folder = Path(out) / FOLDER
    write_folder(folder, {name: page.encode("utf-8") for name, page in pages.items()})
    print(content if as_json else views.as_text(overview, language), end="")
    alone = len(specs) == 1 and list(specs) == files
    wrong = [item for outcome in outcomes if alone or not is_absent(outcome) for item in outcome.faults]
    if wrong and not as_json:
        report_faults(wrong, language=language)
    statuses = [outcome.status for outcome in outcomes if alone or not is_absent(outcome)]
    statuses += _unexplained(overview, folder, as_json=as_json, language=language)
    return max(statuses, default=0)


def _unexplained(overview: dict[str, object], folder: Path, *, as_json: bool, language: str) -> list[int]:
    """Exit status 6 where a cell differs without a reason, told on standard error."""
    from impact.cli.replicating.overview import unexplained_cells

    cells = unexplained_cells(overview)
    if not cells:
        return []
    file = (folder / "overview.md").as_posix()
    shown = "; ".join(cells[:MOST_NAMED]) + (" …" if len(cells) > MOST_NAMED else "")
    if not as_json:
        report_faults(
            [fault("E610", place=Place(file), count=len(cells), cells=shown, file=file)], language=language
        )
    return [VerificationError.exit_status]
