"""Record of a regression with instruments: its reduced form and first stages."""

from __future__ import annotations

from dataclasses import dataclass

from impact.core.arrays import Floats


@dataclass(frozen=True, slots=True)
class Instrumented:
    """Reduced form and first stages of a regression with instruments: what tests of the instruments need.

    Arguments:
        endogenous: names of the p endogenous regressors; focus: position of each among the estimate's terms.
        instruments: names of the m instruments that say something of their own.
        x: (n, l + m) exogenous columns, then instruments, after absorption; n_exogenous: l.
        responses: (n, 1 + p) outcome, then endogenous regressors, after absorption.
        left: (n, 1 + p) what the exogenous columns alone leave of them.
        params: (l + m, 1 + p) and residual: (n, 1 + p) of their least-squares regressions on x.
        bread: (l + m, l + m) inverse of x'Wx.
    """

    endogenous: tuple[str, ...]
    focus: tuple[int, ...]
    instruments: tuple[str, ...]
    x: Floats
    n_exogenous: int
    responses: Floats
    left: Floats
    params: Floats
    residual: Floats
    bread: Floats

    def influence(self) -> Floats:
        """(n, m) that weighted responses are multiplied by for the coefficients of the instruments."""
        return self.x @ self.bread[:, self.n_exogenous :]
