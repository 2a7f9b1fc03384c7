"""Files of made-up data say so whatever they are called and whatever the spec says of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from impact.data.made_up import is_made_up, with_mark
from impact.data.read import read_frame
from impact.schema.data_blocks import DataBlock


def read(folder, name, text, wanted=None, **keys):
    (folder / name).write_text(text, encoding="utf-8")
    return read_frame(DataBlock(file=name, **keys), folder=folder, wanted=wanted)


@pytest.mark.parametrize(
    ("name", "text", "made_up"),
    [
        ("synthetic_x.csv", "a,b\n1,2\n", True),
        ("x.csv", "a,synthetic\n1,1\n2,1\n", True),
        ("x.csv", "a,synthetic\n1,1\n2,0\n", False),
        ("x.csv", "a,synthetic\n1,Lima\n2,Piura\n", False),
        ("x.csv", "a,synthetic\n1,\n2,\n", False),
        ("x.csv", "a,b\n1,1\n2,1\n", False),
        ("not_synthetic_x.csv", "a,b\n1,1\n", False),
    ],
)
@pytest.mark.parametrize("wanted", [None, {"a"}])
def test_name_or_mark(tmp_path, name, text, made_up, wanted):
    frame = read(tmp_path, name, text, wanted, access="public")
    assert bool(frame.files["main"].get("synthetic")) is made_up
    # the mark is looked at, and left out unless the spec wants it
    assert wanted is None or set(frame.columns) == {"a"}


def test_a_spec_may_want_the_mark_itself(tmp_path):
    frame = read(tmp_path, "x.csv", "a,synthetic\n1,1\n", {"synthetic"})
    assert set(frame.columns) == {"synthetic"} and frame.files["main"]["synthetic"] is True


def test_other_formats_are_not_opened_twice():
    assert with_mark(frozenset({"a"}), Path("x.dta"), lambda: pytest.fail("opened")) == {"a"}
    assert with_mark(None, Path("x.csv"), lambda: pytest.fail("opened")) is None
    assert not is_made_up(Path("x.csv"), {"synthetic": np.array([])})
