"""`impact data FILE`: what a data file holds; `impact data peru-lab`: write synthetic data with known effects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from impact.cli.main import setting
from impact.core.errors import DataError
from impact.core.nearest import nearest
from impact.core.texts import fault, text

LAB = "peru-lab"


@click.command("data")
@click.argument("what", metavar="FILE|peru-lab")
@click.option(
    "--world", type=click.Choice(["ac2020", "null", "mixed"]), default="ac2020", show_default=True,
    help="True effects: those of the policy paper, none, or some.",
)  # fmt: skip
@click.option(
    "--size", type=click.Choice(["small", "full"]), default="small", show_default=True,
    help="small: 20,000 persons a quarter; full: 30,000, and larger other samples.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True, help="Seed of all draws."
)
@click.option("-o", "--out", default=None, metavar="FOLDER", help="Folder that the files are written in.")
@click.option("--set", "set_values", multiple=True, metavar="KNOB=VALUE",
              help="Change a nuisance of the lab (rho_sort=0); several may be given.")  # fmt: skip
@click.option("--table", "tables", multiple=True, metavar="NAME",
              help="Write this table (and the truths) only; several may be given.")  # fmt: skip
@click.option("--as", "form", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True,
              help="Format of the files; the truths are always csv.")  # fmt: skip
@click.option(
    "--convert", default=None, metavar="OUT", help="Of a FILE: write it as OUT (.parquet or .csv) too."
)
@click.pass_context
def command(ctx: click.Context, /, *, what: str, out: str | None, convert: str | None, **options: Any) -> int:
    """Say what a data FILE holds: columns, labels, missing values, ranges, keys and panel structure.

    With peru-lab: write synthetic data in the shape of Peruvian sources, with true effects in a file of their own.
    Every file is called synthetic_…, and whatever is made from it says so.
    """
    if what != LAB:
        return _file(ctx, what, out, convert)
    if convert is not None:
        raise click.UsageError("--convert is for a file, not for the lab")
    if out is None:
        raise click.UsageError("give the folder of the files: --out FOLDER")
    import impact.data.peru_lab.tables as lab_tables
    import impact.data.peru_lab.writing as writing  # numpy and pyarrow load with the command, not with the help

    settings = _settings(options)
    tables = _tables(options["tables"], tuple(lab_tables.TABLES))
    written = writing.write_lab(settings, Path(out), form=options["form"], tables=tables)
    language = str(setting(ctx, "lang") or "en")
    if setting(ctx, "format") == "json":
        print(json.dumps(writing.metadata_of(settings, written), indent=1, ensure_ascii=False))
    elif not setting(ctx, "quiet"):
        for one in written:
            facts = {"rows": f"{one.rows:,}", "columns": len(one.columns)}
            print(text("lab.written", language, file=str(Path(out) / one.file), **facts))
        truth = written[-1].file
        facts = {"world": settings.world, "size": settings.size, "seed": settings.seed}
        print(text("lab.done", language, truth=truth, **facts))
    return 0


def _file(ctx: click.Context, what: str, out: str | None, convert: str | None) -> int:
    """Describe a data file.

    Raises:
        DataError: E267 neither a file nor peru-lab, E2xx the file cannot be read.
    """
    from impact.cli.describing.show import show_file  # pandas loads with the file

    if not Path(what).exists() and "." not in Path(what).name:
        raise DataError(fault("E267", suggestion=nearest(what, (LAB,)), name=what))
    if out is not None:
        raise click.UsageError("--out is for the lab; --convert OUT writes a file in another format")
    language = str(setting(ctx, "lang") or "en")
    return show_file(what, convert=convert, language=language, as_json=setting(ctx, "format") == "json")


def _settings(options: dict[str, Any]) -> Any:
    """World, size, seed and knobs.

    Raises:
        DataError: E264, E265 or E266 for every knob that is wrong.
    """
    from impact.data.peru_lab.settings import Settings, knobs_from  # with the command, not with the help

    values: dict[str, object] = {}
    for written in options["set_values"]:
        name, sign, value = written.partition("=")
        if not sign or not name or not value:
            raise click.BadParameter(f"'{written}' is not KNOB=VALUE", param_hint="--set")
        values[name.strip()] = value.strip()
    knobs, faults = knobs_from(values)
    if faults:
        raise DataError(*faults)
    return Settings(options["world"], options["size"], options["seed"], knobs)


def _tables(asked: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """The tables to write, in the lab's order.

    Raises:
        DataError: E269 for every name that is none.
    """
    faults = [
        fault("E269", suggestion=nearest(name, known), name=name, names=", ".join(known))
        for name in asked
        if name not in known
    ]
    if faults:
        raise DataError(*faults)
    return tuple(name for name in known if name in asked)
