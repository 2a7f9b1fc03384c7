"""RIF regressions against statsmodels on outcomes made here by scipy, the panel of wages, bootstrap and refusals."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import gaussian_kde

from impact.core.errors import DesignError, ImpactError, SpecError
from impact.pipeline.fit import design_of, fit_design

WAGEPAN = Path(__file__).parents[2] / "data" / "wagepan.csv"


@pytest.fixture(scope="module")
def wages():
    with WAGEPAN.open() as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module")
def fitted(as_frame, request_of):
    def make(columns, formula="lwage ~ union + educ + exper", seed=3, **block):
        request = request_of(formula, estimator="rif", **{"vcov": "hc1", **block})
        return fit_design(design_of(as_frame(columns), request), request, None, seed)

    return make


def by_name(found):
    names = [term.name for term in found.estimate.terms]
    pairs = zip(found.estimate.params.tolist(), found.inference.std_error.tolist(), strict=True)
    return dict(zip(names, pairs, strict=True))


def peer(wages, share):
    """The RIF written out with scipy's density, and statsmodels' least squares with HC1."""
    y = wages["lwage"]
    quantile = np.percentile(y, 100 * share, method="averaged_inverted_cdf")
    low, high = (np.percentile(y, p, method="averaged_inverted_cdf") for p in (25, 75))
    width = 0.9 * min(np.std(y, ddof=1), (high - low) / 1.349) * len(y) ** -0.2
    height = gaussian_kde(y, bw_method=width / np.std(y, ddof=1))(quantile)[0]
    rif = quantile + (share - (y <= quantile)) / height
    x = sm.add_constant(np.column_stack([wages["union"], wages["educ"], wages["exper"]]))
    return sm.OLS(rif, x).fit(cov_type="HC1")


def test_unconditional_quantiles(fitted, wages):
    found = by_name(fitted(wages, quantiles=[0.1, 0.5, 0.9]))
    assert len(found) == 12
    for share in (0.1, 0.5, 0.9):
        other = peer(wages, share)
        for j, name in enumerate(("Intercept", "union", "educ", "exper")):
            expected = (other.params[j], other.bse[j])
            assert found[f"{name}[{share:g}]"] == pytest.approx(expected, rel=1e-8)


def test_bandwidth_is_printed(fitted, wages):
    found = fitted(wages, quantiles=0.5)
    assert "W653" in {one.code for one in found.estimate.notices}
    assert found.estimate.fit["bandwidth"] > 0
    assert found.estimate.fit["quantile[0.5]"] == np.median(wages["lwage"])
    half = fitted(wages, quantiles=0.5, bandwidth=0.01)
    assert half.estimate.fit["bandwidth"] == 0.01
    ratio = found.estimate.fit["density[0.5]"] / half.estimate.fit["density[0.5]"]
    # slopes are inverse to the density
    places = {term.name: j for j, term in enumerate(found.estimate.terms)}
    union = places["union[0.5]"]
    assert half.estimate.params[union] == pytest.approx(found.estimate.params[union] * ratio)


def test_variance_and_gini(fitted, wages):
    """Regressions on a constant give the statistics; with a dummy, least squares on the influence."""
    variance = fitted(wages, "lwage ~ 1", statistic="variance").estimate.params
    assert variance == pytest.approx([np.var(wages["lwage"])])
    columns = {**wages, "wage": np.exp(wages["lwage"])}
    y = np.sort(columns["wage"])
    n = len(y)
    gini = 2 * np.sum(np.arange(1, n + 1) * y) / (n * y.sum()) - (n + 1) / n
    assert fitted(columns, "wage ~ 1", statistic="gini").estimate.params == pytest.approx([gini])
    found = by_name(fitted(wages, "lwage ~ union", statistic="variance"))
    squares = (wages["lwage"] - wages["lwage"].mean()) ** 2
    union = wages["union"] == 1
    assert found["union"][0] == pytest.approx(squares[union].mean() - squares[~union].mean())


def test_absorbed_effects_are_dummies(fitted, wages):
    own = np.isin(wages["nr"], np.unique(wages["nr"])[:30])
    few = {name: column[own] for name, column in wages.items()}
    absorbed = by_name(fitted(few, "lwage ~ union + exper | nr", quantiles=0.5, vcov={"cluster": "nr"}))
    dummies = by_name(fitted(few, "lwage ~ union + exper + i(nr)", quantiles=0.5, vcov={"cluster": "nr"}))
    assert absorbed["union[0.5]"][0] == pytest.approx(dummies["union[0.5]"][0])


def test_weights_are_repetitions(fitted, wages):
    few = {name: column[:600] for name, column in wages.items()} | {"n": 1.0 + np.arange(600) % 3}
    repeated = {name: np.repeat(column, few["n"].astype(int)) for name, column in few.items()}
    one = by_name(fitted(few, weights={"n": "frequency"}, quantiles=[0.2, 0.8]))
    other = by_name(fitted(repeated, quantiles=[0.2, 0.8]))
    assert set(one) == set(other)
    for name, pair in one.items():
        assert pair == pytest.approx(other[name])


def test_draws_of_the_variance(fitted, wages):
    """Where nothing but the mean is estimated the draws give what least squares gives."""
    few = {name: column[:1200] for name, column in wages.items()}
    block = {"statistic": "variance", "formula": "lwage ~ union + educ"}
    plain = by_name(fitted(few, **block))
    drawn = fitted(few, **block, vcov="own", reps=300)
    for name, pair in by_name(drawn).items():
        assert pair[0] == plain[name][0]
        assert pair[1] == pytest.approx(plain[name][1], rel=0.15)
    again = fitted(few, **block, vcov="own", reps=300)
    assert again.inference.std_error.tobytes() == drawn.inference.std_error.tobytes()


def test_draws_make_quantile_and_density_anew(fitted, wages):
    """At the median of a heaped outcome least squares takes the density as known; draws do not."""
    few = {name: column[:800] for name, column in wages.items()}
    plain = by_name(fitted(few, quantiles=[0.25, 0.5]))
    drawn = by_name(fitted(few, quantiles=[0.25, 0.5], vcov="own", reps=150))
    for name, pair in drawn.items():
        assert pair[0] == plain[name][0]
        assert 0.6 < pair[1] / plain[name][1] < 1.6


@pytest.mark.parametrize(
    ("code", "kind", "block"),
    [
        ("E650", DesignError, {"quantiles": [0.5, 1.0]}), ("E650", DesignError, {"quantiles": [0.5, 0.5]}),
        ("E656", DesignError, {"statistic": "gini", "formula": "loss ~ union"}),
        ("E656", DesignError, {"bandwidth": 0.0}), ("E656", DesignError, {"formula": "union ~ educ", "quantiles": 0.9}),
        ("E182", SpecError, {"reps": 100, "vcov": "own", "seed": None}),
        ("E531", ImpactError, {"vcov": "own"}),
        ("E656", DesignError, {"formula": "lwage ~ first", "reps": 99, "vcov": "own"}),
    ],
)  # fmt: skip
def test_refusals(fitted, wages, code, kind, block):
    columns = {**wages, "loss": -wages["educ"], "first": (np.arange(len(wages["nr"])) == 5).astype(float)}
    with pytest.raises(kind) as error:
        fitted(columns, **block)
    assert error.value.faults[0].code == code
