"""The report: order, safety, accessibility, and no request to elsewhere."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from impact.outputs.report_html import write

VOID = {"meta", "br", "hr", "img", "path", "use", "link"}


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.ids, self.heads, self.text, self.scripts = [], [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("h1", "h2"):
            self.heads.append((self.open[-1], data.strip()))
        if "script" in self.open:
            self.scripts.append(data)
        elif "style" not in self.open:
            self.text.append(data)


def read(content: bytes) -> _Page:
    page = _Page()
    page.feed(content.decode())
    assert page.open == []
    return page


@pytest.fixture
def files(drawn_files):
    return drawn_files


def test_order_of_the_sections(files):
    heads = [text for level, text in read(files["report.html"]).heads if level == "h2"]
    assert heads == [
        "Question and answer", "Main table", "Main figure", "Further tables and figures", "Design and sample",
        "Diagnostics and warnings", "Robustness", "Published against found", "Claims",
        "Assumptions and notes",
        "How to rerun", "Where this comes from",
    ]  # fmt: skip


def test_languages(files):
    english, spanish = read(files["report.html"]), read(files["report.es.html"])
    assert dict(english.tags)["html"]["lang"] == "en"
    assert dict(spanish.tags)["html"]["lang"] == "es"
    assert ("h1", "Conservar el empleo, Lima y Callao: ñandú") in spanish.heads
    assert ("a", {"href": "report.es.html", "hreflang": "es", "lang": "es"}) in english.tags
    shown = " ".join(spanish.text)
    for word in ("frágil", "Registro de la muestra", "conglomerados", "no se puede decir", "Robustez"):
        assert word in shown
    assert not re.search(r"\b(?:report|table|figure|terminal)\.[a-z_]+\b(?!\.html)", shown)


def test_safe_and_self_contained(files):
    for name in ("report.html", "report.es.html"):
        text = files[name].decode()
        page = read(files[name])
        tags = {tag for tag, _ in page.tags}
        assert not tags & {"iframe", "object", "embed", "link", "form", "img", "base", "input"}
        assert not [key for _, attrs in page.tags for key in attrs if key.startswith("on")]
        policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
        assert policy.startswith("default-src 'none'") and "unsafe-inline'; img-src" in policy
        # one script, small, without requests, and the only one that the policy allows
        assert [attrs for tag, attrs in page.tags if tag == "script"] == [{}]
        digest = base64.b64encode(hashlib.sha256("".join(page.scripts).encode()).digest()).decode()
        assert re.search(r"script-src ([^;]*)", policy)[1] == f"'sha256-{digest}'"
        assert len("".join(page.scripts).encode()) <= 10_000
        assert not re.search(r"fetch|XMLHttp|import\(|eval|innerHTML|Function", "".join(page.scripts))
        links = [
            attrs[key] for _, attrs in page.tags for key in ("href", "src", "xlink:href") if key in attrs
        ]
        assert all(link.startswith("#") or re.fullmatch(r"report(\.es)?\.html", link) for link in links)
        assert set(re.findall(r"https?://[^\"'\s<)]+", text)) <= {
            "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink",
        }  # fmt: skip
        assert "@import" not in text and not re.search(r"url\((?!#)", text)
        assert "<script>alert" not in text and "onerror=alert(1)&gt;" in text


def test_accessible(files):
    page = read(files["report.html"])
    assert sum(tag == "h1" for tag, _ in page.tags) == 1
    assert len(page.ids) == len(set(page.ids))
    pictures = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(pictures) == 4
    assert all(attrs["role"] == "img" and len(attrs["aria-label"]) > 20 for attrs in pictures)
    tables = sum(tag == "table" for tag, _ in page.tags)
    assert sum(tag == "caption" for tag, _ in page.tags) == tables
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    assert len(files["report.html"]) < 2_000_000


def test_what_it_says(files):
    shown = re.sub(r"\s+", " ", " ".join(read(files["report.html"]).text))
    for words in (
        "fragile", "The fall of 1.5 points looks no different", "the placebo of 2016 is as large",
        "[−0.051, 0.022]", "cannot tell", "Mainly women aged 14-24",
        "impact run specs/employment_keepjob_lima.yaml",
        "W514", "INEI, ENAHO", "120,000", "Without one control area at a time",
    ):  # fmt: skip
        assert words in shown, words


def test_synthetic_data_are_named_at_the_top(document, wanted):
    before = write(document, wanted)["report.html"].decode()
    assert "banner" not in before.split("</header>")[0].split("</style>")[1]
    document["synthetic"] = True
    after = write(document, wanted)["report.html"].decode()
    assert "Synthetic data: no number on this page" in after.split("</header>")[0]


def test_a_bare_document_gives_a_report(wanted):
    bare = {"study": "x", "models": {}, "rows": []}
    page = read(write(bare, replace(wanted, tables={}, figures={}))["report.html"])
    assert ("h1", "x") in page.heads
    assert "asks for no verdict" in " ".join(page.text)
