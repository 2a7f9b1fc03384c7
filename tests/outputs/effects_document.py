"""A small results document with effects by cohort and period, by dose, and the design behind them."""

from __future__ import annotations

FACTS = {
    "panel": True, "n_units": 30, "n_periods": 4, "periods": [1.0, 2.0, 3.0, 4.0],
    "cohorts": [{"cohort": 2.0, "units": 5, "rows": 20}, {"cohort": 4.0, "units": 9, "rows": 36}],
    "never": 16, "share_never": 16 / 30, "always": 0, "balanced": True, "absent_unit_periods": 0,
    "smallest_cell": {"cohort": 2.0, "time": 1.0, "units": 5}, "cells_without_controls": [],
    "control_group": "never", "switches_off": 0,
}  # fmt: skip


def row(term, kind, estimate, **fields):
    """A row of the results with an interval of one half and bands of one to each side."""
    return {
        "model": "did", "outcome": "y", "group": None, "term": term, "kind": kind, "estimate": estimate,
        "std_error": 0.25, "ci_low": estimate - 0.5, "ci_high": estimate + 0.5, "band_low": estimate - 1,
        "band_high": estimate + 1, "primary": "asymptotic", **fields,
    }  # fmt: skip


SYNTHETIC = {
    "periods": [1.0, 2.0, 3.0], "before": 2, "treated": [1.0, 2.0, 4.0], "synthetic": [1.0, 2.0, 3.0],
    "gap": [0.0, 0.0, 1.0], "weights": {"b": 0.25, "a": 0.75},
}  # fmt: skip
PLACEBOS = {"units": [["a"], ["b"]], "gaps": [[0.1, -0.1, 0.2], [0.0, 0.1, -0.2]]}
PAIRS = [
    {"type": kind, "treated": 2.0, "control": "never", "weight": weight, "estimate": estimate}
    for kind, weight, estimate in (
        ("Treated vs Untreated", 0.5, 1.0), ("Earlier vs Later", 0.2, 0.5), ("Later vs Earlier", 0.3, -0.2)
    )
]  # fmt: skip


def findings():
    """A decomposition, and honest intervals under two restrictions."""
    bacon = {"coefficient": 0.54, "forbidden_share": 0.3, "pairs": PAIRS}
    found = [{"test": "bacon", "kind": "bacon", "of": "did", "sentence": "", "details": bacon}]
    for kind, wide in (("relative_magnitude", 0.2), ("smoothness", 0.5)):
        rows = [
            {
                "restriction": kind,
                "m": m,
                "method": "x",
                "ci_low": 0.1 - wide * m,
                "ci_high": 0.9 + wide * m,
                "empty": False,
            }
            for m in (0.0, 0.5, 1.0)
        ]
        details = {
            "restriction": kind, "rows": rows, "estimate": 0.5, "original": {"ci_low": 0.1, "ci_high": 0.9},
            "sentences": {"en": f"Under {kind}.", "es": f"Con {kind}."},
        }  # fmt: skip
        found.append(
            {"test": "honest", "kind": "honest_did", "of": "did", "sentence": "", "details": details}
        )
    return found


def build():
    """The document: six effects by cohort and period, three doses with their slopes."""
    cells = [
        row(
            f"att_gt[{g},{t}]", "att_gt", 0.1 * t + g, cohort=float(g), time=float(t), event_time=float(t - g)
        )
        for g in (2, 4)
        for t in (2, 3, 4)
    ]
    cells[3] |= {
        "estimate": 0.0,
        "std_error": None,
        "ci_low": None,
        "ci_high": None,
        "band_low": None,
        "band_high": None,
    }
    doses = [row(f"dose[{d}]", "dose", d**2) for d in (0.5, 1.0, 1.5)]
    slopes = [row(f"acrt[{d}]", "dose", 2 * d) for d in (0.5, 1.0, 1.5)]
    entry = {
        "estimator": "did_cs", "status": "ok", "outcome": "y", "base": "did", "row": None, "cell": {}, "focus": ["att"],
        "extra": {"adoption": FACTS, "synthetic": {"4": SYNTHETIC}, "placebos": PLACEBOS},
    }  # fmt: skip
    plain = {**entry, "estimator": "ols", "extra": {}}
    rows = [row("att", "att", 1.0), *cells, *slopes, *doses]
    return {
        "study": "s",
        "models": {"did": entry, "plain": plain},
        "rows": rows,
        "tests": findings(),
        "labels": {},
        "notices": [],
    }
