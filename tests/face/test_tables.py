"""`etable`: the cells are those of a spec's table, in every format; mistakes are named."""

from __future__ import annotations

import io
import re

import openpyxl
import pandas as pd
import pytest
from docx import Document

import impact
from impact.core.errors import OutputError, SpecError


@pytest.fixture(scope="module")
def pair(test_panel):
    table = pd.DataFrame(test_panel)
    keys = {"vcov": {"cluster": "i"}}
    return [impact.feols("y ~ D + z", table, **keys), impact.feols("y ~ D + z | i + t", table, **keys)]


@pytest.fixture(scope="module")
def from_spec(test_panel, tmp_path_factory):
    """The same two models as a spec, with a table of the same headings."""
    place = tmp_path_factory.mktemp("tables")
    pd.DataFrame(test_panel).to_csv(place / "panel.csv", index=False)
    vcov = {"cluster": "i"}
    spec = {
        "spec": 1, "study": "pair", "data": {"root": "here", "file": "panel.csv"},
        "models": {
            "m1": {"formula": "y ~ D + z", "vcov": vcov, "title": "Raw"},
            "m2": {"formula": "y ~ D + z | i + t", "vcov": vcov, "title": "Effects"},
        },
        "tables": {"T1": {"cell": ["estimate", "se", "p"], "digits": 4, "stars": [0.1, 0.05], "title": "Two fits"}},
    }  # fmt: skip
    return impact.run(spec, out=place / "reports", roots={"here": place})


ASKED = {
    "cell": ["estimate", "se", "p"],
    "more": {"digits": 4, "stars": [0.1, 0.05], "title": "Two fits"},
}


def cells(grid):
    return [[(cell.text, cell.stars, cell.span) for cell in row.cells] for row in grid.rows]


def test_the_cells_are_those_of_a_spec(pair, from_spec):
    table = impact.etable({"Raw": pair[0], "Effects": pair[1]}, **ASKED)
    assert cells(table.grid) == cells(from_spec.tables["T1"].grid)
    assert table.title == "Two fits"
    own = [note for note in table.notes if "Sample" not in note]
    other = from_spec.tables["T1"].notes
    assert [note for note in own if note not in other] == []


def test_every_format_holds_the_cells(pair, from_spec, tmp_path):
    fits = {"Raw": pair[0], "Effects": pair[1]}
    wanted = f"{pair[1].coef()['D']:.4f}"
    for to in ("md", "tex", "html"):
        text = impact.etable(fits, to=to, **ASKED)
        assert wanted in text
        assert impact.etable(fits, path=tmp_path / f"t.{to}", **ASKED) == tmp_path / f"t.{to}"
        assert (tmp_path / f"t.{to}").read_text(encoding="utf-8") == text
    assert (tmp_path / "t.tex").read_text() == (from_spec.path / "tables" / "T1.tex").read_text()
    assert "threeparttable" in (tmp_path / "t-float.tex").read_text(encoding="utf-8")
    impact.etable(fits, to="docx", path=tmp_path / "t.docx", **ASKED)
    shown = [cell.text for row in Document(tmp_path / "t.docx").tables[0].rows for cell in row.cells]
    assert any(one.startswith(wanted) for one in shown)
    impact.etable(fits, path=tmp_path / "t.xlsx", **ASKED)
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "t.xlsx").read_bytes()))
    numbers = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert float(wanted) in [round(one, 4) for one in numbers if isinstance(one, float)]


def test_it_shows_itself(pair):
    table = impact.etable(pair)
    page = table._repr_html_()
    assert "<caption>" in page
    assert 'scope="col"' in page
    assert "<script" not in page
    text = re.sub(r"<[^>]+>", " ", page)
    for fit in pair:
        for value in fit.se().values():
            assert f"({value:.3f})" in text or "Constant" in text
            assert f"({value:.3f})" in repr(table)
    frame = table.to_frame()
    assert "ols (1)" in frame.to_numpy().ravel().tolist()


def test_keys_of_a_table(pair):
    table = impact.etable(
        pair, terms="D", more={"labels": {"D": "Treated"}, "footer": ["n"], "default_notes": False}
    )
    first = [row[0] for row in table.to_frame().to_numpy().tolist()]
    assert "Treated" in first
    assert "z" not in first
    assert table.notes == ()
    spanish = impact.etable(pair, language="es", to="md")
    assert "Observaciones" in spanish


def test_effects_of_designs_stand_beside_regressions(event_fit, cs_fit):
    table = impact.etable([event_fit, cs_fit], cell=["estimate", "se"])
    shown = table.to_frame().to_numpy().tolist()
    (att,) = [row for row in shown if row[0] == "att"]
    assert att[2].replace("−", "-") == f"{cs_fit.coef()['att']:.3f}"


@pytest.mark.parametrize(
    ("given", "code", "hint"),
    [
        ({"to": "mdd"}, "E609", "md"),
        ({"to": "docx"}, "E609", ""),
        ({"path": "t.pdf"}, "E609", ""),
        ({"path": "t.md", "to": "tex"}, "E609", ""),
        ({"cell": ["estimat"]}, "E105", "estimate"),
        ({"cell": 5}, "E609", ""),
        ({"more": {"digit": 2}}, "E102", "digits"),
        ({"more": 5}, "E609", ""),
        ({"more": {"labels": [1]}}, "E609", ""),
        ({"more": {"footer": ["nn"]}}, "E711", ""),
        ({"language": "fr"}, "E609", ""),
    ],
)
def test_mistakes_are_named(pair, given, code, hint):
    with pytest.raises(SpecError) as caught:
        impact.etable(pair, **given)
    assert (caught.value.code, caught.value.suggestion) == (code, hint)
    assert caught.value.where.file == "etable"


def test_a_folder_that_is_not_there(pair, tmp_path):
    with pytest.raises(OutputError) as caught:
        impact.etable(pair, path=tmp_path / "none" / "t.md")
    assert caught.value.code == "E704"
    with pytest.raises(SpecError):
        impact.etable(pair).text("xlsx")
