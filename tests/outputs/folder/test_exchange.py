import sys

import pytest

from impact.outputs.folder.exchange import exchange


def test_two_folders_change_places_or_nothing_happens(tmp_path):
    left, right = tmp_path / "left", tmp_path / "right"
    for folder in (left, right):
        folder.mkdir()
        (folder / folder.name).touch()
    done = exchange(left, right)
    assert (left / ("right" if done else "left")).exists()
    assert (right / ("left" if done else "right")).exists()


def test_a_missing_folder_changes_nothing(tmp_path):
    (tmp_path / "a").mkdir()
    assert not exchange(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("system", ["win32", "sunos5"])
def test_other_systems_say_no(tmp_path, monkeypatch, system):
    monkeypatch.setattr(sys, "platform", system)
    assert not exchange(tmp_path, tmp_path)
