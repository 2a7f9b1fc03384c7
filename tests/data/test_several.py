"""Yearly files and files of one pattern: on top of each other, with a column that says which."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from pydantic import ValidationError

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.data.several import header_of_block, read_block
from impact.data.stacking import as_numbers, as_texts, stack
from impact.pipeline.check import check_spec
from impact.pipeline.study import StudyOptions, run_study
from impact.schema.data_blocks import DataBlock

NAN = np.nan


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "impact.toml").write_text("")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/t_2017.csv").write_text("id,x,month\n1,0.5,01\n2,1.5,02\n")
    (tmp_path / "d/t_2018.csv").write_text("id,x,new\n1,2.5,7\n")
    (tmp_path / "d/t_2019.csv").write_text("id,x,month\n3,9,12\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def block_of(**keys):
    return DataBlock.model_validate_json(json.dumps(keys), strict=True)


def test_years_are_put_into_the_name(folder):
    frame = read_block(block_of(file="d/t_{year}.csv", years="2017-2018"), folder=folder)
    assert frame.columns["file_year"].tolist() == [2017, 2017, 2018]
    assert frame.columns["source_file"].tolist() == ["d/t_2017.csv"] * 2 + ["d/t_2018.csv"]
    assert frame.columns["x"].tolist() == [0.5, 1.5, 2.5]
    np.testing.assert_array_equal(frame.columns["new"], [NAN, NAN, 7])
    assert {notice.details["column"] for notice in frame.notices if notice.code == "W465"} == {"month", "new"}
    names = header_of_block(block_of(file="d/t_{year}.csv", years=[2017, 2018]), folder=folder)
    assert set(names) == {"id", "x", "month", "new", "source_file", "file_year"}


def test_a_pattern_takes_files_in_the_order_of_their_names(folder):
    frame = read_block(block_of(file="d/t_*.csv"), folder=folder, wanted=frozenset({"id", "source_file"}))
    assert frame.columns["id"].tolist() == [1, 2, 1, 3]
    assert list(dict.fromkeys(frame.columns["source_file"])) == [
        "d/t_2017.csv",
        "d/t_2018.csv",
        "d/t_2019.csv",
    ]
    assert set(frame.columns) == {"id", "source_file"} and frame.read == 4


def test_text_in_one_year_and_number_in_another(folder):
    (folder / "d/t_2018.csv").write_text("id,x,month\n1,2.5,3\n")
    frame = read_block(block_of(file="d/t_{year}.csv", years="2017-2019"), folder=folder)
    assert frame.columns["month"].tolist() == [1, 2, 3, 12]
    (folder / "d/t_2018.csv").write_text("id,x,month\n1,2.5,May\n")
    frame = read_block(block_of(file="d/t_{year}.csv", years="2017-2019"), folder=folder)
    assert frame.columns["month"].tolist() == ["01", "02", "May", "12"]


def test_every_absent_year_is_told(folder):
    with pytest.raises(DataError) as caught:
        header_of_block(block_of(file="d/t_{year}.csv", years="2015-2017"), folder=folder)
    (fault,) = caught.value.faults
    assert fault.code == "E201" and "t_2015" in fault.message and "t_2016" in fault.details[0]


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"file": "d/u_*.csv"}, "E277"),
        ({"file": "e/*.csv"}, "E277"),
        ({"file": "*/t.csv"}, "E277"),
        ({"file": "../*.csv"}, "E204"),
        ({"file": "d/t_*.csv", "columns": ["id", "y"]}, "E209"),
        ({"file": "d/t_*.csv", "types": {"y": "text"}}, "E209"),
        ({"file": "d/t_*.csv", "types": {"id": "date"}}, "E230"),
    ],
)
def test_what_is_not_there(folder, keys, code):
    with pytest.raises(DataError) as caught:
        read_block(block_of(**keys), folder=folder)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "keys",
    [{"file": "t_{year}.csv"}, {"file": "t.csv", "years": 2018}, {"file": "t_*.csv", "sha256": "0" * 64}],
)
def test_keys_that_do_not_go_together(keys):
    with pytest.raises(ValidationError) as caught:
        block_of(**keys)
    assert caught.value.errors()[0]["type"] == "E276"


def test_a_column_of_our_name_is_refused(folder):
    (folder / "d/t_2017.csv").write_text("id,file_year\n1,2\n")
    with pytest.raises(DataError) as caught:
        read_block(block_of(file="d/t_{year}.csv", years="2017-2018"), folder=folder)
    assert caught.value.code == "E213"


def test_columns_may_be_of_some_years(folder):
    block = block_of(file="d/t_{year}.csv", years="2017-2018", columns=["id", "new"], missing={"new": [7]})
    frame = read_block(block, folder=folder)
    assert set(frame.columns) >= {"id", "new"} and "x" not in frame.columns
    assert np.isnan(frame.columns["new"]).all()


def test_a_study_of_yearly_files(folder):
    rows = "\n".join(f"{i},{i % 7}" for i in range(30))
    for year in (2020, 2021):
        (folder / f"d/y_{year}.csv").write_text(f"id,x\n{rows}\n")
    (folder / "s.yaml").write_text(
        "spec: 1\ndata:\n  file: d/y_{year}.csv\n  years: 2020-2021\n"
        "model: x ~ id | file_year\noutputs: {formats: [md]}\n"
    )
    assert check_spec("s.yaml") == ([], 0)
    run_study("s.yaml", StudyOptions(out=folder / "o"))
    facts = json.loads((folder / "o/s/manifest.json").read_text())["data"]["main"]
    digest = hashlib.sha256((folder / "d/y_2020.csv").read_bytes()).hexdigest()
    assert [one["file"] for one in facts["files"]] == ["d/y_2020.csv", "d/y_2021.csv"]
    assert facts["files"][0]["sha256"] == digest and facts["rows"] == 60


def test_stack_keeps_dates_and_texts():
    day = np.array(["2018-01-01"], dtype="datetime64[D]")
    parts = {
        "a": Frame({"d": day, "t": np.array(["x"], dtype=object)}, 1),
        "b": Frame({"t": np.array([None], dtype=object)}, 1),
    }
    told = []
    frame = stack(parts, lambda code, **values: told.append((code, values)) or _notice(code))
    assert frame.columns["d"].dtype == day.dtype and np.isnat(frame.columns["d"][1])
    assert frame.columns["t"].tolist() == ["x", None]
    assert told == [("W465", {"column": "d", "parts": "b"})]


def _notice(code):
    from impact.core.errors import Notice

    return Notice(code=code, message=code, of="data")


def test_numbers_and_texts():
    assert as_numbers(np.array(["1", "x", None], dtype=object))[0] == 1
    assert as_texts(np.array([1.0, NAN, 2.5])).tolist() == ["1", None, "2.5"]
