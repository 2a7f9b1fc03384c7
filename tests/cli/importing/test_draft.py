"""The text of a draft: YAML that says what was understood, whatever the names are."""

from impact.cli.importing.draft import Draft, spec_text
from impact.plan import make_plan
from impact.schema.source_text import read_text


def test_names_that_yaml_would_read_as_something_else():
    draft = Draft(data="año 1.csv", filters={"line_1": 'x == "no: #"'})
    draft.add("no", {"formula": "y ~ x", "vcov": {"cluster": "on"}}, (1, "reg y x"), ("a: b # c",))
    plan = make_plan(read_text(spec_text(draft, origin="a.do", program="stata").encode(), name="a.yaml"))
    assert [model.name for model in plan.models] == ["no"]
    assert plan.models[0].variance.columns == ("on",)


def test_without_data_the_place_to_fill_is_marked():
    draft = Draft()
    draft.add("y", {"formula": "y ~ x"}, (1, "reg y x"), ())
    assert "REPLACE.csv" in spec_text(draft, origin="a.do", program="stata")
