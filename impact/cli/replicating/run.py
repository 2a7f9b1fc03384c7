"""Which specs are replications, and running them: nothing is written for the single study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from impact.cli._run_many import Outcome, run_one
from impact.core.errors import SpecError
from impact.pipeline.study import StudyOptions
from impact.schema.resolve import resolve_spec
from impact.schema.shipped import PREFIX, shipped_folder, shipped_names
from impact.schema.spec_files import spec_files

KEYS = ("published", "claims")


def chosen_specs(specs: Sequence[str], folder: str) -> list[str]:
    """The specs to run: those named; else those of the folder, or of the package, that compare something.

    A spec that cannot be read is kept, so that its faults are told.
    """
    named = [spec for spec in specs if not Path(spec).is_dir()]
    if specs:
        return [spec for spec in spec_files(specs) if spec in named or _compares(spec)]
    if Path(folder).is_dir():
        return [spec for spec in spec_files([folder]) if _compares(spec)]
    shipped = [PREFIX + name for name in shipped_names("specs") if "/" not in name]
    return [spec for spec in shipped if _compares(path_of(spec))]


def path_of(spec: str) -> str:
    """Where a spec is, a shipped one in the package."""
    return str(shipped_folder("specs") / spec.removeprefix(PREFIX)) if spec.startswith(PREFIX) else spec


def _compares(spec: str) -> bool:
    try:
        tree = resolve_spec(spec, keep_going=True).tree
    except SpecError:
        return True
    return any(node is not None and node.entries for node in map(tree.get, KEYS))


def run_specs(specs: Sequence[str], *, roots: Mapping[str, str], jobs: int) -> list[Outcome]:
    """The outcome of every spec, in order, whatever the number of jobs."""
    options = StudyOptions(out=None, roots=roots)
    paths = [path_of(spec) for spec in specs]
    if jobs > 1 and len(specs) > 1:
        with ProcessPoolExecutor(max_workers=jobs) as pool:
            found = list(pool.map(run_one, paths, [options] * len(paths)))
    else:
        found = [run_one(path, options) for path in paths]
    return [replace(outcome, spec=spec) for outcome, spec in zip(found, specs, strict=True)]
