"""`impact new`: a commented spec that runs."""

from __future__ import annotations

import re
from pathlib import Path

import click

from impact.cli.main import setting
from impact.core.errors import SpecError
from impact.core.texts import fault, text

DEFAULT_EXAMPLE = "self_defence_laws"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@click.command("new")
@click.argument("name", metavar="NAME")
@click.option("--data", "file", default=None, metavar="FILE", help="Use the columns of a data file of yours.")
@click.option(
    "--from",
    "example",
    default=None,
    metavar="EXAMPLE",
    help="Start from an example (impact list examples), or did, synth, iv, ppml, survey, panel, rd, matching, "
    "decomposition, speccurve, ledger, replication.",
)
@click.pass_context
def command(ctx: click.Context, *, name: str, file: str | None, example: str | None) -> int:
    """Write NAME.yaml, a commented spec that runs; a file that is there already is never replaced.

    With --data the spec names the columns of your file: unit and period where it is a panel, an outcome and a
    regressor that vary. Without it an example of the package is copied, with its data.
    """
    from impact.cli._new_spec import (  # frames load only when a spec is written
        spec_from_data,
        spec_from_example,
    )
    from impact.cli._write_text import refuse_existing, write_text

    if file is not None and example is not None:
        raise click.UsageError("--data and --from cannot be used together")
    language = str(setting(ctx, "lang") or "en")
    spec = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    if not NAME.fullmatch(spec.stem):
        raise SpecError(fault("E725", name=spec.stem))
    refuse_existing(spec.as_posix())
    if file is not None:
        content, options = spec_from_data(file, spec, language=language)
    else:
        content, options = spec_from_example(example or DEFAULT_EXAMPLE, spec, language=language), ""
    write_text(spec.as_posix(), content, overwrite=False)
    if not setting(ctx, "quiet"):
        print(text("commands.new.written", language, spec=spec.as_posix(), options=options))
    return 0
