"""The functions of the expression language: the whitelist, with the arguments each takes.

Letters for arguments: ``n`` number, ``c`` condition (true or false), ``t`` text, ``d`` date, ``o`` number or
date, ``a`` anything, ``=`` the kind of the first argument, ``w`` whole number, ``k`` number and ``q`` text
that are the same in all rows, ``L`` a list, ``M`` a mapping. ``when`` and ``get`` have their own rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives.

    Arguments:
        required, optional: letters of the positional arguments.
        rest: letter of any number of further arguments, or ''.
        gives: number, condition, text, date, or ``first`` (the kind of its first argument).
        keywords: named arguments allowed.
        family: row, text, date, place, group, panel, sample or claim.
        summary: one line for the reference page.
    """

    required: str
    optional: str = ""
    rest: str = ""
    gives: str = "number"
    keywords: tuple[str, ...] = ()
    family: str = "row"
    summary: str = ""

    def accepts(self, count: int) -> bool:
        """Whether a number of positional arguments is right."""
        most = len(self.required) + len(self.optional)
        return len(self.required) <= count and (bool(self.rest) or count <= most)

    def letter(self, position: int) -> str:
        """The letter of a positional argument."""
        letters = self.required + self.optional
        return letters[position] if position < len(letters) else self.rest

    def arity(self) -> str:
        """The number of arguments in words of digits: ``1``, ``2 to 3``, ``2 or more``."""
        least, most = len(self.required), len(self.required) + len(self.optional)
        if self.rest:
            return f"{least}+"
        return str(least) if least == most else f"{least}-{most}"


_BY = ("by",)
_ORDERED = ("by", "order")


def _group(required: str, summary: str, **changes: str | tuple[str, ...]) -> Signature:
    optional = str(changes.get("optional", ""))
    keywords = changes.get("keywords", _BY)
    return Signature(
        required, optional, "", str(changes.get("gives", "number")), tuple(keywords), "group", summary
    )


_ROW = {
    "log": Signature("n", summary="natural logarithm; missing for values of zero or less"),
    "exp": Signature("n", summary="exponential"),
    "sqrt": Signature("n", summary="square root; missing for negative values"),
    "abs": Signature("n", summary="absolute value"),
    "round": Signature("n", "w", summary="round(x) or round(x, digits); halves go to the even neighbour"),
    "floor": Signature("n", summary="largest whole number not above x"),
    "ceil": Signature("n", summary="smallest whole number not below x"),
    "sign": Signature("n", summary="-1, 0 or 1"),
    "min": Signature(
        "o", "", "=", "first", _BY, summary="smallest of several values in a row; with by= over a group"
    ),
    "max": Signature(
        "o", "", "=", "first", _BY, summary="largest of several values in a row; with by= over a group"
    ),
    "clip": Signature("nnn", summary="clip(x, lowest, highest)"),
    "between": Signature("o==", gives="condition", summary="between(x, a, b): a <= x <= b"),
    "missing": Signature("a", gives="condition", summary="whether a value is missing"),
    "coalesce": Signature("a", "", "=", "first", summary="the first value that is not missing"),
    "cut": Signature(
        "nL", "L", gives="choice", summary="cut(x, [breaks], [labels]): intervals closed on the left"
    ),
    "recode": Signature("aM", gives="choice", summary='recode(x, {1: "a", 2: "b", else: missing})'),
    "when": Signature(
        "ca", "", "a", "choice", summary="when(condition, value, condition, value, ..., otherwise)"
    ),
}
_TEXT = {
    "upper": Signature("t", gives="text", family="text", summary="capital letters"),
    "lower": Signature("t", gives="text", family="text", summary="small letters"),
    "strip": Signature("t", gives="text", family="text", summary="without blanks at both ends"),
    "startswith": Signature(
        "tq", gives="condition", family="text", summary="whether a text starts with another"
    ),
    "endswith": Signature("tq", gives="condition", family="text", summary="whether a text ends with another"),
    "contains": Signature("tq", gives="condition", family="text", summary="whether a text contains another"),
    "replace": Signature("tqq", gives="text", family="text", summary="replace(x, old, new), plain text"),
    "substr": Signature(
        "tww", gives="text", family="text", summary="substr(x, i, n): n signs from the i-th, i from 1"
    ),
    "lpad": Signature("twq", gives="text", family="text", summary='lpad(x, 6, "0"): filled on the left'),
    "number": Signature("a", family="text", summary="a text as a number; missing where it is none, counted"),
    "text": Signature("a", gives="text", family="text", summary="a number or date as text"),
}
_DATE = {
    "date": Signature(
        "t", gives="date", family="date", summary='date("2018-10-31"), or a column of such texts'
    ),
    "year": Signature("d", family="date", summary="year of a date"),
    "month": Signature("d", family="date", summary="month of a date, 1 to 12"),
    "quarter": Signature("d", family="date", summary="quarter of a date, 1 to 4"),
    "week": Signature("d", family="date", summary="week of a date after ISO 8601, 1 to 53"),
    "ym": Signature("nn", gives="date", family="date", summary="ym(year, month): the first day of a month"),
    "days_between": Signature("dd", family="date", summary="days from the first date to the second"),
}
_PLACE = {
    "ubigeo": Signature(
        "a",
        gives="text",
        keywords=("from",),
        family="place",
        summary='ubigeo(x): place code of INEI with the zero that it lost as a number; from="reniec" maps departments',
    ),
    "department": Signature(
        "a",
        gives="text",
        keywords=("from",),
        family="place",
        summary='department(x): first two digits of a place code; from="reniec" or "sunat" gives INEI\'s',
    ),
    "province": Signature(
        "a", gives="text", family="place", summary="province(x): first four digits of a place code"
    ),
    "department_name": Signature(
        "a", gives="text", family="place", summary="name of the department of a place code"
    ),
    "department_code": Signature(
        "t",
        gives="text",
        family="place",
        summary="code of a department by its name, whatever accents and capitals",
    ),
}
_GROUP = {
    "mean": _group("n", "mean of the values that are not missing"),
    "sum": _group("n", "sum of the values that are not missing; missing where there are none"),
    "count": _group("", "rows of the group, or values of x that are not missing", optional="a"),
    "sd": _group("n", "standard deviation, divisor n - 1"),
    "p": _group("nk", "p(x, 50): percentile, interpolated between neighbours"),
    "first": _group("a", "value in the first period", gives="first", keywords=_ORDERED),
    "last": _group("a", "value in the last period", gives="first", keywords=_ORDERED),
    "rank": _group("o", "rank from 1; values that repeat need ties=", keywords=("by", "ties")),
    "nunique": _group("a", "number of different values"),
    "share": _group("c", "share of rows where a condition is true, among those where it is known"),
    "wmean": _group("nn", "wmean(x, weight): weighted mean"),
}
_PANEL = {
    "lag": Signature("a", "w", gives="first", family="panel", summary="lag(x, k): value k periods before"),
    "lead": Signature("a", "w", gives="first", family="panel", summary="lead(x, k): value k periods later"),
    "diff": Signature("n", "w", family="panel", summary="diff(x, k): x minus its lag"),
    "cumsum": Signature(
        "n", family="panel", summary="sum up to this period; missing from the first missing on"
    ),
    "ever": Signature(
        "c", gives="condition", family="panel", summary="whether a condition is true in any period"
    ),
    "first_time": Signature(
        "c", gives="time", family="panel", summary="first period in which a condition is true"
    ),
}
_SAMPLE = {
    "winsor": Signature(
        "nk", family="sample", summary="winsor(x, 0.01): pulled in to the 1st and 99th percentile"
    ),
    "std": Signature("n", family="sample", summary="minus the mean, divided by the standard deviation"),
    "ntile": Signature("nw", family="sample", summary="ntile(x, 4): group of equal size, from 1"),
}
_CLAIM = {
    "get": Signature("qqq", gives="any", family="claim", summary="get(model, term, stat, level=.., key=..)"),
    "difference": Signature(
        "qqqq", family="claim", summary="difference(model, term, group, group or 'rest'): with its own test"
    ),
}

SIGNATURES: Mapping[str, Signature] = {
    **_ROW,
    **_TEXT,
    **_DATE,
    **_PLACE,
    **_GROUP,
    **_PANEL,
    **_SAMPLE,
    **_CLAIM,
}
