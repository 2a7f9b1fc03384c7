"""Files of the lab: names, metadata, the same bytes, and numbers that read back."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as parquet
import pytest

from impact.core.errors import OutputError
from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.tables import make_table
from impact.data.peru_lab.writing import write_lab

SMALL = ("crimes", "arrivals", "refugees")
ROOT = Path(__file__).parents[3]


def test_files_say_what_they_are(tmp_path):
    written = write_lab(Settings(seed=4), tmp_path, tables=SMALL)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == sorted(
        [*(f"synthetic_{name}.csv" for name in SMALL), "synthetic_truth.csv", "synthetic_metadata.json"]
    )
    about = json.loads((tmp_path / "synthetic_metadata.json").read_text(encoding="utf-8"))
    assert about["synthetic"] is True and about["seed"] == 4 and about["knobs"]["rho_sort"] == 0.3
    for one in written:
        content = (tmp_path / one.file).read_bytes()
        assert about["files"][one.file]["sha256"] == hashlib.sha256(content).hexdigest() == one.sha256
        assert content.splitlines()[0].endswith(b'"synthetic"')
        assert b"\r" not in content


def test_what_is_written_reads_back(tmp_path):
    write_lab(Settings(), tmp_path, tables=("arrivals",))
    made = pd.DataFrame(make_table("arrivals", Settings()))
    read = pd.read_csv(
        tmp_path / "synthetic_arrivals.csv", dtype={"department": str}, parse_dates=["entry_date"]
    )
    assert list(read.columns) == list(made.columns)
    for name in made.columns:
        assert (read[name] == made[name]).all() or name == "entry_date"
    assert (
        read["entry_date"].to_numpy("datetime64[D]") == made["entry_date"].to_numpy("datetime64[D]")
    ).all()


def test_parquet_carries_the_word(tmp_path):
    write_lab(Settings(), tmp_path, form="parquet", tables=("crimes",))
    table = parquet.read_table(tmp_path / "synthetic_crimes.parquet")
    assert table.schema.metadata[b"synthetic"] == b"true"
    assert (table.to_pandas()["count"] == make_table("crimes", Settings())["count"]).all()
    assert (tmp_path / "synthetic_truth.csv").is_file()


def test_the_same_bytes_whatever_locale_threads_and_hash_seed(tmp_path):
    code = (
        "import sys; from pathlib import Path; from impact.data.peru_lab.settings import Settings;"
        "from impact.data.peru_lab.writing import write_lab;"
        "import impact.data.peru_lab.sample as sample; sample.A_QUARTER['small'] = 1000;"
        "write_lab(Settings(), Path(sys.argv[1]), tables=('persons', 'crimes', 'cities'))"
    )
    for number, (locale, threads, seed) in enumerate((("C", "1", "1"), ("es_PE.UTF-8", "4", "77"))):
        environment = {**os.environ, "LC_ALL": locale, "OMP_NUM_THREADS": threads, "PYTHONHASHSEED": seed,
                       "PYTHONPATH": str(ROOT)}  # fmt: skip
        subprocess.run([sys.executable, "-c", code, str(tmp_path / str(number))], env=environment, check=True)
    files = sorted(file.name for file in (tmp_path / "0").iterdir())
    assert len(files) == 5
    for name in files:
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes(), name


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(OutputError) as caught:
        write_lab(Settings(), tmp_path / "taken", tables=("budget",))
    assert caught.value.faults[0].code == "E721"
