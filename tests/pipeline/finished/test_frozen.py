"""What was changed since a spec was frozen: exactly the keys that were edited, and nothing is read on the way."""

from __future__ import annotations

import json

import pytest

from impact.cli.main import main
from impact.core.errors import DataError, SpecError
from impact.pipeline.finished.frozen import changes_since, freeze_spec, frozen_file
from impact.pipeline.study import StudyOptions, run_study

SPEC = """spec: 1
title: A title
data: numbers.csv
models: {m: y ~ x}
vcov: hc1
"""


@pytest.fixture
def spec(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text(SPEC)
    return file


def frozen(spec):
    content = freeze_spec(spec)
    frozen_file(spec).write_text(json.dumps(content))
    return content


def said(capsys, *arguments) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    streams = capsys.readouterr()
    return left.value.code, streams.out + streams.err


def test_freezing_needs_no_data(spec):
    assert not (spec.parent / "numbers.csv").exists()
    content = frozen(spec)
    assert content["content"]["models"] == {"m": {"formula": "y ~ x"}} or "m" in content["content"]["models"]
    assert changes_since(spec) == (content, ())


def test_comments_and_layout_change_nothing(spec):
    frozen(spec)
    spec.write_text("# a comment\n" + SPEC.replace("models: {m: y ~ x}", "models:\n  m: y ~ x"))
    assert changes_since(spec)[1] == ()


def test_each_edit_is_one_key(spec):
    frozen(spec)
    spec.write_text(
        SPEC.replace("title: A title", "title: Another").replace("y ~ x}", "y ~ x + z}") + "seed: 4\n"
    )
    changes = changes_since(spec)[1]
    assert {(one.key.split(".")[0], one.words) for one in changes} == {
        ("title", True),
        ("models", False),
        ("seed", False),
    }
    (seed,) = (one for one in changes if one.key == "seed")
    assert (seed.before, seed.now) == (None, 4)


def test_the_command(spec, capsys):
    status, told = said(capsys, "freeze", spec)
    assert status == 0 and "plan.frozen.json" in told
    assert said(capsys, "freeze", spec)[0] == 7
    assert said(capsys, "freeze", "--check", spec)[0] == 0
    spec.write_text(SPEC.replace("A title", "Another"))
    status, told = said(capsys, "freeze", "--check", spec)
    assert status == 0 and "words only" in told
    spec.write_text(SPEC.replace("hc1", "hc3"))
    assert said(capsys, "freeze", "--check", spec)[0] == 6


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '{"content": {}}'])
def test_no_frozen_form(spec, content):
    if content is not None:
        frozen_file(spec).write_text(content)
    with pytest.raises(DataError) as caught:
        changes_since(spec)
    assert caught.value.faults[0].code == "E627"


def test_a_spec_with_faults_is_not_frozen(spec):
    spec.write_text(SPEC + "tiem: 3\n")
    with pytest.raises(SpecError):
        freeze_spec(spec)


@pytest.mark.parametrize(("change", "told"), [(("A title", "Another"), False), (("hc1", "hc3"), True)])
def test_a_run_tells_of_changes_that_a_number_can_depend_on(spec, change, told):
    (spec.parent / "numbers.csv").write_text("y,x\n" + "".join(f"{i % 5},{i}\n" for i in range(20)))
    frozen(spec)
    spec.write_text(SPEC.replace(*change))
    document = run_study(str(spec), StudyOptions(out=None)).document
    assert ("W644" in [one["code"] for one in document["notices"]]) is told
