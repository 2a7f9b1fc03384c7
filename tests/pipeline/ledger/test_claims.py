"""Claims on ledgers: told where the draws agree, not told where they are divided."""

from __future__ import annotations

import pytest

TEXT = """
years: 2020..2022
inputs: {x: {value: 1, low: 0, high: 3, dist: uniform}, y: {value: 1.5}}
equations: {a: x + 0 * year, b: y + 0 * year}
scenarios: {low: {x: 0.5}, open: {}, high: {x: 2.9}}
MC
claims:
  c: {text: a claim, test: "TEST"ABOUT}
"""
DRAWS = "montecarlo: {draws: 4000}\nseed: 1"


def judged(run_of, test, about="", draws=DRAWS):
    [claim] = run_of(TEXT.replace("TEST", test).replace("MC", draws).replace("ABOUT", about))["claims"]
    return claim


@pytest.mark.parametrize(
    ("test", "state"),
    [
        ("mean(high.a) > mean(high.b)", "agrees"),
        ("mean(low.a) > mean(low.b)", "disagrees"),
        ("mean(open.a) > mean(open.b)", "cannot_tell"),
        ("mean(high.a) > mean(low.a)", "agrees"),
        ("mean(open.a) > 3.5", "disagrees"),
        ("pr(mean(open.a) > 1.5) > 0.4 and pr(mean(open.a) > 1.5) < 0.6", "agrees"),
        ("pr(mean(open.a) > 1.5) > 0.6", "disagrees"),
        ("not (mean(low.a) > mean(low.b))", "agrees"),
        ("low.x < open.y", "agrees"),
    ],
)
def test_the_state_of_a_claim(run_of, test, state):
    assert judged(run_of, test)["state"] == state


def test_a_number_is_just_compared(run_of):
    claim = judged(run_of, "mean(open.a) < mean(open.b)", ", about: number")
    assert claim["state"] == "agrees"
    assert "mean(open.a) = 1" in claim["detail"]["en"] and "sorteos" in claim["detail"]["es"]


def test_without_draws_a_probability_cannot_be_told(run_of):
    assert judged(run_of, "pr(mean(open.a) > 1) > 0.5", draws="")["state"] == "cannot_tell"
    assert judged(run_of, "mean(open.a) < mean(open.b)", draws="")["state"] == "agrees"
