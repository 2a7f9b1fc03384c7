"""The text of a new spec: from a file's own columns, or from an example that comes with the package."""

from __future__ import annotations

import json
import os
import re
import shlex
import textwrap
from pathlib import Path

from impact.cli._columns_guess import Guess, guess_columns
from impact.cli._installed import example_lines
from impact.core.errors import DataError, Place, SpecError
from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.texts import fault, text
from impact.data.paths import project_folder
from impact.data.read import read_frame
from impact.schema.data_blocks import DataBlock
from impact.schema.expressions.tokens import spell_name
from impact.schema.shipped import find_shipped

EDITOR_LINE = "# yaml-language-server: $schema=impact-spec-1.json"
WIDTH = 100
# what a study is like → the example that shows it
SHORT_NAMES = {
    "did": "minimum_wage_staggered",
    "synth": "replication_f1_tobacco",
    "iv": "replication_w2_schooling",
    "ppml": "homicide_counts",
    "survey": "schooling_survey",
    "rd": "close_elections",
    "matching": "training_on_observables",
    "decomposition": "wage_gap_and_distribution",
    "panel": "replication_f3_public_capital",
    "replication": "replication_c2_castle_doctrine",
    "speccurve": "self_defence_curve",
    "ledger": "fiscal_ledger_statusquo",
}
# root of data that lie outside the project
ROOT = "data"
# numbers and words in one column
MIXED = "E210"
DATA_PATH = re.compile(r"(?P<lead>[:\s\[,{])(?:\.\./)+data/(?P<name>[\w.\-/]+)")
BASE_PATHS = re.compile(r"^extends:[ \t]+.*$", re.M)
BASE_PATH = re.compile(r"(?P<lead>[\s\[,])(?P<name>[\w.\-/]+\.ya?ml)")


def spec_from_data(file: str, spec: Path, *, language: str) -> tuple[str, str]:
    """A commented spec on a data file, with the file's own column names, and the options its runs need.

    A spec reads files of its own project only; the folder of another file is reached through the root ``data``.

    Arguments:
        file: path of the data as the user typed it. spec: path of the spec that will be written.

    Raises:
        DataError: E2xx the file cannot be read, E724 it has no two columns that a model could be made of.
    """
    path = Path(file).expanduser()
    frame, types = read_any(path, Place(file))
    guess = guess_columns(frame)
    if guess is None:
        listed = ", ".join(frame.columns)
        raise DataError(fault("E724", place=Place(file), file=file, columns=listed[:300]))
    resolved, home = path.resolve(), spec.resolve().parent
    if resolved.is_relative_to(project_folder(home).resolve()):
        where = [f"  file: {_quoted(os.path.relpath(resolved, home).replace(os.sep, '/'))}"]
        options = ""
    else:
        where = [f"  root: {ROOT}", f"  file: {_quoted(path.name)}"]
        options = f" --root {ROOT}={shlex.quote(str(resolved.parent))}"
    lines = _lines(guess, spec, where=where, types=types, language=language)
    return "\n".join(lines) + "\n", options


def read_any(path: Path, place: Place) -> tuple[Frame, dict[str, str]]:
    """The frame of a file; columns in which numbers and words stand together are read as text."""
    types: dict[str, str] = {}
    try:
        return read_frame(
            DataBlock.model_validate({"file": path.name}), folder=path.parent, place=place
        ), types
    except DataError as problem:
        mixed = {str(item.values.get("column")): "text" for item in problem.faults if item.code == MIXED}
        if len(mixed) < len(problem.faults):
            raise
    block = DataBlock.model_validate({"file": path.name, "types": mixed})
    return read_frame(block, folder=path.parent, place=place), mixed


def _lines(guess: Guess, spec: Path, *, where: list[str], types: dict[str, str], language: str) -> list[str]:
    def say(key: str, **values: object) -> list[str]:
        return _comment(text(f"commands.new.{key}", language, **values))

    outcome, regressor = spell_name(guess.outcome), spell_name(guess.regressor)
    question = text("commands.new.question_text", language, outcome=guess.outcome, regressor=guess.regressor)
    lines = [EDITOR_LINE, *say("made", spec=spec.as_posix()), *say("schema"), "spec: 1"]
    lines += [
        f"study: {spec.stem}",
        f"language: {language}",
        *say("question"),
        f"question: {_quoted(question)}",
    ]
    lines += ["", *say("data"), *say("columns", columns=", ".join(guess.numbers))]
    lines += say("texts", columns=", ".join(guess.texts)) if guess.texts else []
    lines += ["data:", *where, f"  source: {_quoted(text('commands.new.source', language))}"]
    if types:
        lines.append(
            f"  types: {{{', '.join(f'{_quoted_name(name)}: {kind}' for name, kind in types.items())}}}"
        )
    if guess.unit:
        unit, time = _quoted_name(guess.unit), _quoted_name(guess.time)
        lines += ["", *say("panel"), f"panel: {{unit: {unit}, time: {time}}}"]
        lines += [*say("checks"), "checks:", f"  key: {{unique: [{unit}, {time}]}}"]
    lines += ["", *say("filter"), f"# filter: {{chosen: {_quoted(f'{outcome} > 0')}}}"]
    lines += ["", *say("models"), "models:", f"  simple: {_quoted(f'{outcome} ~ {regressor}')}"]
    if guess.varies_in_unit:
        effects = f"{spell_name(guess.unit)} + {spell_name(guess.time)}"
        lines.append(f"  effects: {_quoted(f'{outcome} ~ {regressor} | {effects}')}")
    if guess.unit:
        lines += [*say("vcov", unit=guess.unit), f"vcov: {{cluster: {_quoted_name(guess.unit)}}}"]
    else:
        lines += [*say("hc1"), "vcov: hc1"]
    if guess.varies_in_unit:
        lines += ["", *say("answer"), "answer: {model: effects}"]
    last = "effects" if guess.varies_in_unit else "simple"
    reason = _quoted(text("commands.new.reason", language))
    lines += [
        "",
        *say("tests"),
        "# tests:",
        f"#   small: {{kind: equivalence, of: {last}, bound: 0.02, reason: {reason}}}",
    ]
    lines += ["", *say("labels"), "labels:"]
    lines += [f"  {_quoted_name(name)}: {_quoted(name)}" for name in (guess.outcome, guess.regressor)]
    return lines


def _comment(sentence: str) -> list[str]:
    return textwrap.wrap(sentence, WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _quoted_name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name not in _WORDS else _quoted(name)


_WORDS = ("true", "false", "null")


def spec_from_example(example: str, spec: Path, *, language: str) -> str:
    """A shipped spec under a new name; its data and bases are those of the package.

    Raises:
        SpecError: E723 there is no such example.
    """
    names = [line.keyword for line in example_lines()]
    name = SHORT_NAMES.get(example, example.removesuffix(".yaml"))
    if name not in names:
        close = nearest(name, [*names, *SHORT_NAMES])
        known = ", ".join([*SHORT_NAMES, *names])
        raise SpecError(fault("E723", suggestion=close, name=example, known=known))
    path = find_shipped(name)
    assert path is not None
    body = path.read_text(encoding="utf-8")
    body = DATA_PATH.sub(_shipped_data, body)
    body = BASE_PATHS.sub(lambda line: BASE_PATH.sub(r"\g<lead>shipped:\g<name>", line.group(0)), body)
    body = re.sub(r"^study:.*\n", "", body, flags=re.M)
    body = re.sub(r"^spec: 1[ \t]*$", f"spec: 1\nstudy: {spec.stem}", body, count=1, flags=re.M)
    head = _comment(text("commands.new.copied", language, example=name, spec=spec.as_posix()))
    return "\n".join([EDITOR_LINE, *head, body])


def _shipped_data(found: re.Match[str]) -> str:
    name = found.group("name")
    if find_shipped(name, "data") is None:
        return found.group(0)
    return f"{found.group('lead')}shipped:{name.removesuffix('.csv')}"
