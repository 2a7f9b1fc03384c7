"""The command line: global options, commands imported when they are called, errors to exit statuses."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence

import click

from impact.cli._tell import report_faults, report_internal, report_interrupt
from impact.core.errors import ImpactError

# name → (module, one line for `impact --help`); the module is imported when the command is called
COMMANDS = {
    "run": ("impact.cli.run", "Run specs or folders of specs."),
    "check": ("impact.cli.check", "Find every problem of a spec without estimating."),
    "fit": ("impact.cli.fit", "One regression without a spec, a table on the terminal."),
    "new": ("impact.cli.new", "Write a commented, working spec."),
    "import": ("impact.cli.import_", "A do-file or R script to a spec, with the conventions it implies."),
    "show": ("impact.cli.show", "Resolved spec, models, or what a formula means."),
    "explain": ("impact.cli.explain", "What an estimator, variance, test, key or error code is."),
    "list": ("impact.cli.list", "What is installed: estimators, variances, tests, domains, examples."),
    "schema": ("impact.cli.schema", "JSON Schema of the spec format, for editors."),
    "power": (
        "impact.cli.power",
        "Smallest effect that is found and power curve, of a spec or of a planned trial.",
    ),
    "data": ("impact.cli.data", "What a data file holds; or the synthetic data of the Peru lab."),
    "replicate": ("impact.cli.replicate", "Run specs with published numbers or claims; overview of cells."),
    "report": ("impact.cli.report", "Tables, figures and page of a finished run again, without estimating."),
    "diff": ("impact.cli.diff", "Two runs side by side: what differs, and what changed in the inputs."),
    "verify": ("impact.cli.verify", "Re-hash inputs and outputs, run again, compare."),
    "package": (
        "impact.cli.package",
        "Reproducibility package of finished studies: specs, data, README, checksums.",
    ),
    "cache": ("impact.cli.cache", "What is stored of earlier runs: list, check, remove."),
    "migrate": ("impact.cli.migrate", "Older spellings of specs rewritten, comments kept."),
    "freeze": ("impact.cli.freeze", "Store what a spec says before its data are opened."),
    "doctor": ("impact.cli.doctor", "What is installed, what is missing, what can be written."),
    "completion": ("impact.cli.completion", "Completion script for bash, zsh or fish."),
    "version": ("impact.cli.version", "Versions of impact, Python and the numerical packages."),
}


class LazyCommands(click.Group):
    """A group that knows its commands' names and lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command that is called."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command for a wrong one."""
        if args and args[0] not in COMMANDS:
            from impact.core.nearest import nearest  # start-up: only on a mistake

            hint = nearest(args[0], COMMANDS)
            ctx.fail(f"no command '{args[0]}'" + (f"; did you mean '{hint}'?" if hint else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a command, without importing any."""
        language = str((ctx.find_root().obj or {}).get("lang", "en"))
        lines = {name: line for name, (_, line) in COMMANDS.items()}
        if language != "en":
            from impact.core.texts import text  # start-up: English needs no catalogue

            lines = {name: text(f"commands.line.{name}", language) for name in COMMANDS}
        with formatter.section("Commands"):
            formatter.write_dl(list(lines.items()))


@click.group(
    cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour on the terminal."
)
@click.option("-q", "--quiet", is_flag=True, help="No progress, no summary; errors only.")
@click.option("-v", "--verbose", count=True, help="More progress lines.")
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", help="Language of messages.")
@click.option(
    "--format", "output_format", type=click.Choice(["text", "json"]), default="text", help="Form of results."
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(
    ctx: click.Context, *, color: str, quiet: bool, verbose: int, lang: str, output_format: str, debug: bool
) -> None:
    """Impact evaluation from a short spec to tables, figures and a certificate of replication."""
    ctx.obj = {
        "color": color,
        "quiet": quiet,
        "verbose": verbose,
        "lang": lang,
        "format": output_format,
        "debug": debug,
    }


def setting(ctx: click.Context, name: str) -> object:
    """A global option of this call."""
    return (ctx.find_root().obj or {}).get(name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every user's mistake ends in a message and its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _speak_anyway()
    debug = "--debug" in given
    as_json = _value_of("--format", given) == "json"
    language = "es" if _value_of("--lang", given) == "es" else "en"
    try:
        status = cli.main(
            args=_globals_first(given), prog_name="impact", standalone_mode=False, obj={"lang": language}
        )
    except (click.exceptions.Abort, KeyboardInterrupt):
        report_interrupt(language)
        status = 130
    except click.ClickException as problem:
        problem.show()
        status = 2
    except click.exceptions.Exit as leave:
        status = leave.exit_code
    except ImpactError as problem:
        status = problem.exit_status
        report_faults(problem.faults, as_json=as_json, language=language, color=_value_of("--color", given))
        if debug:
            traceback.print_exc()
    except BrokenPipeError:
        close_output()
        status = 0
    except SystemExit as leave:
        # click leaves with 1 where the reader of the pipe has gone; nothing is wrong with the run
        status = 0 if type(sys.stdout).__name__ == "PacifyFlushWrapper" else leave.code
    except Exception as problem:
        status = 1
        report_internal(problem, debug=debug, language=language)
    _leave(status if isinstance(status, int) else 0)


def _globals_first(arguments: list[str]) -> list[str]:
    """Global options may stand after the command, too."""
    switches = {"--debug", "-q", "--quiet", "-v", "-vv", "-vvv", "--verbose"}
    valued = {"--format", "--color", "--lang"}
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest.extend([argument, *waiting])
        elif argument in switches or (argument.partition("=")[0] in valued and "=" in argument):
            front.append(argument)
        elif argument in valued:
            front.extend([argument, next(waiting, "")])
        else:
            rest.append(argument)
    return front + rest


def _value_of(option: str, arguments: Sequence[str]) -> str:
    """The value of a global option, wherever it stands; faults may come before the options are read."""
    for position, argument in enumerate(arguments):
        if argument == option and position + 1 < len(arguments):
            return arguments[position + 1]
        if argument.startswith(f"{option}="):
            return argument.partition("=")[2]
    return ""


def _speak_anyway() -> None:
    """Characters that the terminal does not have are escaped, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def close_output() -> None:
    """The reader of standard output has gone: what is printed from now on is lost."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave(status: int) -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        close_output()
    sys.exit(status)
