"""One writer at a time: a lock file made by exclusive creation beside the folder."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from impact.core.errors import Notice, OutputError
from impact.core.texts import fault, notice
from impact.outputs.folder.write_errors import writing

_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class FolderLock:
    """A held lock: the folder it is for, the lock's file, and what was found on the way."""

    folder: Path
    file: Path
    notices: tuple[Notice, ...] = ()


def lock_file(folder: Path) -> Path:
    """The lock of a folder stands beside it, so that the folder itself can be swapped."""
    return folder.parent / f".{folder.name}.lock"


@contextmanager
def folder_lock(folder: Path, *, wait_seconds: float = 0.0) -> Iterator[FolderLock]:
    """Holds the lock of a folder; a lock of a process that has ended is taken over with a notice.

    Raises:
        OutputError: E701 where a live process still holds it after ``wait_seconds``; E702–E704 where the lock
            cannot be written.
    """
    folder = Path(os.path.realpath(folder))
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    file = lock_file(folder)
    notices = _acquire(folder, file, wait_seconds)
    try:
        yield FolderLock(folder, file, notices)
    finally:
        file.unlink(missing_ok=True)


def _acquire(folder: Path, file: Path, wait_seconds: float) -> tuple[Notice, ...]:
    end = time.monotonic() + wait_seconds
    notices: tuple[Notice, ...] = ()
    while not _create(folder, file):
        holder = _holder(file)
        if holder is not None and not _alive(holder):
            stale = file.with_name(f"{file.name}.{os.getpid()}")
            # Renaming is atomic: of two runs that find the same stale lock only one takes it away.
            if _moved(file, stale):
                stale.unlink(missing_ok=True)
                notices = (notice("W702", folder=folder.name, pid=holder[0]),)
            continue
        if time.monotonic() >= end:
            pid = holder[0] if holder else "?"
            raise OutputError(fault("E701", folder=folder.name, pid=pid, lock=file.name))
        time.sleep(_PAUSE)
    return notices


def _create(folder: Path, file: Path) -> bool:
    """Writes the lock complete under another name, then links it: a lock is never seen half-written."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    with writing(folder):
        draft.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}), encoding="utf-8")
        try:
            os.link(draft, file)
        except FileExistsError:
            return False
        except OSError:
            return _create_plain(file, draft)
        finally:
            draft.unlink(missing_ok=True)
    return True


def _create_plain(file: Path, draft: Path) -> bool:
    """For file systems without links."""
    try:
        with file.open("x", encoding="utf-8") as handle:
            handle.write(draft.read_text(encoding="utf-8"))
    except FileExistsError:
        return False
    return True


def _holder(file: Path) -> tuple[int, str] | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return int(found["pid"]), str(found["host"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError):
        # Unreadable locks are not taken over: somebody else's file may stand there.
        return None


def _alive(holder: tuple[int, str]) -> bool:
    """A process on another machine counts as alive: nothing can be known about it from here."""
    pid, host = holder
    return host != socket.gethostname() or process_alive(pid)


def process_alive(pid: int) -> bool:
    """True if a process of this number runs on this machine."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _moved(file: Path, target: Path) -> bool:
    try:
        file.rename(target)
    except FileNotFoundError:
        return False
    return True
