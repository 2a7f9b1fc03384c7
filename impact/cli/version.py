"""`impact version`: versions that a result depends on, read without loading the packages."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import platform
import re
import sys
from pathlib import Path

import click

import impact
from impact.cli.main import setting
from impact.core.texts import text

PACKAGES = (
    "numpy", "scipy", "pandas", "pyarrow", "statsmodels", "linearmodels", "within-py", "matplotlib", "pydantic",
    "ruamel.yaml", "click",
)  # fmt: skip
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_PACKAGE = Path(impact.__file__).parent


@click.command("version")
@click.pass_context
def command(ctx: click.Context) -> int:
    """Versions of impact, Python and the packages that a number can depend on."""
    facts = environment_facts()
    if setting(ctx, "format") == "json":
        print(json.dumps(facts, indent=1, ensure_ascii=False))
        return 0
    language = str(setting(ctx, "lang") or "en")
    print(f"impact {impact.__version__}")
    for name, value in facts.items():
        if name == "impact":
            continue
        if isinstance(value, dict):
            for package, version in value.items():
                print(f"  {package:<20}{version or text('commands.version.absent', language)}")
            continue
        shown = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else None
        words = text(f"commands.version.{shown}", language) if shown else str(value)
        print(f"  {text(f'commands.version.{name}', language):<20}{words}")
    return 0


def environment_facts() -> dict[str, object]:
    """What identifies this installation; nothing numerical is imported."""
    versions = _versions()
    return {
        "impact": impact.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {name: versions.get(_normal(name)) for name in PACKAGES},
        "compiled": has_compiled_kernels(),
        "blas": _blas(),
        "threads": _threads(),
    }


def has_compiled_kernels() -> bool:
    """Whether the compiled twin of the kernels is installed."""
    endings = importlib.machinery.EXTENSION_SUFFIXES
    return any((_PACKAGE / "kernels" / f"_compiled{ending}").is_file() for ending in endings)


def _versions() -> dict[str, str]:
    """Name → version of every installed distribution, from the names of its folder: reading them is not needed."""
    found: dict[str, str] = {}
    for folder in dict.fromkeys(sys.path):
        for info in sorted(Path(folder or ".").glob("*.dist-info")):
            name, _, version = info.name.removesuffix(".dist-info").partition("-")
            found.setdefault(_normal(name), version)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _blas() -> str:
    """The library that numpy was shipped with, by the name of its file; numpy itself is not loaded."""
    spec = importlib.util.find_spec("numpy")
    if spec is None or spec.origin is None:
        return "?"
    package = Path(spec.origin).parent
    folders = (package.parent / "numpy.libs", package / ".dylibs")
    names = sorted(file.name for folder in folders if folder.is_dir() for file in folder.iterdir())
    found = [name for name in names if "blas" in name.lower() or "mkl" in name.lower()]
    return found[0].split("-")[0].removeprefix("lib") if found else "system"


def _threads() -> str:
    limits = [f"{name}={os.environ[name]}" for name in THREAD_VARIABLES if name in os.environ]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ", ".join([str(cores), *limits])
