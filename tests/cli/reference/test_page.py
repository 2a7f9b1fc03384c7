"""A page as text and as Markdown: nothing is lost, nothing is markup by accident."""

from __future__ import annotations

from markdown_it import MarkdownIt

from impact.cli.reference.page import Page, Section, page_markdown, page_text, paragraphs_of

TABLE = (("option", "default", "meaning"), ("a_b", "1", "first | second"), ("c", "*", "x < y"))
PAGE = Page(
    "ols",
    "estimator",
    "ols (estimator)",
    "Least squares with `x^2`",
    (
        Section("What", ("    y = x b + e\n    E[e] = 0", "A sentence with under_scores.")),
        Section("Options", table=TABLE),
        Section("Spec", code="spec: 1\nmodel: y ~ x\n"),
    ),
)


def test_text_holds_every_cell():
    shown = page_text(PAGE)
    for piece in (
        "ols (estimator)",
        "y = x b + e",
        "E[e] = 0",
        "a_b",
        "first | second",
        "x < y",
        "model: y ~ x",
    ):
        assert piece in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_markdown_gives_a_table_code_and_formula():
    tokens = MarkdownIt("commonmark").enable("table").parse(page_markdown(PAGE))
    kinds = [token.type for token in tokens]
    assert kinds.count("tr_open") == len(TABLE)
    assert [t.content for t in tokens if t.type == "fence"] == ["spec: 1\nmodel: y ~ x\n"]
    assert [t.content for t in tokens if t.type == "code_block"] == ["y = x b + e\nE[e] = 0\n"]
    cells = [t.content for t in tokens if t.type == "inline"]
    assert "first \\| second" in cells or "first | second" in cells


def test_long_tables_are_told_row_by_row():
    wide = (("option", "default", "values", "meaning", "more"), ("name", "d", "v", "m " * 80, "x"))
    shown = page_text(Page("t", "k", "T", "s", (Section("O", table=wide),)))
    assert "  name\n" in shown
    assert "  default  d" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_docstrings_become_paragraphs():
    text = "First line.\n\n    y = x\n    z = w\n\nA sentence\nover two lines\n    with a hanging indent.\n"
    assert paragraphs_of(text) == ("    y = x\n    z = w", "A sentence over two lines with a hanging indent.")
    assert paragraphs_of("Only one line.") == ()
