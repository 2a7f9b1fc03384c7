"""impact: impact evaluation from a short spec to tables, figures and a certificate."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

# public name → module that holds it, imported on first use
_PUBLIC = {
    "run": "impact.face.studies",
    "check": "impact.face.studies",
    "feols": "impact.face.regression",
    "feiv": "impact.face.regression",
    "fepois": "impact.face.regression",
    "feglm": "impact.face.regression",
    "did": "impact.face.differences",
    "SpecError": "impact.core.errors",
    "DataError": "impact.core.errors",
    "DesignError": "impact.core.errors",
    "EstimationError": "impact.core.errors",
    "ImpactWarning": "impact.face.predicted",
}
# fmt: off
__all__ = [
    "DataError", "DesignError", "EstimationError", "ImpactWarning", "SpecError", "__version__",
    "check", "did", "feglm", "feiv", "feols", "fepois", "run",
]
# fmt: on


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'impact' has no attribute '{name}'")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
