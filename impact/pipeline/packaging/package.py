"""A reproducibility package from finished studies: specs, data, reports, README, exact versions, checksums."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import impact
from impact.core.errors import Notice, OutputError, Place
from impact.core.texts import fault
from impact.outputs._archives import FIXED_TIME
from impact.outputs._write_folder import write_folder
from impact.outputs.manifest_json import output_checksums
from impact.outputs.results_json import json_bytes
from impact.pipeline.finished.compare import MANIFEST
from impact.pipeline.packaging.codebook import Variable, variables_of
from impact.pipeline.packaging.exhibits import Exhibit, exhibits_of
from impact.pipeline.packaging.gather import DataFile, Roots, Study, gather_studies
from impact.pipeline.packaging.readme import COMMAND, Content, readme
from impact.pipeline.packaging.requirements import requirements_text
from impact.pipeline.packaging.rerun import REPORTS, run_again
from impact.pipeline.packaging.spec_text import DATA, original_texts, packaged_spec, spec_name

SCHEMA = "impact-package-1"
README, REQUIREMENTS, PROJECT = "README.md", "requirements.txt", "impact.toml"
PROJECT_TEXT = "# The specs of this package read nothing outside its folder.\n"


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was written: its folder, zip file, studies, number of files, data left out, notices."""

    folder: Path
    archive: Path | None
    studies: tuple[str, ...]
    n_files: int
    left_out: tuple[str, ...]
    notices: tuple[Notice, ...]


def write_package(
    names: Sequence[str],
    *,
    out: Path,
    reports: Path = Path("reports"),
    roots: Roots | None = None,
    archive: bool = False,
    open_only: bool = False,
    language: str = "en",
) -> Package:
    """Gather studies, run them inside the package, and write it: the same input gives the same bytes.

    Arguments:
        names: studies in ``reports``, or report folders. out: folder of the package. archive: also OUT.zip.
        open_only: leave out studies with data that may not be handed on. language: of the README.

    Raises:
        DataError: E630–E634, E639. VerificationError: E635, E636. OutputError: E637 the folder holds something else.
    """
    _refuse_other_folder(out)
    studies, notices = gather_studies(names, reports=reports, roots=roots, open_only=open_only)
    files = package_files(studies, language=language)
    found = write_folder(out, files)
    packed = out.with_name(f"{out.name}.zip") if archive else None
    if packed is not None:
        _write_archive(packed, files, out.name)
    left_out = [file.name for study in studies for file in study.data if not file.enters]
    return Package(
        out,
        packed,
        tuple(study.name for study in studies),
        len(files),
        tuple(dict.fromkeys(left_out)),
        (*notices, *found),
    )


def _refuse_other_folder(out: Path) -> None:
    """A folder that holds something else is never written into.

    Raises:
        OutputError: E637.
    """
    if not out.is_dir() or not any(out.iterdir()):
        return
    try:
        schema = json.loads((out / MANIFEST).read_text(encoding="utf-8")).get("schema")
    except (OSError, ValueError, AttributeError):
        schema = None
    if schema != SCHEMA:
        raise OutputError(fault("E637", place=Place(str(out)), folder=str(out)))


def package_files(studies: Sequence[Study], *, language: str = "en") -> dict[str, bytes]:
    """Every file of the package: name → bytes.

    Raises:
        VerificationError: E635, E636.
    """
    specs = {PROJECT: PROJECT_TEXT}
    for study in studies:
        specs |= {spec_name(study.name): packaged_spec(study), **original_texts(study)}
    files = {name: content.encode("utf-8") for name, content in specs.items()}
    data = {f"{DATA}/{file.name}": file for study in studies for file in study.data}
    contents = {name: file.path.read_bytes() for name, file in data.items()}
    made = run_again(studies, files | contents)
    files |= {name: content for name, content in contents.items() if data[name].enters} | made
    exhibits = [one for study in studies for one in exhibits_of(study, made, language)]
    files[REQUIREMENTS] = requirements_text().encode("utf-8")
    content = Content(
        studies, _by_name(studies), _codebook(studies, language), exhibits, _sizes(studies, made), language
    )
    files[README] = readme(content).encode("utf-8", "backslashreplace")
    files[MANIFEST] = json_bytes(_manifest(studies, files, exhibits))
    return dict(sorted(files.items()))


def _by_name(studies: Sequence[Study]) -> dict[str, tuple[DataFile, tuple[str, ...]]]:
    """Data file by name, and the studies that read it."""
    users: dict[str, list[str]] = {}
    first: dict[str, DataFile] = {}
    for study in studies:
        for file in study.data:
            first.setdefault(file.name, file)
            users.setdefault(file.name, [])
            users[file.name] += [] if study.name in users[file.name] else [study.name]
    return {name: (file, tuple(users[name])) for name, file in first.items()}


def _codebook(studies: Sequence[Study], language: str) -> dict[str, list[Variable]]:
    """Variables by file, those of all studies together; a label that one study gives stands for all."""
    found: dict[str, dict[str, Variable]] = {}
    for study, file in [(one, file) for one in studies for file in one.data]:
        known = found.setdefault(file.name, {})
        for variable in variables_of(study, file, language):
            if variable.name not in known or (variable.label and not known[variable.name].label):
                known[variable.name] = variable
    return {name: list(variables.values()) for name, variables in found.items()}


def _sizes(studies: Sequence[Study], made: Mapping[str, bytes]) -> dict[str, int]:
    """Bytes of each study's report."""
    return {
        study.name: sum(len(c) for name, c in made.items() if name.startswith(f"{REPORTS}/{study.name}/"))
        for study in studies
    }


def _manifest(
    studies: Sequence[Study], files: Mapping[str, bytes], exhibits: Sequence[Exhibit]
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "impact": impact.__version__,
        "command": COMMAND,
        "studies": {study.name: {"spec": spec_name(study.name)} for study in studies},
        "data": [_data_entry(study, file) for study in studies for file in study.data],
        "exhibits": [{**asdict(one), "models": list(one.models)} for one in exhibits],
        "outputs": output_checksums(files),
    }


def _data_entry(study: Study, file: DataFile) -> dict[str, Any]:
    block = file.source.block
    return {
        "study": study.name,
        "name": file.source.name,
        "file": f"{DATA}/{file.name}",
        "sha256": file.sha256,
        "included": file.enters,
        **{key: getattr(block, key) for key in ("source", "citation", "licence", "access", "accessed")},
    }


def _write_archive(path: Path, files: Mapping[str, bytes], top: str) -> None:
    """The files as a zip archive with fixed times, under one folder.

    Raises:
        OutputError: E721 it cannot be written.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(f"{top}/{name}", FIXED_TIME.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_bytes(packed.getvalue())
        draft.replace(path)
    except OSError as problem:
        raise OutputError(fault("E721", path=str(path), problem=problem.strerror or str(problem))) from None
