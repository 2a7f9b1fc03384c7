"""`impact import`: a do-file or an R script to a spec, with the convention that each line implies."""

from __future__ import annotations

from pathlib import Path

import click

from impact.cli._write_text import write_text
from impact.cli.importing.draft import spec_text
from impact.cli.importing.r_script import read_r_script
from impact.cli.importing.stata import read_do_file
from impact.cli.main import setting
from impact.core.errors import DataError, Place, SpecError
from impact.core.texts import fault, text

READERS = {"stata": read_do_file, "r": read_r_script}


@click.command("import")
@click.argument("file", metavar="FILE")
@click.option(
    "--from",
    "program",
    type=click.Choice(sorted(READERS)),
    help="Program; by the file's ending if not given.",
)
@click.option("-o", "--output", default="", metavar="SPEC", help="File to write; standard output by default.")
@click.pass_context
def command(ctx: click.Context, *, file: str, program: str | None, output: str) -> int:
    """Turn the regressions of a Stata do-file or an R script into a spec.

    Known: reg, areg, reghdfe, xtreg, ivregress, ivreg2, ivreghdfe, ppmlhdfe, poisson, logit, probit, qreg, csdid,
    boottest; feols, fepois, feglm, lm, glm, att_gt, aggte. The rest is listed at the end of the spec.
    """
    path = Path(file)
    chosen = program or {".do": "stata", ".ado": "stata", ".r": "r"}.get(path.suffix.lower())
    if chosen is None:
        raise click.UsageError(f"{file}: which program? use --from stata or --from r")
    try:
        script = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        raise DataError(fault("E628", place=Place(file=file), path=file)) from None
    draft = READERS[chosen](script)
    if not draft.models:
        raise SpecError(fault("E629", place=Place(file=file), path=file, program=chosen))
    made = spec_text(draft, origin=path.name, program=chosen)
    if not output:
        print(made, end="")
        return 0
    write_text(output, made, overwrite=False)
    if not setting(ctx, "quiet"):
        language = str(setting(ctx, "lang") or "en")
        counts = {"models": len(draft.models), "left": len(draft.untranslated)}
        print(text("reviewing.import.written", language, file=output, **counts))
    return 0
