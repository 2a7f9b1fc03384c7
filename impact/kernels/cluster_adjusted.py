"""Leverage-adjusted cluster variances (CR2, CR3) and Satterthwaite degrees of freedom, by small
matrices.

With U an orthonormal basis of the (weighted) regressors, effects nested in the clusters removed, H_gg
= U_g U_g'. So (I − H_gg)^p = I + U_g V ((1 − λ)^p − 1)/λ V' U_g' with V, λ the eigenvectors and
eigenvalues of the r × r matrix U_g' U_g: no matrix of the size of a cluster is formed. Sources: Bell
and McCaffrey (2002); Pustejovsky and Tipton (2018), whose theorem lets effects nested in clusters be
removed instead of entered as dummies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.bread_root import bread_root
from impact.kernels.factors import Effect
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
        outside: effects not nested in the clusters, entered as dummies; nested: effects inside the
            clusters, removed.

    Raises:
        TooManyEffects: the effects outside have too many levels.
    """
    root = bread_root(x, bread, weights)
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
    selector = np.zeros((r, k))
    selector[r - k :] = basis.root.T
    moments = _Moments(np.zeros(k), np.zeros(k), np.zeros((k, r, r)))
    influence = np.zeros((levels, k))
    lost = np.zeros(k)
    for chosen, rows in _batches(codes, levels, r):
        solve = _by_basis if rows.shape[1] >= r else _by_rows
        batch = solve(basis, residual, rows, selector, power)
        influence[chosen] = batch.pushed[:, r - k :] @ basis.root.T
        moments = moments.plus(batch)
        lost = np.maximum(lost, batch.lost)
    variance = np.einsum("ij,ij->i", basis.root, basis.root)
    return AdjustedClusters(influence, moments.degrees(), lost > CARRIED * variance)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some clusters' parts.

    Arguments:
        pushed: (b, r) U_g'A_g u_g. lengths: (b, k) a_g'a_g with a_g = A_g U_g m for each term's m.
        carried: (b, k, r) U_g'a_g. lost: (k,) largest share of a term in a direction that leaves with
            a cluster.
    """

    pushed: Floats
    lengths: Floats
    carried: Floats
    lost: Floats


def _batches(
    codes: Integers, levels: int, r: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Clusters in batches of one size, with their rows (b, size)."""
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=levels)
    starts = np.cumsum(sizes) - sizes
    for size in np.unique(sizes[sizes > 0]).tolist():
        alike = np.flatnonzero(sizes == size)
        step = max(1, BATCH // (max(size, r) * r))
        for begin in range(0, len(alike), step):
            chosen = alike[begin : begin + step]
            yield chosen, order[starts[chosen][:, None] + np.arange(size)]


def _by_rows(
    basis: Basis, residual: Floats, rows: npt.NDArray[np.int64], selector: Floats, power: float
) -> _Batch:
    """From the eigenvectors of U_g U_g' (b, size, size): for clusters with few rows."""
    own = basis.rows[rows]
    values, vectors = np.linalg.eigh(own @ own.transpose(0, 2, 1))
    scale = _powered(np.clip(values, 0.0, 1.0), power)
    turned = vectors.transpose(0, 2, 1) @ (own @ selector)
    moved = vectors @ (scale[:, :, None] * (vectors.transpose(0, 2, 1) @ residual[rows][:, :, None]))
    adjusted = vectors @ (scale[:, :, None] * turned)
    null = np.where(1.0 - values < SINGULAR, 1.0, 0.0)
    return _Batch(
        pushed=np.einsum("bsr,bs->br", own, moved[:, :, 0]),
        lengths=np.einsum("bsk,bsk->bk", adjusted, adjusted),
        carried=adjusted.transpose(0, 2, 1) @ own,
        lost=np.einsum("bs,bsk->bk", null, turned**2).max(axis=0),
    )


def _by_basis(
    basis: Basis, residual: Floats, rows: npt.NDArray[np.int64], selector: Floats, power: float
) -> _Batch:
    """From the eigenvectors of U_g'U_g (b, r, r): for clusters with many rows."""
    own = basis.rows[rows]
    across = own.transpose(0, 2, 1)
    values, vectors = np.linalg.eigh(across @ own)
    values = np.clip(values, 0.0, 1.0)
    scale = _powered(values, power)
    back = vectors.transpose(0, 2, 1)
    turned = back @ selector
    pushed = vectors @ (scale[:, :, None] * (back @ (across @ residual[rows][:, :, None])))
    carried = vectors @ ((values * scale)[:, :, None] * turned)
    null = np.where(1.0 - values < SINGULAR, 1.0, 0.0)
    return _Batch(
        pushed=pushed[:, :, 0],
        lengths=np.einsum("bs,bsk->bk", values * scale**2, turned**2),
        carried=carried.transpose(0, 2, 1),
        lost=np.einsum("bs,bsk->bk", null, turned**2).max(axis=0),
    )


def wishart_degrees(basis: Basis, codes: Integers, levels: int, contrasts: Floats, *, power: float) -> float:
    """Degrees of freedom η of the variance of several contrasts, as if it were a Wishart matrix.

    η = q(q+1) / Σ_st Var(d_st), with d the variance of the contrasts over its expectation, under
    independent normal errors of equal variance.

    Arguments:
        contrasts: (q, k). Others as in ``adjusted_clusters``.

    Source: Pustejovsky and Tipton (2018), equations 17–18 (the "HTZ" test).
    """
    q, r = len(contrasts), basis.rows.shape[1]
    selector = np.zeros((r, q))
    selector[r - basis.root.shape[0] :] = basis.root.T @ contrasts.T
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=levels))
    values, vectors = np.linalg.eigh(_grams(basis.rows, order, ends, slice(0, levels)))
    values = np.clip(values, 0.0, 1.0)
    turned = _powered(values, power)[:, :, None] * np.einsum("gab,aq->gbq", vectors, selector)
    lengths = np.einsum("gb,gbs,gbt->gst", values, turned, turned)
    carried = np.einsum("gab,gb,gbs->gsa", vectors, values, turned)
    expected = lengths.sum(axis=0) - np.einsum("gsa,gta->st", carried, carried)
    roots, directions = np.linalg.eigh(expected)
    whiten = (directions / np.sqrt(roots)) @ directions.T
    lengths = np.einsum("su,guv,tv->gst", whiten, lengths, whiten)
    carried = np.einsum("su,gua->gsa", whiten, carried)
    # [s, t, g, h]: covariance of cluster g's part of contrast s with cluster h's part of contrast t
    parts = -np.einsum("gsa,hta->stgh", carried, carried)
    index = np.arange(levels)
    parts[:, :, index, index] += lengths.transpose(1, 2, 0)
    total = np.einsum("ssgh,ttgh->", parts, parts) + np.einsum("stgh,tsgh->", parts, parts)
    return float(q * (q + 1) / total)


@dataclass(frozen=True, slots=True)
class _Moments:
    """Sums over clusters for tr W and tr W², W_gh = 1{g=h} a_g'a_g − (U_g'a_g)'(U_h'a_h), of k terms."""

    trace: Floats
    squares: Floats
    products: Floats

    def plus(self, batch: _Batch) -> _Moments:
        """With the clusters of one batch."""
        lengths, carried = batch.lengths, batch.carried
        overlap = np.einsum("gka,gka->gk", carried, carried)
        return _Moments(
            self.trace + (lengths - overlap).sum(axis=0),
            self.squares + (lengths**2 - 2.0 * lengths * overlap).sum(axis=0),
            self.products + carried.transpose(1, 2, 0) @ carried.transpose(1, 0, 2),
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
