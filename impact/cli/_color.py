"""Colour on the terminal: whether, and of what. Nothing is said by colour alone."""

from __future__ import annotations

import os
import re
from typing import TextIO

RED, YELLOW, BOLD, OFF = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1m", "\x1b[0m"
_HEAD = re.compile(r"^(?P<place>[^\n]*?)(?P<word>\w+)\[(?P<code>[EW]\d{3})\]", re.MULTILINE)
_CARETS = re.compile(r"^(?P<margin> +\| +)(?P<carets>\^+)", re.MULTILINE)


def wants_color(choice: str, stream: TextIO) -> bool:
    """Whether a stream is coloured: the option first, then NO_COLOR, then whether it is a terminal."""
    if choice in ("always", "never"):
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def painted(messages: str) -> str:
    """Rendered faults with their codes and carets in colour."""
    shown = _HEAD.sub(_head, messages)
    return _CARETS.sub(lambda found: f"{found['margin']}{RED}{found['carets']}{OFF}", shown)


def _head(found: re.Match[str]) -> str:
    color = RED if found["code"].startswith("E") else YELLOW
    return f"{BOLD}{found['place']}{OFF}{color}{found['word']}[{found['code']}]{OFF}"
