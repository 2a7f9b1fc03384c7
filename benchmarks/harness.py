"""Timing by interleaved repetition, peak memory in a process of its own, and agreement before any ratio counts."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

Estimates = tuple[np.ndarray, np.ndarray]
Contender = Callable[[pd.DataFrame], Estimates]
PARAMS_AGREE = 1e-8
ERRORS_AGREE = 1e-6
SLOW_SECONDS = 3.0


@dataclass(frozen=True)
class Case:
    """One comparison: the data, and who is asked for which estimates. ``ours`` is among the contenders."""

    name: str
    data: Callable[[], pd.DataFrame]
    contenders: Mapping[str, Contender]


def installed(*names: str) -> tuple[str, ...]:
    """Those of the packages that are installed."""
    found = []
    for name in names:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found.append(name)
    return tuple(found)


def main(cases: Mapping[str, Case]) -> bool:
    """Command line of a benchmark: all cases (True), or the memory of one contender in one case (False)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repetitions", type=int, default=11)
    parser.add_argument("--case", action="append", choices=sorted(cases))
    parser.add_argument("--memory-of", nargs=2, metavar=("CASE", "CONTENDER"))
    options = parser.parse_args()
    if options.memory_of:
        case, contender = options.memory_of
        print(peak_memory(cases[case], contender))
        return False
    if os.environ.get("PYTHONHASHSEED") != "1":
        # pyfixest's clustered errors depend on the hash seed; this one gives its documented factors.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "1"})
    print_versions()
    for key in options.case or cases:
        compare(key, cases[key], options.repetitions)
    return True


def print_versions() -> None:
    """Machine and versions, once a run."""
    packages = installed(
        "impact-evaluation",
        "fereg",
        "pyfixest",
        "linearmodels",
        "statsmodels",
        "numpy",
        "scipy",
        "pandas",
        "within-py",
        "samplics",
        "svy",
    )
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"Python {platform.python_version()}, {versions}")
    print(
        f"{processors} processors, load {os.getloadavg()[0]:.1f}, PYTHONHASHSEED={os.environ['PYTHONHASHSEED']}\n"
    )


def compare(key: str, case: Case, repetitions: int) -> None:
    """Print one line a contender: seconds, processor seconds, memory, agreement and the ratio where it counts."""
    frame = case.data()
    first, failed = _first_runs(case, frame)
    able = {name: run for name, run in case.contenders.items() if name in first}
    seconds: dict[str, list[float]] = {name: [] for name in able}
    processor: dict[str, list[float]] = {name: [] for name in able}
    for turn in range(repetitions):
        for name, run in able.items():
            if first[name][0] > SLOW_SECONDS and turn > 1:
                continue
            wall, own, _ = _timed(run, frame)
            seconds[name].append(wall)
            processor[name].append(own)
    memory = {name: _memory_in_own_process(key, name) for name in able}
    params, errors = first["impact"][2]
    ours = statistics.median(seconds["impact"])
    print(
        f"{case.name}  (median of {repetitions}, interleaved; first call of impact {first['impact'][0]:.2f} s)"
    )
    print(
        f"  {'':14}{'seconds':>9}{'fastest':>9}{'cpu':>9}{'peak MB':>9}{'estimates':>11}{'errors':>10}{'ratio':>8}"
    )
    for name in able:
        found = first[name][2]
        apart = float(np.max(np.abs(found[0] - params) / np.maximum(np.abs(params), 1e-3)))
        errors_apart = float(np.max(np.abs(found[1] / errors - 1)))
        middle = statistics.median(seconds[name])
        counts = apart <= PARAMS_AGREE and errors_apart <= ERRORS_AGREE
        ratio = f"{middle / ours:8.2f}" if counts else "  (apart)"
        print(
            f"  {name:14}{middle:9.4f}{min(seconds[name]):9.4f}{statistics.median(processor[name]):9.4f}"
            f"{memory[name]:9.0f}{apart:11.1e}{errors_apart:10.1e}{ratio}"
        )
    for name, reason in failed.items():
        print(f"  {name:14} failed: {reason}")
    print()


def _first_runs(
    case: Case, frame: pd.DataFrame
) -> tuple[dict[str, tuple[float, float, Estimates]], dict[str, str]]:
    """One run of each contender, and what those said that could not. Ours has to run."""
    first, failed = {}, {}
    for name, run in case.contenders.items():
        try:
            first[name] = _timed(run, frame)
        except Exception as problem:
            if name == "impact":
                raise
            failed[name] = str(problem).splitlines()[0]
    return first, failed


def peak_memory(case: Case, contender: str) -> float:
    """Megabytes by which the process grows above the data and the imported packages while one fit runs twice."""
    frame = case.data()
    small = frame.iloc[: min(len(frame), 2000)].reset_index(drop=True)
    case.contenders[contender](small)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as handle:
        handle.write("5")
    before = _status("VmRSS")
    for _ in range(2):
        case.contenders[contender](frame)
    return (_status("VmHWM") - before) / 1024


def _memory_in_own_process(key: str, contender: str) -> float:
    if not os.path.exists("/proc/self/clear_refs"):
        return float("nan")
    command = [sys.executable, *sys.argv[:1], "--memory-of", key, contender]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return float(done.stdout.split()[0]) if done.returncode == 0 else float("nan")


def _status(field: str) -> float:
    with open("/proc/self/status", encoding="ascii") as handle:
        return next(float(line.split()[1]) for line in handle if line.startswith(field))


def _timed(run: Contender, frame: pd.DataFrame) -> tuple[float, float, Estimates]:
    wall, own = time.perf_counter(), time.process_time()
    found = run(frame)
    return time.perf_counter() - wall, time.process_time() - own, found
