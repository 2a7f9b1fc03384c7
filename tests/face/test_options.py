"""`impact.options`: one setting, checked."""

from __future__ import annotations

import importlib.util

import pytest

import impact
from impact.core.errors import SpecError
from impact.face.options import FaceOptions


def test_the_frame_is_pandas_unless_asked():
    assert impact.options.frame == "pandas"
    assert repr(impact.options) == "options(frame='pandas')"


def test_wrong_settings_are_refused():
    own = FaceOptions()
    with pytest.raises(SpecError) as caught:
        own.frame = "polers"
    assert (caught.value.code, caught.value.suggestion) == ("E609", "polars")
    with pytest.raises(SpecError) as caught:
        own.fram = "pandas"
    assert (caught.value.code, caught.value.suggestion) == ("E693", "frame")
    assert own.frame == "pandas"


def test_a_library_that_is_absent_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    own = FaceOptions()
    with pytest.raises(SpecError) as caught:
        own.frame = "polars"
    assert caught.value.code == "E699"
