"""Every refusal of a ledger: its code, the line it stands on, and the word that says what is wrong."""

from __future__ import annotations

import pytest

from impact.core.errors import ImpactError
from impact.pipeline.check import check_spec
from impact.pipeline.study import StudyOptions, run_study
from impact.schema.load import load_nodes

SPEC = """spec: 1
kind: ledger
years: 2018..2020
inputs:
  stock: {path: {2017: 10, 2020: 40}, unit: persons}
  tax: {value: 5, low: 3, high: 6, unit: PEN/person}
  service: {value: 4, low: 3, high: 5, unit: PEN/person}
equations:
  revenue: stock * tax
  cost: stock * service
  net: revenue - cost
scenarios:
  base: {}
  more: {tax: 6}
montecarlo: {draws: 200, correlate: {tax~service: 0.2}}
discount: {rate: 0.05, base: 2018}
breakeven: {input: tax, output: mean(net), equals: 0}
accounting: [net == revenue - cost]
tables: {T: {rows: [revenue, net, pr(net > 0)], columns: [years, "mean(2018, 2020)", pv]}}
figures: {fan: {kind: fan, of: net}, drivers: {kind: tornado, of: sum(net)}}
claims: {good: {text: good, test: "mean(base.net) > 0"}}
seed: 1
"""
# line of the spec → what stands there instead, the code and a word of the message
CASES = {
    "years backwards": ("years: 2018..2020", "years: 2020..2018", "E165", "2020..2018"),
    "years as a word": ("years: 2018..2020", "years: soon", "E165", "soon"),
    "years with a gap": ("years: 2018..2020", "years: [2018, 2020]", "E165", "2018, 2020"),
    "a key of the other kind": ("seed: 1", "seed: 1\nmodels: {m: y ~ x}", "E164", "models"),
    "an unknown key": ("seed: 1", "seed: 1\nequation: {a: 1}", "E102", "equation"),
    "an input key": ("high: 6,", "hihg: 6,", "E102", "hihg"),
    "value and path": ("stock: {path:", "stock: {value: 3, path:", "E166", "either value or path"),
    "a path ends early": ("2020: 40}", "2019: 40}", "E447", "ends in 2019"),
    "a path begins late": ("path: {2017: 10,", "path: {2019: 10,", "E447", "begins in 2019"),
    "a year that is none": ("{2017: 10,", "{soon: 10,", "E166", "'soon' is no year"),
    "an open range": ("low: 3, high: 6,", "low: 3,", "E166", "high is missing"),
    "outside the range": ("value: 5, low: 3", "value: 9, low: 3", "E166", "outside of low to high"),
    "text for a number": ("value: 5,", "value: five,", "E104", "number"),
    "a distribution without a range": (
        "service: {value: 4, low: 3, high: 5,",
        "service: {value: 4, dist: uniform,",
        "E166",
        "needs low and high",
    ),
    "no such distribution": ("high: 6, unit", "high: 6, dist: gamma, unit", "E105", "gamma"),
    "a normal off its middle": ("high: 6, unit", "high: 6, dist: normal, unit", "E166", "4.5"),
    "verified without a source": (
        "high: 6, unit",
        "high: 6, status: verified, unit",
        "E166",
        "needs a source",
    ),
    "geometric through zero": (
        "path: {2017: 10,",
        "interpolate: geometric, path: {2017: 0,",
        "E166",
        "above zero",
    ),
    "an unknown name": ("revenue: stock * tax", "revenue: stock * taxes", "E436", "taxes"),
    "an unknown function": ("revenue: stock * tax", "revenue: stock * average(tax)", "E440", "average"),
    "a text": ("revenue: stock * tax", 'revenue: stock * "tax"', "E441", "tax"),
    "a circle": ("revenue: stock * tax", "revenue: net + cost", "E437", "→"),
    "itself": ("revenue: stock * tax", "revenue: revenue + 1", "E437", "revenue → revenue"),
    "a lag of itself without a start": ("revenue: stock * tax", "revenue: lag(revenue, 1)", "E439", "start"),
    "a lag that is not written out": (
        "revenue: stock * tax",
        "revenue: lag(stock, tax)",
        "E439",
        "whole number",
    ),
    "a probability in a line": ("revenue: stock * tax", "revenue: pr(stock > 1)", "E445", "pr()"),
    "years outside": ("revenue: stock * tax", "revenue: mean(stock, 2010, 2020) * tax", "E440", "2010"),
    "units that do not fit": ("net: revenue - cost", "net: revenue - stock", "E438", "PEN and person"),
    "no unit": ("unit: persons", "unit: PEN//month", "E448", "PEN//month"),
    "a name taken": ("cost: stock * service", "tax: stock * service", "E199", "entry of inputs"),
    "a name of a function": ("cost: stock * service", "mean: stock * service", "E199", "function"),
    "a name that is no word": ("cost: stock * service", '"a cost": stock * service', "E156", "a cost"),
    "a scenario of nothing": ("more: {tax: 6}", "more: {taxes: 6}", "E167", "taxes"),
    "a scenario of a text": ("more: {tax: 6}", "more: {tax: high}", "E167", "a number"),
    "a scenario's part": ("more: {tax: 6}", "more: {tax: {hihg: 6}}", "E102", "hihg"),
    "a pair that is none": ("tax~service: 0.2", "tax-service: 0.2", "E168", "a~b"),
    "a pair of strangers": ("tax~service: 0.2", "tax~serice: 0.2", "E168", "serice"),
    "a pair with a fixed one": ("tax~service: 0.2", "tax~stock: 0.2", "E168", "no range"),
    "a correlation of two": ("tax~service: 0.2", "tax~service: 2", "E168", "between -1 and 1"),
    "few draws": ("draws: 200", "draws: 5", "E106", "100"),
    "no seed": ("seed: 1\n", "", "E182", "seed"),
    "a rate of nothing": ("rate: 0.05", "rate: rates", "E169", "rates"),
    "no break-even input": ("{input: tax, output", "{input: taxes, output", "E169", "taxes"),
    "a break-even of a path": ("{input: tax, output", "{input: stock, output", "E169", "path"),
    "a break-even by year": ("output: mean(net)", "output: net", "E446", "mean(net, 2018, 2020)"),
    "no identity": ("net == revenue - cost", "net > revenue", "E442", "net > revenue"),
    "no column": ("columns: [years,", "columns: [yeas,", "E198", "yeas"),
    "a column outside": ('"mean(2018, 2020)"', '"mean(2018, 2030)"', "E198", "2030"),
    "no panel": ("T: {rows", "T: {panels: [bases], rows", "E198", "bases"),
    "no layout": ("T: {rows: [revenue, net, pr(net > 0)],", "T: {layout: balance,", "E198", "balance"),
    "a scale of nothing": ("T: {rows", "T: {scale: {cost: 10}, rows", "E198", "cost"),
    "no row": ("rows: [revenue, net,", "rows: [revenue, nett,", "E436", "nett"),
    "a fan of one number": ("of: net}", "of: mean(net)}", "E198", "over the years"),
    "a tornado by year": ("of: sum(net)", "of: net", "E446", "net"),
    "no figure": ("kind: fan", "kind: bars", "E105", "bars"),
    "a claim without a scenario": ("mean(base.net) > 0", "mean(net) > 0", "E449", "base.net"),
    "a claim by year": ("mean(base.net) > 0", "base.net > 0", "E446", "base.net"),
    "a claim that is no condition": ("mean(base.net) > 0", "mean(base.net)", "E616", "condition"),
    "a claim of nothing": ("mean(base.net) > 0", "mean(basis.net) > 0", "E436", "basis"),
}


def checked(text):
    faults, status = check_spec(load_nodes(text, name="ledger.yaml"))
    return faults, status


def test_the_spec_itself_is_right():
    assert checked(SPEC) == ([], 0)


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_found_where_it_stands(name):
    old, new, code, word = CASES[name]
    assert SPEC.count(old) == 1, old
    faults, status = checked(SPEC.replace(old, new))
    assert status == 3
    found = faults[0]
    assert found.code == code, faults
    assert word in found.message + found.help
    assert found.place is not None and found.place.file == "ledger.yaml"
    if code not in ("E182",):
        line = SPEC[: SPEC.index(old)].count("\n") + 1
        assert found.place.line in (line, line + 1), found


def test_a_fan_needs_draws():
    text = SPEC.replace("montecarlo: {draws: 200, correlate: {tax~service: 0.2}}\n", "")
    assert [fault.code for fault in checked(text)[0]] == ["E726"]


def test_draws_need_a_range():
    text = (
        SPEC.replace("low: 3, high: 6, ", "")
        .replace("low: 3, high: 5, ", "")
        .replace(", correlate: {tax~service: 0.2}", "")
    )
    codes = [fault.code for fault in checked(text)[0]]
    assert "E168" in codes


def test_correlations_that_cannot_hold_together():
    text = SPEC.replace("service: {value: 4", "third: {value: 4, low: 3, high: 5}\n  service: {value: 4")
    pairs = "tax~service: 0.9, service~third: 0.9, tax~third: -0.9"
    faults, _ = checked(text.replace("tax~service: 0.2", pairs))
    assert [fault.code for fault in faults] == ["E168"]
    assert "positive definite" in faults[0].message


def test_keys_of_a_ledger_in_a_spec_of_models():
    faults, _ = checked("spec: 1\ndata: x.csv\nmodel: y ~ x\nyears: 2018..2020\n")
    assert [(fault.code, fault.place.line) for fault in faults] == [("E164", 4)]


def test_an_estimator_called_ledger():
    faults, _ = checked("spec: 1\ndata: x.csv\nmodels: {m: {formula: y ~ x, estimator: ledger}}\n")
    assert faults[0].code == "E164"


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        (
            "net: revenue - cost",
            "net: revenue - cost * (1 + 0.001 * (year == 2019))",
            "E443",
            ("base", "2019", "0.12"),
        ),
        ("cost: stock * service", "cost: stock * service / (year - 2019)", "E444", ("cost", "base", "2019")),
        ("cost: stock * service", "cost: stock * service * sqrt(tax - 4) / sqrt(tax - 4)", "E444", ("draw",)),
    ],
)
def test_what_only_numbers_show(old, new, code, words):
    text = SPEC.replace(old, new)
    with pytest.raises(ImpactError) as caught:
        run_study(load_nodes(text, name="ledger.yaml"), StudyOptions(out=None))
    assert caught.value.code == code
    assert caught.value.exit_status == 4
    assert all(word in caught.value.faults[0].message for word in words)
    faults, status = check_spec(load_nodes(text, name="ledger.yaml"), depth="data")
    assert (status, [one.code for one in faults]) == ((0, []) if words == ("draw",) else (4, [code]))


@pytest.mark.parametrize("collection", ["inputs", "equations"])
def test_nothing_to_account_for(collection):
    start = SPEC.index(f"{collection}:")
    text = SPEC[:start] + f"{collection}: {{}}\n" + SPEC[SPEC.index("\n", SPEC.index("net: revenue")) + 1 :]
    faults, status = checked(text)
    assert status == 3 and faults[0].code in ("E103", "E106")
    assert "Dictionary" not in faults[0].message


def test_a_kind_that_is_none():
    faults, _ = checked(SPEC.replace("kind: ledger", "kind: ledgr"))
    assert faults[0].code == "E105" and faults[0].suggestion == "ledger"


def test_a_line_may_be_a_number():
    assert checked(SPEC.replace("cost: stock * service", "cost: 100")) == ([], 0)
