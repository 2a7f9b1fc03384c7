"""Where a data file is: relative to its spec, under a named root, or shipped; never elsewhere."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from impact.core.errors import DataError, Fault, Place
from impact.core.nearest import nearest
from impact.core.texts import fault, text
from impact.schema.data_blocks import DataBlock
from impact.schema.shipped import shipped_folder

PROJECT_FILE = "impact.toml"
SHIPPED = "shipped:"
_PROJECT_MARKS = (PROJECT_FILE, "pyproject.toml", ".git")
_ROOT_VARIABLE = "IMPACT_ROOT_"
_MOST_ABOVE = 3
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|\\\\|//")


@dataclass(frozen=True, slots=True)
class Located:
    """A data file: its path on this machine, as written, and the root it is under ('' or a name)."""

    path: Path
    shown: str
    root: str = ""


def collect_roots(folder: Path, given: Mapping[str, str | Path] | None = None) -> dict[str, Path]:
    """Named roots: ``[roots]`` of the nearest impact.toml, IMPACT_ROOT_NAME, those given; the last wins.

    Names are compared in lower case. Relative paths are relative to impact.toml, or to the working folder.

    Raises:
        DataError: E238 an impact.toml that cannot be read.
    """
    roots: dict[str, Path] = {}
    project = next((p / PROJECT_FILE for p in _ancestors(folder) if (p / PROJECT_FILE).is_file()), None)
    if project is not None:
        for name, path in _declared_roots(project).items():
            roots[name.lower()] = (project.parent / Path(path).expanduser()).absolute()
    for variable in sorted(os.environ):
        if variable.startswith(_ROOT_VARIABLE) and os.environ[variable]:
            roots[variable.removeprefix(_ROOT_VARIABLE).lower()] = (
                Path(os.environ[variable]).expanduser().absolute()
            )
    for name, value in (given or {}).items():
        roots[name.lower()] = Path(value).expanduser().absolute()
    return roots


def _declared_roots(project: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(project.read_text(encoding="utf-8")).get("roots", {})
    except (OSError, ValueError) as error:
        raise DataError(fault("E238", file=PROJECT_FILE, reason=str(error))) from None
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise DataError(fault("E238", file=PROJECT_FILE, reason='[roots] holds lines such as enaho = "path"'))
    return dict(table)


def locate(
    block: DataBlock, *, folder: Path, roots: Mapping[str, Path], place: Place | None = None
) -> Located:
    """The file of a data block.

    Raises:
        DataError: E200 no regular or readable file, E201 absent, E203 absolute or home path, E204 outside the project
            or root, E226 unknown root, E231 an address.
    """
    if block.file.startswith(SHIPPED):
        return _locate_shipped(block.file, place)
    resolved, shown = _inside(block, folder, roots, place)
    _require_file(resolved, block, shown, place)
    return Located(resolved, shown, block.root or "")


def locate_folder(
    block: DataBlock, *, folder: Path, roots: Mapping[str, Path], place: Place | None = None
) -> Path | None:
    """The folder that ``block.file`` names; None where there is no such folder.

    Raises:
        DataError: E200, E203, E204, E226, E231 as for a file.
    """
    resolved, _ = _inside(block, folder, roots, place)
    return resolved if resolved.is_dir() else None


def _inside(
    block: DataBlock, folder: Path, roots: Mapping[str, Path], place: Place | None
) -> tuple[Path, str]:
    """The path of a block and how to show it; never outside the project or its root."""
    written = block.file
    if _ADDRESS.match(written):
        raise DataError(fault("E231", place=place, file=written))
    if "\0" in written:
        raise DataError(
            fault("E200", place=place, file=written.replace("\0", "\\0"), reason="the name holds a NUL")
        )
    if _is_absolute(written):
        raise DataError(fault("E203", place=place, file=written))
    if block.root is None:
        base, limit, shown = folder, _limit(folder), written
    else:
        base = limit = _root_folder(block, block.root, roots, place)
        shown = f"{block.root}:{written}"
    resolved = _resolved(base / PurePosixPath(written.replace("\\", "/")))
    if not resolved.is_relative_to(_resolved(limit)):
        raise DataError(fault("E204", place=place, file=shown))
    return resolved, shown


def _limit(folder: Path) -> Path:
    """What relative paths stay inside: the project, or for the package's own specs what it ships."""
    shipped = shipped_folder("specs")
    return shipped.parent if folder.is_relative_to(shipped) else project_folder(folder)


def _is_absolute(written: str) -> bool:
    return (
        written.startswith("~")
        or PurePosixPath(written).is_absolute()
        or PureWindowsPath(written).is_absolute()
        or bool(PureWindowsPath(written).drive)
    )


def _locate_shipped(written: str, place: Place | None) -> Located:
    name = written.removeprefix(SHIPPED)
    folder = shipped_folder("data")
    names = sorted(file.name for file in folder.glob("*.csv")) if folder.is_dir() else []
    wanted = name if name in names else f"{name}.csv"
    if wanted not in names:
        stems = [file.removesuffix(".csv") for file in names]
        hint = nearest(name.removesuffix(".csv"), stems)
        raise DataError(
            fault(
                "E239",
                place=place,
                suggestion=f"{SHIPPED}{hint}" if hint else "",
                name=name,
                names=", ".join(stems),
            )
        )
    return Located(folder / wanted, f"{SHIPPED}{wanted}")


def _root_folder(block: DataBlock, name: str, roots: Mapping[str, Path], place: Place | None) -> Path:
    if name.lower() not in roots:
        known = ", ".join(sorted(roots)) or "-"
        raise DataError(
            fault(
                "E226",
                place=place,
                suggestion=nearest(name, roots),
                root=name,
                file=block.file,
                origin=_origin(block),
                variable=f"{_ROOT_VARIABLE}{name.upper()}",
                known=known,
            )
        )
    return roots[name.lower()]


def _require_file(path: Path, block: DataBlock, shown: str, place: Place | None) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise DataError(_absent(path, block, shown, place)) from None
    except OSError as error:
        raise DataError(fault("E200", place=place, file=shown, reason=error.strerror or str(error))) from None
    if not stat.S_ISREG(mode):
        reason = "it is a folder" if stat.S_ISDIR(mode) else "it is not a regular file"
        raise DataError(fault("E200", place=place, file=shown, reason=reason))
    if not os.access(path, os.R_OK):
        raise DataError(fault("E200", place=place, file=shown, reason="permission denied"))


def _absent(path: Path, block: DataBlock, shown: str, place: Place | None) -> Fault:
    beside = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = nearest(path.name, beside)
    suggestion = str(PurePosixPath(block.file).parent / hint) if hint else ""
    return fault("E201", place=place, suggestion=suggestion, file=shown, origin=_origin(block))


def _origin(block: DataBlock) -> str:
    """Where the file comes from, in brackets, as far as the spec says."""
    check = f"sha256 {block.sha256[:12]}…" if block.sha256 else ""
    facts = {"source": block.source or "", "access": block.access or "", "check": check}
    key = "_".join(name for name, value in facts.items() if value)
    return text(f"data.origin.{key}", **facts) if key else ""


def project_folder(folder: Path) -> Path:
    """The project that a spec belongs to: the nearest folder above with impact.toml, pyproject.toml or .git.

    Without one: the working folder when it is at most three folders above the spec's (never the home or the
    topmost folder), else the folder above the spec's own.
    """
    above = _ancestors(folder)
    marked = next((place for place in above if any((place / mark).exists() for mark in _PROJECT_MARKS)), None)
    if marked is not None:
        return marked
    working = _resolved(Path.cwd())
    near = working in above[1 : _MOST_ABOVE + 1] and working != _home() and working.parent != working
    return working if near else above[min(1, len(above) - 1)]


def _home() -> Path | None:
    try:
        return _resolved(Path.home())
    except RuntimeError:
        return None


def _ancestors(folder: Path) -> list[Path]:
    resolved = _resolved(folder)
    return [resolved, *resolved.parents]


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()
