"""Names of models in tables, figures, published cells, claims and the answer; what is left with --only."""

from __future__ import annotations

import pytest

from impact.core.errors import SpecError
from impact.pipeline.references import claim_places, reference_faults, restricted
from impact.plan import make_plan


def test_a_sound_spec_has_no_faults(plan):
    assert reference_faults(plan) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "hint"),
    [
        ("t1: {columns: [main, event]}", "t1: {columns: [mian, event]}", "E710", "main"),
        ("grid: {columns: [main]", "grid: {columns: [mian]", "E601", "main"),
        ('test: "main.exposed', 'test: "mian.exposed', None, None),
    ],
)
def test_a_wrong_name_is_told_at_its_place(folder, old, new, code, hint):
    file = folder / "small.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    (fault,) = reference_faults(make_plan(str(file)))
    assert fault.place.line == 1 + text[: text.index(old)].count("\n")
    if code is not None:
        assert (fault.code, fault.suggestion) == (code, hint)


def test_only_some_models_and_what_is_said_of_them(plan):
    smaller, notices = restricted(plan, ["event"])
    assert [model.name for model in smaller.models] == ["event"]
    assert smaller.tests == ()
    assert smaller.spec.tables == smaller.spec.published == smaller.spec.claims == {}
    assert [notice.code for notice in notices] == ["W521"]
    assert "tables.t1" in notices[0].message


def test_everything_is_the_plan_itself(plan):
    assert restricted(plan, ()) == (plan, ())
    smaller, notices = restricted(plan, ["main", "models.event", "groups"])
    assert smaller.models == plan.models
    assert notices == ()


def test_a_name_that_is_no_model(plan):
    with pytest.raises(SpecError) as caught:
        restricted(plan, ["mian"])
    assert (caught.value.code, caught.value.suggestion) == ("E189", "main")


def test_places_of_claims(plan):
    place = claim_places(plan)["up"]
    assert place.file.endswith("small.yaml")
    assert place.line > 0
