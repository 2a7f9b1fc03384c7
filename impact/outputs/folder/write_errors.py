"""The operating system's refusals as errors of ours: no permission, disk full, anything else."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from impact.core.errors import Fault, OutputError
from impact.core.texts import fault

_NO_PERMISSION = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns an OSError into E702 (permission), E703 (space) or E704, without the folder's full path."""
    try:
        yield
    except OSError as problem:
        raise OutputError(write_fault(problem, folder)) from problem


def write_fault(problem: OSError, folder: Path) -> Fault:
    """The fault of a refusal."""
    shown = os.path.join(folder.parent.name, folder.name)
    if problem.errno in _NO_PERMISSION:
        return fault("E702", path=shown)
    if problem.errno in _NO_SPACE:
        return fault("E703", path=shown)
    return fault("E704", path=shown, why=problem.strerror or type(problem).__name__)
