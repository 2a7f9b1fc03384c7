"""README.md of a package, in the order that data editors ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from impact.core.texts import text
from impact.outputs._document import said, verdict_text
from impact.outputs._escape import markdown_text, plain
from impact.pipeline.finished.redraw import LOG
from impact.pipeline.packaging.codebook import Variable
from impact.pipeline.packaging.exhibits import Exhibit
from impact.pipeline.packaging.gather import DataFile, Study
from impact.pipeline.packaging.rerun import REPORTS

COMMAND = "impact run specs --out again"
SHOWN = 12
MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Content:
    """What the README tells: studies, data files by name, codebook by file, exhibits, bytes of reports by study."""

    studies: Sequence[Study]
    data: Mapping[str, tuple[DataFile, tuple[str, ...]]]
    codebook: Mapping[str, Sequence[Variable]]
    exhibits: Sequence[Exhibit]
    sizes: Mapping[str, int]
    language: str

    def say(self, key: str, **values: object) -> str:
        """A text of the README."""
        return text(f"packaging.readme.{key}", self.language, **values)


def readme(content: Content) -> str:
    """The page."""
    parts = (_overview, _availability, _codebook, _requirements, _instructions, _exhibits, _references)
    lines = [line for part in parts for line in part(content)]
    return "\n".join(lines).rstrip() + "\n"


def code(words: object) -> str:
    """A name as code, also inside a table cell."""
    shown = plain(words).replace("`", "'").replace("|", "\\|")
    return f"`{shown}`" if shown else ""


def _codes(names: Sequence[str]) -> str:
    return ", ".join(code(name) for name in names)


def _table(content: Content, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(content.say(column) for column in columns)} |"
    yield f"| {' | '.join(['---'] * len(columns))} |"
    for row in rows:
        yield f"| {' | '.join(str(cell) or '-' for cell in row)} |"
    yield ""


def _overview(content: Content) -> Iterator[str]:
    yield from (f"# {content.say('title')}", "", f"## {content.say('overview')}", "")
    yield from (content.say("intro", count=len(content.studies)), "")
    for study in content.studies:
        document = study.document
        title = said(document.get("title"), content.language) or study.name
        yield from (f"### {markdown_text(title)}", "")
        if document.get("synthetic"):
            yield from (f"**{text('report.synthetic', content.language)}**", "")
        question = said(document.get("question"), content.language)
        if question:
            yield from (markdown_text(question), "")
        answer = document.get("answer") or {}
        if answer.get("verdict"):
            sentence = markdown_text(said(answer.get("sentence"), content.language))
            yield from (f"**{verdict_text(answer['verdict'], content.language)}**: {sentence}", "")
        page = f"{REPORTS}/{study.name}/report.html"
        yield from (f"[{page}]({page}) · [specs/{study.name}.yaml](specs/{study.name}.yaml)", "")


def _availability(content: Content) -> Iterator[str]:
    files = [file for file, _ in content.data.values()]
    closed = [file for file in files if not file.enters]
    yield from (f"## {content.say('availability')}", "")
    yield from (f"### {content.say('rights')}", "")
    yield from (content.say("rights_closed" if closed else "rights_open"), "")
    yield from (f"### {content.say('licence')}", "")
    for file in files:
        licence = (
            markdown_text(file.source.block.licence) if file.source.block.licence else content.say("unsaid")
        )
        yield f"- {_name(file)}: {licence}"
    yield from ("", content.say("licence_software"), "")
    yield from (f"### {content.say('summary')}", "")
    n_closed = len(closed)
    key = "summary_all" if not closed else "summary_none" if n_closed == len(files) else "summary_some"
    yield from (content.say(key, closed=n_closed, files=len(files)), "")
    yield from (f"### {content.say('sources')}", "")
    rows = [_source_row(content, file, users) for file, users in content.data.values()]
    yield from _table(
        content, ("file", "source", "access", "accessed", "provided", "studies", "sha256"), rows
    )
    for file in closed:
        how = markdown_text(file.source.block.access or "")
        yield from (content.say("put_here", file=_name(file), how=how, sha256=file.sha256), "")


def _name(file: DataFile) -> str:
    return code(f"data/{file.name}")


def _source_row(content: Content, file: DataFile, users: Sequence[str]) -> list[object]:
    block = file.source.block
    unsaid = content.say("unsaid")
    provided = content.say("yes" if file.enters else "no")
    said_ = [markdown_text(one or unsaid) for one in (block.source, block.access, block.accessed)]
    return [_name(file), *said_, provided, _codes(users), code(file.sha256[:SHOWN])]


def _codebook(content: Content) -> Iterator[str]:
    yield from (f"### {content.say('codebook')}", "", content.say("codebook_intro"), "")
    for name, variables in content.codebook.items():
        yield from (f"#### data/{markdown_text(name)}", "")
        rows = [(code(v.name), markdown_text(v.label), v.kind, v.missing, v.values) for v in variables]
        yield from _table(content, ("variable", "label", "type", "missing", "values"), rows)


def _requirements(content: Content) -> Iterator[str]:
    yield from (f"## {content.say('computing')}", "", f"### {content.say('software')}", "")
    for line in dict.fromkeys(_environment(content, study.manifest) for study in content.studies):
        yield f"- {line}"
    yield from (
        "",
        content.say("exact"),
        "",
        f"### {content.say('randomness')}",
        "",
        content.say("streams"),
        "",
    )
    for study in content.studies:
        seed = study.manifest.get("seed")
        yield f"- {code(study.name)}: " + content.say("no_seed" if seed is None else "seed", seed=seed)
    yield from ("", f"### {content.say('resources')}", "", content.say("resources_intro"), "")
    columns = ("study", "models", "seconds", "processor", "memory", "storage")
    yield from _table(content, columns, [_resources(content, study) for study in content.studies])
    rows = [
        (code(study.name), code(name), f"{seconds:.2f}")
        for study in content.studies
        for name, seconds in model_seconds(study)
    ]
    if rows:
        yield from _table(content, ("study", "model", "seconds"), rows)


def _environment(content: Content, manifest: Mapping[str, Any]) -> str:
    facts = manifest.get("environment") or {}
    blas = facts.get("blas") or {}
    return content.say(
        "environment",
        impact=manifest.get("impact"),
        python=facts.get("python"),
        system=facts.get("system"),
        blas=" ".join(str(part) for part in (blas.get("name"), blas.get("version")) if part) or "-",
    )


def _resources(content: Content, study: Study) -> tuple[object, ...]:
    run = study.manifest.get("run") or {}
    size = content.sizes[study.name] / MEGABYTE
    figures = (run.get(key, "") for key in ("models_run", "seconds", "cpu_seconds", "peak_memory_mb"))
    return (code(study.name), *figures, f"{size:.1f}")


def model_seconds(study: Study) -> list[tuple[str, float]]:
    """Seconds of each model, from the log of the run: the time since the event before."""
    file = study.folder / LOG
    if not file.is_file():
        return []
    found, before = [], None
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
            now = datetime.fromisoformat(str(event["at"]))
        except (ValueError, KeyError, TypeError):
            continue
        if event.get("event") == "model" and before is not None:
            found.append((str(event.get("name")), (now - before).total_seconds()))
        before = now
    return found


def _instructions(content: Content) -> Iterator[str]:
    yield from (f"## {content.say('instructions')}", "", content.say("install"), "")
    yield from (
        "    pip install -r requirements.txt",
        "",
        content.say("one_command"),
        "",
        f"    {COMMAND}",
        "",
    )
    yield from (content.say("compare"), "")
    for study in content.studies:
        yield f"    impact diff {REPORTS}/{study.name} again/{study.name}"
    yield from ("", content.say("check"), "", "    impact check --package .", "")


def _exhibits(content: Content) -> Iterator[str]:
    yield from (f"## {content.say('exhibits')}", "", content.say("exhibits_intro", shown=SHOWN), "")
    rows = [
        (*_exhibit_cells(one), code(file), code(digest[:SHOWN]))
        for one in content.exhibits
        for file, digest in one.files.items()
    ]
    yield from _table(content, ("exhibit", "spec", "models", "file", "sha256"), rows)


def _exhibit_cells(exhibit: Exhibit) -> tuple[str, str, str]:
    title = f"{code(exhibit.name)} {markdown_text(exhibit.title)}"
    return title, code(f"{exhibit.spec} {exhibit.kind}.{exhibit.name}"), _codes(exhibit.models)


def _references(content: Content) -> Iterator[str]:
    yield from (f"## {content.say('references')}", "")
    found: list[str] = []
    for study in content.studies:
        found += [file.source.block.citation or file.source.block.source or "" for file in study.data]
        for cell in study.document.get("published") or ():
            found.append(said(cell.get("source"), content.language))
        found += [said(c.get("source"), content.language) for c in study.document.get("claims") or ()]
    for one in dict.fromkeys(line.strip() for line in found if line and line.strip()):
        yield f"- {markdown_text(one)}"
    yield from (f"- {content.say('impact', version=content.studies[0].document.get('impact'))}", "")
