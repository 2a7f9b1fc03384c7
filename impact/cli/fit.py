"""`impact fit`: one regression without a spec, a table on the terminal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from impact.cli.main import setting

KINDS = ("analytic", "frequency", "sampling")


@click.command("fit")
@click.argument("file", metavar="FILE")
@click.argument("formula", metavar="FORMULA")
@click.option(
    "--vcov", default=None, metavar="VCOV", help="hc1, iid, hc3 … or cluster=id (cluster=a,b for two ways)."
)
@click.option("--ssc", default=None, help="Small-sample preset: fixest, reghdfe, stata, statsmodels, none.")
@click.option(
    "--weights", default=None, metavar="COLUMN[=KIND]", help="Weights; kind: sampling, analytic, frequency."
)
@click.option(
    "--if", "condition", default=None, metavar="EXPR", help="Keep rows where the expression is true."
)
@click.option("--estimator", default=None, help="Keyword of another estimator.")
@click.option("--save", default=None, metavar="SPEC", help="Also write the spec that gives this table.")
@click.pass_context
def command(
    ctx: click.Context, /, *, file: str, formula: str, save: str | None, **options: str | None
) -> int:
    """Fit FORMULA (outcome ~ regressors | effects) on FILE and print the table."""
    import impact.pipeline.study as studies  # the estimators load with the command, not with the help
    from impact.cli._write_text import write_text
    from impact.core.errors import Place
    from impact.outputs.results_json import json_bytes
    from impact.outputs.terminal_table import result_table
    from impact.pipeline.write import output_request
    from impact.schema.nodes import from_plain
    from impact.schema.resolved_text import resolved_text

    content, roots = _spec(_from(file, save), formula, options)
    tree = from_plain(content, Place(file=save or "fit.yaml"))
    result = studies.run_study(tree, studies.StudyOptions(out=None, roots=roots))
    facts = result.document["models"]["fit"]
    if facts["status"] == "failed":
        raise _error(result)
    if setting(ctx, "format") == "json":
        print(json_bytes(result.document["rows"]).decode("utf-8"), end="")
    else:
        language = str(setting(ctx, "lang") or "en")
        request = output_request(result.plan, result.document)
        print(result_table(result.document, request, language=language, notes=True).rstrip())
    if save is not None:
        write_text(save, resolved_text(tree), overwrite=True)
    return 0


def _error(result: Any) -> Exception:
    errors = [r.error for model in result.run.fitted for r in model.results if r.error is not None]
    error: Exception = errors[0]
    return error


def _from(file: str, save: str | None) -> str:
    """The data file as a spec writes it: relative to the folder of the spec (the current one unless saved)."""
    try:
        return Path(os.path.relpath(Path(file).expanduser(), Path(save).parent if save else None)).as_posix()
    except ValueError:
        return str(Path(file).expanduser().absolute())


def _spec(file: str, formula: str, options: dict[str, str | None]) -> tuple[dict[str, Any], dict[str, str]]:
    """The spec of the call; a file on another drive is reached through a root."""
    path = Path(file)
    data: dict[str, Any] = {"file": file}
    roots: dict[str, str] = {}
    if path.is_absolute():
        data, roots = {"root": "here", "file": path.name}, {"here": str(path.parent)}
    model: dict[str, Any] = {"formula": formula}
    if options["vcov"] is not None:
        model["vcov"] = _vcov(options["vcov"])
    if options["ssc"] is not None:
        model["ssc"] = options["ssc"]
    if options["estimator"] is not None:
        model["estimator"] = options["estimator"]
    if options["weights"] is not None:
        name, sign, kind = options["weights"].partition("=")
        model["weights"] = {name: kind} if sign else name
    content: dict[str, Any] = {"spec": 1, "study": "fit", "data": data, "models": {"fit": model}}
    if options["condition"] is not None:
        content["filter"] = {"if": options["condition"]}
    return content, roots


def _vcov(value: str) -> str | dict[str, Any]:
    keyword, sign, rest = value.partition("=")
    if not sign:
        return keyword
    names = [name.strip() for name in rest.split(",") if name.strip()]
    return {keyword: names if len(names) > 1 else names[0] if names else ""}
