"""Processor time of the command line above a bare interpreter, and what the first fit costs more than the second."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile

REPETITIONS = 9
SPEC = "specs/employment_keepjob_lima.yaml"
# installed modules are read as bytecode; an environment that forbids writing it would compile them at each start
SURROUNDINGS = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
FIRST_FIT = """
import time, numpy as np, pandas as pd
frame = pd.DataFrame({"y": np.arange(1000.0) % 7, "x": np.arange(1000.0) % 3, "g": np.arange(1000) % 20})
import impact
times = []
for _ in range(2):
    start = time.perf_counter()
    impact.feols("y ~ x | g", frame, vcov={"cluster": "g"})
    times.append(time.perf_counter() - start)
print(times[0] - times[1])
"""


def processor_seconds(command: list[str]) -> float:
    """User and system seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=SURROUNDINGS
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print medians, bare interpreter and command in turn; the main job and the check of its spec among them."""
    with tempfile.TemporaryDirectory() as folder:
        _print_medians(["run", SPEC, "--out", folder])
    runs = [
        subprocess.run(
            [sys.executable, "-c", FIRST_FIT], capture_output=True, text=True, check=True, env=SURROUNDINGS
        )
        for _ in range(5)
    ]
    more = statistics.median(float(run.stdout) for run in runs)
    print(f"first fit costs {more:.2f} s more than the second (imports; nothing is compiled at run time)")


def _print_medians(main_job: list[str]) -> None:
    commands = {
        "bare interpreter": [sys.executable, "-c", "pass"],
        "impact --help": [sys.executable, "-m", "impact", "--help"],
        "impact list": [sys.executable, "-m", "impact", "list"],
        "impact version": [sys.executable, "-m", "impact", "version"],
        "impact check": [sys.executable, "-m", "impact", "check", SPEC],
        "impact run": [sys.executable, "-m", "impact", *main_job],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(REPETITIONS):
        for name, command in commands.items():
            seconds[name].append(processor_seconds(command))
    bare = statistics.median(seconds["bare interpreter"])
    print(f"load {os.getloadavg()[0]:.1f}")
    for name, own in seconds.items():
        middle = statistics.median(own)
        print(f"{name:20}{middle * 1000:8.0f} ms{(middle - bare) * 1000:8.0f} ms above a bare interpreter")


if __name__ == "__main__":
    main()
