import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from impact.outputs._escape import file_name, html_text, latex_text, markdown_text, plain, sheet_text

HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd()|x",
    "\\input{/etc/passwd}",
    "a|b",
    "[x](javascript:1)",
    "100 % & más",
]
line = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@given(text=line)
@settings(max_examples=150)
def test_html_reads_back_and_holds_no_markup(text):
    shown = html_text(text)
    assert not set('<>"') & set(shown)
    assert html.unescape(shown) == plain(text)


@given(text=line)
@settings(max_examples=150)
def test_latex_is_balanced_and_holds_no_command_of_the_text(text):
    shown = latex_text(text)
    bare = re.sub(r"\\[{}$&#_%]", "", shown)
    assert bare.count("{") == bare.count("}")
    commands = set(re.findall(r"\\([a-zA-Z]+)", shown))
    known = "textbackslash textasciitilde textasciicircum textless textgreater textbar textasciigrave times leq geq"
    more = "neq textsuperscript infty ldots pm cdot surd rightarrow leftarrow emptyset cup in approx sum Sigma Delta"
    greek = "alpha beta gamma delta epsilon theta lambda mu pi rho sigma tau phi chi psi omega"
    assert commands <= {*known.split(), *more.split(), *greek.split(), "textordfeminine", "textordmasculine"}
    assert not re.search(r"(?<!\\)[&#_%]", shown)


@given(text=st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30))
@settings(max_examples=150)
def test_markdown_reads_back_as_the_text(text):
    wanted = plain(text)
    tokens = MarkdownIt("commonmark").parseInline("x" + markdown_text(text) + "x")[0].children
    assert all(token.type in ("text", "text_special") for token in tokens)
    assert "".join(token.content for token in tokens) == "x" + wanted + "x"


@pytest.mark.parametrize("text", HOSTILE)
def test_known_attacks(text):
    assert "<script" not in html_text(text)
    assert "\\input" not in latex_text(text)
    assert "|" not in markdown_text(text).replace("\\|", "")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "  =1"])
def test_a_spreadsheet_runs_nothing(start):
    assert sheet_text(start) == "'" + start
    assert sheet_text("a" + start) == "a" + start


def test_control_and_direction_signs_are_shown():
    assert plain("a\x1b[31mb") == "a\\x1b[31mb"
    assert plain("a\u202eb\nc") == "a\\u202eb c"


def test_file_names_are_safe():
    assert file_name("../etc/añb c") == "etc_an_b_c"
    assert file_name("///") == "unnamed"
