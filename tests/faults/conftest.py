"""A bench for faults: a small good spec and panel, one fault, one call of the command line, and what must hold."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impact.cli.main import main

GOOD: dict[str, str] = {
    "spec": "1",
    "data": "panel.csv",
    "models": '\n  main: "y ~ x | unit + year"',
    "outputs": "{formats: [md]}",
    "seed": "7",
}
DESIGN = {
    "design": '\n  unit: unit\n  time: year\n  treated: unit in ["u01", "u02"]\n  from: 2017',
    "models": '\n  main: "y ~ exposed | unit + year"',
}

# what to do next: a help line, a suggestion, or a rule that the message itself states
NEXT = re.compile(
    r"help:|did you mean|Use |must |the levels of the stars are|goes in a circle|stands inside the value it names|nested deeper than"
)


@dataclass(frozen=True)
class Call:
    """What one call of the command line gave."""

    status: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        return re.findall(r"error\[(E\d{3})\]", self.err)


@dataclass
class Bench:
    """A folder with a panel, in which specs are written and run."""

    folder: Path
    capture: Any
    inputs: dict[str, bytes] = field(default_factory=dict)

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        self.inputs[name] = file.read_bytes()
        return file

    def spec(self, changes: Mapping[str, str | None] | None = None, *, name: str = "s.yaml") -> Path:
        keys = {**GOOD, **(changes or {})}
        lines = [
            f"{key}: {value}" if value else f"{key}:" for key, value in keys.items() if value is not None
        ]
        return self.write(name, "\n".join(lines) + "\n")

    def panel(
        self, change: Mapping[str, Any] | None = None, *, name: str = "panel.csv"
    ) -> dict[str, list[Any]]:
        columns = {**panel_columns(), **(change or {})}
        self.write(name, as_csv(columns))
        return columns

    def call(self, *arguments: str) -> Call:
        self.capture.readouterr()
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        text = self.capture.readouterr()
        return Call(int(left.value.code or 0), text.out, text.err)

    def run(self, *arguments: str, spec: str = "s.yaml") -> Call:
        return self.call("run", spec, *arguments)

    def assert_clean(self) -> None:
        """Inputs as they were; nothing half-written in reports."""
        for name, content in self.inputs.items():
            assert (self.folder / name).read_bytes() == content, f"{name} was changed"
        reports = self.folder / "reports"
        if reports.exists():
            assert not [file.name for file in reports.iterdir() if file.name.startswith(".")]
            for study in reports.iterdir():
                assert (study / "manifest.json").is_file() and (study / "results.json").is_file()

    def refuses(
        self,
        code: str,
        status: int,
        *says: str,
        arguments: Sequence[str] = (),
        spec: str = "s.yaml",
        at: str = "",
    ) -> Call:
        """The call ends in this class and code, says where and what next, and leaves nothing behind."""
        call = self.run(*arguments, spec=spec)
        shown = f"status {call.status}\n{call.err}\n{call.out}"
        assert "Traceback" not in shown and "E9" not in "".join(call.codes), shown
        assert call.status == status, shown
        assert any(found.startswith(code) for found in call.codes), shown
        assert re.search(rf"\S+: error\[{code}\d*\] \S", call.err), shown
        if at:
            assert any(line in self.lines_of(at, spec) for line in places(call.err, code, spec)), shown
        for word in says:
            assert word in call.err, f"'{word}' not in\n{shown}"
        assert NEXT.search(call.err), shown
        assert str(self.folder) not in call.err, shown
        self.assert_clean()
        if status in (3, 4):
            assert not (self.folder / "reports").exists(), shown
        return call

    def lines_of(self, key: str, spec: str) -> range:
        """Line numbers of a top-level key with its block; the whole file where it is absent."""
        lines = (self.folder / spec).read_text(encoding="utf-8").splitlines()
        starts = [i for i, line in enumerate(lines, 1) if line and not line[0].isspace()] + [len(lines) + 1]
        for start, end in itertools.pairwise(starts):
            if lines[start - 1].lstrip('"').startswith(f"{key}:") or lines[start - 1].startswith(f'"{key}"'):
                return range(start, end)
        return range(1, len(lines) + 2)

    def fine(self, *arguments: str, spec: str = "s.yaml") -> Call:
        call = self.run(*arguments, spec=spec)
        assert call.status == 0, f"status {call.status}\n{call.err}\n{call.out}"
        self.assert_clean()
        return call


def places(text: str, code: str, spec: str) -> list[int]:
    """Lines of the spec that the faults of a code point at, each with its column."""
    return [int(line) for line in re.findall(rf"{re.escape(spec)}:(\d+):\d+: error\[{code}\d*\]", text)]


def panel_columns() -> dict[str, list[Any]]:
    """12 units and 6 years; every column exact in two decimals."""
    rng = np.random.default_rng(20181031)
    units, years = 12, range(2014, 2020)
    rows = [(i, t) for i in range(1, units + 1) for t in years]
    count = len(rows)
    persons = rng.integers(3, 9, count)
    return {
        "unit": [f"u{i:02d}" for i, _ in rows],
        "year": [t for _, t in rows],
        "y": [
            round(1 + 0.3 * i + 0.1 * (t - 2014) + e, 2)
            for (i, t), e in zip(rows, rng.normal(size=count), strict=True)
        ],
        "x": [round(v, 2) for v in rng.normal(size=count)],
        "z": [round(v, 2) for v in rng.normal(size=count)],
        "w": [round(v, 2) for v in rng.uniform(0.5, 2, count)],
        "n": [int(v) for v in persons],
        "s": [int(rng.integers(0, v + 1)) for v in persons],
        "region": ["nsew"[i % 4] for i, _ in rows],
        "sex": [("women", "men")[t % 2] for _, t in rows],
        "lat": [-10.0 - i for i, _ in rows],
        "lon": [-75.0 - i for i, _ in rows],
    }


def as_csv(columns: Mapping[str, Sequence[Any]]) -> str:
    lines = [",".join(columns)]
    lines += [
        ",".join("" if v is None else str(v) for v in row) for row in zip(*columns.values(), strict=True)
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bench:
    monkeypatch.chdir(tmp_path)
    made = Bench(tmp_path, capsys)
    made.panel()
    return made


@pytest.fixture
def design() -> dict[str, str]:
    return dict(DESIGN)
