"""The distributions that a run needs, with the exact versions that are installed."""

from __future__ import annotations

import re
from importlib import metadata

import impact

DISTRIBUTION = "impact-evaluation"
# what impact itself needs; the rest follows from what these need
DIRECT = (
    "numpy", "scipy", "pandas", "pyarrow", "statsmodels", "linearmodels", "click", "ruamel.yaml", "pydantic",
    "matplotlib", "jinja2", "python-docx", "xlsxwriter", "python-calamine", "narwhals", "within-py",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def exact_versions() -> dict[str, str]:
    """Distribution → version, of all that is needed and installed, sorted by name; impact first."""
    found: dict[str, str] = {}
    waiting = list(DIRECT)
    while waiting:
        name = _canonical(waiting.pop())
        if name in found:
            continue
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        waiting += [needed for line in metadata.requires(name) or () if (needed := _needed(line))]
    return {DISTRIBUTION: impact.__version__, **dict(sorted(found.items()))}


def requirements_text() -> str:
    """The lines of requirements.txt: NAME==VERSION, no host and no address."""
    return "".join(f"{name}=={version}\n" for name, version in exact_versions().items())


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _needed(line: str) -> str:
    """The name in a line of requirements; empty for what only an extra asks for."""
    wanted, _, marker = line.partition(";")
    name = _NAME.match(wanted.strip())
    return name.group() if name is not None and "extra" not in marker else ""
