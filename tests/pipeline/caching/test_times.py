"""Times of earlier runs: those of estimating, never those of reading what was stored."""

from __future__ import annotations

import pytest

from impact.pipeline.caching.memory import Made
from impact.pipeline.caching.store import Store
from impact.pipeline.caching.times import Times, keep_times, read_times


def test_times_of_estimating_stay_when_a_run_reads_the_cache(tmp_path):
    store = Store(tmp_path)
    assert read_times(store, "a.yaml") == Times()
    keep_times(store, "a.yaml", {"m": Made(0, 2, 1.5, 60.0), "n": Made(0, 1, 0.25, 0.0)}, 2.0)
    keep_times(store, "a.yaml", {"m": Made(2, 0, 0.0, 0.0), "n": Made(0, 1, 0.5, 0.0)}, 0.6)
    found = read_times(store, "a.yaml")
    assert found == Times({"m": 1.5, "n": 0.5}, {"m": 60.0}, 0.6)
    assert read_times(store, "b.yaml") == Times()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"seconds": {"m": "x"}, "megabytes": {}, "total": 1}', "\xff"]
)
def test_damaged_times_say_nothing(tmp_path, content):
    store = Store(tmp_path)
    keep_times(store, "a.yaml", {}, 1.0)
    for file in (tmp_path / "times").iterdir():
        file.write_text(content, encoding="latin-1")
    assert read_times(store, "a.yaml") == Times()
