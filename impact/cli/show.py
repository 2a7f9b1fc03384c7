"""`impact show`: what a spec or a formula means."""

from __future__ import annotations

import json
from pathlib import Path

import click

from impact.cli._options import roots_of
from impact.cli._tell import report_faults
from impact.cli.main import setting
from impact.core.errors import SpecError


@click.command("show")
@click.argument("subject", metavar="SPEC|FORMULA")
@click.option(
    "--resolved", "part", flag_value="resolved", help="The spec after expansion, with the origin of values."
)
@click.option("--models", "part", flag_value="models", help="Every model after expansion, one block each.")
@click.option(
    "--sample", "part", flag_value="sample", help="The sample ledger: which rows are dropped and why."
)
@click.option("--set", "set_values", multiple=True, metavar="KEY=VALUE", help="Change a key of the spec.")
@click.option("--root", "roots", multiple=True, metavar="NAME=PATH", help="Folder of a named data root.")
@click.pass_context
def command(
    ctx: click.Context, *, subject: str, part: str | None, set_values: tuple[str, ...], roots: tuple[str, ...]
) -> int:
    """Show what was understood of SPEC or FORMULA.

    A text that contains ~ and names no file is a formula. Without an option the overview of a spec is shown;
    only --sample reads data.
    """
    language = str(setting(ctx, "lang") or "en")
    as_json = setting(ctx, "format") == "json"
    if "~" in subject and not Path(subject).exists():
        return _show_formula(subject, language=language, as_json=as_json)
    import impact.cli.showing.spec as shows  # the plan loads with the command, not with the help
    from impact.plan import make_plan

    plan = make_plan(subject, set_values=set_values, roots=roots_of(roots))
    if part == "resolved":
        print(shows.resolved_with_origins(plan.resolved), end="")
        return 0
    found = {"models": shows.model_blocks, "sample": shows.sample_blocks, None: shows.overview}[part](
        plan, language
    )
    if as_json:
        print(json.dumps([block.as_record() for block in found], indent=1, ensure_ascii=False))
    else:
        print("\n\n".join(block.as_text() for block in found))
    return 0


def _show_formula(subject: str, *, language: str, as_json: bool) -> int:
    """The parts of a formula; sets are shown by name, since there is no spec that says what they hold."""
    from impact.cli.showing.formula import PLACE, formula_parts

    try:
        parts = formula_parts(subject, language=language)
    except SpecError as problem:
        report_faults(problem.faults, as_json=as_json, language=language, sources={PLACE: subject})
        return problem.exit_status
    if as_json:
        print(json.dumps(dict(parts), indent=1, ensure_ascii=False))
        return 0
    width = max(len(label) for label, _ in parts)
    print("\n".join(f"{label:<{width}}   {shown}" for label, shown in parts))
    return 0
