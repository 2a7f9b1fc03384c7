"""Fixtures for every folder: the test panel, plans and frames."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest


def _load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Results of a test run are kept apart from those of the project, and die with it."""
    before = os.environ.get("IMPACT_CACHE_DIR")
    os.environ["IMPACT_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["IMPACT_CACHE_DIR"]
    else:
        os.environ["IMPACT_CACHE_DIR"] = before


@pytest.fixture(scope="session")
def test_panel() -> dict[str, np.ndarray]:
    """Columns of the 480-row panel by name; the known sums are checked when it is made."""
    module = _load(Path(__file__).parent / "panel.py")
    panel = module.make_panel()
    for name, total in module.SUMS.items():
        assert abs(panel[name].sum() - total) < 5e-9
    assert (panel["cnt"] == 0).sum() == 142
    return panel


@pytest.fixture(scope="session")
def plan_of():
    """The plan of a spec given as plain data; no file is read."""
    from impact.core.errors import Place
    from impact.plan import make_plan
    from impact.schema.nodes import from_plain

    def make(**keys):
        return make_plan(from_plain({"spec": 1, "data": {"file": "x.csv"}, **keys}, Place(file="spec.yaml")))

    return make


@pytest.fixture(scope="session")
def request_of(plan_of):
    """The request of one model: its block as keywords, and the spec's other keys in ``spec``."""

    def make(formula=None, *, spec=None, **block):
        own = {} if formula is None else {"formula": formula}
        return plan_of(**{"models": {"main": {**own, **block}}, **(spec or {})}).models[0]

    return make


@pytest.fixture(scope="session")
def as_frame():
    """A frame from columns: numbers to floats, texts to objects with None for missing."""
    from impact.core.frames import Frame

    def make(columns, rows=None):
        typed = {}
        for name, values in columns.items():
            array = np.asarray(values)
            typed[name] = array.astype(object if array.dtype.kind in "OU" else np.float64)
            if rows is not None:
                typed[name] = typed[name][rows]
        return Frame(typed, len(next(iter(typed.values()))))

    return make


@pytest.fixture(scope="session")
def ask():
    """What a test of `tests:` says of one fitted model, which it may refit as the pipeline does."""
    import impact.catalog as catalog
    from impact.core.findings import Question
    from impact.pipeline.fit import estimate_design, infer_design

    def make(kind, result, request, **options):
        question = Question(
            test="t",
            kind=kind,
            of=((result, ""),),
            results={(result.name, result.group): result},
            refit=lambda _, design: estimate_design(design, request),
            infer=lambda _, estimate, design: infer_design(estimate, design, request),
            infer_fully=lambda _, estimate, design: infer_design(estimate, design, request),
            seed=1,
        )
        record = catalog.DIAGNOSTICS.load(kind)
        return record.examine(question, record.options(**options))

    return make


@pytest.fixture
def request_with(plan_of, monkeypatch):
    """The request of one model of an estimator that starts from a design of who is treated from when."""
    import impact.catalog as catalog
    from impact.core.registered import Estimator
    from impact.estimators.ols import OlsOptions

    takes = ("adoption", "covariates", "weights", "clusters", "cross_section")
    load = type(catalog.ESTIMATORS).load

    def make(design, *, accepts=takes, **block):
        record = Estimator("x", OlsOptions, lambda design, options: None, (), accepts=accepts)

        def stand_in(registry, name, **more):
            return record if registry is catalog.ESTIMATORS else load(registry, name, **more)

        monkeypatch.setattr(type(catalog.ESTIMATORS), "load", stand_in)
        spec = {} if design is None else {"design": design}
        return plan_of(models={"main": {"estimator": "ols", "outcome": "y", **block}}, **spec).models[0]

    return make
