"""What Newey–West and Driscoll–Kraay share: units, periods, factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import Design, Factor
from impact.core.errors import DesignError
from impact.core.estimates import Estimate, Inference, Linear
from impact.core.texts import fault
from impact.inference._intervals import Spread, complete, describe, number, present_levels
from impact.inference._small_sample import Convention, counted_parameters, observations_factor
from impact.kernels.group_sums import group_counts
from impact.kernels.serial import periods


@dataclass(frozen=True, slots=True)
class Clock:
    """Unit (None: one series) and time of each row; position: (T,) whole-number period of each time level."""

    unit: Factor | None
    time: Factor
    position: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TimeSpread:
    """A meat (k, k) with its kind, lags and clock; by_time: only time counts as a cluster variable."""

    kind: str
    meat: Floats
    lags: int
    clock: Clock
    by_time: bool = False


def clock(design: Design, unit: str | None, time: str | None, kind: str) -> Clock:
    """Unit and time by name among the design's clusters, else those of its panel.

    Raises:
        DesignError: E506 where neither is there, E534 for a name that is not among the clusters.
    """
    panel = design.panel
    if time is None and panel is None:
        raise DesignError(fault("E506", what=f"`{kind}`"))
    own_time = _named(design, time) if time is not None else (panel.time if panel is not None else None)
    own_unit = _named(design, unit) if unit is not None else (panel.unit if panel is not None else None)
    assert own_time is not None
    return Clock(own_unit, own_time, _positions(own_time))


def _named(design: Design, name: str) -> Factor:
    for factor in (design.panel.unit, design.panel.time) if design.panel is not None else ():
        if factor.name == name:
            return factor
    if name not in design.clusters:
        raise DesignError(fault("E534", name=name, names=", ".join(design.clusters)))
    return design.clusters[name]


def _positions(time: Factor) -> npt.NDArray[np.int64]:
    """Whole-number periods of the levels that have rows: by their values where they are numbers or dates."""
    present = group_counts(time.codes, time.levels) > 0
    labels = np.asarray(time.labels)
    position = np.zeros(time.levels, dtype=np.int64)
    if labels.dtype.kind in "iufbM":
        values = labels.astype("datetime64[D]").astype(np.int64) if labels.dtype.kind == "M" else labels
        position[present] = periods(values[present].astype(np.float64))
    else:
        position[present] = np.arange(int(present.sum()))
    return position


def influence_rows(linear: Linear) -> Floats:
    """B x W u of each row (n, k): sums of their products are variances, with no product of large terms left."""
    residual = linear.residual if linear.weights is None else linear.residual * linear.weights
    scores: Floats = (linear.x * residual[:, None]) @ linear.bread
    return scores


def finish(
    estimate: Estimate,
    design: Design,
    level: float,
    *,
    linear: Linear,
    rule: Convention,
    found: TimeSpread,
) -> Inference:
    """Factors (N−1)/(N−K) · T/(T−1), t with T − 1 degrees of freedom."""
    when = found.clock
    grouping = (when.time,) if when.unit is None or found.by_time else (when.unit, when.time)
    k = counted_parameters(estimate, linear, rule, grouping)
    count = present_levels(when.time)
    if count < 2:
        raise DesignError(fault("E535", name=when.time.name, count=count))
    factors = observations_factor(estimate.n_obs, k, rule)
    if rule.g != "none":
        factors["T/(T-1)"] = count / (count - 1.0)
    vcov = found.meat * float(np.prod(list(factors.values())))
    names = [factor.name for factor in grouping]
    variance: dict[str, object] = {
        "kind": found.kind,
        "by": names,
        "type": f"lags {found.lags}",
        "k": k if rule.n else None,
        "n": estimate.n_obs,
        "g": {factor.name: present_levels(factor) for factor in grouping},
        "preset": rule.preset,
        "factors": factors,
        "lags": found.lags,
        **describe(
            f"inference.{found.kind}",
            lags=found.lags,
            by=", ".join(names),
            k=k,
            factor=number(float(np.prod(list(factors.values())))),
            parts=", ".join(factors) or "-",
        ),
    }
    df = np.inf if rule.law == "normal" else count - 1.0
    return complete(Spread((vcov + vcov.T) / 2.0, variance, df), estimate, design, level)
