"""What several variances refuse, and effects and limits of a linear representation in the kernels' form."""

from __future__ import annotations

from impact.core.designs import Design
from impact.core.errors import DesignError, EstimationError
from impact.core.estimates import Linear
from impact.core.texts import fault
from impact.kernels.factors import Effect
from impact.kernels.likelihood.glm_absorbed import Limits


def refuse_cell_means(design: Design, kind: str) -> None:
    """Refuse variances of persons on means of cells whose sums of squares are not known.

    Raises:
        DesignError: E532.
    """
    if design.extra.get("cell_means", False):
        raise DesignError(fault("E532", kind=kind, outcome=design.outcome))


def refuse_no_leverage(linear: Linear, kind: str) -> None:
    """Refuse leverage corrections of estimates that are no projection (LIML, Fuller, GMM).

    Raises:
        EstimationError: E640.
    """
    if not linear.is_projection:
        raise EstimationError(fault("E640", kind=kind))


def limits_of(linear: Linear) -> Limits:
    """How far a likelihood is to be climbed when it is fitted again: as the model's own was."""
    own = linear.search
    return Limits() if own is None else Limits(own.tolerance, own.max_iterations, own.steps)


def effects_of(linear: Linear) -> list[Effect]:
    """The absorbed effects as the kernels take them."""
    return [
        Effect(effect.factor.codes, effect.factor.levels, effect.slope, effect.intercept)
        for effect in linear.absorb
    ]
