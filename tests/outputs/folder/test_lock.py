import json
import os
import socket
import subprocess
import sys

import pytest

from impact.core.errors import OutputError
from impact.outputs.folder.lock import folder_lock, lock_file, process_alive


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_a_second_writer_is_refused_and_the_lock_goes_away(tmp_path):
    target = tmp_path / "reports" / "x"
    with folder_lock(target) as held:
        assert held.notices == () and lock_file(target).exists()
        with pytest.raises(OutputError, match="E701") as caught, folder_lock(target):
            pass
        assert caught.value.exit_status == 7
        assert str(os.getpid()) in caught.value.faults[0].message
        assert str(tmp_path) not in caught.value.faults[0].message + caught.value.faults[0].help
    assert list(target.parent.iterdir()) == []
    with folder_lock(target):
        pass


def test_a_lock_of_an_ended_process_is_taken_over(tmp_path):
    target = tmp_path / "x"
    lock_file(target).write_text(json.dumps({"pid": dead_pid(), "host": socket.gethostname()}))
    with folder_lock(target) as held:
        assert [notice.code for notice in held.notices] == ["W702"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ['{"pid": 1, "host": "another-machine"}', "not json", "{}", ""])
def test_locks_of_other_machines_and_unreadable_ones_are_respected(tmp_path, content):
    target = tmp_path / "x"
    lock_file(target).write_text(content)
    with pytest.raises(OutputError, match="E701"), folder_lock(target):
        pass
    assert lock_file(target).read_text() == content


def test_waiting_ends_when_the_other_is_done(tmp_path):
    target = tmp_path / "x"
    script = (
        "import sys, time, pathlib; from impact.outputs.folder.lock import folder_lock\n"
        "with folder_lock(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(0.4)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(target)], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"held\n"
    with pytest.raises(OutputError, match="E701"), folder_lock(target):
        pass
    with folder_lock(target, wait_seconds=20) as held:
        assert held.notices == ()
    child.communicate()


def test_the_lock_is_released_after_an_error(tmp_path):
    with pytest.raises(RuntimeError), folder_lock(tmp_path / "x"):
        raise RuntimeError
    assert not lock_file(tmp_path / "x").exists()


def test_process_alive():
    assert process_alive(os.getpid())
    assert not process_alive(dead_pid())
    assert not process_alive(0)
