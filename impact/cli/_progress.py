"""Progress on standard error: a line that is rewritten on a terminal, silence in a pipe unless -v asks for lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from impact.core.texts import text
from impact.outputs._design_words import design_sentences


def make_progress(
    study: str, total: int, *, quiet: bool, verbose: int, language: str = "en"
) -> Callable[[str, str, Mapping[str, object]], None]:
    """A function called with a model's name and state, and with the facts of its design before it is estimated.

    Arguments:
        study: name shown first. total: number of models of the plan.
        quiet: nothing at all. verbose: one line a model, also in a pipe. A design that several models share is
            told once, with the first of them.
    """
    done = 0
    designs: set[str] = set()
    terminal = sys.stderr.isatty()

    def tell(name: str, state: str, facts: Mapping[str, object]) -> None:
        nonlocal done
        if state == "design":
            words = " ".join(design_sentences(facts, language))
            if not quiet and words not in designs:
                print(f"{study}  {name}  {text('table.note.design', language, words=words)}", file=sys.stderr)
            designs.add(words)
            return
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
