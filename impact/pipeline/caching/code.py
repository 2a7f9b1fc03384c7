"""What a number depends on beside its spec and its data: the code of impact and the packages it computes with."""

from __future__ import annotations

import hashlib
import platform
from importlib import metadata
from pathlib import Path

import impact
from impact.kernels.compiled import IS_COMPILED

# how results are stored: another number, and nothing of before is read
FORMAT = 1
# folders that only ask for results or show them
NOT_NUMBERS = frozenset({"cli", "face", "outputs"})
ENDINGS = frozenset({".py", ".so", ".pyd", ".toml"})
PACKAGES = ("numpy", "scipy", "pandas", "within-py")


def code_version(folder: Path | None = None) -> str:
    """SHA-256 of every source file of impact that can move a number, and of the versions it computes with."""
    home = Path(impact.__file__).parent if folder is None else folder
    digest = hashlib.sha256()
    facts = [str(FORMAT), impact.__version__, platform.python_version(), platform.machine(), str(IS_COMPILED)]
    for name in PACKAGES:
        try:
            facts.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            facts.append(f"{name} absent")
    digest.update("\n".join(facts).encode())
    for file in sorted(home.rglob("*")):
        parts = file.relative_to(home).parts
        if file.suffix in ENDINGS and parts[0] not in NOT_NUMBERS and file.is_file():
            content = file.read_bytes()
            digest.update(f"{'/'.join(parts)} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()
