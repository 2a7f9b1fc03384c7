"""`impact completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

import impact.cli.main as command_line

VARIABLE = "_IMPACT_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(*, shell: str) -> int:
    """Print the completion script of a shell; put it where the shell reads such scripts.

    bash: impact completion bash >> ~/.bashrc. zsh: impact completion zsh >> ~/.zshrc. fish: impact completion fish
    > ~/.config/fish/completions/impact.fish.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    print(kind(command_line.cli, {}, "impact", VARIABLE).source())
    return 0
