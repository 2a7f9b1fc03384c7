"""Cross-products of tall matrices in blocks of fixed size, added in a fixed order.

The block size is part of the result's bytes: it never follows the number of threads or the free memory.
Blocks are added with compensation (Neumaier 1974), so that ten million rows cost no more digits than ten
thousand.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

import impact.kernels.compiled as compiled

Array = npt.NDArray[np.float64]

BLOCK_ROWS = 4096
_SAMPLE_ROWS = 512  # enough for a centre within a twentieth of a standard deviation


def row_blocks(n_rows: int) -> Iterator[slice]:
    """The slices of rows 0…n in steps of ``BLOCK_ROWS``."""
    for start in range(0, n_rows, BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, n_rows))


def centring_shift(x: Array, y: Array) -> Array:
    """A constant near the mean of each column of x and of y, (k+1,), cheap to subtract and to undo.

    The mean of at most 512 evenly spaced rows is rounded to a multiple of a power of two about a sixteenth of
    the spread: integers stay integers and data on a grid of halves stay on it. A column without spread gets
    its value.
    """
    step = max(1, -(-x.shape[0] // _SAMPLE_ROWS))
    sample = np.concatenate([x[::step].T, y[None, ::step]], axis=0)
    low = sample.min(axis=1)
    spread = sample.max(axis=1) - low
    flat = spread <= 0
    grid = np.exp2(np.floor(np.log2(np.where(flat, 1.0, spread))) - 4.0)
    # The mean is taken about the lowest value: sums of large numbers would lose the digits to be kept.
    centre = low + (sample - low[:, None]).sum(axis=1) / sample.shape[1]
    shift: Array = np.where(flat, low, np.round(centre / grid) * grid)
    return shift


def _fill(buffer: Array, x: Array, y: Array | None, shift: Array | None) -> None:
    """Copy a block of columns, y last, into the buffer and subtract the shift."""
    k = x.shape[1]
    if shift is None:
        buffer[:, :k] = x
    else:
        np.subtract(x, shift[:k], out=buffer[:, :k])
    if y is not None:
        buffer[:, k] = y if shift is None else y - shift[k]


def _blocks(x: Array, y: Array | None, weights: Array | None, shift: Array | None) -> Iterator[Array]:
    """Blocks of rows of (x, y) - shift times the root of the weights; the buffer is used again for each."""
    n, k = x.shape
    if y is None and weights is None and shift is None:
        for rows in row_blocks(n):
            yield x[rows]
        return
    buffer = np.empty((min(n, BLOCK_ROWS), k + (y is not None)))
    for rows in row_blocks(n):
        block = buffer[: rows.stop - rows.start]
        _fill(block, x[rows], None if y is None else y[rows], shift)
        if weights is not None:
            block *= np.sqrt(weights[rows])[:, None]
        yield block


def cross_product(
    columns: Array, weights: Array | None = None, *, last: Array | None = None, shift: Array | None = None
) -> Array:
    """The matrix z' W z of z = (columns, last) - shift, summed in fixed blocks.

    Arguments: columns (n,k); weights (n,) not negative, or None for ones; last (n,), one more column that
    need not lie in the same array; shift (k,) or (k+1,) subtracted from each row. Returns a symmetric (k,k)
    or (k+1,k+1) matrix.
    """
    arrays = [columns] if last is None else [columns, last]
    return compiled.cross_product(
        arrays, weights, None if shift is None else shift[: columns.shape[1] + len(arrays) - 1]
    )


def triangular_factor(columns: Array, weights: Array | None = None, *, shift: Array | None = None) -> Array:
    """R of the QR factorization of sqrt(W)(columns - shift): each block's R is stacked on the next block.

    Returns an upper triangular (min(n,k), k) matrix with R'R = the cross-product, at the accuracy of an
    orthogonal factorization (Demmel, Grigori, Hoemmen and Langou 2012, sequential TSQR).
    """
    factor = np.empty((0, columns.shape[1]))
    for block in _blocks(columns, None, weights, shift):
        factor = np.asarray(np.linalg.qr(np.concatenate([factor, block]), mode="r"))
    return factor
