"""`impact new`: a spec that runs, never in the place of another file."""

from __future__ import annotations

import json

import pytest

from impact.cli._new_spec import SHORT_NAMES
from impact.schema.shipped import shipped_names


@pytest.mark.parametrize("language", ["en", "es"])
def test_new_with_data_then_run(call, folder, language):
    said = call("new", "x", "--data", "data/castle.csv", "--lang", language)
    assert said.status == 0
    assert "impact run x.yaml" in said.out
    assert call("run", "x.yaml", "-q").status == 0
    results = json.loads((folder / "reports/x/results.json").read_text(encoding="utf-8"))
    assert results["models"]["effects"]["formula"] == "l_homicide ~ post | sid + year"
    assert results["languages"] == [language]


def test_new_without_data_then_run(call, folder):
    assert call("new", "first").status == 0
    assert call("run", "first.yaml", "-q").status == 0
    assert (folder / "reports/first/report.html").is_file()


def test_nothing_is_replaced(call, folder):
    (folder / "x.yaml").write_text("mine", encoding="utf-8")
    said = call("new", "x", "--data", "data/castle.csv")
    assert said.status == 7
    assert "E720" in said.err
    assert (folder / "x.yaml").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in folder.iterdir()) == ["data", "x.yaml"]


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["2x"], 3, "E725"),
        (["a-b"], 3, "E725"),
        (["x", "--from", "self_defense_laws"], 3, "E723"),
        (["x", "--data", "data/nowhere.csv"], 4, "E201"),
        (["nowhere/x"], 7, "E721"),
        (["x", "--data", "data/castle.csv", "--from", "self_defence_laws"], 2, "--from"),
    ],
)
def test_mistakes(call, folder, arguments, status, code):
    said = call("new", *arguments)
    assert said.status == status
    assert code in said.err
    assert not list(folder.glob("*.yaml"))


def test_the_nearest_example_is_named(call, folder):
    assert "did you mean 'self_defence_laws'?" in call("new", "x", "--from", "self_defense_laws").err


def test_data_outside_the_project_are_reached_through_a_root(call, folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("far away")
    (folder / "impact.toml").write_text("", encoding="utf-8")
    (elsewhere / "c.csv").write_bytes((folder / "data/castle.csv").read_bytes())
    said = call("new", "x", "--data", elsewhere / "c.csv")
    assert f"--root data='{elsewhere}'" in said.out
    assert str(elsewhere) not in (folder / "x.yaml").read_text(encoding="utf-8")
    assert call("run", "x.yaml", "-q", "--root", f"data={elsewhere}").status == 0


@pytest.mark.parametrize("name", [name for name in shipped_names("specs") if "/" not in name])
def test_every_example_can_be_copied_and_planned(call, folder, name):
    example = name.removesuffix(".yaml")
    assert call("new", "copy", "--from", example).status == 0
    assert call("check", "copy.yaml", "--no-data").status == 0
    text = (folder / "copy.yaml").read_text(encoding="utf-8")
    assert "study: copy\n" in text
    assert "../data/" not in text


@pytest.mark.parametrize("short", sorted(SHORT_NAMES))
def test_a_kind_of_study_names_its_example(call, folder, short):
    """`impact new x --from did` is the example of staggered adoption, under the new name."""
    assert call("new", "copy", "--from", short).status == 0
    content = (folder / "copy.yaml").read_text(encoding="utf-8")
    assert "study: copy" in content
    assert SHORT_NAMES[short] in content


@pytest.mark.parametrize("short", ["iv", "ppml", "survey", "rd"])
def test_a_kind_of_study_runs(call, folder, short):
    assert call("new", "copy", "--from", short).status == 0
    assert call("run", "copy.yaml", "-q").status == 0
    assert (folder / "reports" / "copy" / "results.json").is_file()
