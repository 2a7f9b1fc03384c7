"""impact: impact evaluation from a short spec to tables, figures and a certificate."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

# module → the public names it holds; it is imported when one of them is first used
_HELD = {
    "impact.core.errors": "DataError DesignError EstimationError SpecError",
    "impact.face.answers": "equivalence",
    "impact.face.differences": "did",
    "impact.face.figures": "coefplot iplot",
    "impact.face.options": "options",
    "impact.face.regression": "feglm feiv feols fepois",
    "impact.face.specs": "Spec",
    "impact.face.storing": "from_json",
    "impact.face.studies": "check run",
    "impact.face.tables": "etable",
    "impact.face.warned": "ImpactWarning",
}
_PUBLIC = {name: module for module, names in _HELD.items() for name in names.split()}
# fmt: off
__all__ = [
    "DataError", "DesignError", "EstimationError", "ImpactWarning", "Spec", "SpecError", "__version__", "check",
    "coefplot", "did", "equivalence", "etable", "feglm", "feiv", "feols", "fepois", "from_json", "iplot", "options",
    "run",
]
# fmt: on


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'impact' has no attribute '{name}'")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
