"""The first interrupt sets the event, the second is one."""

import os
import signal
import threading
import time

import pytest

from impact.pipeline.interrupts import stopping


def test_first_and_second():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), stopping() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        assert stop.is_set()
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_nothing_is_touched():
    found = []

    def body() -> None:
        with stopping() as stop:
            found.append(stop.is_set())

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert found == [False]
