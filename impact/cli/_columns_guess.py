"""Which columns of a file could be the unit, the period, the outcome and the regressor of a first model."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.core.frames import Frame

YEARS = (1800.0, 2200.0)
TIME_NAME = re.compile(
    r"^(year|yr|anio|año|ano|time|period|periodo|quarter|month|mes|t|date|fecha|wave|ola)$", re.I
)
UNIT_NAME = re.compile(
    r"(^|_)(id|code|codigo|nr|sid|fips|ubigeo|unit|state|st|county|country|dept|department|departamento|"
    r"firm|person|hogar|household|area|region|pais|iso\w*)($|_)|(id|code|real)$",
    re.I,
)
LOG_NAME = re.compile(r"^(l|ln|log)_?[a-z]", re.I)
TREATMENT_NAME = re.compile(r"(treat|trat|post|law|ley|policy|reform|expos|program)", re.I)
WEIGHT_NAME = re.compile(r"(^|_)(popwt|weight|wt|wgt|peso|fac\w*|factor\w*|perwt)($|_)", re.I)
LEAST_ROWS = 8
MOST_MISSING = 0.5
# share of a column's variance that must be left when the effects are taken out
LEAST_VARIATION = 1e-3
SWEEPS = 50


@dataclass(frozen=True, slots=True)
class Guess:
    """What a first model could be made of; unit and time are empty where there is no panel.

    Arguments:
        numbers, texts: names of the columns by kind, in the order of the file.
        varies_in_unit: whether the regressor changes within units and periods, so that effects can be absorbed.
    """

    outcome: str
    regressor: str
    unit: str
    time: str
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    varies_in_unit: bool


def guess_columns(frame: Frame) -> Guess | None:
    """A plausible model of a frame; None where no two columns of numbers vary.

    The regressor is a 0/1 column that changes within units where there is one.
    """
    numbers = tuple(name for name, values in frame.columns.items() if values.dtype.kind == "f")
    texts = tuple(name for name, values in frame.columns.items() if values.dtype.kind != "f")
    time = time_column(frame)
    unit = unit_column(frame, time)
    time = time if unit else ""
    measured = [n for n in numbers if n not in (unit, time) and not _names_time(n, frame.columns[n])]
    useful = [n for n in measured if _varies(frame.columns[n]) and not WEIGHT_NAME.search(n)]
    if unit:
        useful = [n for n in useful if not _same_partition(frame.columns[n], frame.columns[unit])]
    outcome = _outcome(frame, useful)
    effects = [_codes(frame.columns[name]) for name in (unit, time) if name]
    others = [n for n in useful if outcome and n != outcome and not _same_measure(n, outcome)]
    best = [n for n in others if _left(frame, outcome, n, effects)]
    absorbed = bool(unit and best)
    if not best and outcome:
        times = [n for n in numbers if n != unit and _names_time(n, frame.columns[n])]
        best = [n for n in (*others, *times) if _varies(frame.columns[n]) and _left(frame, outcome, n, [])]
    if not outcome or not best:
        return None
    return Guess(outcome, _regressor(frame, best), unit, time, numbers, texts, absorbed)


def _regressor(frame: Frame, names: list[str]) -> str:
    """A 0/1 column, one that is named like a treatment before the others."""
    binary = [name for name in names if _is_binary(frame.columns[name])]
    named = [name for name in binary if TREATMENT_NAME.search(name)]
    return (named or binary or names)[0]


def _same_measure(name: str, outcome: str) -> bool:
    """Whether one name ends in the other: a level and its logarithm."""
    first, second = name.lower(), outcome.lower()
    return first.endswith(second) or second.endswith(first)


def time_column(frame: Frame) -> str:
    found = [name for name, values in frame.columns.items() if _is_time(name, values)]
    named = [name for name in found if TIME_NAME.match(name)]
    return (named or found or [""])[0]


def _is_time(name: str, values: npt.NDArray[np.generic]) -> bool:
    if values.dtype.kind == "M":
        return True
    if values.dtype.kind != "f" or np.isnan(values.astype(float)).any() or not len(values):
        return False
    return 2 <= len(np.unique(values)) < len(values) and _names_time(name, values)


def _names_time(name: str, values: npt.NDArray[np.generic]) -> bool:
    """Whether a column of numbers holds periods: whole, and named so or within the range of years."""
    known = values.astype(float)
    known = known[~np.isnan(known)]
    if not len(known) or not bool((known == np.floor(known)).all()):
        return False
    return bool(TIME_NAME.match(name)) or bool(YEARS[0] <= known.min() and known.max() <= YEARS[1])


def unit_column(frame: Frame, time: str) -> str:
    """The column that with the time names one row; the best named one of several, numbers before texts."""
    if not time:
        return ""
    periods = _codes(frame.columns[time])
    found = []
    for name, values in frame.columns.items():
        codes = _codes(values)
        groups = int(codes.max(initial=-1)) + 1
        if name == time or codes.min(initial=0) < 0 or not 2 <= groups <= len(values) // 2:
            continue
        if values.dtype.kind == "f" and not (values == np.floor(values)).all():
            continue
        pairs = codes.astype(np.int64) * (int(periods.max()) + 1) + periods
        if len(np.unique(pairs)) == len(pairs):
            found.append(name)
    named = [name for name in found if UNIT_NAME.search(name)]
    return ([n for n in named if frame.columns[n].dtype.kind == "f"] or named or found or [""])[0]


def _codes(values: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """Codes of the values, -1 where missing."""
    if values.dtype.kind == "O":
        labels = {label: code for code, label in enumerate(sorted({str(v) for v in values if v is not None}))}
        return np.array([-1 if v is None else labels[str(v)] for v in values], dtype=np.int64)
    missing = np.isnan(values) if values.dtype.kind == "f" else np.isnat(values)
    codes = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return np.where(missing, -1, codes)


def _varies(values: npt.NDArray[np.generic]) -> bool:
    known = values[~np.isnan(values.astype(float))].astype(float)
    enough = len(known) >= LEAST_ROWS and len(known) >= (1 - MOST_MISSING) * len(values)
    return enough and float(np.ptp(known)) > 0


def _same_partition(values: npt.NDArray[np.generic], unit: npt.NDArray[np.generic]) -> bool:
    """Whether a column only numbers the units."""
    first, second = _codes(values), _codes(unit)
    pairs = len(np.unique(np.stack([first, second]), axis=1).T)
    return pairs == len(np.unique(first)) == len(np.unique(second))


def _outcome(frame: Frame, names: list[str]) -> str:
    """A column of many values: one in logarithms, else the one with the most values, the last of equals."""
    many = [name for name in names if not _is_binary(frame.columns[name])]
    broken = [name for name in many if (frame.columns[name] % 1 > 0).any()]
    logs = [name for name in broken if LOG_NAME.match(name)]
    if logs:
        return logs[0]
    return max(
        reversed(broken or many or names), key=lambda name: len(np.unique(frame.columns[name])), default=""
    )


def _is_binary(values: npt.NDArray[np.generic]) -> bool:
    known = values[~np.isnan(values.astype(float))]
    return bool(np.isin(known, (0.0, 1.0)).all())


def _left(frame: Frame, outcome: str, name: str, effects: list[npt.NDArray[np.int64]]) -> bool:
    """Whether both columns keep some variation of their own when the effects are taken out."""
    y, x = frame.columns[outcome].astype(float), frame.columns[name].astype(float)
    rows = np.flatnonzero(np.isfinite(y) & np.isfinite(x))
    if len(rows) < LEAST_ROWS:
        return False
    groups = [np.unique(codes[rows], return_inverse=True)[1] for codes in effects]
    if len(rows) <= sum(int(codes.max()) + 1 for codes in groups) + 2:
        return False
    left = [_demeaned(values[rows], groups) for values in (y, x)]
    shares = [
        float(part @ part) / max(float(np.var(v[rows])) * len(rows), 1e-300)
        for part, v in zip(left, (y, x), strict=True)
    ]
    if min(shares) < LEAST_VARIATION:
        return False
    norm = float(np.sqrt((left[0] @ left[0]) * (left[1] @ left[1])))
    return abs(float(left[0] @ left[1])) < 0.999 * norm


def _demeaned(
    values: npt.NDArray[np.float64], groups: list[npt.NDArray[np.int64]]
) -> npt.NDArray[np.float64]:
    left = values - values.mean()
    for _ in range(SWEEPS if len(groups) > 1 else 1):
        for codes in groups:
            left = left - (np.bincount(codes, left) / np.bincount(codes))[codes]
    return np.asarray(left)
