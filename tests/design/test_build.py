"""Designs from frames: rows, arrays, treatment and the faults of a sample that does not carry the model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import DesignError, SpecError
from impact.design.build import build_design
from impact.schema.expressions.parse import parse_expression
from impact.schema.requests import Group

UNITS, YEARS = np.repeat(["a", "b", "c", "d"], 5), np.tile(np.arange(2014.0, 2019.0), 4)
BLOCK = {"unit": "u", "time": "year", "treated": 'u in ["a", "b"]', "from": 2017}


@pytest.fixture
def columns():
    random = np.random.default_rng(11)
    return {
        "u": UNITS, "year": YEARS, "y": random.normal(size=20), "x": random.normal(size=20),
        "g": np.tile(["p", "q"], 10), "w": np.tile([1.0, 2.0], 10),
    }  # fmt: skip


@pytest.fixture
def build(columns, as_frame, request_of):
    def make(formula, *, rows=None, changed=None, group=None, **block):
        frame = as_frame({**columns, **(changed or {})}, rows)
        return build_design(frame, request_of(formula, **block), group)

    return make


def steps(design):
    return [(step.name, step.reason, step.dropped) for step in design.sample.steps]


def test_arrays_are_the_columns(build, columns):
    design = build("y ~ x + x^2", vcov={"cluster": "u"})
    rows = design.sample.kept
    assert [term.name for term in design.terms] == ["Intercept", "x", "x^2"]
    assert np.array_equal(design.y, columns["y"][rows])
    assert np.array_equal(
        design.x, np.column_stack([np.ones(20), columns["x"][rows], columns["x"][rows] ** 2])
    )
    assert [design.clusters["u"].labels[code] for code in design.clusters["u"].codes] == UNITS[rows].tolist()
    assert sorted(rows.tolist()) == list(range(20))
    assert design.intercept
    assert design.focus == (1,)


@pytest.mark.parametrize(
    ("formula", "intercept"),
    [("y ~ x", True), ("y ~ 0 + x", False), ("y ~ x | u", False), ("y ~ x | u[year]", False)],
)
def test_the_constant(build, formula, intercept):
    assert build(formula).intercept == intercept


def test_effects_crossed_and_with_slopes(build):
    design = build("y ~ x | u[year] + g^year", singletons="keep")
    shapes = [(e.factor.name, e.factor.levels, e.slope_name, e.intercept) for e in design.absorb]
    assert shapes == [("u", 4, "", True), ("u", 4, "year", False), ("g^year", 10, "", True)]
    assert np.array_equal(design.absorb[1].slope, YEARS[design.sample.kept])


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(20)))
def test_the_order_of_rows_does_not_matter(as_frame, request_of, order):
    """The arrays are the same bit for bit, whatever the order of the file."""
    random = np.random.default_rng(5)
    columns = {"u": UNITS, "year": YEARS, "y": random.normal(size=20), "x": random.normal(size=20)}
    request = request_of("y ~ exposed + x | u + year", spec={"design": BLOCK})
    one, other = (build_design(as_frame(columns, rows), request) for rows in (None, np.array(order)))
    for name in ("y", "x"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    assert np.array_equal(one.treatment.unit.codes, other.treatment.unit.codes)
    assert np.array_equal(one.sample.kept, np.array(order)[other.sample.kept])


def test_every_lost_row_is_named(build, columns):
    y, x, u, w = columns["y"].copy(), columns["x"].copy(), UNITS.astype(object), columns["w"].copy()
    y[[0, 1]], x[[1, 2]], u[3], w[4] = np.nan, np.nan, None, 0.0
    changed = {"y": y, "x": x, "u": u, "w": w}
    design = build(
        "y ~ x | u",
        changed=changed,
        filter={"late": "year >= 2014", "no q": 'g == "p"'},
        weights={"w": "analytic"},
    )
    assert steps(design) == [
        ("no q", "filter", 10),
        ("y", "missing", 1),
        ("x", "missing", 1),
        ("w", "zero weight", 1),
    ]
    assert len(design.y) == 20 - 13
    assert sum(step.dropped for step in design.sample.steps) + len(design.y) == 20


def test_singletons_go_and_are_counted(build):
    design = build("y ~ x | u", rows=np.r_[0:5, 7, 10:20])
    assert steps(design) == [("singletons", "singleton", 1)]
    assert [notice.code for notice in design.notices] == ["W501"]
    assert design.absorb[0].factor.labels == ("a", "c", "d")
    assert steps(build("y ~ x | u", rows=np.r_[0:5, 7, 10:20], singletons="keep")) == []
    assert steps(build("y ~ x | u", rows=np.r_[0:5, 7, 10:20], weights={"w": "frequency"})) == []


def test_a_group_is_a_filter(build):
    group = Group("g=p", (parse_expression('g == "p"'),))
    design = build("y ~ x", group=group)
    assert steps(design) == [("g=p", "group", 10)]
    assert len(design.y) == 10


def test_a_treated_block_is_a_treatment(build):
    design = build("y ~ exposed + x | u + year", spec={"design": BLOCK})
    treatment = design.treatment
    rows = design.sample.kept
    assert treatment.unit.labels == ("a", "b", "c", "d")
    assert treatment.treated.tolist() == [1, 1, 0, 0]
    assert treatment.columns == design.focus == (0,)
    assert np.array_equal(treatment.profile[:, 0], (YEARS[rows] >= 2017).astype(float))
    assert np.array_equal(design.x[:, 0], np.isin(UNITS[rows], ["a", "b"]) * (YEARS[rows] >= 2017))
    assert (design.extra["n_treated"], design.extra["n_treated_thinnest"]) == (10.0, 2.0)


def test_event_terms_are_a_treatment(build):
    design = build("y ~ i(year, treated, ref=2016) | u + year", spec={"design": BLOCK})
    assert [term.event_time for term in design.terms] == [-3, -2, 0, 1]
    assert design.treatment.columns == design.focus == (0, 1, 2, 3)
    assert design.treatment.profile.shape == (20, 4)


def test_a_treatment_that_cannot_be_given_to_others_is_none(build):
    """A product with a control has no value for another unit but the control's own: it still is linear."""
    design = build("y ~ exposed + exposed:x | u + year", spec={"design": BLOCK})
    rows = design.sample.kept
    x = design.x[:, 0]
    assert design.treatment.columns == (0, 1)
    assert np.array_equal(design.treatment.profile[:, 1] * np.isin(UNITS[rows], ["a", "b"]), design.x[:, 1])
    assert x.max() == 1
    assert build("y ~ x | u + year", spec={"design": BLOCK}).treatment is None


def test_focus_by_name_by_instrument_or_first(build):
    assert build("y ~ x + i(g)").focus == (1,)
    assert build("y ~ x + i(g)", treatment="g").focus == (2,)
    with pytest.raises(DesignError) as caught:
        build("y ~ x", treatment="z")
    assert caught.value.code == "E521"


def test_instruments_stand_apart(build, columns):
    design = build("y ~ x | u | w ~ year")
    rows = design.sample.kept
    assert [term.name for term in design.terms] == ["x", "w"]
    assert design.endogenous == design.focus == (1,)
    assert design.instrument_names == ("year",)
    assert np.array_equal(design.instruments[:, 0], YEARS[rows])


def test_sums_are_frequency_weights(build, as_frame, request_of):
    frame = as_frame({"s": [2, 3, 0], "n": [4, 4, 0], "x": [0, 1, 1]})
    request = request_of("share ~ x", spec={"outcomes": {"share": {"sum": "s", "count": "n"}}})
    design = build_design(frame, request)
    assert (design.weight_kind, design.weights.tolist()) == ("frequency", [4, 4])
    assert design.y.tolist() == [0.5, 0.75]
    assert design.within_sum_of_squares.tolist() == [1.0, 0.75]
    assert steps(design) == [("share", "missing", 1)]


def test_panel_and_coordinates(build):
    changed = {"lat": np.arange(20.0), "lon": -np.arange(20.0)}
    vcov = {"conley": {"lat": "lat", "lon": "lon", "km": 10}}
    design = build("y ~ x", changed=changed, vcov=vcov, panel={"unit": "u", "time": "year"})
    rows = design.sample.kept
    assert np.array_equal(design.coordinates, np.column_stack([rows, -rows]))
    assert design.panel.unit.levels == 4
    assert np.array_equal(design.panel.time_values, YEARS[rows])


@pytest.mark.parametrize(
    ("formula", "block", "code"),
    [
        ("y ~ x", {"filter": "year > 3000"}, "E501"),
        ("y ~ l(x, 1)", {}, "E506"),
        ('y ~ i(g, ref="z")', {}, "E509"),
        ("y ~ g", {}, "E515"),
        ("u ~ x", {}, "E515"),
        ("y ~ exposed", {"spec": {"design": {**BLOCK, "treated": "year > 2016"}}}, "E512"),
        ("y ~ exposed | u + year", {"spec": {"design": {**BLOCK, "treated": 'u == "nobody"'}}}, "E511"),
        ("y ~ exposed | u + year", {"spec": {"design": {**BLOCK, "from": 2030}}}, "E511"),
    ],
)
def test_a_sample_that_does_not_carry_the_model(build, formula, block, code):
    with pytest.raises(DesignError) as caught:
        build(formula, **block)
    assert caught.value.code == code
    assert caught.value.faults[0].help


def test_an_unknown_column(build):
    with pytest.raises(SpecError) as caught:
        build("y ~ xx")
    assert (caught.value.code, caught.value.suggestion) == ("E514", "x")


def test_columns_that_options_name(build, columns):
    """Numbers as they are, texts as factors; rows without a value in them are dropped and counted by name."""
    changed = {"w": np.r_[np.full(3, np.nan), columns["w"][3:]], "d": np.tile([0.0, 1.0, 1.0, 0.0], 5)}
    design = build("y ~ d", changed=changed, estimator="lee_bounds", cells=["w", "g"])
    rows = design.sample.kept
    assert steps(design) == [("w", "missing", 3)]
    assert np.array_equal(design.columns["cells w"], columns["w"][rows])
    factor = design.columns["cells g"]
    assert [factor.labels[code] for code in factor.codes] == columns["g"][rows].tolist()


def test_a_missing_outcome_may_have_a_meaning(build, columns):
    """It stays where the estimator says so, and is dropped by others."""
    changed = {"y": np.r_[np.full(4, np.nan), columns["y"][4:]], "d": np.tile([0.0, 1.0], 10)}
    kept = build("y ~ d", changed=changed, estimator="lee_bounds")
    assert len(kept.y) == 20
    assert np.count_nonzero(np.isnan(kept.y)) == 4
    assert len(build("y ~ d", changed=changed).y) == 16
