"""The index of a folder: every study once, with its answer and what was published against found."""

import json
import re
from html.parser import HTMLParser

from impact.cli.replicating.index_page import index_page, refresh_index, summary_of


def document(study="one", **more):
    base = {
        "schema": "impact-results-1", "study": study, "title": {"en": f"Title {study}", "es": f"Título {study}"},
        "question": {"en": "Does <it>?", "es": "¿Lo hace?"}, "domain": "crime", "synthetic": False,
        "answer": {"verdict": "inconclusive", "sentence": {"en": "Cannot tell.", "es": "No se sabe."}},
        "published": [{"verdict": one} for one in ("equal", "sign_agrees", "differs", "not_available")],
        "claims": [{"state": "agrees"}, {"state": "cannot_tell"}],
        "models": {"a": {"status": "ok"}, "b": {"status": "failed"}},
    }  # fmt: skip
    return {**base, **more}


class _Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.cells, self.open = [], False

    def handle_starttag(self, tag, attrs):
        if tag in ("td", "th"):
            self.cells.append("")
            self.open = True

    def handle_endtag(self, tag):
        self.open = self.open and tag not in ("td", "th")

    def handle_data(self, data):
        if self.open:
            self.cells[-1] += data


def cells(page):
    parser = _Text()
    parser.feed(page)
    return parser.cells


def test_a_row_says_answer_published_and_claims():
    page = index_page([summary_of(document(), "one")], "en")
    row = cells(page)[4:]
    assert row[0] == "Title oneDoes <it>?"
    assert "Cannot tell." in row[1] and "Not estimated: b." in row[1]
    assert row[2] == "2 of 3 met; 1 differ"
    assert row[3] == "agrees 1; cannot tell 1"
    assert 'href="one/report.html"' in page and "<it>" not in page


def test_spanish_and_synthetic():
    page = index_page([summary_of(document(synthetic=True), "one")], "es")
    assert "datos sintéticos" in page and "Título one" in page and '<html lang="es">' in page
    assert "2 de 3 alcanzadas" in page


def test_studies_without_anything():
    bare = {"study": "bare"}
    page = index_page([summary_of(bare, "bare")], "en")
    assert cells(page)[4:] == ["bare", "no single answer is asked for", "none", "none"]


def test_the_folder_is_read_and_domains_are_apart(tmp_path):
    for name, domain in (("b", "wages"), ("a", "crime"), ("c", None)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json.dumps(document(name, domain=domain)))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "results.json").write_text("{")
    file = refresh_index(tmp_path)
    page = file.read_text()
    assert re.findall(r'href="(\w)/report.html"', page) == ["b", "a", "c"]
    assert page.count("<table>") == 3 and "3 studies; 6 of 9 published numbers met." in page
    assert refresh_index(tmp_path).read_text() == page


def test_no_index_is_begun_for_a_single_run(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "results.json").write_text(json.dumps(document("a")))
    assert refresh_index(tmp_path, only_if_there=True) is None
    assert refresh_index(tmp_path) is not None
    assert refresh_index(tmp_path, only_if_there=True) is not None
    assert refresh_index(tmp_path / "nothing") is None
