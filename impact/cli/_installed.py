"""What is installed or lies in the folder, as lines of a list. Loads neither numpy nor a YAML reader."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import impact.catalog as catalog
from impact.core.registry import Registry
from impact.core.texts import area
from impact.schema.shipped import shipped_folder, shipped_names

REGISTRIES = {
    "estimators": catalog.ESTIMATORS,
    "variances": catalog.VARIANCES,
    "tests": catalog.DIAGNOSTICS,
    "domains": catalog.DOMAINS,
    "formats": catalog.READERS,
    "sources": catalog.SURVEYS,
    "outputs": catalog.OUTPUTS,
}
TOPICS = (*REGISTRIES, "examples", "studies")
LONGEST = 120


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is there: its keyword, one sentence, and where it stands (module or path)."""

    keyword: str
    summary: str
    where: str


def installed(topic: str, *, language: str = "en", reports: Path = Path("reports")) -> tuple[Line, ...]:
    """The lines of one topic, sorted.

    Arguments:
        topic: one of TOPICS. reports: the folder in which studies are looked for.
    """
    if topic == "examples":
        return tuple(example_lines())
    if topic == "studies":
        return tuple(_studies(reports))
    registry = REGISTRIES[topic]
    return tuple(
        Line(keyword, summary_of(registry, keyword, language), entry.module)
        for keyword, entry in registry.entries().items()
    )


def summary_of(registry: Registry, keyword: str, language: str) -> str:
    """One sentence on a keyword, in a language where it was translated."""
    entry = registry.entries()[keyword]
    kind = registry.attribute.lower()
    found = area(language, "records").get(f"records.{kind}.{keyword}.summary") if language != "en" else None
    return found if isinstance(found, str) else entry.summary


def example_lines() -> list[Line]:
    """The shipped specs that run on their own, with their first comment."""
    folder = shipped_folder("specs")
    names = [name for name in shipped_names("specs") if "/" not in name]
    return [Line(Path(name).stem, _first_comment(folder / name), f"shipped:{name}") for name in names]


def _first_comment(file: Path) -> str:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                break
            if "yaml-language-server" not in line:
                return line.lstrip("# ").rstrip()[:LONGEST]
    return ""


def _studies(reports: Path) -> list[Line]:
    found = []
    for manifest in sorted(reports.glob("*/manifest.json")):
        try:
            spec = json.loads(manifest.read_text(encoding="utf-8"))["spec"]["file"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found.append(Line(manifest.parent.name, str(spec), manifest.parent.as_posix()))
    return found
