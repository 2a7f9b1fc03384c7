"""What a package is made of: reports, their specs as they still are, and the data files that these read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import impact.data.paths as data_paths
from impact.core.errors import DataError, Notice, Place
from impact.core.texts import fault, notice
from impact.outputs.manifest_json import output_checksums
from impact.pipeline.document import spec_sha256
from impact.pipeline.finished.compare import read_run
from impact.pipeline.finished.verify import read_manifest
from impact.plan import Plan, make_plan
from impact.schema.resolving.sources import Source

Roots = Mapping[str, str | Path]
# first words of `access:` that let a file be handed on
OPEN = frozenset(
    {
        *("public", "open", "synthetic", "público", "pública", "publico", "publica", "abierto", "abierta"),
        *("sintético", "sintética", "sintetico", "sintetica"),
    }
)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that a study reads.

    Arguments:
        source: its block in the spec; path: where it is here; name: its name in data/ of the package;
        sha256: its checksum; enters: whether it may be handed on.
    """

    source: Source
    path: Path
    name: str
    sha256: str
    enters: bool


@dataclass(frozen=True, slots=True)
class Study:
    """A finished study: its report folder, plan, results, manifest and data."""

    name: str
    folder: Path
    plan: Plan
    document: Mapping[str, Any]
    manifest: Mapping[str, Any]
    data: tuple[DataFile, ...]

    @property
    def is_open(self) -> bool:
        """Whether all of its data may be handed on."""
        return all(file.enters for file in self.data)


def is_open(access: object) -> bool:
    """Whether a file with this ``access:`` may be handed on; where nothing is said it may."""
    if access is None or not str(access).strip():
        return True
    first = _WORD.search(str(access))
    return first is not None and first.group().casefold() in OPEN


def gather_studies(
    names: Sequence[str], *, reports: Path, roots: Roots | None = None, open_only: bool = False
) -> tuple[list[Study], list[Notice]]:
    """The studies in the order named, each once, and what the user should know.

    Arguments:
        names: names in ``reports``, or report folders. open_only: leave out studies with data that may not be handed
            on.

    Raises:
        DataError: E263, E625 no report; E630 changed after the run; E631, E632 its spec is gone or another one;
            E633 its data changed; E634 nothing left; E639 two studies of one name.
        SpecError: the spec has faults.
    """
    studies: list[Study] = []
    for name in names:
        folder = reports / name if (reports / name).is_dir() else Path(name)
        study = _study(folder, roots or {})
        twin = next((one for one in studies if one.name == study.name), None)
        if twin is None:
            studies.append(study)
        elif twin.folder.resolve() != folder.resolve():
            raise DataError(fault("E639", place=Place(str(folder)), study=study.name, other=str(twin.folder)))
    notices = []
    if open_only:
        closed = [study.name for study in studies if not study.is_open]
        notices = [notice("W647", of=name) for name in closed]
        studies = [study for study in studies if study.is_open]
        if not studies:
            raise DataError(fault("E634", studies=", ".join(closed)))
    studies = _with_distinct_names(studies)
    return studies, [*notices, *_access_notices(studies)]


def _study(folder: Path, roots: Roots) -> Study:
    manifest = read_manifest(folder)
    document = read_run(folder).document
    for name, facts in manifest["outputs"].items():
        file = folder / name
        digest = output_checksums({name: file.read_bytes()})[name] if file.is_file() else None
        if digest != facts:
            raise DataError(fault("E630", place=Place(str(file)), folder=str(folder), name=name))
    spec = Path(str(manifest["spec"]["file"]))
    if not spec.is_file():
        raise DataError(fault("E631", place=Place(str(folder)), folder=str(folder), spec=str(spec)))
    plan = make_plan(str(spec), roots=roots)
    if spec_sha256(plan) != manifest["spec"]["content_sha256"]:
        raise DataError(fault("E632", place=Place(str(spec)), folder=str(folder), spec=str(spec)))
    data = tuple(_data_file(plan, source, manifest["data"]) for source in plan.sources)
    return Study(plan.study, folder, plan, document, manifest, data)


def _data_file(plan: Plan, source: Source, known: Mapping[str, Any]) -> DataFile:
    roots = data_paths.collect_roots(source.folder, plan.roots)
    place = source.node.place
    located = data_paths.locate(source.block, folder=source.folder, roots=roots, place=place)
    digest = hashlib.sha256(located.path.read_bytes()).hexdigest()
    if (known.get(source.name) or {}).get("sha256", digest) != digest:
        raise DataError(fault("E633", place=place, file=located.shown))
    return DataFile(source, located.path, located.path.name, digest, is_open(source.block.access))


def _with_distinct_names(studies: Sequence[Study]) -> list[Study]:
    """Files of one name but other content carry the name of their study; the same content is one file."""
    taken: dict[str, str] = {}
    found = []
    for study in studies:
        files = []
        for file in study.data:
            name, digest = file.name, file.sha256
            while taken.setdefault(name.casefold(), digest) != digest:
                name = f"{study.name}_{name}"
            files.append(replace(file, name=name))
        found.append(replace(study, data=tuple(files)))
    return found


def _access_notices(studies: Sequence[Study]) -> Iterator[Notice]:
    for study in studies:
        for file in study.data:
            access = (file.source.block.access or "").strip()
            if not access:
                yield notice("W645", of=study.name, file=file.name)
            elif not file.enters:
                yield notice("W646", of=study.name, file=file.name, access=access)
