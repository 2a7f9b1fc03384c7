"""Models of the lab's tables, fitted through the plan and the pipeline as a spec would be, for one seed at a time."""

from __future__ import annotations

import numpy as np
import pytest

import impact.pipeline.fit as fitting
from impact.core.errors import Place
from impact.pipeline.street import read_data
from impact.plan import make_plan
from impact.schema.nodes import from_plain

# residents by the groups that the truths name; the lockdown hits Lima more than the rest, whence effects of quarter
# by metropolis, and jobs that would be asked about during it are left out
YOUNG = "p207 == 2 and p208a >= 14 and p208a <= 24 and p301a <= 5"
KEEP = "keep4 ~ exposure | ubigeo + quarter^metro"
PAY = "pay ~ exposure | ubigeo + quarter^metro"
OPEN = "not between(quarter, 22, 24)"
PERSONS = {
    "table": "persons",
    "derive": {"pay": "log(coalesce(i524a1, i530a))", "metro": "1 if dominio == 8 else 0"},
    "filter": {"residents": "migrante == 0 and p208a >= 14"},
    "models": {
        "B1": {"formula": KEEP, "filter": f"{YOUNG} and {OPEN}"},
        "B2": {"formula": KEEP, "filter": f"p207 == 2 and between(p208a, 25, 39) and p301a <= 5 and {OPEN}"},
        "B3": {"formula": KEEP, "filter": f"p207 == 1 and {OPEN}"},
        "B4": {"formula": PAY, "filter": YOUNG},
        "B5": {"formula": PAY, "filter": f"ocupinf == 1 and not ({YOUNG})"},
        "B6": {"formula": PAY, "filter": f"ocupinf == 2 and not ({YOUNG})"},
        "B9": {"formula": "job_rank ~ exposure | ubigeo + quarter^metro", "filter": "p301a <= 5"},
    },
    "common": {"vcov": {"cluster": "ubigeo", "type": "cr3"}},
}


class Lab:
    """Specs of the lab by name."""

    PERSONS = PERSONS
    PAY = PAY
    YOUNG = YOUNG


@pytest.fixture(scope="session")
def lab():
    return Lab


@pytest.fixture(scope="session")
def fit_lab():
    """``fit_lab(spec, seed=1, world="ac2020", size="small", **knobs)``: model → (estimate, error, low, high) of a term.

    The spec has a table, models with a formula each, and what is common to them; the term is the first, or `term`.
    """

    def fit(spec, *, seed=1, world="ac2020", size="small", term=None, models=None, **knobs):
        chosen = {
            name: {**spec.get("common", {}), **keys}
            for name, keys in spec["models"].items()
            if models is None or name in models
        }
        block = {"table": spec["table"], "world": world, "size": size, "seed": seed, "set": knobs}
        tree = {"spec": 1, "data": {"lab": block}, "models": chosen}
        tree |= {key: spec[key] for key in ("derive", "filter", "panel") if key in spec}
        plan = make_plan(from_plain(tree, Place(file="spec.yaml")))
        frame, _ = read_data(plan)
        found = {}
        for request in plan.models:
            (result,) = fitting.fit_request(frame, request, seed=1).results
            assert result.error is None, result.error
            names = [one.name for one in result.estimate.terms]
            place = names.index(spec.get("term", term)) if spec.get("term", term) in names else 0
            found[request.name] = (
                float(result.estimate.params[place]),
                float(result.inference.std_error[place]),
                float(result.inference.ci_low[place]),
                float(result.inference.ci_high[place]),
            )
        return found

    return fit


@pytest.fixture(scope="session")
def over_draws(fit_lab):
    """``over_draws(spec, draws, **settings)``: model → array (draws, 4) of estimates, errors and bounds."""

    def repeat(spec, draws, *, first=1, **settings):
        runs = [fit_lab(spec, seed=first + draw, **settings) for draw in range(draws)]
        return {name: np.array([run[name] for run in runs]) for name in runs[0]}

    return repeat
