"""The registries: what is installed is known, and what is promised for later is refused by name."""

from __future__ import annotations

import pytest

import impact.catalog as catalog
from impact.core.errors import SpecError

REGISTRIES = (
    catalog.ESTIMATORS, catalog.VARIANCES, catalog.DIAGNOSTICS, catalog.DOMAINS, catalog.READERS, catalog.OUTPUTS,
    catalog.SURVEYS,
)  # fmt: skip


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_every_keyword_loads(registry):
    assert registry.names()
    for name in registry.names():
        assert type(registry.load(name)).__name__.upper() == registry.attribute


@pytest.mark.parametrize("registry", REGISTRIES[:3], ids=lambda registry: registry.kind)
def test_what_is_not_here_yet_is_refused_by_name(registry):
    for name in set(registry.known) - set(registry.names()):
        with pytest.raises(SpecError) as caught:
            registry.load(name)
        assert caught.value.code == "E171"
        assert name in caught.value.faults[0].message
