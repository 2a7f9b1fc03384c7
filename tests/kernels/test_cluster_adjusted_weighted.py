"""CR2 of weighted least squares: equal weights, scale of the weights, large clusters against small ones."""

import numpy as np
import pytest

from impact.kernels.cluster_adjusted import adjusted_clusters, orthonormal_basis
from impact.kernels.cluster_adjusted_weighted import weighted_clusters
from impact.kernels.factors import Effect


def problem(rng, sizes, k=2):
    """Rows within clusters, an effect inside the clusters removed from the regressors, weights."""
    codes = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    n = codes.size
    unit = (2 * codes + rng.integers(0, 2, n)).astype(np.int32)
    unit = np.unique(unit, return_inverse=True)[1].astype(np.int32)
    return (
        codes,
        Effect(unit, int(unit.max()) + 1),
        rng.normal(size=(n, k)),
        rng.normal(size=n),
        rng.uniform(0.2, 3, n),
    )


def absorbed(columns, effect, weights):
    own = (effect.codes[:, None] == np.arange(effect.levels)).astype(float)
    root = np.sqrt(weights)[:, None]
    found = np.linalg.lstsq(own * root, columns * root, rcond=None)[0]
    return columns - own @ found


def solved(codes, effect, x, y, weights):
    both = absorbed(np.column_stack([x, y]), effect, weights)
    x, y = both[:, :-1], both[:, -1]
    bread = np.linalg.inv((x * weights[:, None]).T @ x)
    residual = y - x @ (bread @ (x.T @ (weights * y)))
    basis = orthonormal_basis(x, bread, [], [effect], weights)
    return basis, residual


def test_equal_weights_are_no_weights():
    rng = np.random.default_rng(4)
    codes, effect, x, y, _ = problem(rng, [5, 9, 4, 30, 12])
    weights = np.full(len(y), 2.5)
    basis, residual = solved(codes, effect, x, y, weights)
    found = weighted_clusters(basis, residual, weights, [effect], codes)
    plain = adjusted_clusters(basis, np.sqrt(2.5) * residual, codes, 5, power=-0.5)
    np.testing.assert_allclose(found.influence, plain.influence, rtol=1e-10)
    np.testing.assert_allclose(found.df, plain.df, rtol=1e-10)


@pytest.mark.parametrize("factor", [1e-6, 7.0, 1e6])
def test_scale_of_the_weights_does_not_matter(factor):
    rng = np.random.default_rng(5)
    codes, effect, x, y, weights = problem(rng, [6, 8, 40, 3, 11])
    found = weighted_clusters(*solved(codes, effect, x, y, weights), weights, [effect], codes)
    scaled = weights * factor
    again = weighted_clusters(*solved(codes, effect, x, y, scaled), scaled, [effect], codes)
    np.testing.assert_allclose(again.influence, found.influence, rtol=1e-8)
    np.testing.assert_allclose(again.df, found.df, rtol=1e-8)


def test_large_and_small_clusters_by_their_matrices():
    """Clusters above and below the rank of the change: both ways against (I − H)(I − H)' written out."""
    rng = np.random.default_rng(6)
    codes, effect, x, y, weights = problem(rng, [4, 60, 5, 80, 6])
    basis, residual = solved(codes, effect, x, y, weights)
    found = weighted_clusters(basis, residual, weights, [effect], codes)
    full = np.column_stack([effect.codes[:, None] == np.arange(effect.levels), x]).astype(float)
    scores = full * weights[:, None]
    inverse = np.linalg.pinv(scores.T @ full)
    rest = np.eye(len(y)) - full @ inverse @ scores.T
    for g in range(5):
        rows = codes == g
        values, vectors = np.linalg.eigh(rest[rows] @ rest[rows].T)
        kept = values > 1e-10
        adjust = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
        own = (scores[rows] @ inverse)[:, -2:].T @ adjust @ (rest @ y)[rows]
        np.testing.assert_allclose(found.influence[g], own, rtol=1e-8)
