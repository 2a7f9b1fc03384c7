"""Choices between keywords: the options that go with each, and no others."""

from __future__ import annotations

import jsonschema
import pytest

import impact.catalog as catalog
from impact.cli.reference.choices import record_options, required_options, variance_forms


def test_required_options_are_those_without_a_default():
    assert set(required_options(catalog.DIAGNOSTICS, "equivalence")) == {"bound", "reason"}
    assert required_options(catalog.ESTIMATORS, "ols") == []


def test_options_carry_default_and_description():
    options = record_options(catalog.ESTIMATORS, "ols")
    assert options["tolerance"]["default"] == 1e-10
    assert all(schema["description"] for schema in options.values())


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ("hc1", True),
        ("hc7", False),
        ({"cluster": ["a", "b"], "type": "cr0"}, True),
        ({"cluster": "a", "hc1": {}}, False),
        ({"conley": {"lat": "y", "lon": "x", "km": 50}}, True),
        ({"conley": {"lat": "y", "lon": "x", "km": -1}}, False),
        ({"newey_west": {"lags": 2}, "iid": {}}, False),
    ],
)
def test_forms_of_a_variance(value, valid):
    assert jsonschema.Draft202012Validator({"anyOf": variance_forms()}).is_valid(value) is valid
