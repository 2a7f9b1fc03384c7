"""Pydantic's errors in our words: code, place, suggestion; unions and order."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from impact.core.texts import catalogue
from impact.schema.faults_from_pydantic import validate_node
from impact.schema.load import load_nodes


class Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cluster(Block):
    cluster: str | list[str]
    type: Literal["cr0", "cr1", "cr3"] = "cr1"


class Conley(Block):
    conley: dict[str, float]


class Model(Block):
    estimator: str | None = None
    outcome: str = Field(description="The outcome.")
    time: str
    vcov: Literal["iid", "hc1"] | Cluster | Conley = "hc1"
    digits: int = Field(3, ge=0, le=9)
    level: float = Field(0.95, gt=0.5, lt=1)
    name: str = Field("a", pattern="^[a-z]+$")
    strict: bool = False
    by: Annotated[list[str], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)] | None = None
    start: float | None = Field(None, alias="from")
    years: dict[int, float] = {}
    rows: list[Cluster] = []
    text: str | dict[str, str] = ""
    free: dict[str, Any] = {}

    @model_validator(mode="after")
    def _check(self):
        if self.name == "bad":
            raise ValueError("a bad name is not taken")
        if self.name == "coded":
            raise PydanticCustomError("E153", "x", {"name": "coded", "known": "good"})
        return self


class Spec(Block):
    spec: Literal[1]
    models: dict[str, Model] = {}


def check(model_lines, head="spec: 1\n"):
    lines = ["outcome: y", "time: t", *model_lines]
    text = f"{head}models:\n  m:\n" + "".join(f"    {line}\n" for line in lines)
    return validate_node(Spec, load_nodes(text, name="x.yaml"))


def test_a_right_spec_gives_the_instance():
    lines = [
        "vcov: {cluster: id}",
        "digits: 1e0",
        "years: {}",
        "from: 2017",
        "by: sex",
        "free: {a: [1, {b: c}]}",
    ]
    instance, faults = check(lines)
    assert faults == []
    model = instance.models["m"]
    assert (model.digits, model.start, model.by, model.vcov.cluster) == (1, 2017.0, ["sex"], "id")
    assert model.free == {"a": [1, {"b": "c"}]}


def test_whole_number_keys_are_read():
    text = "models:\n  m: {outcome: y, time: t, text: {en: a}}\nspec: 1\n"
    assert validate_node(Spec, load_nodes(text))[1] == []

    class Paths(Block):
        path: dict[int, float]

    assert validate_node(Paths, load_nodes("path: {2016: 8e3}\n"))[0].path == {2016: 8000.0}


@pytest.mark.parametrize(
    "line, code, column, suggestion, words",
    [
        ("tiem: x", "E102", 5, "time", "models.m"),
        ("estimatr: x", "E102", 5, "estimator", "keys of models.m are: estimator, outcome, time"),
        ("form: 2017", "E102", 5, "from", "unknown key 'form'"),
        ("vcov: hc2", "E105", 11, "hc1", "possible values: iid, hc1"),
        ("vcov: {cluster: id, typ: cr3}", "E102", 25, "type", "keys of models.m.vcov are: cluster, type"),
        ("vcov: {cluster: id, type: cr9}", "E105", 31, "cr3", "cr0, cr1, cr3"),
        ("vcov: {cluster: [a, 1]}", "E104", 25, "", 'models.m.vcov.cluster[1] must be text, not 1 write "1"'),
        ("vcov: {conley: {lat: x}}", "E104", 26, "", "vcov.conley.lat must be a number, not the text 'x'"),
        ("vcov: [a]", "E104", 5, "", "text or a mapping"),
        ("vcov:", "E104", 10, "", "not empty"),
        ('digits: "3"', "E104", 13, "", "a whole number, not the text '3' write the number without quotes"),
        ("digits: 1.5", "E104", 13, "", "a whole number, not 1.5"),
        ("digits: true", "E104", 13, "", "a whole number, not true"),
        ("digits: -1", "E106", 13, "", "-1 is not allowed; it must be at least 0"),
        ("digits: 10", "E106", 13, "", "at most 9"),
        ("level: 1", "E106", 12, "", "below 1"),
        ("level: 0.5", "E106", 12, "", "above 0.5"),
        ("name: A1", "E106", 11, "", "it must have the form ^[a-z]+$"),
        ("strict: yes", "E104", 13, "true", "only true and false"),
        ("strict: False", "E104", 13, "false", "true or false, not the text 'False'"),
        ("strict: 1", "E104", 13, "", "true or false, not 1"),
        ("estimator: 5", "E104", 16, "", 'must be text, not 5 write "5"'),
        ("by: {a: b}", "E104", 5, "", "a list, not a mapping"),
        ("by: [a, {b: c}]", "E104", 13, "", "models.m.by[1] must be text, not a mapping"),
        ("rows: [{cluster: a}, {type: cr1}]", "E103", 26, "", "models.m.rows[1] needs the key 'cluster'"),
        ("rows: {cluster: a}", "E104", 5, "", "a list, not a mapping"),
        ("rows: cluster", "E104", 11, "", "a list, not the text 'cluster' write [cluster]"),
        ("text: {en: 5}", "E104", 16, "", 'models.m.text.en must be text, not 5 write "5"'),
        ("text: 2020", "E104", 11, "", 'text or a mapping (key: value), not 2020 write "2020"'),
        ("name: bad", "E163", 3, "", "models.m: a bad name is not taken"),
        ("name: coded", "E153", 3, "", "there is no model 'coded' models are: good"),
    ],
)  # fmt: skip
def test_one_wrong_value(line, code, column, suggestion, words):
    instance, faults = check([line])
    assert instance is None and len(faults) == 1
    found = faults[0]
    assert (found.code, found.suggestion, found.place.column) == (code, suggestion, column)
    assert found.place.line == (4 - 1 if column == 3 else 6) and found.place.file == "x.yaml"
    assert words in f"{found.message} {found.help}"


def test_a_missing_key_points_at_the_mapping_that_lacks_it():
    faults = validate_node(Spec, load_nodes("spec: 1\nmodels:\n  m:\n    time: t\n"))[1]
    assert [(f.code, f.place.line, f.place.column) for f in faults] == [("E103", 3, 3)]
    assert "models.m needs the key 'outcome'" in faults[0].message and faults[0].help == "The outcome."
    faults = validate_node(Spec, load_nodes("models: {}\n"))[1]
    assert faults[0].message == "the spec needs the key 'spec'" and faults[0].place.line == 1


def test_an_unknown_key_comes_before_the_missing_key_that_it_probably_is():
    text = "spec: 1\nmodels:\n  m:\n    outcome: y\n    tiem: t\n    digits: x\n  n: {time: 1}\n"
    faults = validate_node(Spec, load_nodes(text))[1]
    assert [(f.code, f.place.line) for f in faults] == [
        ("E102", 5), ("E103", 3), ("E104", 6), ("E103", 7), ("E104", 7),
    ]  # fmt: skip
    assert faults[0].suggestion == "time"


def test_where_names_the_part_that_was_validated():
    node = load_nodes("models:\n  cs:\n    outcome: y\n    tiem: year\n").get("models").get("cs")
    assert validate_node(Model, node, where="models.cs")[1][0].message == "unknown key 'tiem' in models.cs"


def test_every_fault_at_once_in_the_order_of_the_file():
    faults = check(["digits: x", "vcov: hc7", "nope: 1", "strict: no"], head="spec: 2\n")[1]
    assert [f.place.line for f in faults] == [1, 6, 7, 8, 9]


def test_words_exist_in_both_languages():
    english, spanish = catalogue("en"), catalogue("es")
    assert {key for key in english if key.startswith(("rules.", "hints.", "kinds.", "render."))} == {
        key for key in spanish if key.startswith(("rules.", "hints.", "kinds.", "render."))
    }
