"""A results document with listings: a calendar, values by area and groups over time."""

from __future__ import annotations

from typing import Any


def _listing(by: list[str], columns: list[str], rows: list[list[Any]], **more: Any) -> dict[str, Any]:
    names = [*by, *columns]
    entries = []
    for values in rows:
        row = dict(zip(names, values, strict=True))
        key = ";".join(str(row[name]) for name in by)
        entries.append({"key": key, "values": row, "n": 1, "is_total": False, "is_hidden": False})
    facts = {"by": by, "columns": columns, "digits": {}, "title": None, "total": None, "rows": entries}
    return facts | more


def build() -> dict[str, Any]:
    calendar = [
        ["A", "2017-01-03", "day", "opening", "Permit"],
        ["B", "2017-07", "month", "opening", "Second permit"],
        ["C", "2018", "approx_mid_year", "tightening", "Change"],
        ["D", "2018-08-18", "day", "tightening", "Cut-off"],
        ["E", 2019, "year", "opening", "Schools"],
    ]
    areas = [["15", "LIM", 5, 2, 522.4], ["07", "CAL", 5, 1, 663.0], ["24", "TUM", 1, 1, None]]
    paths = [
        ["capital", 2016, 10.0, 8.0, 12.0], ["capital", 2017, 11.5, 9.0, 14.0],
        ["rest", 2016, 7.0, 6.0, 8.0], ["rest", 2017, None, None, None],
    ]  # fmt: skip
    counts = _listing(["year"], ["count", "share"], [[2015, 435, 45.977], [2016, 14406, None]])
    counts["digits"] = {"share": 1}
    counts["total"] = {"en": "In all", "es": "En total"}
    counts["title"] = {"en": "Counts", "es": "Conteos"}
    total = {"year": None, "count": 14841, "share": 3.35}
    counts["rows"].append({"key": "total", "values": total, "n": 2, "is_total": True, "is_hidden": False})
    return {
        "schema": "impact-results-1",
        "study": "listed",
        "spec_sha256": "0" * 64,
        "impact": "0",
        "models": {},
        "rows": [],
        "notices": [],
        "notes": [{"en": "A note.", "es": "Una nota."}],
        "labels": {
            "capital": {"en": "Lima", "es": "Lima"},
            "count": {"en": "Count", "es": "Conteo"},
            "Permit": {"en": "Permit", "es": "Permiso"},
        },
        "tests": [
            {
                "test": "ratio", "kind": "rate_ratio", "of": "", "term": "", "statistic": 0.163, "p_value": 1e-9,
                "ci_low": 0.12, "ci_high": 0.216, "verdict": "note", "sentence": "the ratio is 0.163.",
                "details": {"sentences": {"en": "the ratio is 0.163.", "es": "la razón es 0.163."}},
            },
        ],
        "listings": {
            "calendar": _listing(["id"], ["date", "precision", "direction", "label"], calendar),
            "areas": _listing(["code"], ["iso", "r", "c", "rate"], areas),
            "paths": _listing(["group", "time"], ["value", "low", "high"], paths),
            "counts": counts,
        },
    }  # fmt: skip
