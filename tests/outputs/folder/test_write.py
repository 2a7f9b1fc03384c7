"""At every moment the folder is the complete old one or the complete new one."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import impact.outputs.folder.write as module
from impact.core.errors import OutputError
from impact.outputs.folder.lock import folder_lock
from impact.outputs.folder.write import write_folder

OLD = {"a.txt": b"old", "tables/t.md": b"old table", "gone.txt": b"old"}
NEW = {"a.txt": b"new", "tables/t.md": b"new table", "tables/more.md": b"x"}


def with_manifest(files: dict[str, bytes]) -> dict[str, bytes]:
    return {**files, "manifest.json": json.dumps({"outputs": {name: {} for name in files}}).encode()}


def content(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def leftovers(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.parent.iterdir() if p != folder)


@pytest.fixture(params=["exchange", "journal"])
def way(request, monkeypatch):
    """The one-step exchange of this system, and the way of systems without it."""
    if request.param == "journal":
        monkeypatch.setattr(module, "exchange", lambda left, right: False)
    return request.param


def test_new_files_replace_old_ones_and_the_users_stay(tmp_path, way):
    target = tmp_path / "reports" / "x"
    assert write_folder(target, with_manifest(OLD)) == ()
    (target / "notes").mkdir()
    (target / "notes" / "mine.txt").write_bytes(b"mine")
    (target / "link").symlink_to("a.txt")
    assert write_folder(target, with_manifest(NEW)) == ()
    assert content(target) == {**with_manifest(NEW), "notes/mine.txt": b"mine", "link": b"new"}
    assert (target / "link").is_symlink()
    assert leftovers(target) == []


def test_without_a_manifest_nothing_is_removed(tmp_path, way):
    target = tmp_path / "x"
    write_folder(target, OLD)
    write_folder(target, NEW)
    assert content(target) == {**OLD, **NEW}
    write_folder(target, with_manifest(OLD))
    write_folder(target, with_manifest(NEW), keep_others=True)
    assert content(target)["gone.txt"] == b"old"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", ".hidden", "a\\b", "", "a/./..", "x\0y"])
def test_names_that_leave_the_folder_are_refused(tmp_path, name):
    with pytest.raises(OutputError, match="E705"):
        write_folder(tmp_path / "x", {name: b""})
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_folders_place_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"mine")
    with pytest.raises(OutputError, match="E705"):
        write_folder(tmp_path / "x", NEW)
    assert (tmp_path / "x").read_bytes() == b"mine"


def test_a_linked_folder_is_written_where_it_points(tmp_path, way):
    (tmp_path / "real").mkdir()
    (tmp_path / "x").symlink_to("real", target_is_directory=True)
    write_folder(tmp_path / "x", NEW)
    assert (tmp_path / "x").is_symlink()
    assert content(tmp_path / "real") == NEW


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EACCES, "E702"),
        (errno.EROFS, "E702"),
        (errno.ENOSPC, "E703"),
        (errno.EDQUOT, "E703"),
        (errno.EIO, "E704"),
    ],
)
def test_refusals_of_the_system(tmp_path, monkeypatch, number, code):
    target = tmp_path / "x"
    write_folder(target, OLD)

    def refuse(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError, match=code) as caught:
        write_folder(target, NEW)
    assert caught.value.exit_status == 7
    assert str(tmp_path) not in caught.value.faults[0].message
    assert content(target) == OLD
    assert leftovers(target) == []


@pytest.mark.parametrize("call", ["fsync", "mkdir", "rename", "open", "copy2"])
def test_the_kth_call_fails(tmp_path, monkeypatch, way, call):
    """Whatever call fails, the folder is whole: old, or new once it is swapped in."""
    old, new = with_manifest(OLD), with_manifest(NEW)
    owner = {"fsync": os, "mkdir": Path, "rename": Path, "open": Path, "copy2": module.shutil}[call]
    real = getattr(owner, call)
    for fail_at in range(1, 40):
        target = tmp_path / f"{fail_at}" / "x"
        write_folder(target, old)
        (target / "mine.txt").write_bytes(b"mine")
        calls = 0

        def failing(*args, _fail_at=fail_at, **kwargs):
            nonlocal calls
            calls += 1
            if calls == _fail_at:
                raise OSError(errno.EIO, "injected")
            return real(*args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(owner, call, failing)
            try:
                write_folder(target, new)
                failed = False
            except OutputError as error:
                failed = error.code == "E704"
                assert failed
        if not target.exists():
            # Between the two renames of the journal's way: the next run finishes it.
            assert way == "journal"
            module.recover(target)
        found = content(target)
        assert found.pop("mine.txt") == b"mine"
        assert found in (old, new)
        if not failed:
            assert found == new
            return
    pytest.fail("every call failed")


def test_an_interrupted_swap_is_finished(tmp_path, monkeypatch):
    """Stopped between the two renames: the new folder is complete and comes in."""
    target = tmp_path / "x"
    write_folder(target, with_manifest(OLD))
    new, old = tmp_path / ".x.new-999999999", tmp_path / ".x.old-999999999"
    (tmp_path / "x").rename(old)
    new.mkdir()
    (new / "a.txt").write_bytes(b"new")
    (tmp_path / ".x.journal").write_text(json.dumps({"new": new.name, "old": old.name}))
    notices = write_folder(target, with_manifest(NEW))
    assert [notice.code for notice in notices] == ["W703"]
    assert content(target) == with_manifest(NEW)
    assert leftovers(target) == []


@pytest.mark.parametrize("text", ["", "{", '{"new": "../../etc", "old": "y"}', "[]"])
def test_a_damaged_journal_harms_nothing(tmp_path, text):
    target = tmp_path / "x"
    write_folder(target, OLD)
    (tmp_path / ".x.journal").write_text(text)
    write_folder(target, NEW)
    assert content(target) == {**OLD, **NEW}
    assert leftovers(target) == []


def test_folders_of_dead_processes_are_removed_and_of_live_ones_stay(tmp_path):
    target = tmp_path / "x"
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    dead, alive = tmp_path / f".x.new-{child.pid}", tmp_path / f".x.new-{os.getppid()}"
    other = tmp_path / ".x.new-mine"
    for folder in (dead, alive, other):
        folder.mkdir()
    write_folder(target, NEW)
    assert leftovers(target) == sorted([alive.name, other.name])


def test_a_held_lock_is_used(tmp_path):
    target = tmp_path / "x"
    with folder_lock(target) as lock:
        with pytest.raises(OutputError, match="E701"):
            write_folder(target, NEW)
        write_folder(target, NEW, lock=lock)
    assert content(target) == NEW
    assert leftovers(target) == []


KILLED = """
import sys, pathlib
import impact.outputs.folder.write as module
if sys.argv[2] == "journal":
    module.exchange = lambda left, right: False
print("go", flush=True)
for number in range(100000):
    files = {f"{place}.txt": f"{number}".encode() * 2000 for place in range(8)}
    module.write_folder(pathlib.Path(sys.argv[1]), files)
"""


@pytest.mark.parametrize("kind", ["exchange", "journal"])
def test_a_killed_run_leaves_one_whole_folder(tmp_path, kind):
    target = tmp_path / "x"
    existed = False
    for turn in range(4):
        child = subprocess.Popen([sys.executable, "-c", KILLED, str(target), kind], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"go\n"
        time.sleep(0.03 + 0.013 * turn)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        if kind == "exchange":
            assert target.exists() or not existed
        with folder_lock(target):
            module.recover(target)
        existed = existed or target.exists()
        assert target.exists() == existed
        if existed:
            found = content(target)
            assert len(found) == 8
            assert len(set(found.values())) == 1
    write_folder(target, NEW)
    assert leftovers(target) == []
