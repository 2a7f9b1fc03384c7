"""Writing a folder so that it is at every moment the complete old one or the complete new one.

The new folder is written beside the old one and flushed to disk. Where the system can exchange two folders
in one step
(Linux, macOS) they are exchanged. Elsewhere a journal says what is about to be renamed, and the next run
finishes it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from impact.core.errors import Notice, OutputError
from impact.core.texts import fault, notice
from impact.outputs.folder.exchange import exchange
from impact.outputs.folder.lock import FolderLock, folder_lock, process_alive
from impact.outputs.folder.write_errors import writing

# Folders and drafts that carry the number of the process that made them.
_LEFTOVER = re.compile(r"(?:(?:new|old)-|journal\.|lock\.)(?P<pid>\d+)(?:\.new)?")
_ALWAYS_OURS = ("manifest.json", "run.log")


def write_folder(
    path: Path, files: Mapping[str, bytes], *, lock: FolderLock | None = None, keep_others: bool = False
) -> tuple[Notice, ...]:
    """Replaces the folder's outputs by ``files`` (relative name → bytes), all or nothing.

    Files of the old folder that this run does not produce stay, unless the old manifest lists them as
    outputs;
    with ``keep_others`` those stay too.

    Arguments:
        path: the folder; made if it is missing.
        lock: the lock that the caller already holds; without one it is taken for the time of writing.

    Returns:
        Notices: a stale lock taken over (W702), an interrupted write finished (W703).

    Raises:
        OutputError: E701 locked, E702 permission, E703 disk full, E704 other refusals, E705 unusable names.
    """
    target = Path(os.path.realpath(path))
    _check(target, files)
    if lock is None:
        with folder_lock(target) as held:
            return (*held.notices, *_replace(target, files, keep_others=keep_others))
    return _replace(target, files, keep_others=keep_others)


def _check(target: Path, files: Mapping[str, bytes]) -> None:
    if target.exists() and not target.is_dir():
        raise OutputError(fault("E705", path=target.name))
    for name in files:
        parts = PurePosixPath(name).parts
        unsafe = not parts or PurePosixPath(name).is_absolute() or "\\" in name or "\x00" in name
        if unsafe or any(part in ("..", ".") or part.startswith(".") for part in parts):
            raise OutputError(fault("E705", path=name))


def _replace(target: Path, files: Mapping[str, bytes], *, keep_others: bool) -> tuple[Notice, ...]:
    with writing(target):
        notices = recover(target)
        new = target.parent / f".{target.name}.new-{os.getpid()}"
        try:
            _write_new(new, files)
            _carry_over(target, new, files, keep_others=keep_others)
            _flush_folders(new)
            _swap(target, new)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
    return notices


def _write_new(new: Path, files: Mapping[str, bytes]) -> None:
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name, content in files.items():
        file = new / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())


def _carry_over(target: Path, new: Path, files: Mapping[str, bytes], *, keep_others: bool) -> None:
    """The user's own files move along, as copies: the old folder stays whole until the swap."""
    if not target.is_dir():
        return
    ours = set(files) | (set() if keep_others else listed_outputs(target))
    for folder, folders, names in os.walk(target):
        folders.sort()
        for name in sorted([*names, *(one for one in folders if Path(folder, one).is_symlink())]):
            old = Path(folder, name)
            relative = old.relative_to(target).as_posix()
            if relative in ours:
                continue
            place = new / relative
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(old, place, follow_symlinks=False)


def listed_outputs(folder: Path) -> set[str]:
    """The outputs that the folder's manifest lists, the manifest and the log; else nothing."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        listed = manifest["outputs"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        # What cannot be read as a manifest lists nothing: every file is then taken for the user's own.
        return set()
    return {*map(str, listed), *_ALWAYS_OURS}


def _flush_folders(new: Path) -> None:
    for folder, _, _ in os.walk(new):
        _flush(Path(folder))


def _flush(folder: Path) -> None:
    """A folder's entries to disk, where the system can do that."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(target: Path, new: Path) -> None:
    parent = target.parent
    if not target.exists():
        new.rename(target)
        _flush(parent)
        return
    if exchange(target, new):
        _flush(parent)
        shutil.rmtree(new, ignore_errors=True)
        return
    old = parent / f".{target.name}.old-{os.getpid()}"
    journal = _journal(target)
    _write_journal(journal, {"new": new.name, "old": old.name})
    target.rename(old)
    new.rename(target)
    _flush(parent)
    journal.unlink()
    shutil.rmtree(old, ignore_errors=True)


def _journal(target: Path) -> Path:
    return target.parent / f".{target.name}.journal"


def _write_journal(journal: Path, content: Mapping[str, str]) -> None:
    draft = journal.with_name(f"{journal.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as handle:
        json.dump(content, handle)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(journal)
    _flush(journal.parent)


def recover(target: Path) -> tuple[Notice, ...]:
    """Finishes or undoes an interrupted swap and removes what dead processes left beside the folder."""
    notices = _finish(target)
    prefix = f".{target.name}."
    for leftover in sorted(target.parent.iterdir()):
        found = _LEFTOVER.fullmatch(leftover.name.removeprefix(prefix))
        if leftover.name.startswith(prefix) and found and not process_alive(int(found["pid"])):
            _remove(leftover)
    return notices


def _remove(leftover: Path) -> None:
    if leftover.is_dir() and not leftover.is_symlink():
        shutil.rmtree(leftover, ignore_errors=True)
    else:
        leftover.unlink(missing_ok=True)


def _finish(target: Path) -> tuple[Notice, ...]:
    journal = _journal(target)
    try:
        content = json.loads(journal.read_text(encoding="utf-8"))
        new, old = (target.parent / Path(str(content[key])).name for key in ("new", "old"))
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError, TypeError):
        journal.unlink(missing_ok=True)
        return ()
    found: tuple[Notice, ...] = ()
    if not target.exists():
        # The old folder was moved away: the new one is complete, else the old one comes back.
        source = new if new.is_dir() else old
        if source.is_dir():
            source.rename(target)
            found = (notice("W703", folder=target.name),)
    _flush(target.parent)
    journal.unlink(missing_ok=True)
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    return found
