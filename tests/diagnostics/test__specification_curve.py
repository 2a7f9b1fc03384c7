"""The curve as one finding: its numbers, its sentence in both languages, and curves of which nothing is left."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.curves import CurveResult, CurveRow
from impact.diagnostics._specification_curve import curve_finding, summarize, summary_fields

ESTIMATES, P_VALUES = [0.2, 0.4, -0.1, float("nan")], [0.01, 0.03, 0.5, float("nan")]


def curve(estimates=ESTIMATES, p_values=P_VALUES, **changes):
    rows = tuple(
        CurveRow(k + 1, {"fe": f"f{k}"}, "y", "ols", "m", b, 0.1, b / 0.1, 9.0, p, b - 0.2, b + 0.2, 50.0,
                 "" if b == b else "E501 no rows")
        for k, (b, p) in enumerate(zip(estimates, p_values, strict=True))
    )  # fmt: skip
    given = {
        "base": "main", "dimensions": {"fe": ("f0", "f1", "f2", "f3")}, "rows": rows, "n_combinations": 6,
        "n_excluded": 1, "level": 0.95, "preferred": 1, **changes,
    }  # fmt: skip
    return CurveResult(**given)


def test_numbers():
    summary = summarize(curve(), alpha=0.05)
    fields = summary_fields(curve(), summary)
    assert (fields["planned"], fields["run"], fields["failed"], fields["excluded"]) == (4, 3, 1, 1)
    assert (fields["median"], fields["lowest"], fields["highest"]) == (0.2, -0.1, 0.4)
    assert fields["same_sign"] == pytest.approx(2 / 3)
    assert fields["significant"] == pytest.approx(2 / 3)
    assert fields["p_median"] is None


def test_shuffles_leave_out_what_failed_in_the_curve():
    drawn = np.array([[0.1, 0.1, 0.1, 9.0], [0.3, 0.3, 0.3, 9.0], [-0.2, -0.2, -0.2, 9.0], [np.nan] * 4])
    p_values = np.where(np.isfinite(drawn), 0.5, np.nan)
    summary = summarize(curve(drawn_estimates=drawn, drawn_p_values=p_values, permuted=("m",)), alpha=0.05)
    assert summary.reps == 3
    assert summary.p_values["median"] == pytest.approx((1 + 2) / 4)
    assert summary.p_values["in_direction"] == pytest.approx(1 / 4)


def test_the_sentence_in_both_languages():
    drawn = np.full((19, 4), 0.01)
    full = curve(drawn_estimates=drawn, drawn_p_values=np.full((19, 4), 0.9), permuted=("m",))
    summary = summarize(full, alpha=0.05)
    finding = curve_finding(full, summary, alpha=0.05)
    assert (finding.kind, finding.of, finding.term, finding.verdict) == ("speccurve", "main", "m", "note")
    assert (finding.statistic, finding.p_value) == (0.2, pytest.approx(1 / 20))
    english = finding.sentence
    for part in ("3 of 4 specifications", "the median is 0.2", "67 %", "1 could not", "4 of 5 combinations were drawn",
                 "preferred specification gives 0.4", "19 shuffles of m"):  # fmt: skip
        assert part in english
    spanish = curve_finding(full, summary, alpha=0.05, language="es").sentence
    assert "3 de 4 especificaciones" in spanish
    assert "19 barajadas" in spanish


def test_few_treated_clusters_are_named():
    summary = summarize(curve(), alpha=0.05)
    assert "ten treated clusters" in curve_finding(curve(), summary, alpha=0.05, few_treated=True).sentence
    assert "ten treated clusters" not in curve_finding(curve(), summary, alpha=0.05).sentence


def test_nothing_could_be_estimated():
    empty = curve(estimates=[float("nan")] * 2, p_values=[float("nan")] * 2, preferred=None)
    summary = summarize(empty, alpha=0.05)
    finding = curve_finding(empty, summary, alpha=0.05)
    assert (summary.n_run, summary.n_failed, finding.statistic) == (0, 2, None)
    assert "2 could not be estimated" in finding.sentence
