"""Points that fill a cube evenly and are the same in every run.

Richtmyer's lattice: point i has the coordinates frac(i·√p_k) with p_k the k-th prime, folded by the tent function
1 − |2u − 1|, under which the integration error of a smooth function falls as N⁻² in low dimensions. Sources: Richtmyer
(1951); Genz and Bretz (2009), Computation of Multivariate Normal and t Probabilities, section 4.2.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def primes(count: int) -> list[int]:
    """The first ``count`` primes."""
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found


def lattice(points: int, dimensions: int, *, shift: float = 0.0) -> Array:
    """(points, dimensions) points of the open unit cube.

    Arguments:
        shift: added to every coordinate before folding; several shifts tell the error of an integral.
    """
    steps = np.sqrt(np.array(primes(dimensions), dtype=np.float64))
    raw = np.outer(np.arange(1, points + 1), steps) + shift
    folded: Array = 1.0 - np.abs(2.0 * (raw - np.floor(raw)) - 1.0)
    return np.clip(folded, 1e-15, 1.0 - 1e-15)
