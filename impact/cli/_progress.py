"""Progress on standard error: a line that is rewritten on a terminal, silence in a pipe unless -v asks for lines."""

from __future__ import annotations

import sys
from collections.abc import Callable


def make_progress(study: str, total: int, *, quiet: bool, verbose: int) -> Callable[[str, str], None]:
    """A function called with a model's name and state.

    Arguments:
        study: name shown first. total: number of models of the plan.
        quiet: nothing at all. verbose: one line a model, also in a pipe.
    """
    done = 0
    terminal = sys.stderr.isatty()

    def tell(name: str, state: str) -> None:
        nonlocal done
        done += 1
        if quiet:
            return
        if verbose:
            print(f"{study}  {name}  {state}", file=sys.stderr)
        elif terminal:
            shown = f"{study}  {done}/{max(total, done)}  {name}"[:78]
            print(
                f"\r{shown:<78}",
                end="" if done < total else "\r" + " " * 78 + "\r",
                file=sys.stderr,
                flush=True,
            )

    return tell
