"""What is shown of a ledger before it runs."""

from __future__ import annotations

import pytest

from impact.cli.reference.ledger_page import EXAMPLE
from impact.cli.showing.ledger import overview, scenario_blocks
from impact.cli.showing.plan import ledger_plan_lines
from impact.cli.showing.spec import sample_blocks
from impact.plan import make_plan
from impact.schema.load import load_nodes


@pytest.fixture(scope="module")
def plan():
    text = EXAMPLE + "scenarios: {base: {}, more: {tax: 600}}\n"
    return make_plan(load_nodes(text, name="example.yaml"))


def test_overview_in_the_order_of_evaluation(plan):
    [block] = overview(plan, plan.ledger, "en")
    shown = dict(block.lines)
    assert shown["years"] == "2018–2020"
    assert shown["scenarios"] == "base, more"
    assert shown["break-even"] == "tax: sum(net) = 0"
    order = shown["equations, in order"].split(", ")
    assert order.index("mid") < order.index("revenue") < order.index("net")
    assert "insumos" in overview(plan, plan.ledger, "es")[0].as_text()


def test_scenarios_mark_what_they_change(plan):
    _, more = scenario_blocks(plan.ledger, "en")
    shown = dict(more.lines)
    assert shown["tax *"].startswith("600") and shown["service"].startswith("450, triangular 400 … 500")


def test_a_dry_run_and_the_sample(plan, tmp_path):
    lines = ledger_plan_lines(plan, plan.ledger, tmp_path, "en")
    assert lines[0].endswith("3 inputs, 4 equations, 2 scenarios, 2,000 draws")
    assert "changes tax" in lines[2]
    assert not list(tmp_path.iterdir())
    [block] = sample_blocks(plan, "en")
    assert block.lines == (("data", "a ledger reads no data"),)
