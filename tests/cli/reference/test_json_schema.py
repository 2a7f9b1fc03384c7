"""The JSON Schema against all shipped specs, against broken ones, and against what the command itself accepts."""

from __future__ import annotations

import json
from copy import deepcopy

import jsonschema
import pytest
from ruamel.yaml import YAML

import impact.catalog as catalog
from impact.cli.reference.json_schema import spec_schema
from impact.schema.shipped import shipped_folder, shipped_names

GOOD = {
    "spec": 1,
    "data": "castle.csv",
    "design": {"unit": "state", "time": "year", "treated": "x == 1", "from": 2000},
    "models": {
        "a": "y ~ x | id",
        "b": {"formula": "y ~ x", "vcov": {"cluster": "id", "type": "cr3"}, "level": 0.9},
        "c": {"estimator": "panel", "method": "between", "formula": "y ~ x"},
    },
    "tests": {"t": {"kind": "equivalence", "of": "a", "bound": 0.1, "reason": "small"}},
    "tables": {"T1": {"columns": ["a"], "digits": 2}},
}
BROKEN = {
    "an unknown key": ("tiem", 3),
    "another version": ("spec", 2),
    "text for a number": ("seed", "seven"),
    "a number out of range": ("alpha", 0.9),
    "an unknown domain": ("domain", "health"),
    "an unknown language": ("language", "fr"),
    "an unknown key of a model": ("models", {"a": {"formula": "y ~ x", "vcv": "hc1"}}),
    "an unknown estimator": ("models", {"a": {"formula": "y ~ x", "estimator": "olss"}}),
    "an option of another estimator": (
        "models",
        {"a": {"formula": "y ~ x", "estimator": "ols", "method": "within"}},
    ),
    "a wrong value of an option": (
        "models",
        {"a": {"formula": "y ~ x", "estimator": "panel", "method": "middle"}},
    ),
    "an unknown variance": ("vcov", "hc9"),
    "an unknown option of a variance": ("vcov", {"newey_west": {"lgas": 2}}),
    "a wrong type of clustering": ("vcov", {"cluster": "id", "type": "cr9"}),
    "a test without its bound": ("tests", {"t": {"kind": "equivalence", "of": "a", "reason": "small"}}),
    "a test without its kind": ("tests", {"t": {"of": "a"}}),
    "a design without its time": ("design", {"unit": "id", "treated": "x == 1", "from": 2000}),
    "an unknown kind of figure": ("figures", {"f": {"kind": "pie"}}),
    "a wrong number of digits": ("outputs", {"digits": 99}),
    "an unknown permutation": ("permute", {"unit": "id", "sets": "pairs"}),
}


@pytest.fixture(scope="module")
def schema():
    return spec_schema()


@pytest.fixture(scope="module")
def validator(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def problems(validator, content):
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(content)]


@pytest.mark.parametrize("name", shipped_names("specs"))
def test_every_shipped_spec_is_valid(validator, name):
    text = (shipped_folder("specs") / name).read_text(encoding="utf-8")
    assert problems(validator, json.loads(json.dumps(YAML(typ="safe").load(text)))) == []


def test_a_good_spec_is_valid(validator):
    assert problems(validator, GOOD) == []


@pytest.mark.parametrize("what", BROKEN)
def test_broken_specs_are_not(validator, what):
    key, value = BROKEN[what]
    assert problems(validator, {**deepcopy(GOOD), key: value})


@pytest.mark.parametrize("key", GOOD)
def test_what_a_base_may_leave_out(validator, key):
    """A spec that extends another may write only a part of a block; `spec` stays required."""
    part = {name: value for name, value in GOOD.items() if name != key}
    assert bool(problems(validator, {**part, "extends": "base.yaml"})) is (key == "spec")
    assert problems(validator, {"spec": 1, "extends": "base.yaml", "design": {"from": 2001}}) == []
    assert problems(validator, {"spec": 1, "design": {"from": 2001}})


def test_what_is_put_in_later_is_valid(validator):
    late = {"models": {"a": {"formula": "${y} ~ x", "level": "${level}"}}, "x-note": [1], "notes+": ["more"]}
    assert problems(validator, {"spec": 1, "extends": "b.yaml", "seed": "${seed}", **late}) == []
    assert problems(validator, {"spec": 1, "extends": "b.yaml", "tests": {"t": None}}) == []


def walk(schema, path=""):
    """Every property with its path."""
    if isinstance(schema, list):
        for position, inner in enumerate(schema):
            yield from walk(inner, f"{path}[{position}]")
    if not isinstance(schema, dict):
        return
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}", inner
    for key, inner in schema.items():
        if key in ("if", "then"):
            continue
        if key in ("properties", "$defs"):
            for name, held in inner.items():
                yield from walk(held, f"{path}.{name}")
        elif key not in ("default", "required", "enum", "const"):
            yield from walk(inner, path)


def test_every_key_is_described(schema):
    silent = [
        path for path, inner in walk(schema) if isinstance(inner, dict) and not inner.get("description")
    ]
    assert silent == []


@pytest.mark.parametrize(
    "registry", [catalog.ESTIMATORS, catalog.DIAGNOSTICS, catalog.VARIANCES], ids=lambda r: r.kind
)
def test_every_option_of_every_record_is_there(schema, registry):
    paths = {path.rpartition(".")[2] for path, _ in walk(schema)}
    for keyword in registry.names():
        assert set(registry.load(keyword).options.model_fields) <= paths, keyword


def test_the_schema_is_the_same_each_time(schema):
    assert json.dumps(spec_schema()) == json.dumps(schema)


@pytest.mark.parametrize(
    ("data", "good"),
    [
        ({"enaho": {"folder": "x", "years": 2018}}, True),
        ({"main": {"enaho": {"folder": "x", "years": "2015-2018"}, "source": "INEI"}, "b": "b.csv"}, True),
        ({"complaints": {"file": "b.csv"}, "main": "a.csv"}, True),
        ({"file": "a_{year}.csv", "years": [2018, "2019-2020"]}, True),
        ({"enaho": {"folder": "x", "years": 2018}, "file": "x"}, False),
        ({"enaho": {"folder": "x"}}, False),
        ({"enaho": {"folder": "x", "years": 2018, "persns": "all"}}, False),
        ({"main": {"sheet": "x"}}, False),
    ],
)
def test_a_block_has_a_file_or_a_kind_of_source(schema, data, good):
    found = list(
        jsonschema.Draft202012Validator(schema).iter_errors({"spec": 1, "model": "y ~ x", "data": data})
    )
    assert (not found) == good, found
