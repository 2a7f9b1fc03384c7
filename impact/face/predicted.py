"""Predictions of a fit as a series or frame of the caller's data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import impact.face.predictions as predicting
from impact.core.arrays import Floats
from impact.core.errors import Place, SpecError
from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.data.frames import frame_of, names_of
from impact.design.other_rows import columns_read
from impact.face.fitted import Fitted, checked_level
from impact.face.frames_out import frame_out, series_out
from impact.face.warned import warn
from impact.schema.columns_used import unknown_columns

_HERE = Place(file="predict")
ALLOWED = {
    "kind": ("response", "link"),
    "interval": ("none", "confidence", "prediction"),
    "se": (False, True),
}


def predicted(fit: Fitted, frame: Frame, data: Any, *, is_own: bool, asked: Mapping[str, Any]) -> Any:
    """The predictions of a fit on ``frame``, with the index of the data; see ``Fit.predict``."""
    wanted = _asked(asked)
    other = None if is_own else _frame(fit, data)
    found = predicting.predict(fit.result, fit.request, frame, other, wanted)
    warn(found.notices, level=4)
    index = data.index if _is_pandas(data) else None
    if found.std_error is None:
        return series_out("fitted", found.values, index=index)
    columns: dict[str, Floats] = {"fitted": found.values, "std_error": found.std_error}
    if found.low is not None and found.high is not None:
        columns |= {"ci_low": found.low, "ci_high": found.high}
    return frame_out(columns, index=index)


def _is_pandas(data: Any) -> bool:
    return type(data).__module__.startswith("pandas") and hasattr(data, "columns")


def _asked(given: Mapping[str, Any]) -> predicting.Asked:
    """What is asked for; E609 where an argument has another value."""
    for key, allowed in ALLOWED.items():
        if not any(given[key] is one or (given[key] == one and isinstance(one, str)) for one in allowed):
            hint = nearest(str(given[key]), [str(one) for one in allowed])
            listed = ", ".join(map(str, allowed))
            raise SpecError(
                fault("E609", place=_HERE, suggestion=hint, key=key, value=repr(given[key]), allowed=listed)
            )
    level = checked_level(given["level"], "predict")
    return predicting.Asked(given["kind"], given["se"], given["interval"], level)


def _frame(fit: Fitted, data: Any) -> Frame:
    """The columns that predictions read; E514 one that the data lack."""
    uses = columns_read(fit.request)
    faults = unknown_columns(uses, list(names_of(data)))
    if faults:
        raise SpecError(*faults)
    return frame_of(data, {name for name, _ in uses})
