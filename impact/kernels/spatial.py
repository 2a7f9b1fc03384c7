"""Spatial meats (Conley 1999): scores of places within a distance of each other are correlated."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from impact.kernels.factors import encode
from impact.kernels.group_sums import group_sums

Floats = npt.NDArray[np.float64]

KM_PER_DEGREE = 111.0
DIAMETER_KM = 12752.0
BLOCK = 256


def places(coordinates: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
    """Code (n,) of each row's place, and latitude and longitude (P, 2) of the places by latitude."""
    latitude, latitudes = encode(coordinates[:, 0])
    longitude, longitudes = encode(coordinates[:, 1])
    pair = latitude.astype(np.int64) * len(longitudes) + longitude
    codes, found = encode(pair)
    return codes, np.column_stack([latitudes[found // len(longitudes)], longitudes[found % len(longitudes)]])


def conley_meat(scores: Floats, coordinates: Floats, *, km: float, kernel: str, distance: str) -> Floats:
    """Σ_ij k(d_ij) s_i s_j', (k, k).

    Rows at one place are added first, which is exact; pairs of places are visited in blocks along the
    latitude.

    Arguments:
        scores: (n, k); coordinates: (n, 2) latitude and longitude in degrees; km: cutoff.
        kernel: "uniform" (1 within the cutoff) or "bartlett" (1 − d/cutoff).
        distance: "triangular" (111 km a degree, longitude shrunk by the cosine of the mean latitude) or
            "spherical" (great circle, radius 6,376 km).

    Source: Conley (1999); distances and first selection of pairs as in fixest.
    """
    codes, points = places(coordinates)
    totals = group_sums(codes, len(points), scores)
    reach = km / KM_PER_DEGREE
    latitude = points[:, 0]
    meat = np.zeros((scores.shape[1], scores.shape[1]))
    for start in range(0, len(points), BLOCK):
        own = slice(start, min(start + BLOCK, len(points)))
        first = int(np.searchsorted(latitude, latitude[own.start] - reach * (1.0 + 1e-12), side="left"))
        last = int(np.searchsorted(latitude, latitude[own.stop - 1] + reach * (1.0 + 1e-12), side="right"))
        weight = pair_weights(points[own], points[first:last], km=km, kernel=kernel, distance=distance)
        meat += totals[own].T @ (weight @ totals[first:last])
    return (meat + meat.T) / 2.0


def pair_weights(first: Floats, second: Floats, *, km: float, kernel: str, distance: str) -> Floats:
    """Kernel weights (P, Q) between places (P, 2) and (Q, 2) in degrees."""
    reach = km / KM_PER_DEGREE
    north = np.abs(first[:, :1] - second[:, 0])
    east = np.abs(first[:, 1:] - second[:, 1])
    mean_latitude = np.radians((first[:, :1] + second[:, 0]) / 2.0)
    shrink = np.cos(mean_latitude)
    near = (north <= reach) & (east * shrink <= reach)
    if distance == "triangular":
        separation = KM_PER_DEGREE * np.hypot(north, shrink * east)
    else:
        separation = great_circle(first, second)
    near &= separation <= km
    if kernel == "uniform":
        return near.astype(np.float64)
    return np.where(near, 1.0 - separation / km, 0.0)


def great_circle(first: Floats, second: Floats) -> Floats:
    """Distances (P, Q) in km between places (P, 2) and (Q, 2) in degrees: haversine, radius 6,376 km."""
    half = np.sin(np.radians(np.abs(first[:, :1] - second[:, 0])) / 2.0) ** 2
    cosines = np.cos(np.radians(first[:, :1])) * np.cos(np.radians(second[:, 0]))
    chord = np.sqrt(half + cosines * np.sin(np.radians(np.abs(first[:, 1:] - second[:, 1])) / 2.0) ** 2)
    found: Floats = DIAMETER_KM * np.arcsin(np.minimum(1.0, chord))
    return found
