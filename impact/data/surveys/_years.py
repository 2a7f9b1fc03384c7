"""The years that official files say, whatever became of the name of the column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError
from impact.data.source_files import SourceFiles
from impact.data.stacking import as_numbers

Column = npt.NDArray[Any]
# año, aÑo, a_o, a�o, aÃ±o, a¤o: an a, something that is no plain letter, an o
_YEAR = re.compile(r"a[^a-z0-9]{1,4}o|ano|anio|year")


def year_names(names: Iterable[str]) -> tuple[str, ...]:
    """Names in small letters that look like the year, whatever became of the ñ."""
    return tuple(name for name in names if _YEAR.fullmatch(name))


def require_year(values: Column, year: int, *, name: str, file: str, request: SourceFiles) -> None:
    """The year column of a file holds that year (four digits, or its last two) and nothing else.

    Raises:
        DataError: E257.
    """
    found = sorted({value for value in as_numbers(values).tolist() if not np.isnan(value)})
    if any(value not in (year, year % 100) for value in found):
        shown = ", ".join(f"{value:g}" for value in found[:4])
        raise DataError(request.fault("E257", key="years", path=file, column=name, found=shown, year=year))
