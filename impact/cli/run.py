"""`impact run`: specs or folders of specs to reports."""

from __future__ import annotations

import click

from impact.cli._options import cache_options, common_options


@click.command("run")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@common_options
@cache_options
@click.option("-n", "--dry-run", is_flag=True, help="Print the plan and touch nothing.")
@click.option("--twice", is_flag=True, help="Run everything twice and compare all output files.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first spec that fails.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    specs: tuple[str, ...],
    dry_run: bool,
    twice: bool,
    fail_fast: bool,
    **options: object,
) -> int:
    """Run specs or folders of specs; the reports are written to OUT/STUDY/."""
    from impact.cli._run_many import run_many  # numpy and pandas load with the run, not with the help
    from impact.cli.showing.plan import show_plans
    from impact.schema.spec_files import spec_files

    if options["no_cache"] and options["refresh"]:
        raise click.UsageError("--no-cache and --refresh exclude each other")
    files = spec_files(specs)
    if dry_run:
        return show_plans(ctx, files, options)
    alone = len(specs) == 1 and files == list(specs)
    return run_many(ctx, files, options, twice=twice, fail_fast=fail_fast, alone=alone)
