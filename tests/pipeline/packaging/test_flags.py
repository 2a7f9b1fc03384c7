"""Every flag passes a clean package and fails on a planted fault, at its place."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest

from impact.core.errors import DataError
from impact.core.texts import LANGUAGES, catalogue
from impact.pipeline.packaging.flags import FLAGS, check_package
from impact.pipeline.packaging.opened import open_package

from .conftest import read

SPEC, BOOK = "specs/clean.yaml", "README.md"
RESULTS, MANIFEST = "reports/clean/results.json", "reports/clean/manifest.json"
TABLE = "reports/clean/tables/t1.md"


def raised(package, flag, state="fail"):
    """What one flag found of a state: (kind, file, line, values)."""
    found = [one for one in FLAGS[flag](open_package(package)) if one.state == state]
    return [(one.key, one.file, one.line, dict(one.values)) for one in found]


def change(package, name, *pairs):
    file = package / name
    text = file.read_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    file.write_text(text)


def change_json(package, name, edit):
    content = read(package / name)
    edit(content)
    (package / name).write_text(json.dumps(content))


def test_a_clean_package_passes_all(package):
    flags = check_package(package)
    assert [flag.name for flag in flags] == [f"F{number}" for number in range(1, 15)]
    assert {flag.name: flag.found for flag in flags if flag.found} == {}


def test_not_a_package(tmp_path, package):
    with pytest.raises(DataError) as found:
        check_package(tmp_path / "nothing")
    assert found.value.code == "E638"
    (package / "manifest.json").write_text("[]")
    with pytest.raises(DataError):
        check_package(package)


# written in parts: no file of the project holds a path of a machine
PATHS = [
    "/home/" + "ann/data/x.csv",
    "C:" + r"\\Users\\ann\\x.csv",
    "~/x.csv",
    "/Users/" + "ann/x",
    "file:" + "///x",
]
INDEX = "--index" + "-url"


@pytest.mark.parametrize("path", PATHS)
def test_f1_machine_path(package, path):
    change(package, SPEC, ("spec: 1\n", f"spec: 1\nnotes: 'see {path}'\n"))
    ((key, file, line, values),) = raised(package, "F1")
    assert (key, file, line) == ("machine_path", SPEC, 2)
    assert values["text"].replace("\\", "") in path.replace("\\", "")


def test_f1_addresses_and_fractions_are_no_paths(package):
    words = "see https://example.org" + "/home/" + "ann and and/or 1/2 and a/tmp/b"
    change(package, SPEC, ("spec: 1\n", f"spec: 1\nnotes: '{words}'\n"))
    assert raised(package, "F1") == []


def test_f2_entry_point(package):
    (package / BOOK).write_text("# A package\n")
    assert raised(package, "F2")[0][:2] == ("no_command", BOOK)
    change(package, SPEC, ("models:", "modles:"))
    keys = [found for found in raised(package, "F2") if found[0] == "spec_fault"]
    assert keys[0][1] == SPEC
    assert keys[0][2] > 1
    shutil.rmtree(package / "specs")
    assert "no_spec" in [found[0] for found in raised(package, "F2")]


def test_f2_a_column_that_is_not_there(package):
    change(package, SPEC, ("real ~ x | unit", "real ~ z | unit"))
    ((key, file, _, values),) = raised(package, "F2")
    assert (key, file, values["code"]) == ("spec_fault", SPEC, "E514")


def test_f3_working_folders(package):
    (package / "clean.do").write_text("use data\n\ncd ..\\raw\n")
    assert raised(package, "F3") == [("changes_folder", "clean.do", 3, {"text": "cd ..\\raw"})]
    assert raised(package, "F2", "warn") == [("other_script", "clean.do", 0, {})]
    change(package, SPEC, ("../data/panel.csv", "../../elsewhere/panel.csv"))
    assert ("outside", SPEC) in [found[:2] for found in raised(package, "F3")]
    (package / "more").mkdir()
    (package / "more/other.yaml").write_text("spec: 1\n")
    assert ("spec_elsewhere", "more/other.yaml") in [found[:2] for found in raised(package, "F3")]


def test_f4_no_seed(package):
    change(package, SPEC, ("seed: 3\n", ""))
    found = raised(package, "F4")
    assert ("no_seed", SPEC, 0, {"what": "models.main.wild"}) in found
    assert "other_seed" in [one[0] for one in found]


def test_f4_a_finished_run_without_a_seed_has_drawn_nothing(package):
    change(package, SPEC, ("seed: 3\n", ""))
    change_json(package, RESULTS, lambda d: d.update(seed=None))
    assert raised(package, "F4") == []
    (package / RESULTS).unlink()
    assert [found[0] for found in raised(package, "F4")] == ["no_seed"]


def test_f4_joins_and_repeated_keys(package):
    change(package, SPEC, ("  prices:\n    on:", "  prices:\n    how: m:m\n    on:"))
    assert [found[0] for found in raised(package, "F4")] == ["many_to_many"]
    change(
        package,
        SPEC,
        ("    how: m:m\n", ""),
        ("derive:\n", "panel: {unit: unit, time: year}\nderive:\n  before: lag(x)\n"),
    )
    assert raised(package, "F4") == []
    data = (package / "data/panel.csv").read_text()
    (package / "data/panel.csv").write_text(data + data.splitlines()[1] + "\n")
    ((key, file, _, _),) = raised(package, "F4")
    assert key in ("repeated_key", "spec_fault")
    assert file == SPEC


def test_f5_exact_versions(package):
    lines = (package / "requirements.txt").read_text().splitlines()
    wrong = [
        "numpy>=2" if line.startswith("numpy==") else line for line in lines if not line.startswith("scipy==")
    ]
    (package / "requirements.txt").write_text("\n".join([*wrong, f"{INDEX} https://example.org"]))
    found = raised(package, "F5")
    assert [one[3].get("text") for one in found if one[0] == "not_exact"] == [
        "numpy>=2", f"{INDEX} https://example.org",
    ]  # fmt: skip
    assert {"name": "scipy"} in [one[3] for one in found if one[0] == "not_listed"]
    (package / "requirements.txt").unlink()
    assert raised(package, "F5") == [("no_requirements", "requirements.txt", 0, {})]


def test_f6_versions_of_the_reports(package):
    change_json(package, MANIFEST, lambda m: m["environment"]["distributions"].update(scipy="1.0"))
    ((key, file, _, values),) = raised(package, "F6")
    assert (key, file, values["name"], values["report"]) == ("other_version", MANIFEST, "scipy", "1.0")
    change_json(package, MANIFEST, lambda m: m.pop("environment"))
    assert "no_environment" in [found[0] for found in raised(package, "F6")]


def test_f6_versions_installed_here(package):
    lines = (package / "requirements.txt").read_text().splitlines()
    other = ["patsy==0.0.1" if line.startswith("patsy==") else line for line in lines]
    (package / "requirements.txt").write_text("\n".join(other))
    assert [found[3]["name"] for found in raised(package, "F6", "warn")] == ["patsy"]


def test_f7_manuscript(package):
    change_json(package, RESULTS, lambda d: d["published"][0].update(verdict="differs"))
    ((key, file, _, values),) = raised(package, "F7")
    assert (key, file, values["term"]) == ("cell_differs", RESULTS, "x")
    change_json(package, RESULTS, lambda d: d.update(published=[]))
    assert [found[0] for found in raised(package, "F7", "warn")] == ["nothing_compared"]
    claim = {"claim": "up", "text": "It rose", "state": "disagrees"}
    change_json(package, RESULTS, lambda d: d.update(claims=[claim]))
    assert [found[0] for found in raised(package, "F7")] == ["claim_disagrees"]
    (package / RESULTS).unlink()
    assert [found[0] for found in raised(package, "F7")] == ["no_report"]


def test_f8_data_statement(package):
    change(package, SPEC, ('    licence: "CC0"\n', ""), ('    accessed: "2024-05-01"\n', ""))
    ((key, file, line, values),) = raised(package, "F8")
    assert (key, file, values) == ("not_stated", SPEC, {"file": "data/panel.csv", "what": "licence"})
    assert line > 1
    assert [found[3]["what"] for found in raised(package, "F8", "warn")] == ["accessed"]


def test_f8_described_and_absent_read_and_not_described(package):
    (package / "data/prices.csv").unlink()
    assert ("described_absent", "data/prices.csv") in [found[:2] for found in raised(package, "F8")]
    change(package, BOOK, ("`data/panel.csv`", "`data/x.csv`"), ("`data/panel.csv`", "`data/x.csv`"))
    assert ("not_in_readme", BOOK) in [found[:2] for found in raised(package, "F8")]
    change_json(package, "manifest.json", lambda m: m["data"].pop(0))
    assert "not_described" in [found[0] for found in raised(package, "F8")]


def test_f8_data_that_nobody_can_get(package):
    change_json(package, "manifest.json", lambda m: m["data"][0].update(included=False, access="restricted"))
    assert [found[0] for found in raised(package, "F8")] == ["no_way"]


def test_f9_exhibits_by_code(package):
    change(package, TABLE, ("Main table", "Nicer table"))
    assert raised(package, "F9") == [("exhibit_changed", TABLE, 0, {})]
    (package / TABLE).rename(package / "reports/clean/tables/mine.md")
    found = [one[:2] for one in raised(package, "F9")]
    assert found == [("not_declared", "reports/clean/tables/mine.md"), ("exhibit_missing", TABLE)]


def test_f10_list_of_exhibits(package):
    digest = hashlib.sha256((package / TABLE).read_bytes()).hexdigest()[:12]
    change(package, BOOK, (digest, "0" * 12))
    assert raised(package, "F10") == [("not_in_list", TABLE, 0, {})]


def test_f11_stray_files(package):
    (package / "notes.txt").write_text("mine")
    (package / "data/copy.csv").write_bytes((package / "data/panel.csv").read_bytes())
    (package / "data/prices.csv").write_text("")
    (package / "impact.toml").unlink()
    found = [one[:2] for one in raised(package, "F11")]
    assert sorted(found) == [
        ("changed", "data/prices.csv"), ("lost", "impact.toml"), ("stray", "data/copy.csv"), ("stray", "notes.txt"),
    ]  # fmt: skip
    assert [one[:2] for one in raised(package, "F11", "warn")] == [
        ("same_file", "data/panel.csv"), ("empty", "data/prices.csv"),
    ]  # fmt: skip


def test_f11_what_a_run_makes_is_not_stray(package):
    (package / "again/clean").mkdir(parents=True)
    (package / "again/clean/results.json").write_text("{}")
    assert raised(package, "F11") == []


def test_f12_inputs_untouched(package):
    with (package / "data/panel.csv").open("a") as file:
        file.write("31,2010,1,0.5,0.5,0\n")
    assert raised(package, "F12") == [("input_changed", "data/panel.csv", 0, {})]


def test_f13_restricted_data(package):
    change(package, SPEC, ('access: "public"', 'access: "restricted: ask"'))
    found = raised(package, "F13")
    assert found[0] == ("restricted_inside", "data/panel.csv", 0, {"access": "restricted: ask"})


def test_f13_small_cells(package):
    """The groups have 120 rows each; one of 29 is fewer than the 30 of min_cell."""
    change(package, SPEC, ('access: "public"', 'access: "restricted: ask"'))
    assert "small_cell" not in [found[0] for found in raised(package, "F13")]
    change_json(package, RESULTS, lambda d: d["rows"][-1].update(n_obs=29))
    (small,) = [found for found in raised(package, "F13") if found[0] == "small_cell"]
    assert small[3]["count"] == "29"
    assert small[3]["least"] == 30


@pytest.mark.parametrize("column", ["dni", "e_mail", "telefono_2", "first_name", "Apellidos"])
def test_f13_identifiers(package, column):
    change(package, "data/panel.csv", ("unused", column))
    assert raised(package, "F13") == [("identifier", "data/panel.csv", 1, {"column": column})]


@pytest.mark.parametrize("column", ["admin", "cellular_density", "addresses_count", "phoneme", "unit"])
def test_f13_other_names_are_none(package, column):
    change(package, "data/panel.csv", ("unused", column + "_x"))
    assert raised(package, "F13") == []


def test_f14_computing_needs(package):
    run = read(package / MANIFEST)["run"]
    change(package, BOOK, (f"| {run['seconds']} |", "| quick |"))
    assert [found[:2] for found in raised(package, "F14")] == [("no_resources", BOOK)]
    change_json(package, MANIFEST, lambda m: m["run"].update(seconds=7300.0, peak_memory_mb=20000.0))
    assert [found[0] for found in raised(package, "F14", "warn")] == ["heavy", "large"]
    change_json(package, MANIFEST, lambda m: m.pop("run"))
    assert [found[0] for found in raised(package, "F14")] == ["no_run"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_words(language):
    """Keys of findings in the source against the texts."""
    import inspect
    import re

    import impact.pipeline.packaging.flags_of_files as of_files
    import impact.pipeline.packaging.flags_of_studies as of_studies

    source = inspect.getsource(of_files) + inspect.getsource(of_studies)
    keys = set(re.findall(r"(?:failed|warned)\(\s*\"(\w+)\"", source))
    known = catalogue(language)
    assert {key for key in (*keys, *FLAGS) if f"packaging.check.{key}" not in known} == set()
    assert len(keys) > 30
