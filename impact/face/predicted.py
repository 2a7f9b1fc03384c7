"""Predictions of a fit as a series or frame of the caller's data."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd

import impact.face.predictions as predicting
from impact.core.arrays import Floats
from impact.core.errors import Place, SpecError
from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.data.frames import frame_of, names_of
from impact.design.other_rows import columns_read
from impact.face.fitted import Fitted
from impact.schema.columns_used import unknown_columns

_HERE = Place(file="predict")
ALLOWED = {
    "kind": ("response", "link"),
    "interval": ("none", "confidence", "prediction"),
    "se": (False, True),
}


class ImpactWarning(UserWarning):
    """A warning of a Python function; ``code`` as in specs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code


def predicted(fit: Fitted, frame: Frame, data: Any, *, is_own: bool, asked: Mapping[str, Any]) -> Any:
    """The predictions of a fit on ``frame``, with the index of the data; see ``Fit.predict``."""
    wanted = _asked(asked)
    other = None if is_own else _frame(fit, data)
    found = predicting.predict(fit.result, fit.request, frame, other, wanted)
    for item in found.notices:
        warnings.warn(ImpactWarning(item.code, item.message), stacklevel=3)
    index = data.index if isinstance(data, pd.DataFrame) else None
    if found.std_error is None:
        return pd.Series(found.values, index=index, name="fitted")
    columns: dict[str, Floats] = {"fitted": found.values, "std_error": found.std_error}
    if found.low is not None and found.high is not None:
        columns |= {"ci_low": found.low, "ci_high": found.high}
    return pd.DataFrame(columns, index=index)


def _asked(given: Mapping[str, Any]) -> predicting.Asked:
    """What is asked for; E609 where an argument has another value."""
    for key, allowed in ALLOWED.items():
        if not any(given[key] is one or (given[key] == one and isinstance(one, str)) for one in allowed):
            hint = nearest(str(given[key]), [str(one) for one in allowed])
            listed = ", ".join(map(str, allowed))
            raise SpecError(
                fault("E609", place=_HERE, suggestion=hint, key=key, value=repr(given[key]), allowed=listed)
            )
    level = given["level"]
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0.0 < level < 1.0:
        raise SpecError(
            fault("E609", place=_HERE, key="level", value=repr(level), allowed="above 0 and below 1")
        )
    return predicting.Asked(given["kind"], given["se"], given["interval"], float(level))


def _frame(fit: Fitted, data: Any) -> Frame:
    """The columns that predictions read; E514 one that the data lack."""
    uses = columns_read(fit.request)
    faults = unknown_columns(uses, list(names_of(data)))
    if faults:
        raise SpecError(*faults)
    return frame_of(data, {name for name, _ in uses})
