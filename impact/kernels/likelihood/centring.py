"""Columns far from zero, brought near it beside a constant: a cross-product forgets what is small against a level.

With a constant in the model x b = (x − m) b + m b: only the constant's coefficient is another one. Columns whose mean
is not far from zero in units of their spread stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FAR = 1e3  # mean, in standard deviations, from which a column is brought near zero
ROUNDING = 1e-13  # spread, relative to the mean, of a column that is constant but for rounding


@dataclass(frozen=True, slots=True)
class Centred:
    """x (n, k_all) with far columns about their means; slopes (k_all,): what a coefficient takes off the constant's."""

    x: Array
    constant: int
    slopes: Array

    def params(self, params: Array, kept: Flags) -> Array:
        """Coefficients (k,) of the kept columns as they were given."""
        found = params.copy()
        if self._moves(kept):
            found[self._place(kept)] -= float(self.slopes[kept] @ params)
        return found

    def bread(self, bread: Array, kept: Flags) -> Array:
        """The inverse of x'Wx (k, k) of the kept columns as they were given."""
        if not self._moves(kept):
            return bread
        back = np.eye(len(bread))
        back[self._place(kept)] -= self.slopes[kept]
        return np.asarray(back @ bread @ back.T)

    def _moves(self, kept: Flags) -> bool:
        return self.constant >= 0 and bool(kept[self.constant]) and bool(self.slopes[kept].any())

    def _place(self, kept: Flags) -> int:
        return int(np.count_nonzero(kept[: self.constant]))


def centred(x: Array) -> Centred:
    """The columns of a model without effects; as given where no column is constant or none is far from zero."""
    slopes = np.zeros(x.shape[1])
    ends = (x[0] == x[-1]) & (x[0] != 0) if len(x) else np.zeros(x.shape[1], dtype=np.bool_)
    constant = next((j for j in np.flatnonzero(ends).tolist() if (x[:, j] == x[0, j]).all()), -1)
    if constant < 0:
        return Centred(x, -1, slopes)
    with np.errstate(over="ignore"):
        means, spread = x.mean(axis=0), x.std(axis=0)
    far = (np.abs(means) > FAR * spread) & (spread > ROUNDING * np.abs(means))
    far[constant] = False
    if not far.any():
        return Centred(x, constant, slopes)
    slopes[far] = means[far] / x[0, constant]
    return Centred(np.asfortranarray(x - np.where(far, means, 0.0)), constant, slopes)
