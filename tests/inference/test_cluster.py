"""Clustered variances against fixest, clubSandwich and summclust figures, and against dense definitions."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact.core.errors import DesignError
from impact.inference.cluster import ClusterOptions, infer
from impact.inference.hetero import HeteroOptions
from impact.inference.hetero import infer as infer_hetero
from impact.inference.iid import IidOptions
from impact.inference.iid import infer as infer_iid
from impact.kernels.wald import wald

TIGHT = 1e-9


def errors(fit, cluster, **options):
    return infer(fit.estimate, fit.design, ClusterOptions(cluster=cluster, **options), 0.95)


# fixest 0.13 (R 4.2.2), y ~ D + z | i + t: cluster, options → SE(D), SE(z), K, df
FIXEST = [
    ("i", {}, 0.0810188481501, 0.0604603905587, 10, 59),
    ("c", {}, 0.0845464086528, 0.0486160617772, 10, 11),
    ("t", {}, 0.0382680973048, 0.1077466127400, 62, 7),
    (("c", "t"), {}, 0.0701707168131, 0.0918854282246, 3, 7),
    (("i", "t"), {}, 0.0724880701649, 0.1059337378420, 3, 7),
    (("c", "t"), {"ssc": {"g": "conventional"}}, 0.0708615303331, 0.0938876870497, 3, 7),
    ("i", {"ssc": {"k": "full"}}, 0.0866391299851, 0.0646545310896, 69, 59),
    ("i", {"ssc": {"k": "none"}}, 0.0803380054228, 0.0599523110421, 2, 59),
    ("i", {"ssc": {"n": False}}, 0.0802541014778, 0.0598896976454, None, 59),
    ("i", {"ssc": "none"}, 0.0795825072316, 0.0593885198164, None, 59),
    ("i", {"ssc": "reghdfe"}, 0.0810188481501, 0.0604603905587, 10, 59),
]


@pytest.mark.parametrize(("cluster", "options", "se_d", "se_z", "k", "df"), FIXEST)
def test_fixest(two_way, cluster, options, se_d, se_z, k, df):
    found = errors(two_way, cluster, **options)
    assert two_way.estimate.params == pytest.approx([0.437392234238, 0.428551743451], abs=1e-11)
    assert found.std_error == pytest.approx([se_d, se_z], abs=TIGHT)
    assert found.variance["k"] == k
    assert found.df.tolist() == [df, df]


def test_p_value_of_fixest(two_way):
    assert errors(two_way, "i").p_value[0] == pytest.approx(1.2540811395e-06, rel=1e-8)


def test_weights(weighted):
    assert errors(weighted, "i").std_error == pytest.approx([0.0808865913694, 0.0620543518219], abs=TIGHT)


POOLED = [
    ("c", {}, [0.1442172622, 0.1011221228, 0.1164504396, 0.2196364251]),
    (("c", "t"), {}, [0.1852298367, 0.3048530545, 0.0869383004, 0.3202788664]),
    ("c", {"type": "cr0"}, [0.1376444441, 0.0965134004, 0.1111431168, 0.2096263177]),
    ("c", {"type": "cr2"}, [0.1454394755, 0.1012688333, 0.1167364981, 0.2211815641]),
    ("c", {"type": "cr3"}, [0.1537668959, 0.1063174346, 0.1226547282, 0.2336251604]),
]


@pytest.mark.parametrize(("cluster", "options", "expected"), POOLED)
def test_pooled(pooled, cluster, options, expected):
    assert errors(pooled, cluster, **options).std_error == pytest.approx(expected, abs=1e-10)


def test_satterthwaite_of_clubsandwich(pooled):
    found = errors(pooled, "c", type="cr2")
    assert found.df == pytest.approx([9.75916402, 10.93264481, 10.84194131, 9.82836464], abs=6e-9)
    assert errors(pooled, "c", type="cr3").df.tolist() == [11.0] * 4


def test_cr3_with_the_factors_of_pyfixest(pooled):
    assert errors(pooled, "c", type="cr3", ssc="fixest").std_error[0] == pytest.approx(0.1611095958, abs=1e-9)


def test_refusals(two_way):
    with pytest.raises(DesignError) as caught:
        errors(two_way, "nowhere")
    assert caught.value.code == "E534"


def test_wald_of_fixest(two_way):
    found = errors(two_way, "c")
    test = wald(two_way.estimate.params, found.vcov, np.eye(2), np.zeros(2), 411.0)
    assert test.statistic == pytest.approx(72.3533178616, rel=1e-9)


def small(dense, seed=11, *, kind="", weights=True, nested=True):
    """A few dozen rows: a unit effect inside the clusters (or across them) and a period effect across."""
    random = np.random.default_rng(seed)
    n = 70
    cluster = random.integers(0, 7, n)
    unit = cluster * 3 + random.integers(0, 3, n) if nested else random.integers(0, 6, n)
    time = random.integers(0, 4, n)
    x = {"a": random.normal(size=n), "b": random.normal(size=n) + time}
    y = random.normal(size=n) + unit * 0.1
    w = random.integers(1, 5, n).astype(float) if weights else None
    fit = dense(
        y,
        x,
        absorb={"unit": unit, "time": time},
        clusters={"cluster": cluster},
        weights=w,
        kind=kind,
    )
    return fit, cluster


def definition(fit, cluster, power):
    """CR2, CR3 and Satterthwaite degrees of freedom of the full dummy model, by their definition."""
    design = fit.design
    root = np.ones(len(design.y)) if design.weights is None else np.sqrt(design.weights)
    full, y = fit.full * root[:, None], design.y * root
    inverse = np.linalg.pinv(full.T @ full, rcond=1e-11)
    hat = full @ inverse @ full.T
    residual = y - hat @ y
    k = design.x.shape[1]
    influence, vectors = [], []
    for group in np.unique(cluster):
        rows = cluster == group
        values, basis = np.linalg.eigh(np.eye(rows.sum()) - hat[np.ix_(rows, rows)])
        scale = np.where(values > 1e-10, np.abs(values), 1.0) ** power * (values > 1e-10)
        adjust = (basis * scale) @ basis.T
        weighted = adjust @ full[rows] @ inverse
        influence.append(weighted.T @ residual[rows])
        vectors.append((np.eye(len(y)) - hat)[:, rows] @ weighted)
    influence = np.array(influence)[:, -k:]
    df = []
    for j in range(-k, 0):
        p = np.column_stack([own[:, j] for own in vectors])
        gram = p.T @ p
        df.append(np.trace(gram) ** 2 / np.sum(gram**2))
    return influence.T @ influence, np.array(df)


def weighted_definition(fit, cluster):
    """CR2 of weights that are no inverse variances: H = X B X'W, A_g = [(I − H)(I − H)']_gg^(−1/2)."""
    design, full = fit.design, fit.full
    scores = full * design.weights[:, None]
    inverse = np.linalg.pinv(scores.T @ full, rcond=1e-11)
    rest = np.eye(len(design.y)) - full @ inverse @ scores.T
    residual = rest @ design.y
    k = design.x.shape[1]
    influence, vectors = [], []
    for group in np.unique(cluster):
        rows = cluster == group
        values, basis = np.linalg.eigh(rest[rows] @ rest[rows].T)
        scale = np.where(values > 1e-10, np.abs(values), 1.0) ** -0.5 * (values > 1e-10)
        weighted = (basis * scale) @ basis.T @ scores[rows] @ inverse
        influence.append(weighted.T @ residual[rows])
        vectors.append(rest[rows].T @ weighted)
    influence = np.array(influence)[:, -k:]
    grams = [np.column_stack([own[:, j] for own in vectors]) for j in range(-k, 0)]
    grams = [p.T @ p for p in grams]
    return influence.T @ influence, np.array([np.trace(g) ** 2 / np.sum(g**2) for g in grams])


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("kind", ["", "analytic", "sampling", "frequency"])
def test_adjusted_variances_by_definition(dense, nested, kind):
    fit, cluster = small(dense, kind=kind, weights=bool(kind), nested=nested)
    for name, power in (("cr2", -0.5), ("cr3", -1.0)):
        vcov, df = definition(fit, cluster, power)
        if name == "cr2" and kind in {"analytic", "sampling"}:
            vcov, df = weighted_definition(fit, cluster)
        found = errors(fit, "cluster", type=name)
        np.testing.assert_allclose(found.vcov, vcov, rtol=1e-9)
        if name == "cr2":
            np.testing.assert_allclose(found.df, df, rtol=1e-9)


def persons_of(fit, cluster, dense, seed=5):
    """The persons behind rows with whole weights: deviations from the row's mean sum to zero."""
    random = np.random.default_rng(seed)
    w = fit.design.weights.astype(int)
    row = np.repeat(np.arange(len(w)), w)
    noise = random.normal(size=len(row))
    noise -= (np.bincount(row, noise) / w)[row]
    within = np.bincount(row, noise**2)
    x = {term.name: fit.design.x[row, j] for j, term in enumerate(fit.design.terms)}
    absorb = {effect.factor.name: effect.factor.codes[row] for effect in fit.design.absorb}
    persons = dense(fit.design.y[row] + noise, x, absorb=absorb, clusters={"cluster": cluster[row]})
    x_rows = {term.name: fit.design.x[:, j] for j, term in enumerate(fit.design.terms)}
    rows_absorb = {effect.factor.name: effect.factor.codes for effect in fit.design.absorb}
    rows = dense(
        fit.design.y,
        x_rows,
        absorb=rows_absorb,
        clusters={"cluster": cluster},
        weights=fit.design.weights,
        kind="frequency",
        within=within,
    )
    return persons, rows


@pytest.mark.parametrize("kind", ["cr0", "cr1", "cr2", "cr3"])
def test_rows_with_frequency_weights_are_their_persons(dense, kind):
    fit, cluster = small(dense, kind="frequency")
    persons, rows = persons_of(fit, cluster, dense)
    mine, theirs = errors(rows, "cluster", type=kind), errors(persons, "cluster", type=kind)
    np.testing.assert_allclose(mine.vcov, theirs.vcov, rtol=1e-9)
    np.testing.assert_allclose(mine.df, theirs.df, rtol=1e-9)
    assert mine.variance["n"] == theirs.variance["n"]


@pytest.mark.parametrize("kind", ["iid", "hc0", "hc1", "hc2", "hc3", "hc4"])
def test_outcomes_as_sums_give_the_persons_errors(dense, kind):
    fit, cluster = small(dense, kind="frequency")
    persons, rows = persons_of(fit, cluster, dense)
    if kind == "iid":
        mine, theirs = (infer_iid(own.estimate, own.design, IidOptions(), 0.95) for own in (rows, persons))
    else:
        options = HeteroOptions(type=kind)
        mine, theirs = (infer_hetero(own.estimate, own.design, options, 0.95) for own in (rows, persons))
    np.testing.assert_allclose(mine.vcov, theirs.vcov, rtol=1e-9)
    np.testing.assert_allclose(mine.df, theirs.df)


def test_a_term_of_one_cluster_has_no_leverage_adjusted_error(dense):
    fit, cluster = small(dense)
    alone = (cluster == 3) * np.random.default_rng(1).normal(size=len(cluster))
    x = {"a": fit.design.x[:, 0], "alone": alone}
    absorb = {effect.factor.name: effect.factor.codes for effect in fit.design.absorb}
    fit = dense(fit.design.y, x, absorb=absorb, clusters={"cluster": cluster})
    for kind in ("cr2", "cr3"):
        found = errors(fit, "cluster", type=kind)
        assert np.isfinite(found.std_error).tolist() == [True, False]
        assert np.isnan(found.ci_low[1])
        assert np.isnan(found.p_value[1])
        assert "W513" in [notice.code for notice in found.notices]
    beside = errors(fit, "cluster")
    assert np.isfinite(beside.std_error).all()
    assert np.isnan(beside.extra["std_error_cr3"][1])
    assert {"W512", "W513"} <= {notice.code for notice in beside.notices}


def test_cr3_stands_beside_with_few_clusters(two_way):
    found = errors(two_way, "c")
    cr3 = errors(two_way, "c", type="cr3")
    assert found.extra["std_error_cr3"] == pytest.approx(cr3.std_error)
    assert found.extra["ci_high_cr3"] == pytest.approx(cr3.ci_high)
    assert found.extra["p_cr3"] == pytest.approx(cr3.p_value)
    assert "std_error_cr3" not in errors(two_way, "i").extra  # 60 clusters
    assert "std_error_cr3" not in cr3.extra


def test_many_way_of_nested_variables_is_one_way(two_way):
    both = errors(two_way, ("i", "c"), ssc="none")
    one = errors(two_way, "c", ssc="none")
    np.testing.assert_allclose(both.vcov, one.vcov, rtol=1e-12)


def test_negative_many_way_variance_is_no_number(dense):
    # errors that cancel within rows and within columns of a 2 × 2 table, but not in its cells
    first, second = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    y = np.array([1.0, -1.0, -1.0, 1.0])
    fit = dense(y, {"one": np.ones(4)}, clusters={"f": first, "s": second})
    found = errors(fit, ("f", "s"))
    assert np.isnan(found.std_error[0])
    assert np.isnan(found.p_value[0])
    assert {"W516", "W517"} <= {notice.code for notice in found.notices}
    assert errors(fit, ("f", "s"), psd="clip").std_error[0] == 0.0


def test_against_statsmodels(pooled, test_panel):
    results = sm.OLS(pooled.design.y, pooled.design.x)
    one = results.fit(cov_type="cluster", cov_kwds={"groups": test_panel["c"]})
    found = errors(pooled, "c", ssc="statsmodels")
    assert found.std_error == pytest.approx(one.bse, rel=1e-9)
    assert found.p_value == pytest.approx(one.pvalues, rel=1e-7)
    groups = np.column_stack([test_panel["c"], test_panel["t"]])
    two = results.fit(cov_type="cluster", cov_kwds={"groups": groups})
    assert errors(pooled, ("c", "t"), ssc="statsmodels").std_error == pytest.approx(two.bse, rel=1e-9)


@pytest.mark.parametrize(("units", "expected"), [(9, True), (10, False)])
def test_few_treated_clusters(dense, test_panel, units, expected):
    p = test_panel
    d = ((p["i"] <= units) & (p["t"] >= 5)).astype(float)
    fit = dense(p["y"], {"D": d}, absorb={"i": p["i"], "t": p["t"]}, clusters={"i": p["i"]}, focus=(0,))
    found = errors(fit, "i")
    assert found.n_treated_clusters == units
    assert found.n_clusters == {"i": 60}
    assert ("W511" in [notice.code for notice in found.notices]) == expected


def test_treated_clusters_are_not_guessed_for_a_dose(two_way, test_panel, dense):
    p = test_panel
    fit = dense(p["y"], {"z": p["z"]}, absorb={"i": p["i"]}, clusters={"i": p["i"]}, focus=(0,))
    assert errors(fit, "i").n_treated_clusters is None
