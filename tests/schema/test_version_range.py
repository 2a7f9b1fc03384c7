"""Ranges of versions."""

import pytest

from impact.schema.version_range import in_range


@pytest.mark.parametrize(
    ("version", "wanted", "inside"),
    [
        ("0.1.0", ">=0.1", True), ("0.1.0", ">=0.1,<2", True), ("0.1.0", "<0.1", False), ("1.10", ">1.9", True),
        ("2.0rc1", ">=2", True), ("1.0", "==1", True), ("1.0", "!=1.0.0", False), ("1.0", "new", False),
        ("1.0", "", False),
    ],
)  # fmt: skip
def test_in_range(version, wanted, inside):
    assert in_range(version, wanted) is inside
