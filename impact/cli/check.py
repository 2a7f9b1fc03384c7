"""`impact check`: every problem of a spec without estimating."""

from __future__ import annotations

import json

import click

from impact.cli._options import roots_of
from impact.cli._tell import report_faults
from impact.cli.main import setting
from impact.core.errors import Fault, ImpactError


@click.command("check")
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option("--data", "with_data", is_flag=True, help="Also read, join, run checks and build the designs.")
@click.option("--no-data", is_flag=True, help="Do not look at data files at all.")
@click.option("--set", "set_values", multiple=True, metavar="KEY=VALUE", help="Change a key of the spec.")
@click.option(
    "--package", "package", metavar="DIR", help="Flags F1 to F14 of a reproducibility package instead."
)
@click.option("--root", "roots", multiple=True, metavar="NAME=PATH", help="Folder of a named data root.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    specs: tuple[str, ...],
    with_data: bool,
    no_data: bool,
    set_values: tuple[str, ...],
    package: str | None,
    roots: tuple[str, ...],
) -> int:
    """Find every problem of a spec: keys, formulas, expressions, column names against file headers.

    With --package DIR a package of `impact package` is checked as reviewers do, flag by flag; exit status 6: one
    fails.
    """
    if package is not None:
        if specs or with_data or no_data or set_values or roots:
            raise click.UsageError("--package DIR is checked alone, without SPEC and other options")
        from impact.cli._package_flags import check_package_folder  # only --package needs it

        return check_package_folder(
            package,
            as_json=setting(ctx, "format") == "json",
            quiet=bool(setting(ctx, "quiet")),
            language=str(setting(ctx, "lang") or "en"),
        )
    if not specs:
        raise click.UsageError("Missing argument 'SPEC...'.")
    import impact.pipeline.check as checking  # the plan loads with the command, not with the help

    depth = "data" if with_data else "none" if no_data else "headers"
    language = str(setting(ctx, "lang") or "en")
    status = 0
    found: list[Fault] = []
    for spec in checking.spec_files(specs):
        try:
            faults, code = checking.check_spec(
                spec, depth=depth, set_values=set_values, roots=roots_of(roots)
            )
        except ImpactError as problem:
            faults, code = list(problem.faults), problem.exit_status
        found += faults
        status = max(status, code)
        if not faults and setting(ctx, "format") != "json" and not setting(ctx, "quiet"):
            print(f"{spec}: no problem found")
    if setting(ctx, "format") == "json":
        from impact.schema.render import fault_as_dict  # only JSON output needs it

        records = [fault_as_dict(item, language=language) for item in found]
        print(json.dumps(records, indent=1, ensure_ascii=False))
    elif found:
        report_faults(found, language=language)
    return status
