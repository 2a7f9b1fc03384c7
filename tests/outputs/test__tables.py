"""Every format of a table holds the same cells: each is read back and compared with the grid."""

import io
import re
from html.parser import HTMLParser

import docx
import openpyxl
import pytest
from markdown_it import MarkdownIt

from impact.outputs._cell_grid import HEADER
from impact.outputs._escape import plain
from impact.outputs._numbers import decimal_text
from impact.outputs._request import OutputRequest
from impact.outputs._tables import grids, table_blocks
from impact.outputs.table_excel import workbook_bytes
from impact.outputs.table_html import html_table, page
from impact.outputs.table_latex import float_table, tabular
from impact.outputs.table_markdown import markdown, write
from impact.outputs.table_word import document_bytes
from impact.schema.display import TableBlock


def normal(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u2212", "-").replace("\u2003", " ")).strip()


def expected(grid) -> list[list[str]]:
    rows = []
    for row in grid.rows:
        cells = []
        for cell in row.cells:
            cells += [normal(plain(cell.text) + cell.stars), *([""] * (cell.span - 1))]
        rows.append(cells)
    return rows


def from_markdown(text: str) -> list[list[str]]:
    rows, cells = [], None
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            rows.append(cells)
            cells = None
        elif token.type == "inline" and cells is not None:
            cells.append(normal("".join(child.content for child in token.children)))
    return rows


class _Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.cell, self.span = [], None, 1

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.cell, self.span = "", int(dict(attrs).get("colspan", 1))

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.rows[-1] += [normal(self.cell), *([""] * (self.span - 1))]
            self.cell = None


def from_html(text: str) -> list[list[str]]:
    parser = _Cells()
    parser.feed(text)
    return parser.rows


def cells_of(line: str) -> list[str]:
    return re.split(r"(?<!\\)&", re.sub(r"\s*\\\\$", "", line))


def plain_latex(cell: str) -> str:
    cell = re.sub(r"\\multicolumn\{\d+\}\{\w\}\{(.*)\}$", r"\1", cell.strip())
    cell = re.sub(r"^\\textit\{(.*)\}$", r"\1", cell)
    cell = cell.replace("\\hspace{1em}", "")
    cell = re.sub(r"\$\^\{(\*+)\}\$", r"\1", cell)
    for mark, sign in (
        ("$-$", "-"), ("$<$", "<"), (r"$\times$", "×"), (r"$\infty$", "∞"), (r"\textsuperscript{2}", "²"),
        (r"\textless{}", "<"), (r"\textgreater{}", ">"), (r"\textbar{}", "|"), ("{[}", "["), ("{]}", "]"),
        ("{*}", "*"), ("{''}", '"'), ("--", "–"),
    ):  # fmt: skip
        cell = cell.replace(mark, sign)
    cell = re.sub(r"\\([{}$&#_%])", r"\1", cell)
    return normal(cell.replace(r"\textbackslash{}", "\\"))


def from_latex(text: str) -> list[list[str]]:
    rows = []
    for line in text.splitlines():
        if not line.endswith(r"\\"):
            continue
        cells = []
        for cell in cells_of(line):
            span = re.search(r"\\multicolumn\{(\d+)\}", cell)
            cells += [plain_latex(cell), *([""] * (int(span[1]) - 1 if span else 0))]
        rows.append(cells)
    return rows


def from_word(content: bytes) -> list[list[str]]:
    (table,) = docx.Document(io.BytesIO(content)).tables
    rows = []
    for line in table._tbl.tr_lst:
        cells = []
        for cell in line.tc_lst:
            text = "".join(one.text or "" for one in cell.iter() if one.tag.endswith("}t"))
            cells += [normal(text), *([""] * (cell.grid_span - 1))]
        rows.append(cells)
    return rows


def as_excel_prints(value: object, shown: str) -> str:
    """A number in the few forms of ECMA-376 18.8.30 that the tables use."""
    if not isinstance(value, int | float):
        return normal(value or "")
    before, body, after = re.fullmatch(r'((?:"(?:[^"]|"")*")?)([^"]*)((?:"(?:[^"]|"")*")?)', shown).groups()
    digits = len(re.search(r"\.?(0*)(?:E-0)?(?: ?%)?$", (body.partition(".")[2] and body) or ".")[1])
    if "E" in body:
        mantissa, power = f"{value:.{digits}e}".split("e")
        printed = f"{mantissa}e{int(power)}"
    elif "%" in body:
        printed = (
            decimal_text(100 * value, digits) + body[body.index("0" * max(digits, 1)) + max(digits, 1) :]
        )
    else:
        printed = decimal_text(value, digits, grouping="," in body)
    return normal(before.strip('"') + printed + after.strip('"'))


def from_excel(content: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [
        [as_excel_prints(cell.value, cell.number_format) for cell in line]
        for line in sheet.iter_rows(min_row=2)
    ]


@pytest.fixture(params=["en", "es"])
def drawn(request, document, wanted):
    more = {
        "starred": TableBlock(
            stars=[0.5, 0.1], digits=5, columns=["main", "event"], footer=["n", "effects", "bound"]
        ),
        "models": TableBlock(rows="models", columns=["main", "event"], cell=["estimate", "ci95", "verdict"]),
        "panels": TableBlock(
            rows="terms", panels={"A": {"models": ["main"]}, "B": {"models": ["event"], "title": "x"}}
        ),
        "wide": TableBlock(
            layout="wide", columns={"main": "First & best", "event": "Second"}, extra=["mde80"]
        ),
        "att": TableBlock(rows="att", columns=["main", "published.T1"]),
        "event": TableBlock(rows="event", columns=["event"]),
    }
    asked = OutputRequest(tables={**wanted.tables, **more}, model_order=wanted.model_order)
    return grids(document, asked, request.param)


def test_formats_hold_the_same_cells(drawn):
    assert len(drawn) == 10
    for name, grid in drawn.items():
        wanted_cells = expected(grid)
        assert from_markdown(markdown(grid)) == wanted_cells, name
        assert from_html(html_table(grid)) == wanted_cells, name
        assert from_latex(tabular(grid)) == wanted_cells, name
        assert from_word(document_bytes(grid)) == wanted_cells, name
        assert from_excel(workbook_bytes(grid)) == wanted_cells, name


def test_latex_is_well_formed(drawn):
    for grid in drawn.values():
        for text in (tabular(grid), float_table(grid)):
            begun = re.findall(r"\\begin\{(\w+)\}", text)
            assert sorted(begun) == sorted(re.findall(r"\\end\{(\w+)\}", text))
            bare = re.sub(r"\\[{}\\]", "", text)
            assert bare.count("{") == bare.count("}")
            assert re.sub(r"\\\$", "", text).count("$") % 2 == 0
            assert "\\input" not in text and "\\write" not in text
            assert not re.search(r"\\\\\s*\n\s*[\[*]", text)
        columns = len(grid.align)
        assert all(len(row) == columns for row in from_latex(tabular(grid)))


def test_html_heads_its_rows_and_columns(drawn):
    for grid in drawn.values():
        text = page(grid)
        assert text.count("<caption>") == 1
        assert "<script" not in text and "http" not in text.replace("http-equiv", "")
        heads = sum(bool(cell.text) for row in grid.rows for cell in row.cells if cell.label)
        assert len(re.findall(r'<th scope="(?:row|col|rowgroup|colgroup)"', text)) == heads
        assert len(re.findall(r"<th\b", text)) == heads


def test_numbers_do_not_depend_on_the_language(document, wanted):
    english, spanish = (grids(document, wanted, language) for language in ("en", "es"))
    for name, grid in english.items():
        numbers = [[cell.number for cell in row.cells] for row in grid.rows]
        assert numbers == [[cell.number for cell in row.cells] for row in spanish[name].rows]
        figures = [
            [cell.text for cell in row.cells if cell.figure] for row in grid.rows if row.role != HEADER
        ]
        assert figures == [
            [cell.text for cell in row.cells if cell.figure]
            for row in spanish[name].rows
            if row.role != HEADER
        ]


def test_natural_tables_without_a_spec(document, wanted):
    asked = OutputRequest(model_order=wanted.model_order)
    kinds = {name: block.rows for name, block in table_blocks(document, asked).items()}
    assert kinds == {
        "estimates": "terms", "event": "event", "groups": "by", "robustness": "robustness",
        "published": "published",
    }  # fmt: skip
    document["models"] = {"main": document["models"]["main"]}
    document["published"] = []
    assert list(table_blocks(document, asked)) == ["estimates"]


def test_two_languages_make_two_files(document, wanted):
    one = write(document, OutputRequest(tables={"t": TableBlock(columns=["main"])}))
    two = write(document, OutputRequest(tables={"t": TableBlock(columns=["main"])}, languages=("en", "es")))
    assert set(one) == {"tables/t.md"}
    assert set(two) == {"tables/t.en.md", "tables/t.es.md"}
    assert "Error" not in two["tables/t.en.md"].decode()
    assert "Estimaciones" in two["tables/t.es.md"].decode()
