"""Break-even values: one, none, several, everywhere."""

from __future__ import annotations

import pytest

TEXT = """
years: 2020..2021
inputs: {{x: {{value: 2, low: 0, high: 4}}, y: {{value: 3, low: 1, high: 5}}}}
equations: {{f: {f}}}
breakeven: {{input: x, output: mean(f), equals: {equals}}}
"""


def solved(run_of, f, equals=0):
    document = run_of(TEXT.format(f=f, equals=equals))
    [one] = document["ledger"]["breakeven"]
    return one, [notice["code"] for notice in document["notices"] if notice["code"] != "W454"]


def test_one_value(run_of):
    one, codes = solved(run_of, '"x ** 2 - y"')
    assert one["state"] == "found" and not codes
    assert one["value"] == pytest.approx(3**0.5, abs=1e-12)
    assert abs(one["reached"]) < 1e-9


def test_another_level(run_of):
    one, _ = solved(run_of, '"1e9 * (x - y)"', equals=-1e9)
    assert one["value"] == pytest.approx(2, abs=1e-9)
    assert one["reached"] == pytest.approx(-1e9, rel=1e-9)


def test_none_is_said(run_of):
    one, codes = solved(run_of, '"x + y"')
    assert (one["state"], one["value"], codes) == ("none", None, ["W451"])
    assert (one["at_low"], one["at_high"]) == (3, 7)


def test_several_are_refused(run_of):
    one, codes = solved(run_of, '"(x - 1) * (x - 3)"')
    assert (one["state"], one["value"], codes) == ("several", None, ["W452"])
    assert one["values"] == pytest.approx([1, 3], abs=1e-9)


def test_an_output_that_does_not_move(run_of):
    one, codes = solved(run_of, '"0 * x"')
    assert (one["state"], codes) == ("everywhere", ["W452"])
