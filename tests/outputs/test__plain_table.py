from impact.outputs import _plain_table as small
from impact.outputs._request import OutputRequest


def texts(grid):
    return [[cell.text for cell in row.cells] for row in grid.rows]


def test_models(document):
    grid = small.models_grid(document, OutputRequest(), ["main", "groups", "broken"], "en")
    rows = texts(grid)
    assert rows[1][:3] == ["Main", "Kept employment", "kept ~ exposed | area_id + year"]
    assert rows[1][5:] == ["36,478", "26 / 2", "estimated"]
    assert rows[3][-1] == "E501 the treatment is absorbed"


def test_ledger_adds_up(document):
    document["models"]["main"]["steps"] = [{"name": "kept", "reason": "missing", "dropped": 9, "missing": 9}]
    rows = texts(small.ledger_grid(document, ["main"], "en"))
    assert [row[2] for row in rows[1:]] == ["120,000", "-41,203", "-42,319", "36,478", "-9"]
    assert rows[2][3:] == ["40,990", "213"]
    assert rows[-1][0] == "Main: Kept employment"
    assert small.ledger_grid({"models": {}}, [], "en") is None


def test_data_tests_and_claims(document):
    assert texts(small.data_grid(document, "en"))[1][-1] == "ab" * 6
    assert texts(small.tests_grid(document, "es"))[1][-1].startswith("El intervalo rebasa")
    document["tests"][1]["details"] = {"sentences": {"en": "English", "es": "Español"}}
    assert texts(small.tests_grid(document, "es"))[2][-1] == "Español"
    assert texts(small.claims_grid(document, "en"))[1][1] == "cannot tell"
    assert small.data_grid({}, "en") is small.tests_grid({}, "en") is small.claims_grid({}, "en") is None


def test_names_of_tests_are_not_taken_apart(document):
    """A default test is named by kind and model: its column says the kind, not the label of a column `margin`."""
    document["labels"] = {**document["labels"], "margin": "Vote margin", "asked_one": "The bound"}
    first, second = document["tests"][:2]
    first |= {"test": "density:margin", "kind": "density", "of": "margin"}
    second |= {"test": "asked_one", "kind": "equivalence"}
    rows = texts(small.tests_grid(document, "en"))
    assert [row[0] for row in rows[1:3]] == ["density", "The bound"]
    second["test"] = "other_one"
    assert texts(small.tests_grid(document, "en"))[2][0] == "other one"


def test_points():
    grid = small.points_grid(
        "f", "t", ("time", "estimate", "mark"), [{"time": 2015, "estimate": 0.12345}], "en"
    )
    assert texts(grid) == [["time", "estimate", "mark"], ["2015", "0.1235", ""]]
