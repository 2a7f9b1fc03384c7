"""Writes docs/reference: the pages of `impact explain` and of `impact --help`, one file a kind. Run by `make docs`.

Nothing is written by hand there: a changed default, key, message or option changes the page, and
tests/docs/test_reference.py fails until this is run again.
"""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

import impact.catalog as catalog
import impact.schema.display as display
from impact.cli._pages import all_pages
from impact.cli.main import COMMANDS, cli
from impact.cli.reference.page import Page, page_markdown
from impact.cli.reference.taken import taken_table
from impact.core.texts import text
from impact.schema.ledger.block import LedgerFigureBlock

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- made by docs/make_reference.py: edit the records, not this page -->"
# page → (kind of topic, heading, what the page holds)
KINDS = {
    "spec": (
        "key",
        "Keys of a spec",
        "Every key, its default and values. Other keys are refused (E102).",
    ),
    "estimators": ("estimator", "Estimators", "What `estimator:` may name, with the options of each."),
    "variances": ("variance", "Variances", "What `vcov:` may name, with the options of each."),
    "tests": ("test", "Tests", "What `kind:` of an entry of `tests:` may name, with the options of each."),
    "domains": ("domain", "Domains", "What `domain:` may name: outcomes and labels that come with it."),
    "sources": (
        "source",
        "Kinds of data sources",
        "What a block of `data:` may name instead of `file:`, with the options of each.",
    ),
    "codes": ("code", "Codes of messages", "Every message of the tool by its code. E: error, W: warning."),
    "verdicts": ("verdict", "Verdicts", "The words that a result may end in."),
}
# letters of a code and first digit → heading
CODES = {
    "E1": "E1: YAML and keys", "E2": "E2: data files, paths, joins", "E3": "E3: formulas",
    "E4": "E4: expressions, missing values, checks", "E5": "E5: design and estimation",
    "E6": "E6: comparison with published values", "E7": "E7: writing and the command line", "E9": "E9: internal",
    "W": "W: warnings, which are results",
}  # fmt: skip


def reference_pages() -> dict[str, str]:
    """File name → Markdown of every page of the reference."""
    topics = all_pages()
    pages = {}
    for name, (kind, title, lead) in KINDS.items():
        chosen = [page for page in topics if page.kind == kind]
        body = _codes(chosen) if kind == "code" else _topics(chosen)
        pages[name] = _page(title, lead, body)
    functions = [page for page in topics if page.kind == "function"]
    pieces = [page for page in functions if not page.title.endswith("()")]
    expressions = [page for page in functions if page.title.endswith("()")]
    pages["expressions"] = _page(
        "Functions of expressions",
        "What `derive`, `filter`, `checks` and `claims` may call; anything else is refused.",
        _function_tables(expressions),
    )
    pages["formulas"] = _page(
        "Pieces of formulas",
        "Functions that stand only in formulas; those of expressions may stand there too. "
        "`impact show 'y ~ …'` says what a formula means.",
        [_table(("piece", "meaning"), [(f"`{page.topic}()`", page.summary) for page in pieces])],
    )
    pages["outputs"] = _page(
        "Formats, outputs and statistics", "What can be read and what is written.", _outputs()
    )
    pages["estimators_take"] = _page(
        "What difference-in-differences estimators take",
        "A code is the message that refuses it (`impact explain CODE`); every cell is a test.",
        [_table(*_split(taken_table()))],
    )
    pages["commands"] = _page("Commands", "The command line, as `impact --help` prints it.", _commands())
    return {f"{name}.md": page for name, page in pages.items()}


def _split(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], Sequence[tuple[str, ...]]]:
    return ("estimator", *rows[0][1:]), [(f"`{row[0]}`", *row[1:]) for row in rows[1:]]


def _page(title: str, lead: str, parts: Sequence[str]) -> str:
    return "\n\n".join([MADE, f"# {title}", lead, *(part.strip("\n") for part in parts)]) + "\n"


def _topics(pages: Sequence[Page]) -> list[str]:
    return [page_markdown(page, level=2) for page in pages]


def _codes(pages: Sequence[Page]) -> list[str]:
    parts = []
    for start, heading in CODES.items():
        chosen = [page for page in pages if page.topic.startswith(start)]
        parts.append(f"## {heading}")
        parts.append(page_status(chosen[0]))
        parts += [_code(page) for page in chosen]
    return parts


def page_status(page: Page) -> str:
    """The exit status that messages of one class lead to."""
    return page.sections[1].paragraphs[0]


def _code(page: Page) -> str:
    message = page.sections[0]
    return f"### {page.title}\n\n{_inline(page.summary)}\n\n```text\n{message.code.rstrip()}\n```"


def _function_tables(pages: Sequence[Page]) -> Iterator[str]:
    families: dict[str, list[Page]] = {}
    for page in pages:
        families.setdefault(page.sections[0].paragraphs[0], []).append(page)
    for family, members in families.items():
        yield f"## {_inline(family)}"
        yield _table(
            ("function", "does", *(row[0] for row in _facts(members[0]) if row[0] != _named())),
            [
                (
                    f"`{page.topic}`",
                    page.summary,
                    *(_fact(page, row[0]) for row in _facts(page) if row[0] != _named()),
                )
                for page in members
            ],
        )


def _named() -> str:
    return text("commands.explain.named")


def _facts(page: Page) -> Sequence[tuple[str, ...]]:
    return page.sections[0].table[1:]


def _fact(page: Page, name: str) -> str:
    facts = dict(row[:2] for row in _facts(page))  # type: ignore[misc]
    extra = facts.get(_named(), "") if name == text("commands.explain.arguments") else ""
    return f"{facts[name]}, {extra}" if extra else str(facts[name])


def _outputs() -> Iterator[str]:
    for heading, registry in (
        ("Formats of data files", catalog.READERS),
        ("What a run writes", catalog.OUTPUTS),
    ):
        yield f"## {heading}"
        rows = [(f"`{name}`", entry.summary) for name, entry in registry.entries().items()]
        yield _table(("keyword", "is"), rows)
    yield "## Statistics of a table"
    yield "What `cell:` and `extra:` of a table may name, and the heading of its column."
    words = typing.get_args(display.CellWord)
    yield _table(
        ("statistic", "heading", "in Spanish"),
        [(f"`{word}`", text(f"table.stat.{word}"), text(f"table.stat.{word}", "es")) for word in words],
    )
    yield "## Figures"
    ledger = typing.get_args(LedgerFigureBlock.model_fields["kind"].annotation)
    for kind in (*typing.get_args(display.FigureKind), *ledger):
        module = importlib.import_module(catalog.OUTPUTS.entries()[kind].module)
        yield f"### {kind}"
        yield from (
            _inline(" ".join(block.split())) for block in (inspect.getdoc(module) or "").split("\n\n")
        )


def _commands() -> Iterator[str]:
    above = click.Context(cli, info_name="impact", **cli.context_settings)
    for name, (module, line) in COMMANDS.items():
        command: click.Command = importlib.import_module(module).command
        context = click.Context(command, parent=above, info_name=name, terminal_width=100)
        yield f"## impact {name}"
        yield line
        yield f"```text\n{command.get_help(context).rstrip()}\n```"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [[_inline(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in ([*head], ["---"] * len(head), *cells))


def _inline(words: str) -> str:
    """Signs that Markdown reads as markup; what stands between backticks stays."""
    parts = words.split("`")
    return "`".join(
        part if position % 2 else part.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
        for position, part in enumerate(parts)
    )


def main() -> None:
    """Write the pages, and take away those that are no longer made."""
    FOLDER.mkdir(exist_ok=True)
    pages = reference_pages()
    for file in FOLDER.glob("*.md"):
        if file.name not in pages:
            file.unlink()
    for name, content in pages.items():
        (FOLDER / name).write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
