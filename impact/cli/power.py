"""`impact power`: the smallest effect that is found, and the power at others, of a spec or of a planned trial."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from impact.cli._options import roots_of
from impact.cli.main import setting
from impact.core.errors import SpecError
from impact.core.texts import fault

# options of a trial, which a spec has in its data
TRIAL = ("n", "clusters", "icc", "share", "sd", "r2")


@click.command("power")
@click.argument("spec", metavar="[SPEC]", required=False)
@click.option(
    "--n", type=click.IntRange(4, 100_000_000), default=None, help="Rows of the trial, both arms together."
)
@click.option(
    "--clusters", type=click.IntRange(4, 1_000_000), default=None, help="Clusters assigned as a whole."
)
@click.option("--icc", type=click.FloatRange(0, 1), default=None, help="Correlation within clusters.")
@click.option("--share", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=None,
              help="Share that is treated; 0.5 by default.")  # fmt: skip
@click.option("--sd", type=click.FloatRange(0, min_open=True), default=None,
              help="Standard deviation of the outcome; 1 by default, so that effects are in its units.")  # fmt: skip
@click.option("--r2", type=click.FloatRange(0, 1, max_open=True), default=None,
              help="Share of the outcome's variance that covariates take away.")  # fmt: skip
@click.option("--effect", "effects", multiple=True, type=float,
              help="Effect asked about; several give the points of the curve. Without --n: the rows that one needs.",
              )  # fmt: skip
@click.option("--alpha", type=click.FloatRange(0, 0.5, min_open=True, max_open=True), default=0.05,
              show_default=True, help="Level of the two-sided test.")  # fmt: skip
@click.option("--power", "target", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.8,
              show_default=True, help="Power asked for.")  # fmt: skip
@click.option(
    "--simulate", type=click.IntRange(0, 100_000), default=0, help="Simulated samples for each effect."
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of the simulation.")
@click.option(
    "--model", default=None, metavar="NAME", help="Model of the spec; that of the answer by default."
)
@click.option(
    "-o", "--out", default=None, metavar="FOLDER", help="Write power.svg, power.png and power.csv there."
)
@click.option("--set", "set_values", multiple=True, metavar="KEY=VALUE", help="Change a key of the spec.")
@click.option("--root", "roots", multiple=True, metavar="NAME=PATH", help="Folder of a named data root.")
@click.pass_context
def command(ctx: click.Context, /, *, spec: str | None, out: str | None, **options: Any) -> int:
    """Print the smallest effect that a study finds, and the power at others.

    With SPEC the error is that of its models on their data. Without one the trial is described by --n, --clusters and
    --icc; with --effect and no --n the number of rows is found that the effect needs.
    """
    import impact.cli.showing.power as shows  # numpy and figures load with the command, not with the help

    language = str(setting(ctx, "lang") or "en")
    effects: tuple[float, ...] = tuple(sorted(set(options["effects"])))
    _refuse(spec, options, effects)
    asked = {"power": options["target"], "alpha": options["alpha"], "simulate": options["simulate"]}
    if spec is not None:
        results = shows.of_spec(
            spec,
            {**asked, "effects": effects},
            model=options["model"],
            set_values=(*options["set_values"], f"seed={options['seed']}")
            if asked["simulate"]
            else options["set_values"],
            roots=roots_of(options["roots"]),
        )
    else:
        trial = {name: options[name] for name in TRIAL if options[name] is not None}
        results = shows.of_trial(trial, {**asked, "effects": effects}, seed=options["seed"])
    if setting(ctx, "format") == "json":
        print(json.dumps([shows.as_record(one, asked) for one in results], indent=1, ensure_ascii=False))
    else:
        print("\n".join(shows.as_text(one, asked, language) for one in results).rstrip())
    if out is not None:
        shows.write_curves(Path(out), results, asked, language)
    return 0


def _refuse(spec: str | None, options: dict[str, Any], effects: tuple[float, ...]) -> None:
    """Options that do not go together.

    Raises:
        SpecError: E195.
    """
    given = [f"--{name}" for name in TRIAL if options[name] is not None]
    problem = ""
    if spec is not None and given:
        problem = f"{', '.join(given)} and a spec cannot be used together: the spec has data"
    elif spec is None and (options["model"] or options["set_values"] or options["roots"]):
        problem = "--model, --set and --root belong to a spec"
    elif spec is None and options["n"] is None and len(effects) != 1:
        problem = "give a spec, or --n, or one --effect to find the rows that it needs"
    elif options["icc"] is not None and options["clusters"] is None:
        problem = "--icc is a correlation within clusters; give --clusters"
    elif options["clusters"] is not None and options["n"] is not None and options["n"] < options["clusters"]:
        problem = f"{options['clusters']} clusters need at least as many rows, not {options['n']}"
    elif spec is None and not _both_arms(options):
        problem = "each arm needs two rows or clusters"
    if problem:
        raise SpecError(fault("E195", problem=problem))


def _both_arms(options: dict[str, Any]) -> bool:
    """Whether the share leaves at least two units in either arm."""
    units = options["clusters"] or options["n"]
    treated = None if units is None else round((options["share"] or 0.5) * units)
    return treated is None or 2 <= treated <= units - 2
