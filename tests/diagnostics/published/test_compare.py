"""Published numbers: reading, matching, verdict words, summary lines, faults."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from impact.core.errors import SpecError
from impact.diagnostics.published.compare import check_published, compare_published
from impact.diagnostics.published.summary import failures, summaries
from impact.schema.published import PublishedBlock

SOURCE = {"text": "Cheng and Hoekstra 2013", "where": "Table 5", "evidence": "table"}


def document():
    def row(model, term, estimate, error, **more):
        return {
            "model": model,
            "group": None,
            "term": term,
            "estimate": estimate,
            "std_error": error,
            "n_obs": 550,
            "p_value": 0.02,
            "statistic": estimate / error,
            **more,
        }

    return {
        "models": {
            "twfe": {"status": "ok", "n_obs": 550, "r2": 0.9123, "extra": {"rmse": 8.7861}, "focus": ["cdl"]},
            "all": {
                "status": "ok",
                "groups": {"migrant=native": {"n_obs": 10}, "migrant=migrant": {"n_obs": 5}},
            },
            "broken": {"status": "failed"},
        },
        "rows": [
            row("twfe", "cdl", 0.0800626, 0.0342173),
            row("twfe", "x", -0.37, 0.02),
            row("all", "female", 51.8, 0.1, group="migrant=native"),
            row("all", "female", 51.2, 0.1, group="migrant=migrant"),
        ],
        "tests": [{"test": "pre", "kind": "wald", "term": "", "statistic": 2.0, "p_value": 0.16812}],
    }


def block(rows=None, columns=("twfe",), **more):
    grid = None if rows is None else {"columns": list(columns), "rows": rows}
    return PublishedBlock.model_validate({"source": SOURCE, "grid": grid, **more})


def compared(found, written=None):
    return compare_published({"t": found}, document(), written=written)


def verdicts(found, written=None):
    return [cell["verdict"] for cell in compared(found, written)]


def test_rounding_to_the_printed_digits():
    cells = compared(block({"cdl": {"estimate": [0.0801], "se": ["0.0342"]}}))
    assert [cell["verdict"] for cell in cells] == ["rounds_equal", "rounds_equal"]
    assert cells[0]["tolerance"] == pytest.approx(0.00005)
    assert cells[0]["difference"] == pytest.approx(0.0800626 - 0.0801)
    assert (cells[1]["stat"], cells[1]["ours"], cells[1]["printed"]) == ("se", 0.0342173, "0.0342")
    assert (
        cells[0]["source"] == {"en": SOURCE["text"], "es": SOURCE["text"]} and cells[0]["evidence"] == "table"
    )


def test_trailing_zeros_count_as_written():
    path = "published.t.grid.rows.cdl.estimate.0"
    assert verdicts(block({"cdl": {"estimate": [0.08]}})) == ["rounds_equal"]
    assert verdicts(block({"cdl": {"estimate": [0.08]}}), {path: "0.0800"}) == ["close"]
    assert verdicts(block({"cdl": {"estimate": [0.08]}}), {path: "0.080000"}) == ["differs"]


def test_verdict_words():
    rows = {"cdl": {"estimate": ["0.0800626"]}, "x": {"estimate": [-0.37], "se": ["n/a"]}}
    assert verdicts(block(rows)) == ["equal", "equal", "not_available"]
    assert verdicts(block({"cdl": {"estimate": ["0.0804"]}})) == ["close"]
    assert verdicts(block({"cdl": {"estimate": ["0.0807"]}})) == ["differs"]
    assert verdicts(block({"cdl": {"estimate": ["0.0801"]}}, columns=["broken"])) == ["not_available"]


def test_match_rules():
    rows = {"cdl": {"estimate": [0.08]}}
    assert verdicts(block(rows, match={"abs": 1e-4})) == ["equal"]
    assert verdicts(block(rows, match={"abs": 1e-5})) == ["close"]
    assert verdicts(block(rows, match={"rel": 1e-3})) == ["equal"]
    assert verdicts(block(rows, match={"rel": 1e-5})) == ["differs"]
    assert verdicts(block(rows, match="exact")) == ["close"]
    assert verdicts(block({"cdl": {"estimate": ["0.0800626"]}}, match="exact")) == ["equal"]
    assert verdicts(block({"cdl": {"estimate": [1]}, "x": {"estimate": ["+"]}}, match="sign")) == [
        "sign_agrees",
        "differs",
    ]
    one_cell = {"cdl": {"estimate": [{"value": 0.2, "match": {"abs": 0.2}}]}}
    assert verdicts(block(one_cell)) == ["equal"]


def test_sign_and_significance():
    def rule(rows):
        return verdicts(block(rows, match="sign_and_significance"))[0]

    assert rule({"cdl": {"estimate": ["0.2**"]}}) == "sign_agrees"
    assert rule({"cdl": {"estimate": ["0.2"], "se": ["0.01"]}}) == "sign_agrees"
    assert rule({"cdl": {"estimate": ["0.2"], "se": ["0.5"]}}) == "differs"
    assert rule({"cdl": {"estimate": ["0.2"], "p": ["0.5"]}}) == "differs"
    assert rule({"cdl": {"estimate": ["-0.2**"]}}) == "differs"
    assert rule({"cdl": {"estimate": ["0.2"]}}) == "not_available"
    assert rule({"cdl": {"estimate": ["0.2"]}, "x": {"estimate": ["-0.2*"]}}) == "differs"


def test_groups_models_tests_and_facts():
    rows = {"female": {"estimate": [52, 51]}}
    for columns in (["all.native", "all.migrant"], ["all.migrant=native", "all.migrant=migrant"]):
        cells = compared(block(rows, columns=columns))
        assert [cell["verdict"] for cell in cells] == ["rounds_equal"] * 2
        assert (
            cells[1]["group"] == "migrant=migrant" and cells[1]["model"] == "all" and cells[1]["column"] == 2
        )
    also = [
        {"model": "twfe", "stat": "n", "value": 550},
        {"model": "twfe", "stat": "rmse", "value": "8.79"},
        {"model": "twfe", "stat": "r2", "value": "0.91"},
        {"model": "pre", "stat": "p", "value": "0.168"},
        {"model": "twfe", "stat": "estimate", "value": "0.080"},
    ]
    assert verdicts(block(also=also)) == ["equal", *["rounds_equal"] * 4]


def test_a_row_may_have_another_name_than_its_term():
    assert verdicts(block({"Castle law": {"term": "cdl", "estimate": ["0.080"]}})) == ["rounds_equal"]


def test_expected_differences_are_no_failures():
    marked = {"value": "0.017", "expect": "differs", "reason": "the printed error follows no rule we know"}
    cells = compared(block({"cdl": {"se": [marked]}, "x": {"se": ["0.09"]}}))
    assert [cell["verdict"] for cell in cells] == ["differs", "differs"]
    assert [cell["term"] for cell in failures(cells)] == ["x"]
    assert (
        "1 differs as expected (se of cdl, column 1: 0.017 published, 0.034 here)"
        in summaries(cells)["t"]["en"]
    )
    with pytest.raises(ValidationError, match="reason"):
        block({"cdl": {"se": [{"value": 0.017, "expect": "differs"}]}})


def test_close_cells_may_be_marked_and_equal_ones_are_noticed():
    marked = [{"value": v, "expect": "differs", "reason": "r"} for v in ("0.0350", "0.0342")]
    line = summaries(compared(block({"cdl": {"se": [marked[0]]}})))["t"]["en"]
    assert (
        line
        == "0 of 1 cells equal, 1 differs as expected (se of cdl, column 1: 0.0350 published, 0.0342 here)"
    )
    line = summaries(compared(block({"cdl": {"se": [marked[1]]}})))["t"]["en"]
    assert line.startswith("1 of 1 cells equal, 1 expected to differ but equal")


def test_summary_line():
    found = block(
        {"cdl": {"estimate": ["0.0801"], "se": ["0.0342"]}, "x": {"estimate": ["-0.37"], "se": ["0.024"]}}
    )
    line = summaries(compared(found))["t"]
    assert line["en"] == "3 of 4 cells equal, 1 close (se of x, column 1: 0.024 published, 0.020 here)"
    assert line["es"].startswith("3 de 4 celdas iguales")


@pytest.mark.parametrize(
    ("rows", "columns", "code"),
    [
        ({"cdl": {"estimate": [1]}}, ["twefe"], "E601"),
        ({"female": {"estimate": [1]}}, ["all.natve"], "E602"),
        ({"cdl": {"estimte": [1]}}, ["twfe"], "E603"),
        ({"cdl": {"estimate": [1, 2]}}, ["twfe"], "E604"),
        ({"cdl": {"estimate": ["about 1"]}}, ["twfe"], "E605"),
        ({"cld": {"estimate": [1]}}, ["twfe"], "E606"),
    ],
)
def test_faults(rows, columns, code):
    with pytest.raises(SpecError) as caught:
        compared(block(rows, columns=columns))
    assert caught.value.code == code
    if code in {"E601", "E602", "E603", "E606"}:
        assert caught.value.suggestion in {"twfe", "estimate", "cdl", "native"}


def test_check_before_anything_is_estimated():
    bare = {"models": {"twfe": {}, "all": {}}, "tests": []}
    good = block({"female": {"estimate": [1, 2]}}, columns=["twfe", "all"])
    assert check_published({"t": good}, bare) == []
    bad = {"a": block({"x": {"estimate": [1]}}, columns=["twef"]), "b": block({"x": {"nonsense": [1]}})}
    assert [fault.code for fault in check_published(bad, bare)] == ["E601", "E603"]


@settings(max_examples=100, deadline=None)
@given(st.floats(-1000, 1000), st.integers(0, 6))
def test_whatever_is_printed_from_our_number_matches_it(value, decimals):
    found = document()
    found["rows"][0]["estimate"] = value
    printed = block({"cdl": {"estimate": [f"{value:.{decimals}f}"]}})
    assert compare_published({"t": printed}, found)[0]["verdict"] in {"equal", "rounds_equal"}


@settings(max_examples=100, deadline=None)
@given(st.floats(-100, 100), st.integers(0, 5), st.floats(0.51, 4.9), st.sampled_from([-1, 1]))
def test_what_does_not_round_to_the_printed_number_does_not_match(value, decimals, away, side):
    unit = 10.0**-decimals
    text = f"{value:.{decimals}f}"
    found = document()
    found["rows"][0]["estimate"] = float(text) + side * away * unit
    assert compare_published({"t": block({"cdl": {"estimate": [text]}})}, found)[0]["verdict"] == "close"
