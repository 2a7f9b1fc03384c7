"""Which models of a plan are stored: what a dry run says before anything is estimated."""

from __future__ import annotations

from pathlib import Path

from impact.core.errors import ImpactError
from impact.pipeline.caching.memory import Memory
from impact.pipeline.caching.store import Store
from impact.pipeline.fit import fit_models
from impact.pipeline.street import read_data
from impact.plan import Plan


def stored_models(plan: Plan, cache: Path | None) -> frozenset[str]:
    """Names of the models that a run would not estimate; none where the data cannot be read.

    Their designs are built and looked up; nothing is estimated and nothing written.
    """
    if cache is None or not (cache / "results").is_dir():
        return frozenset()
    memory = Memory(Store(cache), only_look=True)
    try:
        frame, _ = read_data(plan)
    except ImpactError:
        return frozenset()  # the data line says why
    fit_models(frame, plan.models, seed=plan.spec.seed, jobs=1, progress=None, memory=memory)
    return frozenset(name for name, one in memory.made.items() if one.is_cached)
