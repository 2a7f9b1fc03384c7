"""A wheel, built and installed elsewhere, with and without a compiler: shipped examples run, numbers are the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[1]
WITHOUT_COMPILER = {"CC": "false", "CXX": "false", "LDSHARED": "false"}


def run(command, folder, **variables):
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": "", **variables},
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module", params=["compiler", "no compiler"])
def installed(request, tmp_path_factory):
    """The interpreter of an environment that holds the wheel (and borrows the dependencies), and its command."""
    room = tmp_path_factory.mktemp("wheel")
    source = room / "source"
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    variables = WITHOUT_COMPILER if request.param == "no compiler" else {}
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", room, source]
    run(build, room, **variables)
    (wheel,) = room.glob("*.whl")
    venv.create(room / "env", with_pip=True)
    python = room / "env" / "bin" / "python"
    run([python, "-m", "pip", "install", "-q", "--no-deps", wheel], room)
    # the dependencies of the running environment, without its own copy of the package
    lent = [path for path in sys.path if "packages" in path]
    target = run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], room).strip()
    (Path(target) / "lent.pth").write_text("\n".join(lent))
    return request.param, python, room / "env" / "bin" / "impact", room


def test_the_extension_is_optional(installed):
    kind, python, _, room = installed
    code = "import impact, impact.kernels.compiled as c; print(impact.__file__, c.IS_COMPILED)"
    place, available = run([python, "-c", code], room).split()
    assert str(room) in place
    assert available == str(kind == "compiler")


def test_a_shipped_example_runs(installed):
    _, _, impact, room = installed
    work = room / "work"
    work.mkdir()
    (work / "mine.yaml").write_text("spec: 1\nextends: shipped:employment_keepjob_lima\n", encoding="utf-8")
    run([impact, "run", "mine.yaml", "--only", "main"], work)
    document = json.loads((work / "reports" / "mine" / "results.json").read_text(encoding="utf-8"))
    (row,) = (row for row in document["rows"] if row["model"] == "main")
    assert row["estimate"] == pytest.approx(-0.0149024, abs=5e-8)
    assert row["n_obs"] == 36478


def test_shipped_data_resolve(installed):
    _, _, impact, room = installed
    (room / "data.yaml").write_text(
        "spec: 1\ndata: {file: shipped:wagepan}\nmodel: lwage ~ union + married | nr + year\n",
        encoding="utf-8",
    )
    run([impact, "check", "data.yaml"], room)
    assert "employment_keepjob_lima" in run([impact, "list", "examples"], room)
