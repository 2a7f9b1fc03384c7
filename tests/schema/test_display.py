import pytest
from pydantic import ValidationError

from impact.schema.display import FigureBlock, OutputsBlock, PanelBlock, RowsByBlock, TableBlock, star_levels


@pytest.mark.parametrize("block", [TableBlock, FigureBlock, OutputsBlock, PanelBlock, RowsByBlock])
def test_every_field_is_described(block):
    for name, field in block.model_fields.items():
        assert field.description, name
        assert field.description.endswith((".", "]")), name


def test_rows_may_be_a_word_or_a_nesting():
    assert TableBlock(rows="robustness").rows == "robustness"
    nested = TableBlock.model_validate({"rows": {"by": ["sex", "age"], "all": "first"}}).rows
    assert isinstance(nested, RowsByBlock) and nested.all == "first"


def test_panels_take_matrix_labels():
    panel = PanelBlock.model_validate({"y": "kept", "title": "Kept", "models": "ols"})
    assert panel.labels() == {"y": "kept"}


@pytest.mark.parametrize(
    "block",
    [
        {"rows": "nonsense"},
        {"cell": ["estimat"]},
        {"colums": ["a"]},
        {"stars": True},
        {"stars": [0.05, 0.1]},
        {"stars": [1.5]},
        {"digits": -1},
        {"formats": ["pdf"]},
        {"footer": ["n", "n"]},
        {"rows": {"by": []}},
        {"title": {"fr": "x"}},
    ],
)
def test_wrong_tables_are_refused(block):
    with pytest.raises(ValidationError):
        TableBlock.model_validate(block)


@pytest.mark.parametrize("block", [{"kind": "fan"}, {"kind": "coefplot", "colour": 3}, {"band": "none"}])
def test_wrong_figures_are_refused(block):
    with pytest.raises(ValidationError):
        FigureBlock.model_validate(block)


def test_levels_of_stars():
    assert star_levels("off") == star_levels(False) == star_levels(None) == ()
    assert star_levels(OutputsBlock(stars=[0.1, 0.05, 0.01]).stars) == (0.1, 0.05, 0.01)
