"""Random weights of bootstraps and their sums over rows of influence, and what is read from draws.

Every draw is a function of the seed alone: raw 64-bit words of PCG64, taken in blocks of a fixed number of groups, so
that neither the number of columns nor the machine changes it. Sources: Mammen (1993); Webb (2023); Hyndman and Fan
(1996) for quantiles; Callaway and Sant'Anna (2021), section 4.1, for the scale of draws and the critical value.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]

# groups drawn at a time: a multiple of 64, the bits of a word
GROUP_BLOCK = 1024
COUNT_BLOCK = 2_000_000
# Mammen's two points: −(√5−1)/2 with probability (√5+1)/(2√5), else (√5+1)/2
MAMMEN_LOW = -(sqrt(5.0) - 1.0) / 2.0
MAMMEN_STEP = sqrt(5.0)
MAMMEN_HIGH_SHARE = (sqrt(5.0) - 1.0) / (2.0 * sqrt(5.0))
WEBB = np.array([-sqrt(1.5), -1.0, -sqrt(0.5), sqrt(0.5), 1.0, sqrt(1.5)])
# distance of the quartiles of the standard normal law
NORMAL_QUARTILES = 1.3489795003921634
LAWS = ("rademacher", "mammen", "webb", "normal")


def multipliers(law: str, draws: int, groups: int, seed: int) -> Floats:
    """(draws, groups) independent weights of mean 0 and variance 1.

    Arguments:
        law: rademacher (±1), mammen (two points, third moment 1), webb (six points) or normal.
    """
    blocks = [_scaled(law, block) for block in _blocks(law, draws, groups, seed)]
    return np.ascontiguousarray(np.hstack(blocks)) if blocks else np.zeros((draws, 0))


def weighted_sums(rows: Floats, law: str, draws: int, seed: int) -> Floats:
    """(draws, k) sums of rows (G, k) times random weights, by blocks of groups: the weights are never all in memory."""
    found = np.zeros((draws, rows.shape[1]))
    start = 0
    for block in _blocks(law, draws, len(rows), seed):
        stop = start + block.shape[1]
        found += _product(law, block, rows[start:stop])
        start = stop
    return found


def counts_of_draws(draws: int, groups: int, seed: int) -> Iterator[Floats]:
    """How often each group is drawn when as many as there are are drawn with replacement: blocks (b, G) of draws."""
    random = np.random.Generator(np.random.PCG64(seed))
    step = max(1, COUNT_BLOCK // groups)
    for start in range(0, draws, step):
        block = min(step, draws - start)
        chosen = random.integers(0, groups, size=(block, groups), dtype=np.int64)
        place = (chosen + groups * np.arange(block)[:, None]).ravel()
        yield np.bincount(place, minlength=block * groups).reshape(block, groups).astype(np.float64)


def all_signs(groups: int) -> Floats:
    """(2^G, G) every vector of signs; the first is +1 throughout, the last −1."""
    bits = (np.arange(2**groups)[:, None] >> np.arange(groups)) & 1
    return np.asarray(1.0 - 2.0 * bits, dtype=np.float64)


def order_quantile(values: Floats, probability: float, *, stata: bool = False) -> Floats:
    """Quantile of each column of (B, k) as an order statistic: the smallest value with a share of at least p below
    or at it.

    Arguments:
        stata: the ⌈(B+1)p⌉-th value, as Stata's csdid takes it; otherwise R's type 1, the ⌈Bp⌉-th.
    """
    count = len(values)
    position = (count + 1 if stata else count) * probability
    rank = int(np.ceil(position - 4 * np.finfo(float).eps * max(position, 1.0)))
    rank = min(max(rank, 1), count) - 1
    return np.asarray(np.partition(values, rank, axis=0)[rank], dtype=np.float64)


def quartile_scale(values: Floats, *, stata: bool = False) -> Floats:
    """(k,) standard deviation by the distance of the quartiles, which a few wild draws do not move."""
    high, low = (order_quantile(values, share, stata=stata) for share in (0.75, 0.25))
    return np.asarray((high - low) / NORMAL_QUARTILES, dtype=np.float64)


def sup_t(deviations: Floats, scale: Floats, level: float, *, stata: bool = False) -> float:
    """Critical value of a simultaneous band: quantile of the largest |deviation|/scale over the columns.

    Arguments:
        deviations: (B, k) draws less the estimate; scale: (k,), all positive.
    """
    largest = np.max(np.abs(deviations) / scale, axis=1)
    return float(order_quantile(largest, level, stata=stata))


def _blocks(law: str, draws: int, groups: int, seed: int) -> Iterator[Floats]:
    """Raw weights (draws, at most GROUP_BLOCK) of each block of groups: see ``_scaled``."""
    if law not in LAWS:
        raise ValueError(f"no such law of weights: {law}")
    source = np.random.PCG64(seed)
    random = np.random.Generator(source)
    for start in range(0, groups, GROUP_BLOCK):
        width = min(GROUP_BLOCK, groups - start)
        drawn = -(-width // 64) * 64
        if law == "normal":
            yield random.standard_normal((draws, drawn))[:, :width]
        elif law == "rademacher":
            words = source.random_raw(draws * (drawn // 64)).astype("<u8", copy=False)
            bits = np.unpackbits(words.view(np.uint8).reshape(draws, -1), axis=1, bitorder="little")
            yield bits[:, :width].astype(np.float64)
        else:
            words = source.random_raw(draws * (drawn // 2)).astype("<u8", copy=False)
            whole = words.view("<u4").reshape(draws, drawn)[:, :width]
            if law == "mammen":
                yield (whole < np.uint32(MAMMEN_HIGH_SHARE * 2**32)).astype(np.float64)
            else:
                yield WEBB[(whole.astype(np.uint64) * np.uint64(6)) >> np.uint64(32)]


def _scaled(law: str, block: Floats) -> Floats:
    """Weights from the raw block: zeros and ones are the two points of a two-point law."""
    if law == "rademacher":
        return 2.0 * block - 1.0
    return MAMMEN_LOW + MAMMEN_STEP * block if law == "mammen" else block


def _product(law: str, block: Floats, rows: Floats) -> Floats:
    """Weights of a block times rows: two-point laws are scaled after the product."""
    product = np.asarray(block @ rows, dtype=np.float64)
    if law == "rademacher":
        return np.asarray(2.0 * product - rows.sum(axis=0), dtype=np.float64)
    if law == "mammen":
        return np.asarray(MAMMEN_STEP * product + MAMMEN_LOW * rows.sum(axis=0), dtype=np.float64)
    return product
