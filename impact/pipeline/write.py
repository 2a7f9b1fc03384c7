"""The results document to the files of `reports/<study>/`, with manifest and log."""

from __future__ import annotations

import hashlib
import os
import platform
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from impact.core.errors import Notice
from impact.outputs._draw import draw_outputs
from impact.outputs._request import OutputRequest
from impact.outputs.folder.write import write_folder
from impact.outputs.manifest_json import ManifestFacts, manifest_bytes
from impact.outputs.run_log import log_bytes
from impact.pipeline.document import Document, model_order, spec_sha256
from impact.plan import Plan
from impact.schema.nodes import to_plain
from impact.schema.resolved_text import resolved_text

# distributions whose versions can move a number or a byte
DISTRIBUTIONS = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "matplotlib",
    "statsmodels",
    "linearmodels",
    "within-py",
)


@dataclass(slots=True)
class RunClock:
    """When a run started, the events of its log, and the models that an earlier run had estimated."""

    started: float = field(default_factory=time.time)
    events: list[dict[str, object]] = field(default_factory=list)
    cached: tuple[str, ...] = ()

    def note(self, event: str, **values: object) -> None:
        """Add a line to the log."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.events.append({"at": now, "event": event, **values})


def output_request(plan: Plan, document: Document) -> OutputRequest:
    """What the views are drawn with, beside the document."""
    name = _shown(plan.resolved.tree.place.file)
    shown = plan.spec if plan.ledger is None else plan.ledger
    return OutputRequest(
        tables=shown.tables,
        figures=shown.figures,
        outputs=plan.spec.outputs,
        languages=plan.languages,
        spec_name=name,
        spec_text=resolved_text(plan.resolved.tree),
        rerun=f"impact run {name}",
        model_order=tuple(name for name in [*model_order(plan.models), *document["models"]]),
        manifest=environment(),
    )


def environment() -> dict[str, object]:
    """Versions that a result depends on; the same in every run on one machine."""
    versions = {}
    for name in DISTRIBUTIONS:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    config: Any = np.show_config(mode="dicts")
    blas = (config or {}).get("Build Dependencies", {}).get("blas", {})
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "distributions": versions,
        "blas": {"name": blas.get("name"), "version": blas.get("version")},
    }


def draw(plan: Plan, document: Document) -> dict[str, bytes]:
    """Every file of the report but manifest and log.

    Raises:
        OutputError: a table or figure asks for what the results do not hold.
    """
    return draw_outputs(document, output_request(plan, document))


def write_report(
    plan: Plan, document: Document, files: Mapping[str, bytes], *, out: Path, clock: RunClock
) -> tuple[Path, tuple[Notice, ...]]:
    """Write `out/<study>/` in one step; an interrupted run leaves the old folder or the new one.

    Raises:
        OutputError: E701 locked, E702–E705 cannot be written.
    """
    folder = out / plan.study
    clock.note("write", files=len(files) + 2)
    manifest = manifest_bytes(document, _facts(plan, document, clock), files)
    contents = {**files, "manifest.json": manifest, "run.log": log_bytes(clock.events)}
    return folder, write_folder(folder, contents)


def _facts(plan: Plan, document: Document, clock: RunClock) -> ManifestFacts:
    sources = plan.resolved.sources
    digests = {
        _shown(source.file): hashlib.sha256(source.text.encode("utf-8")).hexdigest() for source in sources
    }
    first = _shown(plan.resolved.tree.place.file)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return ManifestFacts(
        spec_name=first,
        spec_sha256=digests.get(first, ""),
        spec_content_sha256=spec_sha256(plan),
        spec_files=digests,
        options=_options(plan),
        environment=environment(),
        run={
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.time() - clock.started, 3),
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 3),
            "peak_memory_mb": round(usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2), 1),
            "models_run": len(document["models"]) - len(clock.cached),
            "models_cached": sorted(clock.cached),
        },
    )


def _shown(file: str) -> str:
    """A path without what is special to this machine."""
    path = Path(file)
    try:
        shown = os.path.relpath(path) if path.is_absolute() else file
        home = Path.home()
    except (ValueError, RuntimeError):
        return path.name
    # a way up and down again through the home folder would tell the user's name
    names_user = ".." in Path(shown).parts and home.name in Path(shown).parts
    return path.name if names_user and path.absolute().resolve().is_relative_to(home.resolve()) else shown


def _options(plan: Plan) -> dict[str, Any]:
    if plan.ledger is not None:
        facts = {"draws": plan.ledger.draws, "level": plan.ledger.level, "years": list(plan.ledger.years)}
        return {one.name: {"estimator": "ledger", "options": facts} for one in plan.ledger.scenarios}
    return {
        request.name: {
            "estimator": request.estimator,
            "options": request.options.model_dump(mode="json"),
            "vcov": request.variance.keyword,
            "vcov_options": request.variance.options.model_dump(mode="json"),
            "level": request.level,
        }
        for request in plan.models
    }


def plain_spec(plan: Plan) -> object:
    """The resolved spec as plain data."""
    return to_plain(plan.resolved.tree)


def failed_sentences(document: Document) -> Sequence[str]:
    """One line for each model that failed."""
    return [
        f"{name}: {facts['error']}"
        for name, facts in document["models"].items()
        if facts["status"] == "failed"
    ]
