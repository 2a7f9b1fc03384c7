"""Knobs: defaults of the page, ranges, names that are near, and a hash that moves with everything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from impact.data.peru_lab.settings import KNOBS, RANGES, Knobs, Settings, knobs_from


def test_defaults_are_those_of_the_page():
    knobs, faults = knobs_from({})
    assert faults == []
    assert (knobs.rho_sort, knobs.iv_strength, knobs.trend_sd, knobs.ar) == (0.3, 0.6, 0.02, 0.4)
    assert (knobs.overdispersion, knobs.attrition, knobs.measurement, knobs.lockdown) == (
        0.25,
        0.12,
        0.2,
        0.25,
    )
    assert (knobs.denominator, knobs.lima_share, knobs.strong) == ("with", 0.75, 0.0)


@pytest.mark.parametrize(
    ("values", "code", "suggestion"),
    [
        ({"rho_srt": 0}, "E264", "rho_sort"),
        ({"RHO-SORT": 0}, "E264", "rho_sort"),
        ({"colour": 0}, "E264", ""),
        ({"ar": "much"}, "E265", ""),
        ({"ar": True}, "E265", ""),
        ({"ar": float("nan")}, "E265", ""),
        ({"ar": 1.0}, "E265", ""),
        ({"strong": 0.5}, "E265", ""),
        ({"denominator": "within"}, "E265", ""),
        ({"rho_sort": 0.9}, "E266", ""),
    ],
)
def test_what_cannot_be_is_refused_by_name(values, code, suggestion):
    knobs, (fault,) = knobs_from(values)
    assert (fault.code, fault.suggestion) == (code, suggestion)
    assert knobs == Knobs()


def test_text_counts_as_the_number_that_it_is():
    knobs, faults = knobs_from({"rho_sort": "0", "denominator": "without"})
    assert faults == [] and knobs.rho_sort == 0.0 and knobs.denominator == "without"


def test_every_knob_but_the_word_has_a_range_that_holds_its_default():
    assert set(RANGES) == set(KNOBS) - {"denominator"}
    for name, (low, high) in RANGES.items():
        assert low <= getattr(Knobs(), name) <= high


def test_the_hash_moves_with_everything():
    base = Settings()
    others = [
        replace(base, world="null"),
        replace(base, size="full"),
        replace(base, seed=2),
        replace(base, knobs=Knobs(ar=0.0)),
    ]
    hashes = [one.sha256("crimes") for one in (base, *others)] + [base.sha256("persons"), base.sha256()]
    assert len(set(hashes)) == len(hashes)
    assert base.sha256("crimes") == Settings().sha256("crimes")
