"""Leverage-adjusted cluster variances (CR2, CR3) and Satterthwaite degrees of freedom, by small matrices.

With U an orthonormal basis of the (weighted) regressors, effects nested in the clusters removed, H_gg = U_g
U_g'. So (I − H_gg)^p = I + U_g V ((1 − λ)^p − 1)/λ V' U_g' with V, λ the eigenvectors and eigenvalues of the
r × r matrix U_g' U_g: no matrix of the size of a cluster is formed. Sources: Bell and McCaffrey (2002);
Pustejovsky and Tipton (2018), whose theorem lets effects nested in clusters be removed instead of entered as
dummies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.factors import Effect
from impact.kernels.group_sums import group_sums
from impact.kernels.leverage import inverse_root, remaining_columns

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Logicals = npt.NDArray[np.bool_]

# clubSandwich takes eigenvalues under 1e-12 as zero; rounding in H can leave more, and none is near in
# practice.
SINGULAR = 1e-10
CARRIED = 1e-12
BATCH = 4_000_000


@dataclass(frozen=True, slots=True)
class Basis:
    """An orthonormal basis of a fit.

    Arguments:
        rows: (n, r) U, rows scaled by √w; the last k columns span the regressors.
        root: (k, k) L with LL' the bread, so that those columns are √w x L.
    """

    rows: Floats
    root: Floats


@dataclass(frozen=True, slots=True)
class AdjustedClusters:
    """Adjusted influence of each cluster.

    Arguments:
        influence: (G, k) B X_g' A_g u_g; the variance is its cross-product.
        df: (k,) Satterthwaite degrees of freedom under independent errors of equal variance.
        alone: (k,) True for a term that is not estimable without one of the clusters.
    """

    influence: Floats
    df: Floats
    alone: Logicals


def orthonormal_basis(
    x: Floats, bread: Floats, outside: Sequence[Effect], nested: Sequence[Effect], weights: Floats | None
) -> Basis:
    """The basis U of a fit whose regressors x (n, k) have all effects removed.

    Arguments:
        outside: effects not nested in the clusters, entered as dummies; nested: effects inside the clusters,
            removed.

    Raises:
        TooManyEffects: the effects outside have too many levels.
    """
    root = np.asarray(np.linalg.cholesky(bread), dtype=np.float64)
    blocks = [x @ root]
    if outside:
        dummies = remaining_columns(outside, nested, weights)
        blocks.insert(0, dummies @ inverse_root(dummies, weights))
    rows = np.ascontiguousarray(np.hstack(blocks))
    if weights is not None:
        rows *= np.sqrt(weights)[:, None]
    return Basis(rows, root)


def adjusted_clusters(
    basis: Basis, residual: Floats, codes: Integers, levels: int, *, power: float
) -> AdjustedClusters:
    """Adjusted influence, Satterthwaite degrees of freedom and terms that hang on one cluster.

    Arguments:
        residual: (n,) √w u. codes (n,), levels: the clusters.
        power: of I − H_gg: 0 (CR0), −1/2 (CR2), −1 (CR3).

    Source: Pustejovsky and Tipton (2018), equations 11–13.
    """
    k = basis.root.shape[0]
    r = basis.rows.shape[1]
    scores = group_sums(codes, levels, basis.rows, residual)
    influence = np.empty((levels, k))
    selector = np.zeros((r, k))
    selector[r - k :] = basis.root.T
    moments = _Moments(np.zeros(k), np.zeros(k), np.zeros((k, r, r)))
    lost = np.zeros(k)
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=levels))
    step = max(1, BATCH // (r * r))
    for start in range(0, levels, step):
        chosen = slice(start, min(start + step, levels))
        values, vectors = np.linalg.eigh(_grams(basis.rows, order, ends, chosen))
        values = np.clip(values, 0.0, 1.0)
        scale = _powered(values, power)
        rotated = np.einsum("gab,ga->gb", vectors, scores[chosen])
        pushed = np.einsum("gab,gb->ga", vectors, scale * rotated)
        influence[chosen] = pushed[:, r - k :] @ basis.root.T
        turned = np.einsum("gab,ak->gbk", vectors, selector)
        moments = moments.plus(values, scale, vectors, turned)
        null = np.where(1.0 - values < SINGULAR, 1.0, 0.0)
        lost = np.maximum(lost, np.einsum("gb,gbk->gk", null, turned**2).max(axis=0, initial=0.0))
    variance = np.einsum("ij,ij->i", basis.root, basis.root)
    return AdjustedClusters(influence, moments.degrees(), lost > CARRIED * variance)


@dataclass(frozen=True, slots=True)
class _Moments:
    """Sums over clusters for tr W and tr W², W_gh = 1{g=h} a_g'a_g − (U_g'a_g)'(U_h'a_h), of k terms."""

    trace: Floats
    squares: Floats
    products: Floats

    def plus(self, values: Floats, scale: Floats, vectors: Floats, turned: Floats) -> _Moments:
        """With the clusters of one batch: a_g = U_g V φ V'm, so that a_g'a_g = Σ λ φ² (V'm)²."""
        lengths = np.einsum("gb,gbk->gk", values * scale**2, turned**2)
        carried = np.einsum("gab,gbk->gka", vectors, (values * scale)[:, :, None] * turned)
        overlap = np.einsum("gka,gka->gk", carried, carried)
        return _Moments(
            self.trace + (lengths - overlap).sum(axis=0),
            self.squares + (lengths**2 - 2.0 * lengths * overlap).sum(axis=0),
            self.products + np.einsum("gka,gkb->kab", carried, carried, optimize=True),
        )

    def degrees(self) -> Floats:
        """(tr W)² / tr W²; NaN where the variance has no expectation."""
        total = self.squares + np.einsum("kab,kab->k", self.products, self.products)
        df: Floats = np.divide(self.trace**2, total, out=np.full_like(total, np.nan), where=total > 0)
        return df


def _grams(rows: Floats, order: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], chosen: slice) -> Floats:
    """U_g'U_g of the clusters in ``chosen``: (b, r, r)."""
    r = rows.shape[1]
    found = np.empty((chosen.stop - chosen.start, r, r))
    begin = 0 if chosen.start == 0 else int(ends[chosen.start - 1])
    for position, end in enumerate(ends[chosen].tolist()):
        own = rows[order[begin:end]]
        found[position] = own.T @ own
        begin = end
    return found


def _powered(values: Floats, power: float) -> Floats:
    """(1 − λ)^power, zero where 1 − λ vanishes (Moore–Penrose)."""
    free = 1.0 - values
    singular = free < SINGULAR
    scale: Floats = np.where(singular, 1.0, free) ** power
    return np.where(singular & (power != 0), 0.0, scale)
