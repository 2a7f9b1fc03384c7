"""The overview as text, Markdown and HTML holds the same cells; what users wrote is escaped."""

from __future__ import annotations

from impact.cli._run_many import Outcome
from impact.cli.replicating.overview import overview_of
from impact.cli.replicating.views import as_html, as_markdown, as_text, count_rows, off_rows

WORDS = {"en": "with | a bar <b>", "es": "con | una barra <b>"}


def made():
    tried = [
        {
            "name": "a",
            "value": 0.1,
            "agrees": True,
            "text": {"en": "without factor: 0.1", "es": "sin factor: 0.1"},
        }
    ]
    cell = {
        "table": "t", "model": "m", "group": "sex=women", "term": "x<y", "stat": "se", "printed": "0.10", "ours": -0.25,
        "verdict": "differs", "evidence": "cited", "source": WORDS, "expect": "differs", "reason": WORDS,
        "explanations": tried,
    }  # fmt: skip
    claim = {
        "claim": "c",
        "text": WORDS,
        "state": "cannot_tell",
        "detail": WORDS,
        "evidence": None,
        "source": None,
    }
    document = {"study": "s", "title": None, "published": [cell], "claims": [claim], "models": {}}
    return overview_of([Outcome("specs/s.yaml", 0, study="s", document=document)])


def test_rows_name_the_cell_the_numbers_and_what_was_tried():
    head, row = off_rows(made(), "en")
    assert len(head) == len(row) == 5
    assert row[:3] == ("s t m sex=women x<y se", "0.10", "−0.25")
    assert "expected" in row[3]
    assert row[4] == "without factor: 0.1 ← gives the printed number"


def test_counts_end_in_the_totals():
    rows = count_rows(made(), "en")
    assert rows[1][2:] == rows[-1][2:]


def test_every_view_holds_every_cell():
    for language, view in [("en", as_text), ("es", as_text), ("en", as_markdown), ("es", as_html)]:
        shown = view(made(), language)
        assert "0.10" in shown
        assert "−0.25" in shown
    assert "con | una barra" in as_text(made(), "es")


def test_what_users_wrote_is_escaped():
    page = as_html(made(), "en")
    assert "<b>" not in page.partition("<body>")[2]
    assert "x&lt;y" in page
    body = [line for line in as_markdown(made(), "en").splitlines() if line.startswith("| s")]
    assert all(line.replace("\\|", "").count("|") in (5, 6, 9) for line in body)
