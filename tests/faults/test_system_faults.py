"""The system and the outputs: permissions, locks, kills, interrupts, streams, locales, paths, live markup."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

IMPACT = [sys.executable, "-m", "impact"]
EVIL = "</script><script>alert(1)</script>\" onload=x ' =1+1 | \\input{x} $x$ [a](javascript:b) \u202e"


def start(*arguments: str, **changes: str | None) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "MPLBACKEND": "agg"}
    for name, value in changes.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    return subprocess.Popen(
        [*IMPACT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )


def finish(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.EACCES, "E702"), (errno.EROFS, "E702"), (errno.ENOSPC, "E703"), (errno.EIO, "E704")],
)
@pytest.mark.parametrize("moment", [1, 4, 8])
def test_system_refuses_in_the_middle(bench, monkeypatch, number, code, moment):
    """The k-th flush to disk fails: the old report stays whole, nothing else is left."""
    bench.spec()
    bench.fine()
    before = contents(Path("reports"))
    flush, calls = os.fsync, []

    def refusing(handle: int) -> None:
        calls.append(handle)
        if len(calls) == moment:
            raise OSError(number, os.strerror(number))
        flush(handle)

    monkeypatch.setattr(os, "fsync", refusing)
    call = bench.run()
    assert call.status == 7 and code in call.codes and str(bench.folder) not in call.err, call
    assert contents(Path("reports")) == before


def test_reports_is_a_file(bench):
    bench.spec()
    bench.write("reports", "mine")
    call = bench.run()
    assert call.status == 7 and call.codes[0].startswith("E70"), call
    assert str(bench.folder) not in call.err


def test_study_is_a_file(bench):
    bench.spec()
    Path("reports").mkdir()
    bench.write("reports/s", "mine")
    call = bench.run()
    assert call.status == 7 and "E705" in call.codes, call
    assert Path("reports/s").read_text() == "mine"


def test_lock_of_a_living_process(bench):
    bench.spec()
    Path("reports").mkdir()
    lock = Path("reports/.s.lock")
    lock.write_text(json.dumps({"pid": os.getpid(), "host": os.uname().nodename}))
    call = bench.run()
    assert call.status == 7 and "E701" in call.codes and str(os.getpid()) in call.err, call
    assert not Path("reports/s").exists() and lock.exists()


def test_lock_of_a_dead_process(bench):
    bench.spec()
    Path("reports").mkdir()
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    Path("reports/.s.lock").write_text(json.dumps({"pid": process.pid, "host": os.uname().nodename}))
    call = bench.fine()
    assert "W702" in call.err


def test_leftovers_of_a_dead_process_are_removed(bench):
    bench.spec()
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    Path(f"reports/.s.new-{process.pid}").mkdir(parents=True)
    bench.fine()
    assert sorted(os.listdir("reports")) == ["s"]


def test_own_files_in_the_report_stay(bench):
    bench.spec()
    bench.fine()
    Path("reports/s/notes.txt").write_text("mine")
    bench.fine()
    assert Path("reports/s/notes.txt").read_text() == "mine"


def test_failed_run_leaves_the_old_report(bench):
    bench.spec()
    bench.fine()
    before = contents(Path("reports"))
    bench.spec({"models": '\n  main: "y ~ xx"'})
    assert bench.run().status == 3
    bench.spec({"filter": "x > 100"})
    assert bench.run().status == 4
    assert contents(Path("reports")) == before


# Runs the spec once, so that all is loaded, then in children: the first to its end, the others killed after a share
# of the time that the first one took.
KILLER = """
import os, signal, sys, time
from impact.cli.main import main

def run():
    try:
        main(["run", "s.yaml", "-q"])
    except SystemExit as left:
        return int(left.code or 0)

sys.stdin.readline()
print(run(), flush=True)
for share in (None, *((k + 0.5) / 12 for k in range(12))):
    sys.stdin.readline()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os._exit(run())
    if share is not None:
        time.sleep(share * whole)
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    whole = time.monotonic() - began if share is None else whole
    print(status, flush=True)
"""


def test_kill_leaves_the_old_folder_or_the_new_one(bench):
    """Killed at twelve moments of a run: the report is a complete one, and the next run works."""
    many = "".join(f'\n  m{i}: "y ~ x + z | unit + year"' for i in range(4))
    bench.spec({"models": many, "title": "old"})
    settings = {**os.environ, "MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1", "IMPACT_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=settings
    )

    def next_run() -> int:
        process.stdin.write("\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    assert [next_run(), next_run()] == [0, 0]
    bench.spec({"models": many, "title": "new"})
    ends = []
    for _ in range(12):
        ends.append(next_run())
        document = json.loads(Path("reports/s/results.json").read_text())
        manifest = json.loads(Path("reports/s/manifest.json").read_text())
        assert document["title"]["en"] in ("old", "new")
        assert bench.call("verify", "reports/s", "--no-rerun").status in (0, 6)
        assert all((Path("reports/s") / name).is_file() for name in manifest["outputs"])
    process.communicate()
    assert set(ends) <= {0, -signal.SIGKILL} and ends.count(-signal.SIGKILL) > 3
    assert bench.run().status == 0
    assert not [name for name in os.listdir("reports") if name.startswith(".")]
    assert json.loads(Path("reports/s/results.json").read_text())["title"]["en"] == "new"


def test_interrupt_keeps_finished_models(bench, monkeypatch):
    import impact.pipeline.fit as fitting

    bench.spec({"models": "".join(f'\n  m{i}: "y ~ x | unit"' for i in range(5))})
    whole = fitting.fit_request

    def interrupted(frame, request, *, seed, progress=None, memory=None):
        found = whole(frame, request, seed=seed)
        if request.name == "m1":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
        return found

    monkeypatch.setattr(fitting, "fit_request", interrupted)
    call = bench.run()
    assert call.status == 130, call
    assert "E523" in call.codes and "Traceback" not in call.err
    models = json.loads(Path("reports/s/results.json").read_text())["models"]
    assert [facts["status"] for facts in models.values()] == ["ok", "ok", "failed", "failed", "failed"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_second_interrupt_stops_at_once(bench, monkeypatch):
    import impact.pipeline.fit as fitting

    bench.spec({"models": "".join(f'\n  m{i}: "y ~ x | unit"' for i in range(3))})

    def interrupted(frame, request, *, seed, progress=None, memory=None):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
        raise AssertionError("not reached")

    monkeypatch.setattr(fitting, "fit_request", interrupted)
    call = bench.run()
    assert call.status == 130 and "Traceback" not in call.err
    assert not Path("reports").exists()


def test_closed_stream(bench):
    bench.spec()
    process = start("run", "s.yaml")
    process.stdout.close()
    with process.stderr as stream:
        err = stream.read().decode()
    assert process.wait(60) == 0 and "Traceback" not in err, err
    assert Path("reports/s/manifest.json").is_file()


def test_silence_in_a_pipe(bench):
    bench.spec()
    status, out, err = finish(start("run", "s.yaml"))
    assert status == 0 and err == "" and "\x1b" not in out and "\r" not in out


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": None, "TERM": "dumb", "COLUMNS": "20", "NO_COLOR": "1"},
        {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONIOENCODING": "ascii"},
    ],
    ids=["no home, dumb", "C locale", "Turkish, ascii"],
)
def test_odd_surroundings(bench, environment):
    bench.spec({"title": "{en: Wages, es: Años de España}", "labels": "{x: año}"})
    status, out, err = finish(start("run", "s.yaml", **environment))
    assert status == 0, err
    assert "Traceback" not in err and "main" in out
    bench.assert_clean()


@pytest.mark.parametrize("name", ["a b", "año nuevo", "x'y", "a$b", "-q", "日本"])
def test_odd_paths(bench, name):
    folder = Path(name)
    folder.mkdir()
    (folder / "panel ñ.csv").write_bytes(Path("panel.csv").read_bytes())
    bench.spec({"data": '"panel ñ.csv"'}, name=f"{name}/s.yaml")
    call = bench.call("run", "-q", "--", f"{name}/s.yaml")
    assert call.status == 0, call
    assert Path("reports/s/report.html").is_file()


def test_stem_that_is_no_name(bench):
    bench.spec(name="2018 año.yaml")
    call = bench.run(spec="2018 año.yaml")
    assert call.status in (0, 3), call
    assert ("Traceback" not in call.err and call.status == 0) or "study" in call.err


def test_one_bad_spec_of_several(bench):
    bench.spec(name="a.yaml")
    bench.spec({"models": '\n  main: "y ~ xx"'}, name="b.yaml")
    bench.spec(name="c.yaml")
    call = bench.call("run", "a.yaml", "b.yaml", "c.yaml")
    assert call.status == 3 and "b.yaml:4:14" in call.err
    assert sorted(os.listdir("reports")) == ["a", "c", "index.html"]


def test_absent_data_in_a_folder_does_not_count(bench):
    bench.spec(name="specs/a.yaml", changes={"data": "../panel.csv"})
    bench.spec({"data": "../restricted.csv"}, name="specs/b.yaml")
    call = bench.call("run", "specs")
    # no source is given for the file, so that its name may be a slip: it is told in full beside
    assert call.status == 0 and call.codes == ["E201"], call
    assert "specs/b.yaml   not run: data absent (../restricted.csv)" in call.out
    alone = bench.call("run", "specs/b.yaml")
    assert alone.status == 4 and alone.codes == ["E201"], alone


def test_dry_run_touches_nothing(bench):
    bench.spec()
    before = sorted(os.listdir())
    assert bench.run("--dry-run").status == 0
    assert sorted(os.listdir()) == before


def test_markup_in_texts_is_text(bench):
    columns = bench.panel()
    evil = EVIL.replace(",", "")
    bench.panel({"region": [evil.replace('"', "'") if r == "n" else r for r in columns["region"]]})
    words = json.dumps(EVIL)
    bench.spec(
        {
            "title": words.replace("\\u202e", ""),
            "question": words.replace("\\u202e", ""),
            "labels": "{x: " + words.replace("\\u202e", "") + "}",
            "notes": "[" + words.replace("\\u202e", "") + "]",
            "models": '\n  main: {formula: "y ~ x | unit", by: region, min_cell: 0}',
            "outputs": None,
        }
    )
    bench.fine()
    for name, content in contents(Path("reports/s")).items():
        text = content.decode("utf-8", "replace")
        if name.endswith((".html", ".svg", ".md")):
            assert "<script>alert" not in text and "\u202e" not in text, name
        if name.endswith(".tex"):
            assert "\\input{x}" not in text, name
        assert str(bench.folder) not in text, name
        if name.endswith(".html"):
            assert "http://" not in text.replace("http://www.w3.org", "") and ' src="http' not in text, name
        if name.endswith(".csv"):
            assert not [
                cell
                for line in text.splitlines()
                for cell in line.split(",")
                if cell.startswith(("=", "+", "@"))
            ]


def test_numbers_in_json_are_finite(bench):
    bench.spec({"models": '\n  main: "y ~ x | unit"', "vcov": "{cluster: [unit, year]}"})
    bench.fine()

    def refuse(word: str) -> float:
        raise AssertionError(word)

    for name, content in contents(Path("reports/s")).items():
        if name.endswith(".json"):
            json.loads(content, parse_constant=refuse)


def test_verify_sees_one_byte(bench):
    bench.spec()
    bench.fine()
    assert bench.call("verify", "reports/s").status == 0
    for name in ("results.csv", "report.html", "tables/estimates.md"):
        file = Path("reports/s") / name
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + b"x")
        call = bench.call("verify", "reports/s", "--no-rerun")
        assert call.status == 6 and name in call.err, name
        file.write_bytes(whole)
    Path("panel.csv").write_bytes(Path("panel.csv").read_bytes() + b"u13,2014,1,1,1,1,1,1,n,men,-1,-1\n")
    call = bench.call("verify", "reports/s")
    assert call.status == 6 and "panel.csv" in call.err
    assert bench.call("verify", "nowhere").status == 4
