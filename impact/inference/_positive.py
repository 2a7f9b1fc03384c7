"""Variances that add and subtract: what is done when one is not positive semi-definite."""

from __future__ import annotations

import numpy as np

from impact.core.arrays import Floats
from impact.core.errors import Notice
from impact.core.texts import notice

ROUNDING = 1e-12


def settled(vcov: Floats, psd: str) -> tuple[Floats, tuple[Notice, ...]]:
    """The variance as it is ("report") or with negative eigenvalues set to 0 ("clip"), and notice W517."""
    if not np.all(np.isfinite(vcov)):
        return vcov, ()
    values, vectors = np.linalg.eigh(vcov)
    if values[0] >= -ROUNDING * abs(values[-1]):
        return vcov, ()
    done = "clipped" if psd == "clip" else "reported"
    found = (notice("W517", smallest=f"{values[0]:.2e}", done=done),)
    if psd != "clip":
        return vcov, found
    clipped: Floats = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return (clipped + clipped.T) / 2.0, found
