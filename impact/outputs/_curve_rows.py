"""A specification curve in the results document, and read back from it by its table and figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from impact.core.curves import CurveResult, CurveRow
from impact.core.errors import OutputError
from impact.core.texts import fault, text
from impact.outputs._assemble import count, number, plain
from impact.outputs._document import Document, Entry, label_of
from impact.outputs._numbers import is_number

NUMBERS = ("estimate", "std_error", "statistic", "df", "p_value", "ci_low", "ci_high")


def curve_entry(curve: CurveResult, summary: Mapping[str, object]) -> dict[str, object]:
    """`speccurve` of the results: dimensions, summary, and one row a specification with its choices.

    Arguments:
        summary: the numbers of the curve as a whole.
    """
    return {
        "of": curve.base,
        "term": curve.rows[0].term,
        # a list: the keys of results.json are sorted, and dimensions have an order of their own
        "dimensions": [
            {"dimension": name, "choices": list(labels)} for name, labels in curve.dimensions.items()
        ],
        "summary": plain(summary),
        "rows": [_row(curve, place, row) for place, row in enumerate(curve.rows)],
    }


def _row(curve: CurveResult, place: int, row: CurveRow) -> dict[str, object]:
    """One specification, with the fields of a row of the results."""
    known = {name: number(getattr(row, name)) for name in NUMBERS}
    return {
        "model": curve.base,
        "outcome": row.outcome,
        "group": None,
        "estimator": row.estimator,
        "term": row.term,
        "kind": "coef",
        **known,
        "level": curve.level,
        "n_obs": None if row.n_obs != row.n_obs else count(row.n_obs),
        "specification": row.number,
        "choices": dict(row.choices),
        "preferred": place == curve.preferred,
        "error": row.error or None,
    }


def curve_of(name: str, document: Document, language: str) -> Entry:
    """The curve of the results.

    Raises:
        OutputError: E713 where the results hold none with an estimate.
    """
    curve: Entry | None = document.get("speccurve")
    if curve is None or not any(is_number(row["estimate"]) for row in curve["rows"]):
        raise OutputError(fault("E713", table=name, what=text("speccurve.none", language)))
    return curve


def dimensions_of(curve: Entry) -> dict[str, list[str]]:
    """Dimension → labels of its choices, in the order of the spec."""
    return {one["dimension"]: one["choices"] for one in curve["dimensions"]}


def sorted_rows(curve: Entry) -> list[Entry]:
    """Specifications with an estimate, from the smallest to the largest; ties in the order of the spec."""
    rows: Sequence[Entry] = [row for row in curve["rows"] if is_number(row["estimate"])]
    return sorted(rows, key=lambda row: (row["estimate"], row["specification"]))


def dimension_label(document: Document, name: str, language: str) -> str:
    """A dimension in words."""
    label = label_of(document, name, language)
    return label if label != name else text(f"speccurve.dimension.{name}", language)


def choice_label(document: Document, choice: str, language: str) -> str:
    """A choice: its label, or as it is written."""
    return (
        text("speccurve.none_chosen", language) if choice == "none" else label_of(document, choice, language)
    )


def summary_of(curve: Entry) -> Mapping[str, Any]:
    """The numbers of the curve as a whole."""
    found: Mapping[str, Any] = curve["summary"]
    return found
