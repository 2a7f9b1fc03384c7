"""The package run as a reviewer runs it: its own folder, a fresh process, the one command of its README."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import impact
from impact.core.errors import Place, VerificationError
from impact.core.texts import fault
from impact.outputs.results_json import json_bytes
from impact.pipeline.finished.compare import MANIFEST, RESULTS, compare_runs, read_run
from impact.pipeline.finished.redraw import LOG
from impact.pipeline.finished.verify import RUN_BLOCK
from impact.pipeline.packaging.gather import Study

REPORTS = "reports"
# machines and libraries of linear algebra differ by about 4e-14 of a number
SAME = 1e-10
LINES = 6


def run_again(studies: Sequence[Study], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Write the package somewhere, run it there, and return its reports.

    What only the clock decides (run.log, the ``run`` block of a manifest) is that of the studies' own reports.

    Arguments:
        files: specs and data of the package, also data that will not enter it.

    Raises:
        VerificationError: E635 it does not run; E636 its results are not those of the reports.
    """
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        said = _run(folder)
        made: dict[str, bytes] = {}
        for study in studies:
            report = folder / REPORTS / study.name
            if not (report / RESULTS).is_file():
                raise VerificationError(fault("E635", study=study.name, said=said))
            _require_same(study, report)
            made |= {f"{REPORTS}/{study.name}/{name}": content for name, content in _files(study, report)}
        index = folder / REPORTS / "index.html"
        if index.is_file():
            made[f"{REPORTS}/index.html"] = index.read_bytes()
        return made


def _run(folder: Path) -> str:
    """Run all specs of the folder; what was said on standard error."""
    package = str(Path(impact.__file__).resolve().parents[1])
    path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH", "")) if part)
    done = subprocess.run(
        [sys.executable, "-m", "impact", "run", "specs", "--out", REPORTS],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return " / ".join(line.strip() for line in done.stderr.splitlines()[-LINES:] if line.strip()) or "-"


def _require_same(study: Study, report: Path) -> None:
    found = compare_runs(read_run(study.folder), read_run(report), relative=SAME)
    if found.same:
        return
    first = next(iter(found.differences), None)
    where = f"{first.place} {first.name}: {first.field}" if first is not None else ""
    alone = [*found.only_first, *found.only_second]
    count = len(found.differences) + len(alone)
    place = Place(str(study.folder))
    raise VerificationError(
        fault("E636", place=place, study=study.name, count=count, first=where or alone[0])
    )


def _files(study: Study, report: Path) -> list[tuple[str, bytes]]:
    found = []
    for file in sorted(report.rglob("*")):
        if not file.is_file():
            continue
        name = file.relative_to(report).as_posix()
        content = file.read_bytes()
        if name == MANIFEST:
            content = json_bytes({**json.loads(content), RUN_BLOCK: study.manifest.get(RUN_BLOCK, {})})
        elif name == LOG:
            own = study.folder / LOG
            content = own.read_bytes() if own.is_file() else b""
            if not content:
                continue
        found.append((name, content))
    return found
