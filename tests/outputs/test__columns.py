import pytest

from impact.core.errors import OutputError
from impact.outputs._columns import (
    estimated_by_time,
    panel_columns,
    table_columns,
    with_groups,
    without_groups,
)
from impact.outputs._document import model_label
from impact.outputs._request import OutputRequest
from impact.schema.display import PanelBlock, TableBlock

ASKED = OutputRequest(model_order=("main", "event", "groups", "broken"))


def columns(document, block, wants=without_groups):
    return table_columns("t", block, document, ASKED, language="en", wants=wants)


def test_default_columns_are_all_fitting_models(document):
    assert [column.model for column in columns(document, TableBlock())] == ["main", "event", "broken"]
    assert [column.model for column in columns(document, TableBlock(), with_groups)] == ["groups"]


def test_headings_and_published_columns(document):
    found = columns(
        document, TableBlock(columns={"main": {"en": "First", "es": "x"}, "published.T1": "Book"})
    )
    assert [(column.title, column.model, column.published) for column in found] == [
        ("First", "main", ""), ("Book", None, "T1"),
    ]  # fmt: skip


def test_a_base_name_stands_for_all_its_models(document):
    for y in ("a", "b"):
        document["models"][f"ols[y={y}]"] = {"base": "ols", "cell": {"y": y}, "row": None}
    assert [column.model for column in columns(document, TableBlock(columns="ols"))] == [
        "ols[y=a]",
        "ols[y=b]",
    ]
    panel = PanelBlock.model_validate({"y": "b"})
    found = panel_columns(
        "t", TableBlock(columns=["ols"]), panel, document, ASKED, language="en", wants=without_groups
    )
    assert [column.model for column in found] == ["ols[y=b]"]


def test_unknown_models_are_refused_with_the_nearest_name(document):
    with pytest.raises(OutputError, match="E710") as caught:
        columns(document, TableBlock(columns=["evnt"]))
    assert caught.value.suggestion == "event"


def test_event_studies_are_told_apart(document):
    assert estimated_by_time(document, "event")
    assert not estimated_by_time(document, "main")
    assert not estimated_by_time(document, "broken")


def test_models_that_are_lines_of_a_panel_keep_their_labels(document):
    """In a table of models a line is known by its model, not by its place among the columns."""
    panel = PanelBlock(models=["main", "event"])
    own = panel_columns(
        "t", TableBlock(rows="models"), panel, document, OutputRequest(), language="en", wants=bool
    )
    placed = panel_columns("t", TableBlock(), panel, document, OutputRequest(), language="en", wants=bool)
    assert [column.title for column in placed] == ["(1)", "(2)"]
    assert [column.title for column in own] == [
        model_label(document, name, "en") for name in ("main", "event")
    ]
