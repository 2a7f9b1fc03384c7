"""README.md of a report folder: the question, the answer, what lies where, and how to make it again."""

from __future__ import annotations

from collections.abc import Sequence

from impact.core.registered import Output
from impact.core.texts import text
from impact.outputs._document import Document, said, verdict_text
from impact.outputs._escape import markdown_text
from impact.outputs._request import OutputRequest

Exhibit = tuple[str, str]
"""File and title of a table or figure."""


def readme(document: Document, request: OutputRequest, exhibits: Sequence[Exhibit]) -> str:
    """The text in the request's first language."""
    language = request.languages[0]
    title = said(document.get("title"), language) or str(document.get("study", ""))
    lines = [f"# {markdown_text(title)}", ""]
    if document.get("synthetic"):
        lines += [f"**{text('report.synthetic', language)}**", ""]
    question = said(document.get("question"), language)
    lines += [markdown_text(question), ""] if question else []
    answer = document.get("answer")
    if answer:
        verdict = verdict_text(answer.get("verdict"), language)
        lines += [f"**{verdict}**: {markdown_text(said(answer.get('sentence'), language))}", ""]
    lines += [f"## {text('report.exhibits', language)}", ""]
    lines += [f"- [{markdown_text(file)}]({file}): {markdown_text(words)}" for file, words in exhibits]
    lines += ["", f"## {text('report.rerun', language)}", "", f"    {' '.join(request.rerun.split())}", ""]
    return "\n".join(lines)


def exhibits_of(
    request: OutputRequest, tables: Sequence[Exhibit], figures: Sequence[Exhibit]
) -> list[Exhibit]:
    """The report, the results, and every table and figure by name and title."""
    language = request.languages[0]
    found = [
        ("report.html", text("report.page", language)),
        ("results.json", text("report.numbers", language)),
    ]
    for folder, named, formats in (
        ("tables", tables, request.outputs.formats),
        ("figures", figures, request.outputs.figures),
    ):
        for name, title in named:
            if formats:
                found.append((f"{folder}/{request.file(name, formats[0], language)}", title))
    return found


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """README.md without exhibits but the report and the results (``draw_outputs`` adds them)."""
    return {"README.md": readme(document, request, exhibits_of(request, (), ())).encode("utf-8")}


OUTPUT = Output(summary="What lies in a report folder", suffix="md", write=write, keywords=("readme",))
