"""A kind of source: its files are found, hashed one by one, and told in the manifest; columns come from headers."""

from __future__ import annotations

import hashlib
import json

import pytest
from pydantic import TypeAdapter, ValidationError

from impact.core.errors import DataError
from impact.data.surveys._options import Words, Years
from impact.pipeline.check import check_spec
from impact.pipeline.study import StudyOptions, run_study

TABLE = "ANIO,MES,UBIGEO_HECHO,P_MODALIDADES,cantidad\n" + "".join(
    f"{2018 + i % 2},{1 + i % 12},{150101 + i % 3},Hurto,{i * i % 17}\n" for i in range(40)
)
SPEC = "spec: 1\ndata: {{{where}}}\nmodel: complaints ~ year\nseed: 1\noutputs: {{formats: [md]}}\n"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A project with one table of complaints."""
    (tmp_path / "impact.toml").write_text("")
    (tmp_path / "den" / "2018").mkdir(parents=True)
    (tmp_path / "den" / "2018" / "table.csv").write_text(TABLE)
    monkeypatch.chdir(tmp_path)

    def written(where="complaints: {folder: den, level: district}"):
        (tmp_path / "s.yaml").write_text(SPEC.format(where=where))
        return "s.yaml"

    return written


def test_the_manifest_holds_the_hash_of_every_file(study, tmp_path):
    run_study(study(), StudyOptions(out=tmp_path / "out"))
    facts = json.loads((tmp_path / "out/s/manifest.json").read_text())["data"]["main"]
    digest = hashlib.sha256(TABLE.encode()).hexdigest()
    assert facts["files"] == [
        {"file": "den/2018/table.csv", "sha256": digest, "bytes": len(TABLE), "rows": 40}
    ]
    assert facts["sha256"] == hashlib.sha256(f"{digest}  den/2018/table.csv".encode()).hexdigest()
    assert facts["kind"] == "complaints" and facts["options"]["folder"] == "den"
    assert facts["access"] == "public" and facts["source"]


def test_what_the_block_says_wins(study, tmp_path):
    run_study(
        study("complaints: {folder: den}, source: me, access: restricted"), StudyOptions(out=tmp_path / "o")
    )
    facts = json.loads((tmp_path / "o/s/manifest.json").read_text())["data"]["main"]
    assert (facts["source"], facts["access"]) == ("me", "restricted")


def test_headers_are_checked_without_reading_rows(study, tmp_path):
    (tmp_path / "den/2018/table.csv").write_text(TABLE.splitlines()[0] + '\n"unclosed')
    assert check_spec(study()) == ([], 0)
    (tmp_path / "den/2018/table.csv").write_text(TABLE.replace("cantidad", "cantidades"))
    faults, status = check_spec(study())
    assert (status, [fault.code for fault in faults], faults[0].suggestion) == (4, ["E253"], "")


@pytest.mark.parametrize(
    ("where", "code", "suggestion"),
    [
        ("complaints: {folder: dem}", "E250", "den"),
        ("complaints: {folder: /den}", "E203", ""),
        ("complaints: {folder: ../den}", "E204", ""),
        ("complaints: {folder: https://x.org/den}", "E231", ""),
        ("complaints: {folder: den}, root: elsewhere", "E226", ""),
        ("complaints: {folder: den, files: other.csv}", "E252", ""),
        ("complaints: {folder: den}, types: {complaint: text}", "E209", "complaints"),
        ("complaints: {folder: den}, columns: [year, complaints, x1]", "E209", ""),
    ],
)
def test_what_is_not_there_is_told_at_its_place(study, where, code, suggestion):
    faults, status = check_spec(study(where))
    assert (status, [fault.code for fault in faults]) == (4, [code])
    assert faults[0].suggestion == suggestion
    assert faults[0].place.line == 2 and faults[0].help


def test_a_root_is_followed(study, tmp_path, monkeypatch):
    outside = tmp_path.parent / f"{tmp_path.name}_outside"
    (outside / "sub").mkdir(parents=True)
    (outside / "sub" / "t.csv").write_text(TABLE)
    monkeypatch.setenv("IMPACT_ROOT_POLICE", str(outside))
    assert check_spec(study("complaints: {folder: sub}, root: police"), depth="data") == ([], 0)


@pytest.mark.parametrize(
    ("written", "found"),
    [(2018, (2018,)), ("2015-2017", (2015, 2016, 2017)), ([2019, 2015], (2015, 2019)),
     ([2012, "2015-2016"], (2012, 2015, 2016))],
)  # fmt: skip
def test_years(written, found):
    assert TypeAdapter(Years).validate_json(json.dumps(written), strict=True) == found


WRONG = [18, "2018", "2019-2015", [], [2018, 2018], [True], 2018.5, ["2015-2016", 2016], "x"]


@pytest.mark.parametrize("written", WRONG)
def test_no_years(written):
    with pytest.raises(ValidationError):
        TypeAdapter(Years).validate_json(json.dumps(written), strict=True)


def test_words():
    adapter = TypeAdapter(Words)
    assert adapter.validate_json('"a"', strict=True) == ("a",)
    assert adapter.validate_json('["a", "b"]', strict=True) == ("a", "b")
    with pytest.raises(ValidationError):
        adapter.validate_json("[1]", strict=True)


def test_a_missing_file_raises_data_error(study):
    with pytest.raises(DataError):
        run_study(study("complaints: {folder: den, files: x}"), StudyOptions(out=None))
