from impact.outputs._published_table import published_grid
from impact.outputs._statistics import Printing
from impact.schema.display import TableBlock

PRINTING = Printing(digits=3, stars=(), min_cell=10, language="en")


def notes(document):
    return published_grid("t", TableBlock(rows="published"), document, PRINTING).notes


def test_a_difference_is_explained(document):
    cell = document["published"][1]
    cell["explanations"] = [
        {"agrees": True, "text": {"en": "with G/(G−1) alone: 0.017", "es": "x"}, "value": 0.017},
        {"agrees": False, "text": {"en": "one-sided: 0.2", "es": "y"}, "value": 0.2},
    ]
    name = "Main, Exposed (Lima, 2017 on), Std. error"
    assert f"{name}: the published number comes out with G/(G−1) alone: 0.017." in notes(document)
    cell["explanations"][0]["agrees"] = False
    shown = next(note for note in notes(document) if "tried" in note)
    assert shown.endswith("with G/(G−1) alone: 0.017; one-sided: 0.2.")


def test_an_expected_difference_says_why(document):
    document["published"][1].update(
        expect="differs", reason={"en": "a misprint", "es": "una errata"}, note="see errata"
    )
    shown = notes(document)
    assert any(note.endswith("a difference that was expected. A misprint.") for note in shown)
    assert any(note.endswith("Std. error: see errata") for note in shown)


def test_groups_are_named(document):
    document["published"][0]["group"] = "sex=women;age_group=14-24"
    grid = published_grid("t", TableBlock(rows="published"), document, PRINTING)
    assert grid.rows[2].cells[0].text == "Main: Women, 14-24"
