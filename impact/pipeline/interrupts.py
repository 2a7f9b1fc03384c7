"""Interrupting a run: the first time it ends after the running models, the second time at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that a first interrupt sets; a second interrupt raises KeyboardInterrupt as usual."""
    stop = Event()
    if current_thread() is not main_thread():
        yield stop
        return

    def first(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, first)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
