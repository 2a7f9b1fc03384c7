"""Every topic has a page, in both languages, and the pages are what the documentation is built from."""

from __future__ import annotations

import pytest

from impact.cli._pages import FORMULA_PIECES, VERDICTS, all_pages, codes, topic_page, topics
from impact.cli.reference.page import page_markdown, page_text
from impact.core.errors import SpecError
from impact.core.texts import catalogue
from impact.schema.expressions.signatures import SIGNATURES
from impact.schema.formulas.tokens import BASES, LAGS


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_topic_has_a_page(language):
    for topic in topics():
        page = topic_page(topic, language=language)
        assert page.summary, topic
        assert "commands." not in page_text(page), topic


def test_pages_are_drawn_once_each():
    pages = all_pages()
    assert len({(page.kind, page.topic) for page in pages}) == len(pages)
    assert {page.kind for page in pages} == {
        "estimator", "variance", "test", "domain", "source", "key", "code", "function", "verdict",
    }  # fmt: skip
    assert all(page_markdown(page).startswith("# ") for page in pages)


def test_every_code_and_function_is_a_topic():
    found = set(topics())
    assert set(codes()) == {key for key, value in catalogue("en").items() if isinstance(value, dict)}
    assert {*codes(), *SIGNATURES, *BASES, *LAGS, *FORMULA_PIECES, *VERDICTS} <= found


def test_a_code_says_message_and_exit_status():
    page = topic_page("e102")
    assert page.title == "E102 unknown key"
    assert "unknown key '{key}' in {where}" in page.sections[0].code
    assert "exit status 3" in page.sections[1].paragraphs[0]


def test_a_name_in_both_languages_of_functions():
    """`f` and `l` stand in formulas alone, `log` in both, `lag` in expressions alone."""
    assert "formulas" in topic_page("l").title
    assert "by=" in topic_page("mean").sections[0].table[2]
    assert topic_page("lag()").topic == "lag"


@pytest.mark.parametrize(
    ("typed", "meant"), [("olss", "ols"), ("modles.vcov", "models.vcov"), ("fragil", "fragile")]
)
def test_unknown_topics_name_the_nearest(typed, meant):
    with pytest.raises(SpecError) as error:
        topic_page(typed)
    assert (error.value.code, error.value.suggestion) == ("E722", meant)
