"""One text file, written in full or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from impact.core.errors import OutputError
from impact.core.texts import fault


def write_text(name: str, content: str, *, overwrite: bool) -> None:
    """Write a text file beside its place and rename it.

    Raises:
        OutputError: E720 the file exists and must not be replaced, E721 it cannot be written.
    """
    path = Path(name)
    if not overwrite:
        refuse_existing(name)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as problem:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise OutputError(fault("E721", path=name, problem=problem.strerror or str(problem))) from None


def refuse_existing(name: str) -> None:
    """Nothing that is there is replaced.

    Raises:
        OutputError: E720.
    """
    if Path(name).exists():
        raise OutputError(fault("E720", path=name))


def _umask() -> int:
    """The permissions that new files lose; asking means setting it for a moment."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
