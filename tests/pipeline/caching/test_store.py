"""The files of the cache: what comes back, what is refused, what makes room, what is never touched."""

from __future__ import annotations

import os

import numpy as np
import pytest

from impact.pipeline.caching.store import DEFAULT, Damaged, Store, cache_folder, read_entry

KEY, OTHER, THIRD = "ab" * 32, "cd" * 32, "ef" * 32


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


def test_what_is_written_comes_back(store):
    arrays = [
        np.arange(6, dtype=np.int32).reshape(2, 3),
        np.asfortranarray(np.linspace(0, 1, 6).reshape(3, 2)),
        np.array([True, False]),
        np.zeros((0, 4)),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.array(np.nan),
    ]
    assert store.write(KEY, {"model": "m"}, {"list": [1, "ñ"]}, arrays)
    head, tree, found = store.read(KEY)
    assert head["facts"] == {"model": "m"}
    assert tree == {"list": [1, "ñ"]}
    for one, other in zip(arrays, found, strict=True):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert one.flags.f_contiguous == other.flags.f_contiguous
        assert one.tobytes() == other.tobytes()
        assert other.flags.writeable


def test_what_is_not_there_is_none(store):
    assert store.read(KEY) is None
    assert list(store.entries()) == []
    assert store.clear() == (0, 0)


def test_the_cache_keeps_itself_out_of_version_control(store):
    store.write(KEY, {}, None, [])
    assert (store.folder / ".gitignore").read_text(encoding="utf-8").splitlines()[-1] == "*"


@pytest.mark.parametrize("place", [0, 20, -1])
def test_a_changed_byte_is_found(store, place):
    store.write(KEY, {}, {"tuple": []}, [np.arange(9.0)])
    file = store.file(KEY)
    content = bytearray(file.read_bytes())
    content[place] ^= 4
    file.write_bytes(content)
    with pytest.raises(Damaged):
        read_entry(file)


def test_an_array_of_objects_is_never_read(store):
    store.write(KEY, {}, None, [np.arange(2.0)])
    content = store.file(KEY).read_bytes().replace(b'"<f8"', b'"|O8"')
    store.file(KEY).write_bytes(content)
    with pytest.raises(Damaged):
        read_entry(store.file(KEY))


def test_the_oldest_go_when_there_is_no_room(tmp_path):
    store = Store(tmp_path, limit=20_000)
    for age, key in enumerate((KEY, OTHER, THIRD)):
        assert store.write(key, {}, None, [np.zeros(250)])
        os.utime(store.file(key), (1e9 + age, 1e9 + age))
    assert store.trim() == 0
    small = Store(tmp_path, limit=5_000)
    store.read(KEY)
    # reading is use: the first is now the youngest, the second the oldest
    assert small.trim() == 1
    assert [one.key for one in small.entries()] == [KEY, THIRD]


def test_what_is_too_large_is_not_kept(tmp_path):
    assert not Store(tmp_path, limit=8_000).write(KEY, {}, None, [np.zeros(1000)])
    assert not Store(tmp_path).file(KEY).exists()


def test_clearing_touches_nothing_else(store):
    store.write(KEY, {}, None, [])
    mine = [store.folder / "results" / "ab" / "mine.txt", store.folder / "letter.txt"]
    for file in mine:
        file.write_text("mine")
    count, size = store.clear()
    assert count == 1
    assert size > 0
    assert all(file.read_text() == "mine" for file in mine)
    assert list(store.entries()) == []


def test_a_draft_that_fails_leaves_nothing(store, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        store.write(KEY, {}, None, [np.zeros(3)])
    assert [path.name for path in store.folder.rglob("*") if path.is_file()] == [".gitignore"]


def test_the_variable_moves_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("IMPACT_CACHE_DIR", str(tmp_path / "elsewhere"))
    assert cache_folder() == tmp_path / "elsewhere"
    monkeypatch.delenv("IMPACT_CACHE_DIR")
    assert cache_folder() == DEFAULT
