"""A report opened in headless Chromium: requests, console, switches, accessibility, scripts off, print.

Needs the extra `browser` (playwright) and a Chromium of the system: `apt install chromium`.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from impact.pipeline.study import StudyOptions, run_study

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None, reason="playwright is an extra (browser)"
    ),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
SPEC = """
spec: 1
study: small
question: Do self-defence laws raise homicides?
data: shipped:castle.csv
models:
  pooled: {formula: l_homicide ~ post, title: Pooled}
  twfe: {formula: l_homicide ~ post | sid + year, title: Two-way}
vcov: {cluster: sid}
seed: 1
language: [en, es]
tables:
  T1: {columns: [pooled, twfe], cell: [estimate, se, ci95]}
  T2: {rows: models, columns: [pooled, twfe], cell: [estimate, se, ci95, p, n]}
figures:
  forest: {kind: coefplot, models: [pooled, twfe]}
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    (folder / "small.yaml").write_text(SPEC)
    return run_study(str(folder / "small.yaml"), StudyOptions(out=folder / "reports")).folder / "report.html"


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser, report):
    """The open report, with every request and every line of the console."""
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    opened.requests, opened.lines = [], []
    opened.on("request", lambda request: opened.requests.append(request.url))
    opened.on("console", lambda line: opened.lines.append(line.text))
    opened.on("pageerror", lambda error: opened.lines.append(str(error)))
    opened.goto(report.as_uri())
    yield opened
    context.close()


def cell(page, text: str):
    return page.locator("td").filter(has_text=text)


def test_one_request_and_an_empty_console(page, report):
    assert page.requests == [report.as_uri()]
    assert page.lines == []
    assert report.stat().st_size < 2_000_000


def test_decimals_are_those_of_the_stored_numbers(page, report):
    rows = json.loads((report.parent / "results.json").read_text())["rows"]
    estimate = next(row["estimate"] for row in rows if row["model"] == "twfe" and row["term"] == "post")
    assert cell(page, f"{estimate:.3f}").count() >= 1
    choice = page.locator(".switches select")
    choice.focus()
    page.keyboard.press("End")
    assert cell(page, f"{estimate:.8f}".replace("-", "−")).count() >= 1
    choice.select_option("")
    assert cell(page, f"{estimate:.8f}").count() == 0


def test_every_printed_number_follows_from_its_stored_one(page):
    """With the digits that a cell is printed with, the switch must not change it."""
    before = page.locator("td[data-v]").all_inner_texts()
    assert len(before) > 8
    page.locator(".switches select").select_option("3")
    after = page.locator("td[data-v]").all_inner_texts()
    three = re.compile(r"\.\d{3}(?!\d)")
    same = [one == other for one, other in zip(before, after, strict=True) if three.search(one)]
    assert len(same) > 6 and all(same)


def test_stars_and_intervals_by_keyboard(page):
    boxes = page.locator(".switches input[type=checkbox]")
    assert boxes.count() == 2
    assert page.locator("td sup").count() == 0
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    stars = page.locator("td sup").all_inner_texts()
    assert stars and all(set(one) == {"*"} for one in stars)
    expected = [
        float(p) for p in page.eval_on_selector_all("td[data-p]", "all => all.map(one => one.dataset.p)")
    ]
    assert len(stars) == sum(p < 0.1 for p in expected)
    interval = page.locator("tbody td:visible").filter(has_text=re.compile(r"^\["))
    shown = interval.count()
    boxes.nth(1).focus()
    page.keyboard.press("Space")
    assert shown >= 4 and interval.count() == 0
    page.keyboard.press("Space")
    assert interval.count() == shown


def test_columns_sort_both_ways(page):
    button = page.locator("button.sort").filter(has_text=re.compile("Estimate")).first
    table = button.locator("xpath=ancestor::table")
    place = table.locator("thead th").all_inner_texts().index(button.inner_text())

    def column() -> list[float]:
        texts = table.locator("tbody tr").evaluate_all(
            f"rows => rows.map(row => row.cells[{place}].textContent)"
        )
        return [float(one.replace("−", "-")) for one in texts]

    button.focus()
    page.keyboard.press("Enter")
    assert column() == sorted(column())
    assert button.locator("xpath=..").get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert column() == sorted(column(), reverse=True)


def test_tables_are_copied_as_they_are_shown(page):
    figure = page.locator("figure.table").first
    figure.get_by_role("button", name="Copy as CSV").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    texts = figure.locator("tbody td").all_inner_texts()
    assert all(one.replace("−", "-") in copied for one in texts if one.strip())
    figure.get_by_role("button", name="Copy as LaTeX").click()
    latex = page.evaluate("navigator.clipboard.readText()")
    assert latex.startswith("\\begin{tabular}{l") and latex.count("\\\\") >= len(copied.split("\n"))
    assert page.locator(".switches [role=status]").inner_text() == "Copied"


def test_points_tell_their_values(page):
    titles = page.eval_on_selector_all("svg title", "all => all.map(one => one.textContent)")
    assert any(re.search(r"Two-way.*0\.\d{3} \[", one) for one in titles)


def test_the_accessibility_tree(page):
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("table").count() >= 4
    assert page.get_by_role("img").count() == 1
    for table in page.get_by_role("table").all():
        assert table.locator("caption").count() == 1
    levels = [
        int(one[1]) for one in page.eval_on_selector_all("h1, h2, h3", "all => all.map(one => one.tagName)")
    ]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))
    unnamed = page.eval_on_selector_all(
        "button, select, input, a",
        "all => all.filter(one => !(one.textContent || one.labels?.length)).length",
    )
    assert unnamed == 0


def test_every_control_is_reached_with_the_tab_key(page):
    wanted = page.locator(":is(a, button, select, input, summary, [tabindex='0']):visible").count()
    reached = set()
    for _ in range(wanted + 2):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("""() => { const all = [...document.querySelectorAll("*")];
            return all.indexOf(document.activeElement); }""")
        )
    assert len(reached) >= wanted


def test_everything_is_there_without_scripts(browser, report, page):
    context = browser.new_context(java_script_enabled=False)
    bare = context.new_page()
    bare.goto(report.as_uri())
    assert bare.locator(".switches").count() == 0
    assert bare.locator("td").count() == page.locator("td").count()
    assert bare.locator("td").first.is_visible()
    context.close()


def test_print_hides_the_switches(page):
    page.emulate_media(media="print")
    assert not page.locator(".switches").is_visible()
    assert not page.locator(".copy").first.is_visible()
    assert page.locator("table").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(page, scheme):
    """Contrast of text and paper: at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    page.emulate_media(color_scheme=scheme)
    colours = page.evaluate("""() => { const style = getComputedStyle(document.body);
        const soft = getComputedStyle(document.querySelector(".study"));
        return [style.color, soft.color, style.backgroundColor]; }""")
    ink, soft, paper = (luminance(one) for one in colours)
    for one in (ink, soft):
        assert (max(one, paper) + 0.05) / (min(one, paper) + 0.05) >= 4.5


def luminance(colour: str) -> float:
    parts = [int(one) / 255 for one in re.findall(r"\d+", colour)[:3]]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_other_language_is_one_link_away(page):
    page.get_by_role("link", name="Español").click()
    assert page.locator("html").get_attribute("lang") == "es"
    assert page.locator(".switches").inner_text().startswith("Decimales")
    assert page.lines == []
