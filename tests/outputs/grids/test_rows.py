import pytest

from impact.outputs._columns import Column
from impact.outputs._request import OutputRequest
from impact.outputs.grids.rows import (
    family_ends,
    family_of,
    group_rows,
    lines_for,
    robustness_mains,
    rows_of_main,
)
from impact.schema.display import TableBlock

ASKED = OutputRequest(model_order=("main", "event", "groups"))


def lines(document, **fields):
    block = TableBlock(**fields)
    return lines_for(block, [Column("", "main"), Column("", "event")], document, ASKED, language="en")


def test_terms_in_order_with_the_constant_last(document):
    document["rows"].insert(0, {**document["rows"][0], "term": "(Intercept)"})
    assert [line.label for line in lines(document)][-1] == "Constant"
    assert [line.label for line in lines(document, terms=["tenure", "exposed"])] == [
        "=cmd()|\\input{/etc/passwd}", "Exposed (Lima, 2017 on)",
    ]  # fmt: skip


def test_event_lines_by_period(document):
    found = lines(document, rows="event")
    assert [line.label for line in found] == ["2015", "2017", "2018"]
    assert all(line.entries[0] is None for line in found)


def test_overall_effects(document):
    assert [line.label for line in lines(document, rows="att")] == ["Effect"]
    document["rows"].append({**document["rows"][0], "term": "att", "kind": "att"})
    assert [line.label for line in lines(document, rows="att")] == ["Overall effect (ATT)"]


@pytest.mark.parametrize(
    ("row", "family"),
    [("drop_one:1", "drop_one"), ("single:1", ""), ("plain", ""), ("drop_one:2", "drop_one")],
)
def test_families(row, family):
    assert family_of(row, ["drop_one:1", "drop_one:2", "single:1", "plain"]) == family


def test_robustness_rows_of_a_main_model(document):
    assert robustness_mains(document, TableBlock()) == ["main"]
    members = rows_of_main(document, ASKED, "main")
    assert list(members)[:2] == ["all_areas", "without_jungle"]
    low, high = family_ends(document, members, None)
    assert (low["estimate"], high["estimate"]) == (-0.0229805, 0.0004)
    assert family_ends(document, {}, None) == (None, None)


def test_matrix_models_have_rows_of_their_own(document):
    entry = document["models"]["main[row=all_areas]"]
    document["models"]["ols[y=a,row=all_areas]"] = entry
    document["models"]["ols[y=a]"] = document["models"]["main"]
    assert rows_of_main(document, ASKED, "ols[y=a]") == {"all_areas": "ols[y=a,row=all_areas]"}


def test_group_rows_for_figures(document):
    found = group_rows(document, "groups", ["sex=men"], None, "en")
    assert all(label.startswith("Men") for label, _ in found)
    assert group_rows(document, "main", [], None, "en") == []
