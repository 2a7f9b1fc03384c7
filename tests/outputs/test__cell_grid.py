import pytest

from impact.outputs._cell_grid import Grid, Row, blank, label, padded


def test_every_row_covers_all_columns():
    with pytest.raises(ValueError, match="covers 3 of 2 columns"):
        Grid("t", "", ("l", "r"), (Row((label("a", span=2), blank())),))
    assert Grid("t", "", ("l", "r"), (Row((label("a", span=2),)), Row(padded([label("b")], 2)))).rows
