"""Which spec files a command line names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from impact.core.errors import SpecError
from impact.core.texts import fault


def spec_files(paths: Sequence[str]) -> list[str]:
    """Specs in the order given; a folder gives its .yaml files in sorted order, bases left out.

    Raises:
        SpecError: E188 a folder without any spec.
    """
    found: list[str] = []
    for path in paths:
        folder = Path(path)
        if not folder.is_dir():
            found.append(path)
            continue
        files = [file for file in sorted(folder.iterdir()) if file.suffix in (".yaml", ".yml")]
        specs = [str(file) for file in files if not _is_base(file)]
        if not specs:
            raise SpecError(fault("E188", folder=path))
        found += specs
    return list(dict.fromkeys(found))


def _is_base(file: Path) -> bool:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.strip() == "base: true" for line in lines)
