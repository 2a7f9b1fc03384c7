"""Tables, figures and report of a finished run drawn again from its results: nothing is estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from impact.core.errors import DataError, Notice, Place
from impact.core.texts import fault
from impact.outputs._draw import draw_outputs
from impact.outputs._tables import grids
from impact.outputs.folder.write import write_folder
from impact.outputs.manifest_json import output_checksums
from impact.outputs.results_json import json_bytes
from impact.outputs.table_latex import standalone
from impact.pipeline.finished.compare import RESULTS, read_run
from impact.pipeline.finished.verify import read_manifest
from impact.pipeline.write import output_request
from impact.plan import make_plan

SPEC, MANIFEST, LOG = "spec.resolved.yaml", "manifest.json", "run.log"


def redraw_report(
    folder: Path, *, languages: Sequence[str] = (), formats: Sequence[str] = (), alone: bool = False
) -> tuple[tuple[str, ...], tuple[Notice, ...]]:
    """Write every view of a report folder again from its results.json and spec.resolved.yaml.

    Arguments:
        languages, formats: instead of those of the spec. alone: also each table as a LaTeX document of its own.

    Returns:
        names of the files, and notices of writing.

    Raises:
        DataError: E263 no manifest, E625 no results, E626 no spec or results that were changed after the run.
        SpecError: the stored spec is not one of this version. OutputError: it cannot be drawn or written.
    """
    manifest = read_manifest(folder)
    run = read_run(folder)
    spec = folder / SPEC
    stored = manifest["outputs"]
    for name in (SPEC, RESULTS):
        file = folder / name
        if not file.is_file() or output_checksums({name: file.read_bytes()})[name] != stored.get(name):
            raise DataError(fault("E626", place=Place(file=str(file)), path=str(folder), name=name))
    plan = make_plan(spec)
    request = output_request(plan, dict(run.document))
    asked = {"formats": list(formats)} if formats else {}
    request = replace(
        request,
        outputs=request.outputs.model_copy(update=asked),
        languages=tuple(languages) or request.languages,
        spec_name=manifest["spec"]["file"],
        spec_text=spec.read_text(encoding="utf-8"),
        rerun=f"impact run {manifest['spec']['file']}",
        manifest=manifest["environment"],
    )
    files = draw_outputs(run.document, request)
    if alone:
        for language in request.languages:
            for name, grid in grids(run.document, request, language).items():
                drawn = request.file(f"{name}-standalone", "tex", language)
                files[f"tables/{drawn}"] = standalone(grid).encode("utf-8", "backslashreplace")
    # the results stay the very bytes that the run wrote
    files[RESULTS] = (folder / RESULTS).read_bytes()
    contents = {**files, MANIFEST: json_bytes({**manifest, "outputs": output_checksums(files)})}
    if (folder / LOG).is_file():
        contents[LOG] = (folder / LOG).read_bytes()
    return tuple(sorted(files)), write_folder(folder, contents)
