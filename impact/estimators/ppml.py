"""Poisson pseudo maximum likelihood with absorbed effects, for counts and for outcomes that may be zero.

    E[y | x, effects] = exp(x b + effects + offset)

Target: b, semi-elasticities; with an `offset(log(pop))` those of the rate y / pop. Assumption: the mean is right; the
outcome need not be a count nor its variance its mean (Gourieroux, Monfort and Trognon 1984; Santos Silva and Tenreyro
2006), so that robust or clustered errors belong with it: `iid` alone takes the variance to be the mean.
Rows that regressors or effects can fit exactly say nothing and are dropped and counted: levels with only zeros, and
rows that a combination of regressors separates (Correia, Guimarães and Zylkin 2021). A treatment with nothing left
then is refused. Outcomes given as sums, with the number of persons as frequency weight, give the persons' estimate.
Defaults elsewhere: fixest fepois drops levels with only zeros and no separated rows; ppmlhdfe drops both.
"""

from __future__ import annotations

import impact.estimators._likelihood as likelihood
from impact.core.designs import Design
from impact.core.estimates import Estimate
from impact.core.registered import Estimator


class PpmlOptions(likelihood.LikelihoodOptions):
    """Options of Poisson pseudo maximum likelihood."""


def fit(design: Design, options: PpmlOptions) -> Estimate:
    """Estimate the coefficients of ``design.terms``.

    Arguments:
        design: y (n,) from zero, x (n, k), weights, absorbed effects, offset.
        options: tolerance and limits.

    Returns:
        Estimate with the linear form at the maximum, on the rows that inform it (``design``).

    Raises:
        DesignError: E547 a treatment with nothing left beside exactly fitted rows, E548 a negative outcome, and those
            of least squares. ConvergenceError: E510, E549.
    """
    fitted = likelihood.fit_likelihood(design, options, "ppml", "poisson")
    return likelihood.estimate_of(fitted, design, options)


ESTIMATOR = Estimator(
    summary="Poisson pseudo maximum likelihood with absorbed effects and offsets",
    options=PpmlOptions,
    fit=fit,
    references=(
        "Gourieroux, Monfort and Trognon 1984",
        "Santos Silva and Tenreyro 2006",
        "Correia, Guimarães and Zylkin 2021",
    ),
    accepts=("weights", "absorb", "sums", "clusters", "offset"),
)
