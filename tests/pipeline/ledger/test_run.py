"""Ledgers against closed forms: draws, scenarios, drivers, discounting, and what must not change a number."""

from __future__ import annotations

import numpy as np
import pytest

SMALL = """
years: 2018..2020
inputs:
  people: {path: {2017: 100, 2020: 400}, unit: persons}
  tax: {value: 3, low: 1, high: 5, dist: uniform, unit: PEN/person}
  service: {value: 2, low: 1, high: 3, dist: uniform, unit: PEN/person}
  rate: 0.1
equations:
  revenue: people * tax
  cost: people * service
  net: revenue - cost
  growth: people - lag(people, 1)
scenarios:
  base: {}
  fixed: {tax: 4, service: 1}
  closed: {people: {after: 0, path: {2018: 200, 2020: null}}}
montecarlo: {draws: 20000}
discount: {rate: rate, base: 2018}
breakeven: {input: tax, output: "mean(net)"}
accounting: {balance: net == revenue - cost}
tables: {T: {rows: [net, pr(net > 0)], columns: [years, "mean(2018, 2020)", "sum(2019, 2020)", pv]}}
figures: {drivers: {kind: tornado, of: mean(net)}}
seed: 5
"""


@pytest.fixture(scope="module")
def document(run_of):
    return run_of(SMALL)


def test_values_at_the_inputs(document, row_of):
    assert [row_of(document, "base", f"net[{year}]")["estimate"] for year in (2018, 2019, 2020)] == [
        200,
        300,
        400,
    ]
    assert row_of(document, "base", "growth[2018]")["estimate"] == pytest.approx(100)
    assert row_of(document, "base", "pv(net)")["estimate"] == pytest.approx(200 + 300 / 1.1 + 400 / 1.21)
    assert row_of(document, "base", "sum(net, 2019, 2020)")["estimate"] == pytest.approx(700)


def test_draws_have_the_moments_of_the_difference_of_two_uniforms(document, row_of):
    """people * (U(1,5) - U(1,3)): mean people, variance people² (16 + 4) / 12; P(> 0) = 3/4."""
    row = row_of(document, "base", "net[2018]")
    assert row["median"] == pytest.approx(200, abs=8)
    assert row["std_error"] == pytest.approx(200 * np.sqrt(20 / 12), rel=0.02)
    assert row["pr_positive"] == pytest.approx(0.75, abs=0.01)
    share = row_of(document, "base", "pr(net > 0)[2019]")
    assert share["estimate"] == pytest.approx(0.75, abs=0.01)
    assert share["std_error"] == pytest.approx(np.sqrt(0.75 * 0.25 / 20_000), rel=0.03)
    # quantiles of U(1,5) - U(1,3), whose density rises over [-2, 0], is 1/4 to 2, and falls to 4
    assert row["ci_low"] / 200 == pytest.approx(-2 + np.sqrt(0.05 * 16), abs=0.03)
    assert row["ci_high"] / 200 == pytest.approx(4 - np.sqrt(0.05 * 16), abs=0.03)
    assert row["level"] == 0.90
    assert row["kind"] == "ledger" and row["outcome"] == "net" and row["time"] == 2018


def test_a_fixed_scenario_has_no_spread(document, row_of):
    row = row_of(document, "fixed", "net[2020]")
    assert (row["estimate"], row["std_error"], row["ci_low"], row["ci_high"]) == (1200, 0, 1200, 1200)
    assert row_of(document, "fixed", "pr(mean(net, 2018, 2020) > 0)")["estimate"] == 1


def test_a_scenario_changes_parts_of_a_path(document, row_of):
    values = [row_of(document, "closed", f"net[{year}]")["estimate"] for year in (2018, 2019, 2020)]
    assert values == [200, 0, 0]


def test_scenarios_share_their_draws(document, row_of):
    assert row_of(document, "closed", "net[2018]") | {"model": "base"} == row_of(
        document, "base", "net[2018]"
    )


def test_drivers_of_the_mean(document):
    found = {one["input"]: one for one in document["ledger"]["drivers"] if one["scenario"] == "base"}
    assert (found["tax"]["at_low"], found["tax"]["at_high"]) == pytest.approx((-300, 900))
    assert (found["service"]["at_low"], found["service"]["at_high"]) == pytest.approx((600, 0))
    # Spearman's correlation is close to Pearson's here: sd 4 and 2 of a sum
    assert found["tax"]["rank_correlation"] == pytest.approx(4 / np.sqrt(20), abs=0.03)
    assert found["service"]["rank_correlation"] == pytest.approx(-2 / np.sqrt(20), abs=0.03)


def test_break_even(document):
    found = {one["scenario"]: one for one in document["ledger"]["breakeven"]}
    assert found["base"]["value"] == pytest.approx(2, abs=1e-12)
    assert abs(found["base"]["reached"]) < 1e-9
    assert found["fixed"]["value"] == pytest.approx(1, abs=1e-12)


def test_identities_close(document):
    assert document["ledger"]["identities"] == [{"identity": "net == revenue - cost", "largest_gap": 0.0}]


def without_order(document):
    return sorted(
        (str(row["model"]), str(row["term"]), row["estimate"], row["median"], row["ci_low"])
        for row in document["rows"]
    )


def test_the_order_of_keys_and_other_inputs_change_no_draw(document, run_of):
    lines = SMALL.strip().split("\n")
    tax, service = (
        next(line for line in lines if line.startswith(f"  {name}:")) for name in ("tax", "service")
    )
    swapped = SMALL.replace(tax, "@").replace(service, tax).replace("@", service)
    swapped = swapped.replace("  rate: 0.1", "  rate: 0.1\n  unused: {value: 1, low: 0, high: 2}")
    assert without_order(run_of(swapped)) == without_order(document)


def test_another_seed_draws_otherwise(document, run_of, row_of):
    other = run_of(SMALL.replace("seed: 5", "seed: 6"))
    assert row_of(other, "base", "net[2018]")["median"] != row_of(document, "base", "net[2018]")["median"]
    assert row_of(other, "base", "net[2018]")["estimate"] == 200


def test_each_year_its_own_draw(run_of, row_of):
    """The mean of three independent years has a third of the variance of one."""
    text = SMALL.replace(
        "dist: uniform, unit: PEN/person}\n  service",
        "dist: uniform, draw: year, unit: PEN/person}\n  service",
    )
    text = text.replace("service: {value: 2, low: 1, high: 3, dist: uniform", "service: {value: 2").replace(
        "path: {2017: 100, 2020: 400}", "value: 100"
    )
    text = text.replace("  closed: {people: {after: 0, path: {2018: 200, 2020: null}}}\n", "")
    found = run_of(text)
    one = row_of(found, "base", "net[2019]")["std_error"]
    assert one == pytest.approx(100 * 4 / np.sqrt(12), rel=0.02)
    assert row_of(found, "base", "mean(net, 2018, 2020)")["std_error"] == pytest.approx(
        one / np.sqrt(3), rel=0.02
    )


def test_correlated_inputs(run_of, row_of):
    """Var(T - S) = vT + vS - 2 cov; the correlation of the uniforms is 6/pi arcsin(rho/2)."""
    found = run_of(SMALL.replace("{draws: 20000}", "{draws: 20000, correlate: {tax~service: 0.8}}"))
    rho = 6 / np.pi * np.arcsin(0.4)
    expected = 200 * np.sqrt((16 + 4 - 2 * rho * 4 * 2) / 12)
    assert row_of(found, "base", "net[2018]")["std_error"] == pytest.approx(expected, rel=0.02)
    [pair] = found["ledger"]["correlations"]
    assert pair["asked"] == 0.8 and pair["rank_correlation"] == pytest.approx(rho, abs=0.01)


def test_no_draws_no_intervals(run_of, row_of):
    text = SMALL.replace("montecarlo: {draws: 20000}\n", "")
    found = run_of(text)
    row = row_of(found, "base", "net[2018]")
    assert row["estimate"] == 200 and row["ci_low"] is None and row["std_error"] is None
    assert [notice["code"] for notice in found["notices"]] == ["W454"]
    assert not [one for one in found["rows"] if one["term"].startswith("pr(")]


def test_only_some_scenarios(run_of):
    found = run_of(SMALL, only=("fixed",))
    assert list(found["models"]) == ["fixed"]
    assert {row["model"] for row in found["rows"]} == {"fixed"}


def test_a_lag_before_the_path_is_told(run_of):
    found = run_of(
        "years: 2018..2019\ninputs: {x: {path: {2018: 5, 2019: 7}}}\nequations: {d: 'x - lag(x, 1)'}\n"
    )
    assert [notice["code"] for notice in found["notices"]] == ["W453"]
    assert [row["estimate"] for row in found["rows"]] == [0, 2]
    text = "years: 2018..2019\ninputs: {x: {path: {2018: 5, 2019: 7}, before: 1}}\nequations: {d: 'x - lag(x, 1)'}\n"
    found = run_of(text)
    assert not found["notices"] and [row["estimate"] for row in found["rows"]] == [4, 2]


def test_the_level_of_intervals_is_that_of_the_spec(run_of, row_of):
    found = run_of(SMALL + "level: 0.6\n")
    row = row_of(found, "base", "net[2018]")
    assert row["level"] == 0.6
    # the 80th percentile of U(1,5) - U(1,3): flat density 1/4 from 0, where the distribution is 1/4
    assert row["ci_high"] / 200 == pytest.approx(4 - np.sqrt(0.2 * 16), abs=0.05)
