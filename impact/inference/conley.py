"""Conley variance: errors correlated between places within a distance.

    V = B (Σ_i Σ_j k(d_ij) s_i s_j') B · (N−1)/(N−K)

Assumptions: errors of places further apart than the cutoff are uncorrelated; rows at one place, of any
    period, are
fully correlated. The uniform kernel can give negative variances: they are reported as missing, never repaired
unless asked. Source: Conley (1999).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import DesignError
from impact.core.estimates import Estimate, Inference
from impact.core.options import Options
from impact.core.registered import Variance
from impact.core.texts import fault
from impact.inference._intervals import Spread, complete, describe, linear_of, number
from impact.inference._over_time import influence_rows
from impact.inference._positive import settled
from impact.inference._small_sample import (
    SSC_DESCRIPTION,
    Preset,
    SmallSample,
    convention,
    counted_parameters,
    observations_factor,
)
from impact.kernels.spatial import conley_meat, places


class ConleyOptions(Options):
    """Options of the Conley variance."""

    lat: str = Field("latitude", description="Column of the latitude in degrees.")
    lon: str = Field("longitude", description="Column of the longitude in degrees.")
    km: float | None = Field(
        None, gt=0, description="Kilometres within which errors are correlated; required."
    )
    kernel: Literal["uniform", "bartlett"] = Field(
        "uniform", description="Weight 1 within the cutoff, or falling linearly to 0 at the cutoff."
    )
    distance: Literal["triangular", "spherical"] = Field(
        "triangular", description="Flat map at 111 km a degree, or great circle."
    )
    psd: Literal["report", "clip"] = Field(
        "report", description="A variance with negative eigenvalues: report it, or clip them at 0."
    )
    ssc: Preset | SmallSample | None = Field(None, description=SSC_DESCRIPTION)

    @property
    def coordinates(self) -> tuple[str, str]:
        """Columns that the plan reads and the design hands back in degrees."""
        return (self.lat, self.lon)


def infer(estimate: Estimate, design: Design, options: ConleyOptions, level: float) -> Inference:
    """Conley standard errors, t with N − K degrees of freedom.

    Raises:
        DesignError: E536 without a cutoff, E537 without coordinates or with coordinates that are no degrees.
    """
    linear = linear_of(estimate, "conley")
    if options.km is None:
        raise DesignError(fault("E536"))
    coordinates = _coordinates(design, options)
    rule = convention(options.ssc)
    k = counted_parameters(estimate, linear, rule)
    factors = observations_factor(estimate.n_obs, k, rule)
    meat = conley_meat(
        influence_rows(linear), coordinates, km=options.km, kernel=options.kernel, distance=options.distance
    )
    vcov = meat * float(np.prod(list(factors.values())))
    vcov, notices = settled((vcov + vcov.T) / 2.0, options.psd)
    count = len(places(coordinates)[1])
    variance: dict[str, object] = {
        "kind": "conley",
        "by": [options.lat, options.lon],
        "type": f"{options.kernel} {options.km:g} km, {options.distance}",
        "km": options.km,
        "k": k if rule.n else None,
        "n": estimate.n_obs,
        "g": {"places": count},
        "preset": rule.preset,
        "factors": factors,
        **_description(options, count, k),
    }
    df = np.inf if rule.law == "normal" else estimate.n_obs - estimate.df_model - estimate.df_absorbed
    return complete(Spread(vcov, variance, df, notices=notices), estimate, design, level)


def _coordinates(design: Design, options: ConleyOptions) -> Floats:
    if design.coordinates is None:
        raise DesignError(fault("E537", lat=options.lat, lon=options.lon, problem="there are none"))
    found = design.coordinates
    if (
        not np.all(np.isfinite(found))
        or np.any(np.abs(found[:, 0]) > 90)
        or np.any(np.abs(found[:, 1]) > 360)
    ):
        raise DesignError(fault("E537", lat=options.lat, lon=options.lon, problem="some are not degrees"))
    return found


def _description(options: ConleyOptions, count: int, k: int) -> dict[str, str]:
    return describe("inference.conley", km=f"{options.km:g}", kernel=options.kernel, count=number(count), k=k)


VARIANCE = Variance(
    summary="Correlation between places within a distance (Conley)",
    options=ConleyOptions,
    infer=infer,
    columns=lambda options: (),
    needs=("linear", "coordinates"),
    references=("Conley 1999",),
)
