"""CR2 of weighted least squares when the working model has errors of equal variance.

The weights are then not the inverse variances of the working model, and the projection H = X B X'W is not
symmetric: A_g = [(I − H)(I − H)']_gg^(−1/2), B Σ_g X_g'W_g A_g u_g the adjusted scores. With U the basis of
the rows scaled by √w (effects nested in the clusters removed), N_g that of the nested effects of cluster g,
P = W^(−1/2) U and Q = W^(1/2) U, each block is the identity plus a matrix of the rank of [P Q N], so that no
matrix of the size of a large cluster is formed. Sources: Bell and McCaffrey (2002); Pustejovsky and Tipton
(2018), equations 8–13, with the identity as the working covariance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.cluster_adjusted import SINGULAR, Basis
from impact.kernels.factors import Effect

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WeightedClusters:
    """Adjusted influence of each cluster (G, k) and Satterthwaite degrees of freedom (k,)."""

    influence: Floats
    df: Floats


@dataclass(frozen=True, slots=True)
class _Block:
    """One cluster: influence (k,); own (k,) a'(I−H)(I−H)'a; left, right (r, k): P'a and (Q − W^(−1/2) N T)'a."""

    influence: Floats
    own: Floats
    left: Floats
    right: Floats


def weighted_clusters(
    basis: Basis, residual: Floats, weights: Floats, nested: Sequence[Effect], codes: Integers
) -> WeightedClusters:
    """CR2 influence and degrees of freedom.

    Arguments:
        basis: of the rows scaled by √w, nested effects removed. residual: (n,) u, not scaled.
        weights: (n,) positive. nested: effects inside the clusters. codes: (n,) clusters.
    """
    crossed = (basis.rows * weights[:, None]).T @ basis.rows
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    blocks = [
        _block(basis, residual, weights, _nested_basis(nested, weights, rows), rows, crossed)
        for rows in np.split(order, starts[1:])
    ]
    return WeightedClusters(np.array([block.influence for block in blocks]), _degrees(blocks, crossed))


def _block(
    basis: Basis, residual: Floats, weights: Floats, nested: Floats, rows: Rows, crossed: Floats
) -> _Block:
    root = np.sqrt(weights[rows])[:, None]
    own = basis.rows[rows]
    p, q = own / root, own * root
    p_nested, q_nested = nested / root, nested * root
    z = q[:, own.shape[1] - len(basis.root) :] @ basis.root.T
    frame = _frame(np.hstack([p, q, p_nested, q_nested]))
    left, right = np.hstack([p, p_nested]), np.hstack([q, q_nested])
    left, right = (left, right) if frame is None else (frame.T @ left, frame.T @ right)
    across = left @ right.T
    change = across @ across.T - across - across.T
    short = left[:, : own.shape[1]]
    change += short @ (crossed - q.T @ q) @ short.T
    a_u, a_z = _adjust(frame, change, np.column_stack([residual[rows], z]))
    moved = z.T @ a_u
    inside = a_z if frame is None else frame.T @ a_z
    own_part = np.einsum("sk,sk->k", a_z, a_z) + np.einsum("sk,st,tk->k", inside, change, inside)
    carried = q - p_nested @ (q_nested.T @ q)
    return _Block(moved, own_part, p.T @ a_z, carried.T @ a_z)


def _frame(columns: Floats) -> Floats | None:
    """An orthonormal basis of the columns of one cluster; None where it would be no smaller than the cluster."""
    if columns.shape[1] >= columns.shape[0]:
        return None
    frame: Floats = np.linalg.qr(columns)[0]
    return frame


def _adjust(frame: Floats | None, change: Floats, columns: Floats) -> tuple[Floats, Floats]:
    """(I + F change F')^(−1/2) times the columns, zero where it vanishes: the first, and the others."""
    values, vectors = np.linalg.eigh((change + change.T) / 2.0)
    free = 1.0 + values
    singular = free < SINGULAR
    scale = np.where(singular, 0.0, np.where(singular, 1.0, free) ** -0.5)
    if frame is None:
        found = vectors @ (scale[:, None] * (vectors.T @ columns))
    else:
        directions = frame @ vectors
        found = columns + directions @ ((scale - 1.0)[:, None] * (directions.T @ columns))
    return found[:, 0], found[:, 1:]


def _nested_basis(nested: Sequence[Effect], weights: Floats, rows: Rows) -> Floats:
    """An orthonormal basis (size, m) of the nested effects of one cluster, its rows scaled by √w."""
    columns: list[Floats] = []
    for effect in nested:
        codes = effect.codes[rows]
        own = (codes[:, None] == np.unique(codes)).astype(np.float64)
        if effect.intercept:
            columns.append(own)
        if effect.slope is not None:
            columns.append(own * effect.slope[rows][:, None])
    if not columns:
        return np.zeros((len(rows), 0))
    scaled = np.hstack(columns) * np.sqrt(weights[rows])[:, None]
    left, values, _ = np.linalg.svd(scaled, full_matrices=False)
    basis: Floats = left[:, values > 1e-10 * max(float(values.max(initial=0.0)), 1e-300)]
    return basis


def _degrees(blocks: Sequence[_Block], crossed: Floats) -> Floats:
    """(tr W)² / tr W², with W_gh = l_g'M l_h − l_g'r_h − r_g'l_h between clusters; NaN where W vanishes."""
    own = np.array([block.own for block in blocks])
    left = np.array([block.left for block in blocks])
    right = np.array([block.right for block in blocks])
    both = np.concatenate([left, right], axis=1)
    r = left.shape[1]
    link = np.block([[crossed, -np.eye(r)], [-np.eye(r), np.zeros((r, r))]])
    linked = np.einsum("gak,ab->gbk", both, link)
    total = np.einsum("gak,gbk->kab", linked, both)
    squares = np.einsum("kab,kba->k", total, total)
    alone = np.einsum("gak,gak->gk", linked, both)
    squares += (own**2 - alone**2).sum(axis=0)
    trace = own.sum(axis=0)
    df: Floats = np.divide(trace**2, squares, out=np.full_like(squares, np.nan), where=squares > 0)
    return df
