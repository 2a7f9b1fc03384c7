"""Which specs are replications."""

from __future__ import annotations

from impact.cli.replicating.run import chosen_specs

CLAIM = "spec: 1\nclaims: {a: {text: b, test: m.x.estimate > 0}}\n"


def test_specs_of_a_folder_that_compare_something(folder):
    (folder / "specs").mkdir()
    for name, text in {"a": CLAIM, "b": "spec: 1\n", "c": "spec: 1\nbase: true\n", "d": "spec: [\n"}.items():
        (folder / f"specs/{name}.yaml").write_text(text, encoding="utf-8")
    assert chosen_specs([], "specs") == ["specs/a.yaml", "specs/d.yaml"]
    assert chosen_specs(["specs/b.yaml"], "specs") == ["specs/b.yaml"]


def test_specs_of_the_package_where_there_is_no_folder(folder):
    found = chosen_specs([], "nowhere")
    assert "shipped:replication_c1_crime_north_carolina.yaml" in found
    assert "shipped:self_defence_laws.yaml" not in found


def test_a_key_that_comes_through_a_base_counts(folder):
    (folder / "specs").mkdir()
    (folder / "specs/base.yaml").write_text("base: true\n" + CLAIM, encoding="utf-8")
    (folder / "specs/x.yaml").write_text("spec: 1\nextends: base.yaml\n", encoding="utf-8")
    assert chosen_specs([], "specs") == ["specs/x.yaml"]
