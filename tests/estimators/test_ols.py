"""Least squares from a frame to standard errors: reference values on the test panel, and exact identities.

The reference values were computed with R 4.5 (fixest 0.13, sandwich 3.1, clubSandwich 0.6) and confirmed by dense
algebra in numpy; they hold to the digits that are written.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import ConvergenceError, DesignError
from impact.design.build import build_design
from impact.estimators.ols import OlsOptions, fit
from impact.pipeline.fit import fit_design

TWO_WAY = "y ~ D + z | i + t"
POOLED = "y ~ D + z + x"
W = {"w": "analytic"}


@pytest.fixture(scope="module")
def estimated(test_panel, as_frame, request_of):
    def make(formula, rows=None, columns=None, **block):
        request = request_of(formula, **block)
        return fit_design(
            build_design(as_frame({**test_panel, **(columns or {})}, rows), request), request, None, 1
        )

    return make


def ssc(**factors):
    return {"k": "nested", "n": True, "g": "min", **factors}


# vcov, block, SE(D), SE(z), K, df of t
VALUES = [
    ("iid", {}, 0.0595507764867, 0.0566514331028, 69, 411),
    ("hc1", {}, 0.0579259551633, 0.0552453870984, 69, 411),
    ({"cluster": "i"}, {}, 0.0810188481501, 0.0604603905587, 10, 59),
    ({"cluster": "c"}, {}, 0.0845464086528, 0.0486160617772, 10, 11),
    ({"cluster": "t"}, {}, 0.0382680973048, 0.1077466127400, 62, 7),
    ({"cluster": ["c", "t"]}, {}, 0.0701707168131, 0.0918854282246, 3, 7),
    ({"cluster": ["i", "t"]}, {}, 0.0724880701649, 0.1059337378420, 3, 7),
    ({"cluster": ["c", "t"], "ssc": ssc(g="conventional")}, {}, 0.0708615303331, 0.0938876870497, 3, 7),
    ({"cluster": "i", "ssc": ssc(k="full")}, {}, 0.0866391299851, 0.0646545310896, 69, 59),
    ({"cluster": "i", "ssc": ssc(k="none")}, {}, 0.0803380054228, 0.0599523110421, 2, 59),
    ({"cluster": "i", "ssc": ssc(n=False)}, {}, 0.0802541014778, 0.0598896976454, None, 59),
    ({"cluster": "i", "ssc": ssc(n=False, g="none")}, {}, 0.0795825072316, 0.0593885198164, None, 59),
    ({"cluster": "i"}, {"weights": W}, 0.0808865913694, 0.0620543518219, 10, 59),
    ("hc1", {"weights": W}, 0.0603165809588, 0.0575470836473, 69, 411),
    ("iid", {"weights": W}, 0.0591635435038, 0.0560288466542, 69, 411),
]  # fmt: skip


@pytest.mark.parametrize(("vcov", "block", "se_d", "se_z", "k", "df"), VALUES)
def test_two_way_effects(estimated, vcov, block, se_d, se_z, k, df):
    found = estimated(TWO_WAY, vcov=vcov, **block)
    wanted = [0.476386288, 0.453791619] if block else [0.437392234238, 0.428551743451]
    assert found.estimate.params == pytest.approx(wanted, rel=2e-9 if block else 1e-11)
    assert found.inference.std_error == pytest.approx([se_d, se_z], rel=1e-10)
    assert found.inference.df.tolist() == [df, df]
    assert k is None or found.inference.variance["k"] == k


def test_fit_and_p_value(estimated):
    found = estimated(TWO_WAY, vcov={"cluster": "i"})
    facts = found.estimate.fit
    wanted = {
        "r2": 0.937193384404,
        "r2_adjusted": 0.926802022212,
        "r2_within": 0.210586845537,
        "rmse": 0.331025376541,
    }
    for name, value in wanted.items():
        assert facts[name] == pytest.approx(value, abs=2e-12), name
    assert found.inference.p_value[0] == pytest.approx(1.2540811395e-06, rel=1e-9)
    assert (found.estimate.n_obs, found.estimate.df_resid, found.estimate.effect_levels) == (
        480,
        411,
        {"i": 60, "t": 8},
    )


def test_a_singleton_kept_and_dropped(estimated, test_panel):
    rows = np.flatnonzero((test_panel["i"] != 2) | (test_panel["t"] == 1))
    kept = estimated(TWO_WAY, rows, vcov={"cluster": "i"}, singletons="keep")
    dropped = estimated(TWO_WAY, rows, vcov={"cluster": "i"})
    assert (kept.estimate.n_obs, dropped.estimate.n_obs) == (473, 472)
    assert kept.inference.std_error[0] == pytest.approx(0.0817613062, rel=2e-9)
    assert dropped.inference.std_error[0] == pytest.approx(0.0817747401, rel=2e-9)
    assert kept.estimate.params[0] == pytest.approx(0.4438062387, rel=2e-10)
    assert dropped.estimate.params == pytest.approx(kept.estimate.params, rel=1e-10)


# variance, SE of const, D, z, x
POOLED_VALUES = [
    ("iid", 0.1160712758, 0.0904575950, 0.1413635484, 0.1399951067),
    ("hc0", 0.1032786660, 0.0829311128, 0.1339275219, 0.1378829355),
    ("hc1", 0.1037117021, 0.0832788339, 0.1344890653, 0.1384610636),
    ("hc2", 0.1037693552, 0.0833110373, 0.1345751405, 0.1385359126),
    ("hc3", 0.1042628031, 0.0836931019, 0.1352263522, 0.1391925097),
    ("hc4", 0.1038853738, 0.0833937384, 0.1347290558, 0.1386830637),
    ({"cluster": "c"}, 0.1442172622, 0.1011221228, 0.1164504396, 0.2196364251),
    ({"cluster": ["c", "t"]}, 0.1852298367, 0.3048530545, 0.0869383004, 0.3202788664),
]


@pytest.mark.parametrize(("vcov", "wanted"), [(row[0], row[1:]) for row in POOLED_VALUES])
def test_without_effects(estimated, vcov, wanted):
    found = estimated(POOLED, vcov=vcov)
    coefficients = [2.22864424139, 1.61399651125, 0.53425005908, 1.95052369259]
    assert [term.name for term in found.estimate.terms] == ["Intercept", "D", "z", "x"]
    assert found.estimate.params == pytest.approx(coefficients, rel=1e-11)
    assert found.inference.std_error == pytest.approx(wanted, rel=2e-9)


@pytest.mark.parametrize(
    ("vcov", "wanted"), [("hc2", (0.05798227, 0.05531225)), ("hc3", (0.06272189, 0.05984792))]
)
def test_leverage_is_that_of_the_whole_model(estimated, vcov, wanted):
    assert estimated(TWO_WAY, vcov=vcov).inference.std_error == pytest.approx(wanted, rel=2e-7)


# --- identities: the same regression written in another way ---------------------------------------------------------


def random_panel(seed, units=9, periods=5):
    random = np.random.default_rng(seed)
    n = units * periods
    keep = np.flatnonzero(random.random(n) < 0.85)
    columns = {
        "i": np.repeat(np.arange(units), periods),
        "t": np.tile(np.arange(periods), units),
        "y": random.normal(size=n),
        "x": random.normal(size=n),
        "z": random.normal(size=n),
        "w": random.integers(0, 4, n),
    }
    return {name: values[keep] for name, values in columns.items()}


SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=15, deadline=None)


@pytest.fixture(scope="module")
def fitted(as_frame, request_of):
    def make(columns, formula, **block):
        request = request_of(formula, **block)
        return fit_design(build_design(as_frame(columns), request), request, None, 1)

    return make


def agree(one, other, terms=None, rel=1e-9):
    """Same coefficients and errors of the terms that both have."""
    names = [[term.name for term in found.estimate.terms] for found in (one, other)]
    terms = terms or [name for name in names[0] if name in names[1]]
    assert terms
    for part in ("params", "std_error"):
        values = [
            [getattr(f.estimate if part == "params" else f.inference, part)[of.index(name)] for name in terms]
            for f, of in zip((one, other), names, strict=True)
        ]
        assert values[0] == pytest.approx(values[1], rel=rel)


@FEW
@given(seed=SEEDS)
@pytest.mark.parametrize(
    "vcov", ["iid", "hc1", "hc3", {"cluster": "i", "ssc": {"k": "full", "n": True, "g": "min"}}]
)
def test_absorbed_effects_are_dummies(fitted, vcov, seed):
    columns = random_panel(seed)
    absorbed = fitted(columns, "y ~ x + z | i + t", vcov=vcov, singletons="keep")
    dummies = fitted(columns, "y ~ x + z + i(i) + i(t)", vcov=vcov, treatment=["x"])
    agree(absorbed, dummies, ["x", "z"], rel=1e-8)
    assert absorbed.estimate.df_resid == dummies.estimate.df_resid
    assert absorbed.estimate.fit["r2"] == pytest.approx(dummies.estimate.fit["r2"], rel=1e-10)


@FEW
@given(seed=SEEDS)
def test_partialling_out(fitted, seed):
    """The coefficient of x is that of what is left of y and x after the others (Frisch and Waugh 1933)."""
    columns = random_panel(seed)
    others = np.column_stack([np.ones(len(columns["y"])), columns["z"]])
    left = {
        name: columns[name] - others @ np.linalg.lstsq(others, columns[name], rcond=None)[0]
        for name in ("y", "x")
    }
    whole = fitted(columns, "y ~ x + z")
    parts = fitted({**columns, **left}, "y ~ 0 + x")
    assert whole.estimate.params[1] == pytest.approx(parts.estimate.params[0], rel=1e-9)
    assert whole.estimate.linear.residual @ columns["x"][build_rows(whole)] == pytest.approx(0, abs=1e-10)


def build_rows(found):
    return found.design.sample.kept


@FEW
@given(seed=SEEDS)
@pytest.mark.parametrize("vcov", ["iid", "hc1", {"cluster": "i"}])
def test_whole_weights_are_repeated_rows(fitted, vcov, seed):
    """Frequency weights in every factor; a weight of zero is a row that is not there."""
    columns = random_panel(seed)
    repeated = {name: np.repeat(values, columns["w"]) for name, values in columns.items()}
    rows = fitted(repeated, "y ~ x + z | t", vcov=vcov, singletons="keep")
    weighted = fitted(columns, "y ~ x + z | t", vcov=vcov, weights={"w": "frequency"})
    agree(weighted, rows)
    assert weighted.estimate.n_obs == rows.estimate.n_obs == columns["w"].sum()
    for name in ("r2", "r2_within", "rmse", "sigma", "mean_outcome"):
        assert weighted.estimate.fit[name] == pytest.approx(rows.estimate.fit[name], rel=1e-9)
    assert weighted.inference.df == pytest.approx(rows.inference.df)


@FEW
@given(seed=SEEDS)
@pytest.mark.parametrize("kind", ["analytic", "sampling"])
def test_a_weight_of_zero_is_an_absent_row(fitted, kind, seed):
    columns = random_panel(seed)
    block = {"weights": {"w": kind}, "vcov": "hc1", "singletons": "keep"}
    present = {name: values[columns["w"] > 0] for name, values in columns.items()}
    agree(fitted(columns, "y ~ x | i", **block), fitted(present, "y ~ x | i", **block))


@FEW
@given(seed=SEEDS, scale=st.sampled_from([1e-6, 0.3, 1e5]))
def test_the_scale_of_weights_does_not_matter(fitted, seed, scale):
    columns = random_panel(seed)
    columns["w"] = columns["w"] + 0.5
    for vcov in ("iid", "hc1", {"cluster": "i"}):
        block = {"weights": W, "vcov": vcov}
        scaled = {**columns, "w": scale * columns["w"]}
        agree(fitted(columns, "y ~ x | i + t", **block), fitted(scaled, "y ~ x | i + t", **block))


@FEW
@given(seed=SEEDS, random=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(fitted, seed, random):
    """Bit for bit: rows are sorted before anything is summed."""
    columns = random_panel(seed)
    order = list(range(len(columns["y"])))
    random.shuffle(order)
    shuffled = {name: values[order] for name, values in columns.items()}
    one, other = (fitted(c, "y ~ x + z | i + t", vcov={"cluster": "i"}) for c in (columns, shuffled))
    assert one.estimate.params.tobytes() == other.estimate.params.tobytes()
    assert one.inference.vcov.tobytes() == other.inference.vcov.tobytes()


@FEW
@given(seed=SEEDS)
@pytest.mark.parametrize("vcov", ["iid", "hc0", "hc1", {"cluster": "i"}, {"cluster": "i", "type": "cr2"}])
def test_sums_over_persons_are_the_persons(fitted, request_of, as_frame, vcov, seed):
    """Cells with sum, count and sum of squares against one row a person, regressors and effects of the cell."""
    persons = random_panel(seed)
    persons["x"] = np.round(np.sin(3.0 * persons["i"] + 7.0 * persons["t"]), 3)
    for name in persons:
        persons[name] = np.repeat(persons[name], persons["w"] + 1)
    persons["y"] = np.random.default_rng(seed).normal(size=len(persons["y"]))
    cell = persons["i"] * 100 + persons["t"]
    labels, where = np.unique(cell, return_inverse=True)
    first = np.array([np.flatnonzero(where == k)[0] for k in range(len(labels))])
    cells = {name: values[first] for name, values in persons.items() if name != "y"}
    cells |= {
        "s": np.bincount(where, persons["y"]),
        "n": np.bincount(where),
        "q": np.bincount(where, persons["y"] ** 2),
    }
    request = request_of(
        "m ~ x | t", vcov=vcov, spec={"outcomes": {"m": {"sum": "s", "count": "n", "sumsq": "q"}}}
    )
    summed = fit_design(build_design(as_frame(cells), request), request, None, 1)
    whole = fitted(persons, "y ~ x | t", vcov=vcov, singletons="keep")
    agree(summed, whole, ["x"], rel=1e-8)
    assert summed.estimate.n_obs == len(persons["y"])
    assert summed.estimate.fit["r2"] == pytest.approx(whole.estimate.fit["r2"], rel=1e-8)


def test_polynomials_fit_what_powers_fit(estimated):
    """poly() spans the powers: same residuals; and it stays exact where powers do not."""
    basis = estimated("y ~ poly(z, 4) + D", vcov="hc1", treatment="D")
    powers = estimated("y ~ z + z^2 + z^3 + z^4 + D", vcov="hc1", treatment="D")
    agree(basis, powers, ["D"], rel=1e-8)
    assert basis.estimate.fit["rss"] == pytest.approx(powers.estimate.fit["rss"], rel=1e-10)


def test_unit_trends_are_dummies_times_time(estimated):
    trends = estimated("y ~ z | i[t]", vcov="iid")
    dummies = estimated("y ~ z + i(i) + i(i, t)", vcov="iid", treatment="z")
    agree(trends, dummies, ["z"], rel=1e-8)
    assert trends.estimate.effect_levels == {"i": 60, "i[t]": 60}


# --- what is dropped, counted or refused ------------------------------------------------------------------------------


def test_a_control_that_says_nothing_new_is_named(estimated, test_panel):
    columns = {"twice": 2 * test_panel["z"], "area": test_panel["c"]}
    found = estimated("y ~ D + z + twice + area | i + t", columns=columns)
    assert [term.name for term in found.estimate.terms] == ["D", "z"]
    assert found.estimate.dropped_terms == {"twice": "collinear with z", "area": "absorbed by i + t"}
    assert found.estimate.df_model == 2


@pytest.mark.parametrize(
    ("formula", "treatment", "code"),
    [
        ("y ~ x + z | i", "x", "E503"),
        ("y ~ twice + z", "twice", None),
        ("y ~ z + twice", "twice", "E504"),
        ("flat ~ D | i", None, "E502"),
        ("y ~ z + i(row)", None, "E505"),
    ],
)
def test_the_treatment_is_never_dropped(estimated, test_panel, formula, treatment, code):
    columns = {"twice": 2 * test_panel["z"], "flat": np.ones(480), "row": np.arange(480)}
    if code is None:
        found = estimated(formula, columns=columns, treatment=treatment)
        assert found.estimate.dropped_terms == {"z": "collinear with twice"}
        return
    rows = np.arange(24 if "row" in formula else 480)
    with pytest.raises(DesignError) as caught:
        estimated(formula, rows, columns=columns, treatment=treatment)
    assert caught.value.code == code
    assert caught.value.faults[0].help


def test_the_rank_of_effects_in_two_worlds(as_frame, request_of):
    """Two blocks that share no level: one effect more is redundant, and counted on request only."""
    columns = {"i": np.repeat([0, 1, 2, 3], 4), "t": np.concatenate([np.tile([0, 1], 4), np.tile([2, 3], 4)])}
    random = np.random.default_rng(0)
    columns |= {"y": random.normal(size=16), "x": random.normal(size=16)}
    design = build_design(as_frame(columns), request_of("y ~ x | i + t"))
    assert fit(design, OlsOptions()).df_absorbed == 7
    assert fit(design, OlsOptions(exact_df=True)).df_absorbed == 6


def test_a_tolerance_that_is_not_reached(test_panel, as_frame, request_of):
    columns = {**test_panel, "k": (test_panel["i"] * 7 + test_panel["t"] * 3) % 11}
    design = build_design(as_frame(columns), request_of("y ~ D + z | i + t + k"))
    assert fit(design, OlsOptions()).fit["attained"] < 1e-10
    with pytest.raises(ConvergenceError) as caught:
        fit(design, OlsOptions(tolerance=1e-18))
    assert caught.value.code == "E510"
