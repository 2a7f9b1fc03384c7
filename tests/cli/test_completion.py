"""The completion scripts, and what they complete."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_every_shell(call, shell):
    said = call("completion", shell)
    assert said.status == 0 and "_IMPACT_COMPLETE" in said.out


def test_an_unknown_shell(call):
    assert call("completion", "powershell").status == 2


def test_the_script_is_bash(call, tmp_path):
    file = tmp_path / "script"
    file.write_text(call("completion", "bash").out)
    subprocess.run(["bash", "-n", str(file)], check=True)


def test_commands_are_completed():
    environment = {
        **os.environ,
        "_IMPACT_COMPLETE": "bash_complete",
        "COMP_WORDS": "impact ver",
        "COMP_CWORD": "1",
    }
    code = "import sys; sys.argv = ['impact']; from impact.cli.main import cli; cli(prog_name='impact')"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert {"plain,verify", "plain,version"} <= set(done.stdout.split())
