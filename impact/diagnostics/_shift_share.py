"""What tests of shift-share designs share: the model's variable, its exposures, and columns without the controls."""

from __future__ import annotations

from dataclasses import dataclass

from impact.core.arrays import Floats
from impact.core.findings import Finding, Question
from impact.core.shift_share import ShiftShare, shift_share_of
from impact.diagnostics._instruments import Model, models
from impact.diagnostics._sentences import both
from impact.diagnostics._subjects import nothing
from impact.kernels.instruments.partial_out import left_by
from impact.kernels.instruments.shift_share import Exposures


@dataclass(frozen=True, slots=True)
class ShiftShareModel:
    """A model with one endogenous regressor and one instrument, which is a shift-share variable.

    Arguments:
        x, y: (n,) endogenous regressor and outcome without what effects and exogenous columns explain.
    """

    model: Model
    made: ShiftShare
    exposures: Exposures
    x: Floats
    y: Floats


def shift_share_models(question: Question) -> tuple[list[ShiftShareModel], list[Finding]]:
    """The models asked about, and notes on those that no shift-share variable alone identifies."""
    found: list[ShiftShareModel] = []
    asked, notes = models(question)
    for model in asked:
        own = model.instrumented
        made = shift_share_of(model.design.extra, own.instruments[0])
        if made is None or len(own.instruments) > 1:
            notes.append(nothing(question, model.result, both("shift_share.none")))
            continue
        left = left_by(own.x[:, : own.n_exogenous], own.responses, model.linear.weights)
        exposures = Exposures(made.exposures(), made.period, len(made.periods), model.linear.weights)
        found.append(ShiftShareModel(model, made, exposures, x=left[:, 1], y=left[:, 0]))
    return found, notes
