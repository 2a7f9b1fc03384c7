"""The test `density`: rddensity on close elections and on samples with and without sorting, sides, other models."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import impact.diagnostics.density as density
import impact.pipeline.fit as fitting
from impact.core.errors import DesignError, SpecError
from impact.core.findings import Question

ELECTIONS = Path(__file__).parents[2] / "data" / "close_elections.csv"


@pytest.fixture(scope="module")
def ask(plan_of, as_frame):
    def make(columns, formula="y ~ r", *, term="", options=None, **block):
        plan = plan_of(models={"m": {"estimator": "rd", "formula": formula, **block}})
        (result,) = fitting.fit_request(as_frame(columns), plan.models[0], seed=1).results
        assert result.error is None
        question = Question("sorting", "density", ((result, term),), {}, None, None, None, seed=1)
        (found,) = density.examine(question, options or density.DensityOptions())
        return found

    return make


def sample(share=0.0):
    """Uniform values; a share of those just below the cutoff moves above it."""
    random = np.random.default_rng(8)
    r = random.uniform(-1, 1, 2000)
    moves = (r < 0) & (r > -0.15) & (random.random(2000) < share)
    r = np.where(moves, random.uniform(0, 0.15, 2000), r)
    return {"y": r + random.standard_normal(2000), "r": r}


def test_close_elections_of_rddensity(ask):
    """Python rddensity 3.0, rddensity(x, c=0.5): T, p, densities and windows."""
    with ELECTIONS.open() as file:
        rows = [row for row in csv.DictReader(file) if row["lagdemvoteshare"]]
    columns = {name: [float(row[name]) for row in rows] for name in ("score", "lagdemvoteshare")}
    found = ask(columns, "score ~ lagdemvoteshare", cutoff=0.5)
    # its constants of the pilots are rounded at the tenth digit, and the difference loses another
    assert found.statistic == pytest.approx(0.6839685292394425, rel=1e-8)
    assert found.p_value == pytest.approx(0.49399503856230886, rel=1e-8)
    below, above = found.details["below"], found.details["above"]
    assert [below["density"], above["density"]] == pytest.approx([1.6683218032065334, 1.8128850178994567])
    assert [below["bandwidth"], above["bandwidth"]] == pytest.approx(
        [0.0730366781828606, 0.09551527816300101]
    )
    assert [below["n_inside"], above["n_inside"]] == [1856, 2161]
    assert found.verdict == "note"


def test_sorting_is_found(ask):
    assert ask(sample()).verdict == "note"
    found = ask(sample(0.5))
    assert found.verdict == "fail"
    assert found.statistic > 2.5
    assert found.details["sentences"]["es"].startswith("La densidad de r salta")
    # a donut of the model hides the rows that moved from its estimate, not from the test
    assert ask(sample(0.5), donut=0.15).statistic == pytest.approx(found.statistic)


def test_the_closed_side(ask):
    """Turned round with the other side closed: the same jump with the other sign."""
    columns = sample(0.5)
    one = ask(columns, cutoff=0)
    other = ask({**columns, "r": -columns["r"]}, cutoff=0, closed="below")
    assert other.statistic == pytest.approx(-one.statistic)
    assert other.details["below"] == one.details["above"]


def test_options_reach_the_kernel(ask):
    found = ask(sample(), options=density.DensityOptions(bandwidth=0.4, order=1, kernel="uniform"))
    assert found.details["above"]["bandwidth"] == found.details["below"]["bandwidth"] == 0.4
    plain = ask(sample(), options=density.DensityOptions(bandwidth=0.4))
    assert found.statistic != pytest.approx(plain.statistic, rel=1e-3)
    assert ask(sample(), options=density.DensityOptions(alpha=0.49)).verdict == (
        "fail" if ask(sample()).p_value < 0.49 else "note"
    )


def test_what_cannot_be_asked(ask):
    assert ask(sample(), estimator="ols").verdict == "note"
    with pytest.raises(DesignError) as error:
        ask(sample(), options=density.DensityOptions(bandwidth=1e-5))
    assert error.value.code == "E665"
    with pytest.raises(SpecError) as error:
        ask(sample(), term="robust")
    assert error.value.code == "E619"
