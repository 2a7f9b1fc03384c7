"""Global options, exit statuses, languages, colour and the start-up budget."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest

import impact.cli.main as command_line

BAD = "spec: 1\ndata: shipped:castle\ntiem: 3\nmodel: l_homicide ~ post | sid\n"
# seconds of processor time above a bare interpreter
BUDGET = 0.1


@pytest.fixture
def bad(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(BAD, encoding="utf-8")
    return file


def test_help_names_every_command_with_a_line(call):
    said = call("--help")
    assert said.status == 0
    for name, (_, line) in command_line.COMMANDS.items():
        assert f"  {name} " in said.out
        assert line.split()[0] in said.out


def test_every_command_is_there_and_has_help(call):
    for name in command_line.COMMANDS:
        said = call(name, "--help")
        assert said.status == 0, name
        assert "Usage: impact" in said.out


def test_help_in_spanish(call):
    assert "Ejecuta especificaciones" in call("--lang", "es", "--help").out
    assert "Ejecuta especificaciones" in call("--help", "--lang=es").out


@pytest.mark.parametrize("arguments", [["rnu"], ["--nope"], ["run"], ["list", "nothing"], ["explain"]])
def test_a_wrong_command_line_is_exit_2(call, arguments):
    said = call(*arguments)
    assert said.status == 2
    assert said.out == ""
    assert said.err


def test_the_nearest_command_is_named(call):
    assert "did you mean 'explain'?" in call("explian").err


def test_faults_go_to_standard_error_in_the_language_asked_for(call, bad):
    english, spanish = call("check", bad), call("check", bad, "--lang", "es")
    assert english.status == spanish.status == 3
    assert english.out == spanish.out == ""
    assert "unknown key 'tiem' in the spec" in english.err
    assert "help: keys of the spec are" in english.err
    assert "clave desconocida 'tiem' en la especificación" in spanish.err
    assert "ayuda: las claves de la especificación son" in spanish.err


@pytest.mark.parametrize("order", ["before", "after"])
def test_format_json_before_or_after_the_command(call, bad, order):
    option = ["--format", "json"]
    said = call(*option, "check", bad) if order == "before" else call("check", bad, *option)
    (fault,) = json.loads(said.out)
    assert (fault["code"], fault["line"], fault["column"]) == ("E102", 3, 1)
    assert said.err == ""


def test_json_faults_speak_the_language(call, bad):
    (fault,) = json.loads(call("check", bad, "--format=json", "--lang=es").out)
    assert fault["message"] == "clave desconocida 'tiem' en la especificación"


def test_colour_by_option_then_variable(call, bad, monkeypatch):
    assert "\x1b[" in call("check", bad, "--color", "always").err
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" in call("--color=always", "check", bad).err
    assert "\x1b[" not in call("check", bad).err


def test_an_internal_fault_is_told_as_such(call, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("boom")

    monkeypatch.setattr("impact.cli._installed.installed", broken)
    monkeypatch.setattr("impact.cli.list.installed", broken)
    said = call("list")
    assert said.status == 1
    assert "E900" in said.err
    assert "boom" in said.err
    assert "Traceback" not in said.err
    assert "Traceback" in call("list", "--debug").err


def test_an_interrupt_is_130(call, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("impact.cli.list.installed", stopped)
    said = call("list", "--lang", "es")
    assert said.status == 130
    assert "modelos terminados" in said.err


def processor_seconds(arguments: list[str]) -> float:
    """The least of several calls, so that a busy machine does not count."""
    least = float("inf")
    for _ in range(6):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["version"]])
def test_start_up_budget(arguments):
    bare = processor_seconds(["-c", "pass"])
    assert processor_seconds(["-m", "impact", *arguments]) - bare <= BUDGET


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["version"]])
def test_start_up_loads_no_heavy_library(program, arguments):
    code = (
        "import sys, impact.cli.main as m\n"
        f"try:\n    m.main({arguments!r})\nexcept SystemExit:\n    pass\n"
        "print('LOADED', sorted({'numpy', 'pandas', 'pydantic', 'ruamel', 'scipy', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_as_a_program(program, tmp_path):
    assert program("version").status == 0
    said = program("check", "nowhere.yaml", cwd=tmp_path)
    assert said.status == 3
    assert said.out == ""
    assert "nowhere.yaml" in said.err
    assert "Traceback" not in said.err
