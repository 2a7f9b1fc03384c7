"""The fiscal specs: published figures reproduced, signs, the order of scenarios, and marks of evidence."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from impact.pipeline.study import StudyOptions, run_study
from impact.plan import make_plan

SPECS = Path(__file__).parents[2] / "specs"
NAMES = (
    "fiscal_ledger_statusquo",
    "fiscal_ledger_integration",
    "fiscal_growth_consumption",
    "fiscal_growth_percapita",
    "fiscal_breakeven_sensitivity",
)


@cache
def document(name):
    return run_study(str(SPECS / f"{name}.yaml"), StudyOptions(out=None)).document


def value(name, model, term):
    return row(name, model, term)["estimate"]


def row(name, model, term):
    return next(row for row in document(name)["rows"] if (row["model"], row["term"]) == (model, term))


def test_growth_of_2018_is_reproduced():
    """Added persons 261,000; 0.36, 0.34 and 0.31 points with remittances of 200, 250 and 300 soles."""
    name = "fiscal_growth_consumption"
    assert row(name, "band", "added[2018]")["estimate"] == 261_000
    assert row(name, "band", "mid[2018]")["estimate"] == 320_000
    shares = {"sent_200": 0.36, "sent_250": 0.34, "sent_300": 0.31}
    for scenario, expected in shares.items():
        found = row(name, scenario, "contribution[2018]")
        assert round(found["estimate"], 2) == expected
        assert found["std_error"] == 0
    # by hand: 261,000 persons, 12 months, 750 soles that stay, over 698,000 million
    assert row(name, "sent_250", "contribution[2018]")["estimate"] == pytest.approx(
        100 * 261_000 * 12 * 750 / 698_000e6
    )


def test_the_honest_band():
    """Median 0.25 and 90 % band 0.18 to 0.34, as computed from the same ranges elsewhere.

    The modes of the ranges were not given and were searched for to meet these figures: this pins them down, it is no
    independent check of the band.
    """
    found = row("fiscal_growth_consumption", "band", "contribution[2018]")
    assert found["median"] == pytest.approx(0.25, abs=0.006)
    assert found["ci_low"] == pytest.approx(0.18, abs=0.006)
    assert found["ci_high"] == pytest.approx(0.34, abs=0.006)
    lima = row("fiscal_growth_consumption", "band", "contribution_lima[2018]")
    assert lima["median"] / found["median"] == pytest.approx(2, abs=0.2)


def test_growth_has_the_published_signs():
    published = document("fiscal_growth_percapita")["published"]
    assert [cell["verdict"] for cell in published[:4]] == ["sign_agrees"] * 4
    for year in range(2018, 2025):
        parts = [
            row("fiscal_growth_percapita", "matched", f"{name}[{year}]")["estimate"]
            for name in ("g_total", "g_people", "g_head")
        ]
        assert parts[0] - parts[1] == pytest.approx(parts[2], abs=1e-12)


@pytest.mark.parametrize("key", ["estimate", "median", "ci_low", "ci_high"])
def test_integration_is_above_the_status_quo_and_that_above_closure(key):
    found = {
        scenario: row("fiscal_ledger_integration", scenario, "mean(net, 2019, 2025)")[key]
        for scenario in ("integration", "status_quo", "closure")
    }
    assert found["integration"] > found["status_quo"]
    if key in ("estimate", "median"):
        assert found["status_quo"] > found["closure"]


def test_average_and_marginal_cost_stand_side_by_side():
    for year in range(2018, 2026):
        net, marginal = (
            row("fiscal_ledger_statusquo", "status_quo", f"{name}[{year}]")["estimate"]
            for name in ("net", "net_marginal")
        )
        services = sum(
            row("fiscal_ledger_statusquo", "status_quo", f"{name}[{year}]")["estimate"]
            for name in ("education", "health")
        )
        assert marginal - net == pytest.approx(0.5 * services)


def test_break_even_makes_the_balance_zero():
    found = document("fiscal_breakeven_sensitivity")["ledger"]["breakeven"]
    solved = [one for one in found if one["state"] == "found"]
    assert len(solved) >= 4
    assert all(abs(one["reached"]) < 1e-9 for one in solved)
    assert {one["state"] for one in found} == {"found", "none"}
    tax = next(one["value"] for one in solved if one["name"] == "tax" and one["scenario"] == "status_quo")
    settings = (
        f"inputs.tau_c.value={tax!r}",
        *(f"{key}=null" for key in ("montecarlo", "figures", "claims", "tables")),
    )
    spec = str(SPECS / "fiscal_breakeven_sensitivity.yaml")
    again = run_study(spec, StudyOptions(out=None, set_values=settings)).document
    wanted = ("status_quo", "mean(net_gdp, 2019, 2025)")
    [net] = [one["estimate"] for one in again["rows"] if (one["model"], one["term"]) == wanted]
    assert abs(net) < 1e-9


@pytest.mark.parametrize("name", NAMES)
def test_identities_close_and_units_are_known(name):
    ledger = document(name)["ledger"]
    assert ledger["identities"] and all(one["largest_gap"] <= 0.005 for one in ledger["identities"])
    units = make_plan(str(SPECS / f"{name}.yaml")).ledger.units
    assert [line for line, unit in units.items() if unit is None] == []


@pytest.mark.parametrize("name", NAMES)
def test_published_figures_have_evidence_and_units_and_no_assumption_is_called_verified(name):
    found = document(name)
    for cell in found["published"]:
        assert cell["evidence"] in ("press", "cited", "abstract", "table")
    for one in found["ledger"]["inputs"].values():
        assert one["source"] is not None
        assert one["status"] == "assumption" or not one["source"]["en"].lower().startswith(("own", "off"))


def test_contradicting_figures_stand_side_by_side_and_are_not_converted():
    cells = [cell for cell in document("fiscal_ledger_integration")["published"] if cell["printed"] == "2200"]
    assert len(cells) == 2
    assert all(cell["verdict"] == "not_available" and cell["difference"] is None for cell in cells)
    assert len({cell["unit"]["en"] for cell in cells}) == 2
