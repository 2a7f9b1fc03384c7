"""``--set KEY=VALUE``."""

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


def test_settings_work_by_path():
    text = "models: {iv: y ~ x}\nparams: {ref: 1}\ntests: {t: {of: [a, b]}}\ntitle: r ${ref}\n"
    found = resolve(
        text,
        set_values=["models.iv.vcov=hc3", "params.ref=2015", "tests.t.of[1]=iv", "outputs.digits=2", "seed=7",
                    "models.iv.controls+=x"],
    )  # fmt: skip
    plain = to_plain(found.tree)
    assert plain["models"]["iv"] == {"formula": "y ~ x", "vcov": "hc3", "controls": "x"}
    assert plain["title"] == "r 2015" and plain["tests"]["t"]["of"] == ["a", "iv"]
    assert plain["outputs"] == {"digits": 2} and plain["seed"] == 7
    assert node_at(found.tree, "models.iv.vcov").place.file == "--set models.iv.vcov=hc3"


def test_settings_are_yaml_and_null_removes():
    plain = to_plain(
        resolve("vcov: hc1\nmodel: y ~ x\n", set_values=["vcov=null", "data={file: b.csv}"]).tree
    )
    assert plain == {"models": {"model": {"formula": "y ~ x"}}, "data": {"file": "b.csv"}}


@pytest.mark.parametrize(
    "setting, code, suggestion",
    [
        ("models.iv2.vcov=hc3", "E145", "models.iv.vcov"),
        ("params.reff=2", "E145", "params.ref"),
        ("seed.x=2", "E145", ""),
        ("tests.t.of[7]=a", "E145", ""),
        ("weigths=null", "E145", "weights"),
        ("seed", "E146", ""),
        ("=1", "E146", ""),
        ("a..b=1", "E146", ""),
        ("seed=[1", "E110", ""),
    ],
)
def test_settings_that_lead_nowhere(setting, code, suggestion):
    text = "models: {iv: y ~ x}\nparams: {ref: 1}\nseed: 1\nweights: w\ntests: {t: {of: [a]}}\n"
    found = one_fault(text, set_values=[setting])
    assert (found.code, found.suggestion) == (code, suggestion)
    assert found.place.file == f"--set {setting}"
