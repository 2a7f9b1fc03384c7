"""``${name}`` in texts."""

import pytest

from impact.core.errors import SpecError
from impact.schema.nodes import node_at, to_plain
from impact.schema.resolve import resolve_spec
from impact.schema.source_text import read_text


def resolve(text, **options):
    return resolve_spec(read_text(text, name="x.yaml"), **options)


def models(text, **options):
    return {model.name: to_plain(model.node) for model in resolve(text, **options).models}


def faults(text, **options):
    with pytest.raises(SpecError) as caught:
        resolve(text, **options)
    return caught.value.faults


def one_fault(text, **options):
    found = faults(text, **options)
    assert len(found) == 1
    return found[0]


def test_params_keep_their_type_alone_and_their_writing_inside():
    text = """
params: {ref: 2016, se: 0.120, list: [a, b], flag: true}
level: "${ref}"
title: ref=${ref} se=${se} ${flag}
models: {m: {formula: "y ~ i(year, ref=${ref})", controls: "${list}"}}
"""
    found = resolve(text)
    plain = to_plain(found.tree)
    assert plain["level"] == 2016 and plain["title"] == "ref=2016 se=0.120 true"
    assert plain["models"]["m"] == {"formula": "y ~ i(year, ref=2016)", "controls": ["a", "b"], "level": 2016}
    assert node_at(found.tree, "title").place.note == "from x.yaml:2:15, from x.yaml:2:25, from x.yaml:2:52"


def test_params_that_are_not_there():
    found = one_fault("params: {base_year: 2016}\ntitle: after ${bas_year}\nmodel: y ~ x\n")
    assert (found.code, found.suggestion) == ("E147", "base_year")
    assert (found.place.line, found.place.column, found.place.end_column) == (2, 14, 25)
    assert one_fault("title: ${HOME}\nmodel: y ~ x\n").code == "E147"


def test_params_do_not_nest_and_do_not_hide_in_each_other():
    assert one_fault("params: {a: 1, b: 'x${a}'}\nmodel: y ~ x\n").code == "E148"
    found = resolve('params: {a: "$", b: "{c}"}\ntitle: ${a}${b}\n')
    assert to_plain(found.tree)["title"] == "${c}"


def test_a_list_cannot_stand_inside_a_text():
    assert one_fault("params: {a: [1, 2]}\ntitle: x ${a}\n").code == "E160"
