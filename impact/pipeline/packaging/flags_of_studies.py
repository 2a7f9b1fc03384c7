"""Flags that the studies of a package raise: randomness, versions, published numbers, data, computing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

from impact.core.errors import ImpactError
from impact.data.read import header_of
from impact.diagnostics.published.summary import failures
from impact.outputs._document import said
from impact.pipeline.packaging.gather import is_open
from impact.pipeline.packaging.opened import Found, Opened, failed, lines_of, warned
from impact.pipeline.packaging.package import README, REQUIREMENTS
from impact.pipeline.packaging.rerun import REPORTS
from impact.pipeline.packaging.spec_text import spec_name
from impact.pipeline.street import read_data
from impact.plan import Plan
from impact.schema.resolving.sources import Source

RANDOM_TESTS = (
    "randomization",
    "romano_wolf",
    "westfall_young",
    "placebo",
    "weak_iv",
    "conditional_lr",
    "power",
)
RANDOM_VARIANCES = ("bootstrap",)
ORDERED = re.compile(r"\b(?:lag|lead|diff|first_year|cumulative|rank|first)\s*\(")
STATED = ("source", "licence", "access")
LEAST = 30
"""Persons in a cell of data that are not public: the default of ``min_cell``."""
HOURS, GIGABYTES = 1.0, 16.0
IDENTIFIERS = re.compile(
    r"(?:^|_)(?:dni|ssn|nif|cedula|passport|pasaporte|curp|e_?mail|correo|phone|telephone|telefono|celular|mobile|"
    r"first_?name|last_?name|full_?name|surname|nombres?|apellidos?|street|address|direccion|gps|latitude|longitude|"
    r"iban|account_?number)(?:$|_|\d)",
    re.IGNORECASE,
)


def seeds_and_order(package: Opened) -> Iterator[Found]:
    """F4: what is drawn at random has a seed, that of the report; keys that fix an order do not repeat."""
    for name, plan in package.plans.items():
        if not isinstance(plan, Plan):
            text = package.text(name)
            many = [n for n, line in enumerate(lines_of(text), 1) if re.search(r"how:\s*[\"']?m:m", line)]
            yield from (failed("many_to_many", name, number) for number in many)
            continue
        seed = plan.spec.seed
        report = package.reports.get(plan.study)
        # a run without a seed that was finished has drawn nothing: it enumerates, or it is refused (E182)
        if seed is None and not (report and report.get("seed") is None):
            yield from (failed("no_seed", name, what=what) for what in _random(plan))
        if report and report.get("seed") != seed:
            yield failed("other_seed", name, report=report.get("seed"), spec=seed)
        yield from _repeated_keys(name, plan)


def _random(plan: Plan) -> Iterator[str]:
    for model in plan.models:
        if model.wild is not None:
            yield f"models.{model.name}.wild"
        if model.permute is not None:
            yield f"models.{model.name}.permute"
        if model.variance.keyword in RANDOM_VARIANCES:
            yield f"models.{model.name}.vcov"
        if model.bands:
            yield f"models.{model.name}.bands"
    for test in plan.tests:
        if test.kind in RANDOM_TESTS and getattr(test.options, "reps", None):
            yield f"tests.{test.name}"


def _repeated_keys(name: str, plan: Plan) -> Iterator[Found]:
    """Rows that share unit and time where an expression looks at the row before or after."""
    panel = plan.spec.panel
    derived = plan.resolved.tree.get("derive")
    written = [] if derived is None else [entry.node.written for entry in derived.entries]
    if panel is None or not any(ORDERED.search(one) for one in written):
        return
    try:
        frame, _ = read_data(plan)
    except ImpactError as problem:
        if any(one.code not in ("E201", "E226") for one in problem.faults):
            yield failed("spec_fault", name, code=problem.code, message=problem.faults[0].message)
        return
    keys = [*panel.unit, panel.time]
    rows = list(zip(*(frame.columns[key].tolist() for key in keys), strict=True))
    if len(set(rows)) < len(rows):
        yield failed("repeated_key", name, count=len(rows) - len(set(rows)), key=", ".join(keys))


def report_versions(package: Opened) -> Iterator[Found]:
    """F6: the versions listed are those that made the reports; others installed here are told."""
    lines = [line.strip().partition("==") for line in lines_of(package.text(REQUIREMENTS))]
    listed = {name.lower().replace("_", "-"): version for name, _, version in lines if version}
    for study, manifest in package.manifests.items():
        made = (manifest.get("environment") or {}).get("distributions") or {}
        file = f"{REPORTS}/{study}/manifest.json"
        if not made:
            yield failed("no_environment", file)
        for name, version in {"impact-evaluation": manifest.get("impact"), **made}.items():
            if name in listed and listed[name] != version:
                yield failed("other_version", file, name=name, report=version, listed=listed[name])
    for name, version in listed.items():
        try:
            here = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        if here != version:
            yield warned("this_version", REQUIREMENTS, name=name, listed=version, here=here)


def manuscript(package: Opened) -> Iterator[Found]:
    """F7: published numbers and claims agree with the results, and every model was estimated."""
    for plan in package.sound.values():
        document = package.reports.get(plan.study)
        file = f"{REPORTS}/{plan.study}/results.json"
        if not document:
            yield failed("no_report", file)
            continue
        yield from _compared(document, file, spec_name(plan.study))
        for name, facts in (document.get("models") or {}).items():
            if facts.get("status") == "failed":
                yield warned("model_failed", file, model=name)


def _compared(document: Mapping[str, Any], file: str, spec: str) -> Iterator[Found]:
    cells, claims = document.get("published") or [], document.get("claims") or []
    if not cells and not claims:
        yield warned("nothing_compared", spec)
    for cell in failures(cells):
        named = {key: cell.get(key) for key in ("table", "model", "term", "stat", "printed")}
        ours = cell.get("ours")
        yield failed("cell_differs", file, **named, ours=f"{ours:.6g}" if isinstance(ours, float) else "-")
    for claim in claims:
        if claim.get("state") == "disagrees":
            yield failed(
                "claim_disagrees", file, claim=claim.get("claim"), words=said(claim.get("text"), "en")
            )


def data_statement(package: Opened) -> Iterator[Found]:
    """F8: every file that a spec reads is described, with source, licence, access and date, and as it says."""
    described = {str(one.get("file")) for one in package.data}
    for name, plan in package.sound.items():
        for source in plan.sources:
            file, line = _file_of(source), source.node.place.line
            if file not in described:
                yield failed("not_described", name, line, file=file)
            lacking = [key for key in STATED if not getattr(source.block, key)]
            yield from (failed("not_stated", name, line, file=file, what=key) for key in lacking)
            if not source.block.accessed:
                yield warned("not_stated", name, line, file=file, what="accessed")
    for one in package.data:
        file, access = str(one.get("file")), str(one.get("access") or "")
        if f"`{file}`" not in package.readme:
            yield failed("not_in_readme", README, file=file)
        if one.get("included") and file not in package.files:
            yield failed("described_absent", file, file=file)
        if not one.get("included") and len(access.split()) < 2:
            yield failed("no_way", spec_name(str(one.get("study"))), file=file)


def inputs_untouched(package: Opened) -> Iterator[Found]:
    """F12: the data are byte for byte those that the reports were made from."""
    for one in package.data:
        file = str(one.get("file"))
        made = package.manifests.get(str(one.get("study")), {}).get("data") or {}
        report = (made.get(str(one.get("name"))) or {}).get("sha256")
        if file not in package.files:
            continue
        digest = hashlib.sha256(package.content(file)).hexdigest()
        if digest != one.get("sha256") or (report is not None and digest != report):
            yield failed("input_changed", file)


def restricted_data(package: Opened) -> Iterator[Found]:
    """F13: no restricted file, no column that tells persons apart, no small cell of data that are not public."""
    for name, plan in package.sound.items():
        for source in plan.sources:
            file = _file_of(source)
            if file in package.files and not is_open(source.block.access):
                yield failed("restricted_inside", file, access=source.block.access)
            if file in package.files:
                yield from _identifiers(name, source, file)
        if not all(is_open(source.block.access) for source in plan.sources):
            yield from _small_cells(package, plan)
    for one in package.data:
        if not is_open(one.get("access")) and str(one.get("file")) in package.files:
            yield failed("restricted_inside", str(one.get("file")), access=one.get("access"))


def _file_of(source: Source) -> str:
    """Where a data file of a packaged spec is."""
    return f"data/{source.block.file.rpartition('/')[2]}"


def _identifiers(name: str, source: Source, file: str) -> Iterator[Found]:
    """Columns of a data file, used or not, whose names say that they hold a person's identity."""
    try:
        columns = header_of(
            source.block, folder=source.folder, name=source.name, roots={}, place=source.node.place
        )
    except ImpactError as problem:
        yield failed("spec_fault", name, code=problem.code, message=problem.faults[0].message)
        return
    synthetic = (source.block.access or "").casefold().startswith(("synthetic", "sint"))
    state = warned if synthetic else failed
    yield from (state("identifier", file, 1, column=one) for one in columns if IDENTIFIERS.search(one))


def _small_cells(package: Opened, plan: Plan) -> Iterator[Found]:
    """Rows of a report that stand for fewer persons than ``min_cell``."""
    least = max((model.grouping.min_cell for model in plan.models if model.grouping), default=LEAST)
    for row in package.reports.get(plan.study, {}).get("rows") or ():
        counts = [row.get(key) for key in ("n_obs", "n_treated")]
        small = [count for count in counts if isinstance(count, int | float) and 0 < count < least]
        if small:
            model = " ".join(str(row[key]) for key in ("model", "group", "term") if row.get(key))
            file = f"{REPORTS}/{plan.study}/results.json"
            yield failed("small_cell", file, model=model, count=f"{min(small):g}", least=least)


def computing_needs(package: Opened) -> Iterator[Found]:
    """F14: the README tells run time, memory and size of every study; what is heavy is pointed out."""
    rows = [line for line in lines_of(package.readme) if line.startswith("|")]
    for study, manifest in package.manifests.items():
        run = manifest.get("run") or {}
        seconds, memory = run.get("seconds"), run.get("peak_memory_mb")
        if not isinstance(seconds, int | float) or not isinstance(memory, int | float):
            yield failed("no_run", f"{REPORTS}/{study}/manifest.json")
            continue
        if not any(
            f"`{study}` |" in row and f"| {seconds} |" in row and f"| {memory} |" in row for row in rows
        ):
            yield failed("no_resources", README, study=study)
        if seconds > HOURS * 3600:
            yield warned("heavy", README, study=study, hours=f"{seconds / 3600:.1f}")
        if memory > GIGABYTES * 1000:
            yield warned("large", README, study=study, gigabytes=f"{memory / 1000:.1f}")
