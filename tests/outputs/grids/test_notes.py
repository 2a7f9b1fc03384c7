from dataclasses import replace

import pytest

import impact.catalog as catalog
from impact.core.texts import LANGUAGES, text
from impact.outputs._statistics import Printing
from impact.outputs.grids.notes import cells_note, concerns, own_steps, sentence, table_notes, warnings

PRINTING = Printing(digits=3, stars=(0.1,), min_cell=10, language="en")


def test_what_is_the_same_for_all_models_is_said_once(document):
    notes = table_notes(["main", "event"], ["estimate", "se"], document, PRINTING, stacked=True)
    assert sum(note.startswith("Absorbed effects") for note in notes) == 1
    assert "Cells: estimate, (std. error)." in notes
    assert "Stars: * p < 0.1." in notes
    document["models"]["event"]["absorbed"] = {"year": 4}
    notes = table_notes(["main", "event"], ["estimate", "se"], document, PRINTING, stacked=False)
    assert "Absorbed effects (levels): area (26), year (4) [Main]." in notes
    assert "Absorbed effects (levels): year (4) [event]." in notes
    assert not any(note.startswith("Cells") for note in notes)


@pytest.mark.parametrize(
    ("of", "names", "expected"),
    [
        ("", ["x"], True),
        ("main", ["main"], True),
        ("main.exposed", ["main"], True),
        ("groups (sex=women)", ["groups"], True),
        ("main[row=a]", ["main"], False),
        ("other, main, third", ["main"], True),
        ("ols[y=a, b], other", ["b"], False),
        ("mainland", ["main"], False),
    ],
)
def test_which_warnings_concern_a_table(of, names, expected):
    assert concerns({"code": "W511", "of": of}, names) is expected


def test_many_warnings_of_a_kind_are_counted(document):
    document["notices"] = [{"code": "W514", "of": "main", "message": f"cell {k} is thin"} for k in range(9)]
    assert warnings(["main"], document, "en") == [
        "W514: Cell 0 is thin. Cell 1 is thin. Cell 2 is thin. (6 more in the report.)"
    ]


def test_small_helpers(document):
    assert sentence("an odd thing") == "An odd thing."
    assert sentence("Done!") == "Done!"
    assert sentence(" ") == ""
    assert cells_note(["estimate"], [], document, "en") == ""
    shared = document["samples"]["main"]
    more = {"name": "kept", "dropped": 3}
    assert own_steps(shared, {"steps": [*shared["steps"], more]}) == [more]


def test_sets_that_could_not_be_fitted_are_told(document):
    facts = document["models"]["main"]["extra"]["permutation"]
    facts["n_left_out"] = 2
    told = next(
        n for n in table_notes(["main"], [], document, PRINTING, stacked=False) if "all 325 sets" in n
    )
    assert "2 left out" in told and "no maximum" not in told
    facts["n_not_fitted"] = 4
    told = next(
        n for n in table_notes(["main"], [], document, PRINTING, stacked=False) if "all 325 sets" in n
    )
    assert told.endswith("Sets left out because their model has no maximum: 4.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_estimator_has_words(document, language):
    """No keyword stands in a note, whichever estimator is registered."""
    for keyword in catalog.ESTIMATORS.names():
        document["models"]["main"]["estimator"] = keyword
        notes = table_notes(["main"], [], document, replace(PRINTING, language=language), stacked=False)
        words = text(f"table.estimator.{keyword}", language)
        assert words != f"table.estimator.{keyword}", keyword
        assert any(words in note for note in notes), keyword


@pytest.mark.parametrize(
    ("method", "words"), [("2sls", "two-stage"), ("liml", "limited information"), ("gmm", "moments")]
)
def test_a_method_with_another_name_is_called_by_it(document, method, words):
    document["models"]["main"] |= {"estimator": "iv", "extra": {"method": method}}
    notes = table_notes(["main"], [], document, PRINTING, stacked=False)
    assert any(note.startswith("Estimator") and words in note for note in notes)
