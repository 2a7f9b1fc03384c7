"""Whether a report can be trusted: its files as the manifest lists them, its inputs unchanged, and the same again."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from impact.core.errors import DataError, Place, VerificationError
from impact.core.texts import fault
from impact.pipeline.study import StudyOptions, StudyResult, run_study

# what differs from run to run by its nature
CLOCKED = ("run.log",)
RUN_BLOCK = "run"


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared: files of the folder, inputs, and the second run; each difference is one line."""

    folder: Path
    n_outputs: int
    n_inputs: int
    differences: tuple[str, ...]


def verify_folder(
    folder: Path, *, roots: Mapping[str, str | Path] | None = None, rerun: bool = True
) -> Verification:
    """Re-hash inputs and outputs of a report, run its spec again and compare.

    Raises:
        DataError: E263 no manifest in the folder. VerificationError is not raised: differences are in the result.
    """
    manifest = read_manifest(folder)
    differences = _outputs(folder, manifest)
    spec = Path(str(manifest["spec"]["file"]))
    differences += _spec(manifest)
    if rerun and spec.is_file():
        with tempfile.TemporaryDirectory() as room:
            result = run_study(str(spec), StudyOptions(out=Path(room), roots=roots))
            differences += _data(manifest, result)
            assert result.folder is not None
            differences += [f"second run: {name}" for name in differing_files(folder, result.folder)]
    elif rerun:
        differences.append(f"spec: {spec} is not there any more")
    return Verification(
        folder, len(manifest["outputs"]), len(manifest["data"]), tuple(dict.fromkeys(differences))
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a report.

    Raises:
        DataError: E263 it is absent or unreadable.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataError(fault("E263", place=Place(file=str(folder)), folder=str(folder))) from None
    return manifest


def _outputs(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    found = []
    for name, facts in manifest["outputs"].items():
        file = folder / name
        if not file.is_file():
            found.append(f"output: {name} is missing")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != facts["sha256"]:
            found.append(f"output: {name} was changed after the run")
    return found


def _spec(manifest: Mapping[str, Any]) -> list[str]:
    found = []
    for name, digest in manifest["spec"]["files"].items():
        file = Path(name)
        if not file.is_file():
            found.append(f"spec: {name} is missing")
        elif _text_digest(file) != digest:
            found.append(f"spec: {name} was changed after the run")
    return found


def _text_digest(file: Path) -> str:
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _data(manifest: Mapping[str, Any], result: StudyResult) -> list[str]:
    found = []
    for name, facts in manifest["data"].items():
        now = result.document["data"].get(name, {})
        if now.get("sha256") != facts.get("sha256"):
            found.append(f"data: {facts.get('file', name)} was changed after the run")
    return found


def differing_files(first: Path, second: Path) -> list[str]:
    """Names of files that differ between two report folders, but for clock and log."""
    files = ((file, folder) for folder in (first, second) for file in folder.rglob("*") if file.is_file())
    names = {str(file.relative_to(folder)) for file, folder in files}
    return [name for name in sorted(names) if name not in CLOCKED and not _same(first / name, second / name)]


def _same(one: Path, other: Path) -> bool:
    if not (one.is_file() and other.is_file()):
        return False
    if one.name != "manifest.json":
        return one.read_bytes() == other.read_bytes()
    contents = [json.loads(file.read_text(encoding="utf-8")) for file in (one, other)]
    for content in contents:
        content.pop(RUN_BLOCK, None)
    return bool(contents[0] == contents[1])


def run_again(spec: str, options: StudyOptions) -> list[str]:
    """Run a spec a second time elsewhere, without the cache, and name the files that differ from the first report."""
    assert options.out is not None
    with tempfile.TemporaryDirectory() as room:
        second = run_study(spec, replace(options, out=Path(room), cache=None))
        assert second.folder is not None
        return differing_files(options.out / second.plan.study, second.folder)


def require_same(verification: Verification) -> None:
    """Nothing differs.

    Raises:
        VerificationError: E620 with every difference.
    """
    if verification.differences:
        raise VerificationError(
            *(
                fault("E620", folder=str(verification.folder), difference=line)
                for line in verification.differences
            )
        )
