"""Reading one statistic of the results."""

from __future__ import annotations

from impact.diagnostics._lookup import find, statistic, terms_of


def test_bounds_of_a_test_are_terms_of_their_own():
    """A test that gives several bounds is read as `smoothness[0.01]`."""
    rows = [
        {"restriction": kind, "m": m, "ci_low": -m, "ci_high": m + 1}
        for kind in ("smoothness", "relative_magnitude")
        for m in (0.0, 0.01)
    ]
    finding = {"test": "honest", "of": "m", "term": "first", "ci_low": 5.0, "details": {"rows": rows}}
    document = {"models": {}, "rows": [], "tests": [finding]}
    target = find(document, "honest")
    assert terms_of(document, target)[0] == "first"
    assert statistic(document, target, "smoothness[0.01]", "ci_high") == 1.01
    assert statistic(document, target, "relative_magnitude[0]", "ci_low") == 0.0
    assert statistic(document, target, "first", "ci_low") == 5.0
    assert statistic(document, target, "smoothness[2]", "ci_low") is None
