"""Flags that the files of a package raise: paths, programs, versions, exhibits, what is there and what is not."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from impact.outputs._draw import figure_blocks
from impact.outputs._tables import table_blocks
from impact.pipeline.check import check_spec
from impact.pipeline.finished.compare import MANIFEST
from impact.pipeline.packaging.opened import Found, Opened, failed, lines_of, warned
from impact.pipeline.packaging.package import README, REQUIREMENTS
from impact.pipeline.packaging.readme import COMMAND, SHOWN
from impact.pipeline.packaging.requirements import DIRECT, DISTRIBUTION
from impact.pipeline.packaging.rerun import REPORTS
from impact.pipeline.write import output_request
from impact.plan import Plan

_TEXTS = (".yaml", ".yml", ".md", ".txt", ".json", ".csv", ".html", ".tex", ".toml", ".log", ".svg")
_PROGRAMS = (".do", ".ado", ".r", ".rmd", ".qmd", ".py", ".ipynb", ".jl", ".m", ".sas", ".sps", ".sh", ".bat")
_MACHINE = re.compile(
    r"(?<![\w.])/(?:home|Users|root|tmp|private|mnt|media|srv|opt|work|scratch|Volumes)/[^\s\"'<>|,;)]+"
    r"|(?<!\w)[A-Z]:\\{1,2}[A-Za-z0-9_. ]+\\|file:///|(?<![\w/.])~/\w+|\\\\\\\\\w+\\"
)
_FOLDER = re.compile(
    r"^\s*(?:cd\s+\S|setwd\s*\(|(?:os\.)?chdir\s*\(|global\s+\w*(?:root|path|dir)\w*\s)", re.IGNORECASE
)
_EXACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==\d[A-Za-z0-9.!+_-]*")
# absent data are for F8 to tell
_ABSENT = ("E201", "E226")
_MOST = 120


def machine_paths(package: Opened) -> Iterator[Found]:
    """F1: an absolute path or a home folder in any text but the data."""
    for name in package.files:
        suffix = Path(name).suffix.lower()
        if name.startswith("data/") or suffix not in _TEXTS + _PROGRAMS:
            continue
        for number, line in enumerate(lines_of(package.text(name)), start=1):
            hit = _MACHINE.search(line)
            if hit is not None:
                yield failed("machine_path", name, number, text=hit.group()[:_MOST])


def entry_point(package: Opened) -> Iterator[Found]:
    """F2: the README gives one command, and every spec that it runs is without faults."""
    if README not in package.files:
        yield failed("no_readme", README)
    elif COMMAND not in package.readme:
        yield failed("no_command", README, command=COMMAND)
    if not package.plans:
        yield failed("no_spec", "specs")
    for name in package.plans:
        faults, _ = check_spec(str(package.folder / name))
        for one in faults:
            if one.code not in _ABSENT:
                line = one.place.line if one.place is not None else 0
                yield failed("spec_fault", name, line, code=one.code, message=one.message)
    for name in package.files:
        if Path(name).suffix.lower() in _PROGRAMS:
            yield warned("other_script", name)


def working_folders(package: Opened) -> Iterator[Found]:
    """F3: nothing changes the working folder, all specs stand in one, and no data are read from outside."""
    for name in package.files:
        suffix = Path(name).suffix.lower()
        if suffix in _PROGRAMS:
            lines = enumerate(lines_of(package.text(name)), start=1)
            changing = [(number, line.strip()[:_MOST]) for number, line in lines if _FOLDER.search(line)]
            yield from (failed("changes_folder", name, number, text=line) for number, line in changing)
        elif suffix in (".yaml", ".yml") and not name.startswith(("specs/", f"{REPORTS}/")):
            yield failed("spec_elsewhere", name)
    root = package.folder.resolve()
    for name, plan in package.sound.items():
        for source in plan.sources:
            file = source.block.file
            inside = (source.folder / file).resolve().is_relative_to(root)
            if file.startswith("shipped:") or source.block.root is not None or not inside:
                yield failed("outside", name, source.node.place.line, file=file)


def exact_versions(package: Opened) -> Iterator[Found]:
    """F5: requirements.txt names exact versions, of impact and all that it needs, and no address."""
    if REQUIREMENTS not in package.files:
        yield failed("no_requirements", REQUIREMENTS)
        return
    names = set()
    for number, line in enumerate(lines_of(package.text(REQUIREMENTS)), start=1):
        wanted = line.partition("#")[0].strip()
        if wanted and not _EXACT.fullmatch(wanted):
            yield failed("not_exact", REQUIREMENTS, number, text=wanted[:_MOST])
        names.add(re.sub(r"[-_.]+", "-", wanted.partition("==")[0]).lower())
    for name in (DISTRIBUTION, *DIRECT):
        if name.replace(".", "-") not in names:
            yield failed("not_listed", REQUIREMENTS, name=name)


def exhibits_by_code(package: Opened) -> Iterator[Found]:
    """F9: every table and figure is one that the spec declares, as the run wrote it."""
    plans = {plan.study: plan for plan in package.sound.values()}
    for study, manifest in package.manifests.items():
        outputs = manifest.get("outputs") or {}
        declared = _declared(plans[study], package.reports[study]) if study in plans else None
        for name in package.files:
            own = name.removeprefix(f"{REPORTS}/{study}/")
            if own == name or not own.startswith(("tables/", "figures/")):
                continue
            stem = own.partition("/")[2].partition(".")[0].removesuffix("-float")
            if own not in outputs or (declared is not None and stem not in declared):
                yield failed("not_declared", name)
            elif _digest(package, name) != outputs[own].get("sha256"):
                yield failed("exhibit_changed", name)
        for own in outputs:
            if own.startswith(("tables/", "figures/")) and f"{REPORTS}/{study}/{own}" not in package.files:
                yield failed("exhibit_missing", f"{REPORTS}/{study}/{own}")


def _declared(plan: Plan, document: object) -> set[str]:
    """Names of the tables and figures of a spec, up to the first point of each."""
    found = dict(document) if isinstance(document, dict) else {}
    request = output_request(plan, found)
    names = [*table_blocks(found, request), *figure_blocks(found, request)]
    return {name.partition(".")[0] for name in names}


def exhibit_list(package: Opened) -> Iterator[Found]:
    """F10: the README lists every table and figure with the checksum of the file that is there."""
    rows = [line for line in lines_of(package.readme) if line.startswith("|")]
    for name in package.files:
        parts = name.split("/")
        if len(parts) != 4 or parts[0] != REPORTS or parts[2] not in ("tables", "figures"):
            continue
        digest = _digest(package, name)[:SHOWN]
        if not any(f"`{name}`" in row and f"`{digest}`" in row for row in rows):
            yield failed("not_in_list", name)


def stray_files(package: Opened) -> Iterator[Found]:
    """F11: the files are those of the manifest, unchanged; none is empty, and no data are there twice."""
    listed = package.listed
    twins: dict[str, str] = {}
    for name in package.files:
        if name == MANIFEST:
            continue
        digest = _digest(package, name)
        if name not in listed:
            yield failed("stray", name)
        elif digest != listed[name].get("sha256"):
            yield failed("changed", name)
        if not (package.folder / name).stat().st_size:
            yield warned("empty", name)
        elif name.startswith("data/") and twins.setdefault(digest, name) != name:
            yield warned("same_file", name, other=twins[digest])
    yield from (failed("lost", name) for name in listed if name not in package.files)


def _digest(package: Opened, name: str) -> str:
    return hashlib.sha256(package.content(name)).hexdigest()
