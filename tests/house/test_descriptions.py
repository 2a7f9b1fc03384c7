"""Everything a user can write is described: options of records, keys of the spec, options of commands."""

from __future__ import annotations

import importlib
import pkgutil

import click
import pytest
from pydantic import BaseModel

import impact.catalog as catalog
import impact.schema
from impact.cli.main import COMMANDS

REGISTRIES = (catalog.ESTIMATORS, catalog.VARIANCES, catalog.DIAGNOSTICS, catalog.SURVEYS)
RECORDS = [(registry, keyword) for registry in REGISTRIES for keyword in registry.names()]


def undescribed(model):
    """Fields without a sentence, and the model's own missing docstring."""
    found = [name for name, field in model.model_fields.items() if not (field.description or "").strip()]
    return found if (model.__doc__ or "").strip() else ["docstring", *found]


@pytest.mark.parametrize(("registry", "keyword"), RECORDS, ids=[f"{r.kind}-{k}" for r, k in RECORDS])
def test_options_are_described(registry, keyword):
    assert undescribed(registry.load(keyword).options) == []


def test_keys_of_the_spec_are_described():
    models = set()
    for info in pkgutil.walk_packages(impact.schema.__path__, "impact.schema."):
        module = importlib.import_module(info.name)
        models |= {x for x in vars(module).values() if isinstance(x, type) and issubclass(x, BaseModel)}
    ours = sorted((m for m in models if m.__module__.startswith("impact.")), key=lambda m: m.__qualname__)
    assert len(ours) > 10
    assert {model.__name__: found for model in ours if (found := undescribed(model))} == {}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_say_what_they_do(name):
    command = importlib.import_module(COMMANDS[name][0]).command
    assert (command.help or "").strip()
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert (parameter.help or "").strip(), parameter.name
