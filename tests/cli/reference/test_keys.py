"""Pages of keys: found by their dotted path, with or without the names that users choose."""

from __future__ import annotations

import pytest

from impact.cli.reference.keys import key_page, key_topics
from impact.schema.model import DesignBlock, ModelBlock, SpecModel


def test_every_key_of_the_spec_and_of_a_model_has_a_page():
    for name, field in SpecModel.model_fields.items():
        page = key_page(name, "en")
        assert page is not None, name
        assert page.summary == field.description
    for name, field in ModelBlock.model_fields.items():
        assert key_page(f"models.{name}", "en").summary == field.description


@pytest.mark.parametrize("path", ["models.main.vcov", "models.vcov", "defaults.vcov"])
def test_the_name_of_a_model_may_stand_in_the_path(path):
    assert key_page(path, "en").summary == ModelBlock.model_fields["vcov"].description


def test_keys_below_are_listed_in_their_order():
    table = key_page("design", "en").sections[1].table
    names = [row[0] for row in table[1:] if "." not in row[0]]
    assert names == [field.alias or name for name, field in DesignBlock.model_fields.items()]


@pytest.mark.parametrize("path", ["nothing", "models.nothing", "seed.x", "", "models."])
def test_what_is_no_key_has_no_page(path):
    assert key_page(path, "en") is None


def test_topics_name_each_path_once():
    topics = key_topics()
    assert len(topics) == len(set(topics))
    assert {"models.vcov", "robustness", "robustness.drop_one.unit", "tables.cell", "data.types"} <= set(
        topics
    )
