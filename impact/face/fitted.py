"""What the fits of the Python face have in common: the records behind them, coefficients, and how they print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from impact.core.errors import SpecError
from impact.core.estimates import Estimate, Inference
from impact.core.findings import ModelResult
from impact.data.frames import names_of
from impact.schema.columns_used import model_uses, unknown_columns
from impact.schema.requests import ModelRequest


def names_read(request: ModelRequest, data: Any, made: Iterable[str] = ()) -> set[str]:
    """Names of the columns that a model reads; ``made``: those that the model makes itself.

    Raises:
        SpecError: E514, E691 names that the data do not have. DataError: E260 what is no frame.
    """
    uses = list(model_uses(request))
    faults = unknown_columns(uses, [*names_of(data), *made])
    if faults:
        raise SpecError(*faults)
    return {name for name, _ in uses}


@dataclass(frozen=True)
class Fitted:
    """One model that was fitted, printed as the table that its spec would make."""

    request: ModelRequest
    result: ModelResult

    @property
    def estimate(self) -> Estimate:
        """The estimate record."""
        assert self.result.estimate is not None
        return self.result.estimate

    @property
    def inference(self) -> Inference:
        """The inference record."""
        assert self.result.inference is not None
        return self.result.inference

    def coef(self) -> dict[str, float]:
        """Term → estimate."""
        return dict(zip((t.name for t in self.estimate.terms), self.estimate.params.tolist(), strict=True))

    def se(self) -> dict[str, float]:
        """Term → standard error."""
        errors = self.inference.std_error.tolist()
        return dict(zip((t.name for t in self.estimate.terms), errors, strict=True))

    def __repr__(self) -> str:
        from impact.face.drawing import fit_text  # tables load only when something is shown

        return fit_text(self.result, self.request)

    def _repr_html_(self) -> str:
        from impact.face.drawing import fit_html

        return fit_html(self.result, self.request)
