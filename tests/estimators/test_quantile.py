"""Quantile regression against R's quantreg on wages of 1985, scores by cluster, bootstrap, and refusals."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import impact.kernels.quantile_regression as kernel
from impact.core.errors import ConvergenceError, DesignError, SpecError
from impact.pipeline.fit import design_of, fit_design

WAGEPAN = Path(__file__).parents[2] / "data" / "wagepan.csv"
# R 4.2.2, quantreg 5.94: summary(rq(lwage ~ educ + exper + union, tau, subset(wagepan, year == 1985)), se, hs = TRUE)
COEFFICIENTS = {
    0.1: [0.157516360282901, 0.0682648022969563, 0.0174477100372312, 0.362004041671753],
    0.25: [9.15726025898e-05, 0.0957898696264, 0.0387255946795, 0.18367344141],
    0.5: [0.421667315743186, 0.0967375798658891, 0.0211397842927412, 0.176938490434126],
    0.75: [0.560026557357, 0.10395888046, 0.0248750668985, 0.158367218795],
}
ERRORS = {
    ("iid", 0.1): [0.373027368183794, 0.0206140635061154, 0.02177803240136, 0.0703863803177397],
    ("nid", 0.1): [0.273230372928642, 0.0158209943708382, 0.0211559010313566, 0.0442555712751826],
    ("kernel", 0.1): [0.426476107623852, 0.0285493572192461, 0.0264150047762989, 0.0635979098424273],
    ("iid", 0.25): [0.376964847329, 0.0208316546324, 0.0220079097662, 0.0711293416345],
    ("nid", 0.25): [0.313617132346, 0.0168701089484, 0.0159974190514, 0.054324840715],
    ("kernel", 0.25): [0.330666458214, 0.019537667264, 0.0180738922104, 0.059108871743],
    ("iid", 0.5): [0.370127979946128, 0.0204538388728636, 0.0216087607168414, 0.0698392959464809],
    ("nid", 0.5): [0.310160633408942, 0.0168970888600152, 0.0172566350737542, 0.0566534323251658],
    ("kernel", 0.5): [0.315115261153922, 0.0175796608697221, 0.0174909382528164, 0.0586187581083409],
    ("iid", 0.75): [0.231218209141, 0.0127774722541, 0.0134989496212, 0.0436284685604],
    ("nid", 0.75): [0.281079013377, 0.0152553144444, 0.0149866512549, 0.0462416963693],
    ("kernel", 0.75): [0.311839388694, 0.0164985412551, 0.0176470645528, 0.0566334195288],
}
# the same with hs = FALSE (Bofinger) at 0.25
BOFINGER = {
    "iid": [0.363225246591, 0.0200723832589, 0.0212057662894, 0.0685368220355],
    "nid": [0.334441767189, 0.0184044789903, 0.0179834672197, 0.0535830880062],
    "kernel": [0.357563401425, 0.0206997422801, 0.0197002076625, 0.0647084527533],
}


@pytest.fixture(scope="module")
def wages():
    with WAGEPAN.open() as file:
        rows = [row for row in csv.DictReader(file) if row["year"] == "1985"]
    found = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    return {**found, "w": 0.5 + np.arange(1, len(rows) + 1) % 7 / 7}


@pytest.fixture(scope="module")
def fitted(as_frame, request_of):
    def make(columns, formula="lwage ~ educ + exper + union", seed=3, **block):
        request = request_of(formula, estimator="quantile", **block)
        return fit_design(design_of(as_frame(columns), request), request, None, seed)

    return make


@pytest.mark.parametrize("kind", ["iid", "nid", "kernel"])
def test_numbers_of_r(fitted, wages, kind):
    found = fitted(wages, quantiles=[0.1, 0.25, 0.5, 0.75], errors=kind)
    assert found.inference.variance["type"] == kind
    for number, share in enumerate((0.1, 0.25, 0.5, 0.75)):
        own = slice(4 * number, 4 * number + 4)
        assert found.estimate.params[own] == pytest.approx(COEFFICIENTS[share], rel=1e-9)
        assert found.inference.std_error[own] == pytest.approx(ERRORS[kind, share], rel=1e-6)


@pytest.mark.parametrize("kind", ["iid", "nid", "kernel"])
def test_other_bandwidth_of_r(fitted, wages, kind):
    found = fitted(wages, quantiles=0.25, errors=kind, bandwidth="bofinger")
    assert found.inference.std_error == pytest.approx(BOFINGER[kind], rel=1e-6)


def test_weights_of_r(fitted, wages):
    """rq(…, weights = w), w = 0.5 + (row %% 7)/7, tau 0.5, se = "nid"."""
    found = fitted(wages, quantiles=0.5, weights="w")
    expected = [0.550492127736, 0.0875349839528, 0.0171966382435, 0.176944255829]
    assert found.estimate.params == pytest.approx(expected, rel=1e-9)
    errors = [0.316404311154, 0.0173252014908, 0.0174998232903, 0.0549561803268]
    assert found.inference.std_error == pytest.approx(errors, rel=1e-6)


def test_one_of_several_optima(fitted, wages):
    """At 0.9 R stops at another vertex (it says so) of the same objective."""
    found = fitted(wages, quantiles=0.9)
    assert found.estimate.fit["objective[0.9]"] == pytest.approx(40.8147421129, rel=1e-11)


def test_fits_that_cross_are_told(fitted, wages):
    assert "W654" in {one.code for one in fitted(wages, quantiles=0.1).estimate.notices}


def test_covariance_between_quantiles(fitted, wages):
    """Koenker (2005), section 3.2.3: (min(s, t) − st) H(s)⁻¹ J H(t)⁻¹; with errors iid H = f X'X."""
    found = fitted(wages, quantiles=[0.25, 0.75], errors="iid")
    x = np.column_stack([np.ones(545), wages["educ"], wages["exper"], wages["union"]])
    scales = [np.sqrt(found.inference.vcov[j, j] / np.linalg.inv(x.T @ x)[0, 0] / 0.1875) for j in (0, 4)]
    expected = 0.0625 * scales[0] * scales[1] * np.linalg.inv(x.T @ x)
    assert found.inference.vcov[:4, 4:] == pytest.approx(expected)


def test_clusters(fitted, wages):
    """Parente and Santos Silva (2016), equation 3, with the kernel of ``errors``, written out by cluster."""
    columns = {**wages, "g": np.arange(545.0) // 9}
    found = fitted(columns, quantiles=0.5, errors="kernel", vcov={"cluster": "g"})
    x = np.column_stack([np.ones(545), wages["educ"], wages["exper"], wages["union"]])
    residual = wages["lwage"] - x @ COEFFICIENTS[0.5]
    residual[np.abs(residual) < 1e-9] = 0.0
    sums = np.array([((0.5 - (residual < 0))[:, None] * x)[columns["g"] == g].sum(axis=0) for g in range(61)])
    own = fitted(columns, quantiles=0.5, errors="kernel").inference.vcov
    # own = τ(1 − τ) H⁻¹ J H⁻¹ gives H⁻¹ as the root of the pencil: H⁻¹ = J^−½ (J^½ own J^½ / τ(1−τ))^½ J^−½
    values, vectors = np.linalg.eigh(x.T @ x)
    root, back = (vectors * values**0.5) @ vectors.T, (vectors * values**-0.5) @ vectors.T
    values, vectors = np.linalg.eigh(root @ own @ root / 0.25)
    bread = back @ (vectors * values**0.5) @ vectors.T @ back
    assert found.inference.vcov == pytest.approx(bread @ sums.T @ sums @ bread, rel=1e-6)


def test_rows_and_clusters_of_one_are_the_same(fitted, wages):
    columns = {**wages, "id": np.arange(545.0)}
    one = fitted(columns, quantiles=0.5, vcov="hc0")
    other = fitted(columns, quantiles=0.5, vcov={"cluster": "id"})
    assert one.inference.std_error == pytest.approx(other.inference.std_error)


def test_bootstrap(fitted, wages):
    plain = fitted(wages, quantiles=[0.25, 0.5])
    drawn = fitted(wages, quantiles=[0.25, 0.5], errors="bootstrap", reps=199)
    assert drawn.estimate.params == pytest.approx(plain.estimate.params)
    assert np.all(np.abs(np.log(drawn.inference.std_error / plain.inference.std_error)) < np.log(1.5))
    again = fitted(wages, quantiles=[0.25, 0.5], errors="bootstrap", reps=199)
    assert again.inference.std_error.tobytes() == drawn.inference.std_error.tobytes()


def test_bootstrap_by_cluster_is_wider_where_rows_repeat(fitted, wages):
    doubled = {name: np.concatenate([column, column]) for name, column in wages.items()}
    one = fitted(wages, quantiles=0.5, errors="bootstrap", reps=99)
    two = fitted(doubled, quantiles=0.5, errors="bootstrap", reps=99, vcov="own")
    assert np.all(two.inference.std_error < 0.85 * one.inference.std_error)


def test_default_with_a_panel_is_clustered(fitted, request_of):
    panel = {"unit": "nr", "time": "year"}
    assert request_of("lwage ~ educ", estimator="quantile", panel=panel).variance.keyword == "cluster"
    assert request_of("lwage ~ educ", estimator="quantile").variance.keyword == "own"


@pytest.mark.parametrize(
    ("code", "kind", "block"),
    [
        ("E650", DesignError, {"quantiles": 0.0}), ("E650", DesignError, {"weights": "w", "errors": "iid"}),
        ("E650", DesignError, {"formula": "lwage ~ educ | black"}),
        ("E505", DesignError, {"filter": "nr < 20"}),
        ("E182", SpecError, {"errors": "bootstrap", "seed": None}),
        ("E656", DesignError, {"formula": "lwage ~ first", "errors": "bootstrap", "reps": 99, "quantiles": 0.5}),
    ],
)  # fmt: skip
def test_refusals(fitted, wages, code, kind, block):
    columns = {**wages, "first": (np.arange(545) == 5).astype(float)}
    with pytest.raises(kind) as error:
        fitted(columns, **block)
    assert error.value.faults[0].code == code


def test_a_programme_that_is_not_solved_is_said(fitted, wages, monkeypatch):
    monkeypatch.setattr(kernel, "_MOST_STEPS", 1)
    monkeypatch.setattr(kernel, "_MOST_EXCHANGES", 0)
    with pytest.raises(ConvergenceError) as error:
        fitted(wages, quantiles=0.5)
    assert error.value.faults[0].code == "E657"


@pytest.mark.parametrize("errors", ["nid", "iid"])
def test_a_column_far_from_zero_has_the_errors_of_one_near_it(fitted, wages, errors):
    """Years of schooling + 1e6: the same slope and error; the constant takes the level."""
    near = fitted(wages, quantiles=0.5, errors=errors)
    far = fitted({**wages, "educ": wages["educ"] + 1e6}, quantiles=0.5, errors=errors)
    place = [term.name for term in near.estimate.terms].index("educ[0.5]")
    assert far.estimate.params[place] == pytest.approx(near.estimate.params[place], rel=1e-6)
    assert far.inference.std_error[place] == pytest.approx(near.inference.std_error[place], rel=1e-4)
