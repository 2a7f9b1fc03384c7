"""Writes docs/gallery: one page a shipped spec, with its table from a run. Run by `make gallery` (about two minutes).

tests/docs/test_gallery.py compares the pages with the specs and, for the quick ones, with a run.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import impact.cli.main as command_line

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "gallery"
MADE = "<!-- made by docs/make_gallery.py: edit the spec, not this page -->"
# spec → what to change: (words, options of `impact run`)
CHANGES: dict[str, Sequence[tuple[str, str]]] = {
    "self_defence_laws": (
        ("Errors that are robust but not clustered", "--set vcov=hc1"),
        ("Another outcome in one column", "--set 'models.twfe=l_robbery ~ post | sid + year'"),
    ),
    "theft_and_population": (
        ("The figure of another model", "--set 'figures.years.models=[coast]'"),
        ("One model only", "--only models.levels"),
    ),
    "employment_keepjob_lima": (
        ("The main model and its robustness rows only", "--only models.main"),
        ("A wider bound; give the reason before looking", "--set tests.bound.bound=0.03"),
    ),
    "employment_informality_lima": (
        ("Report in Spanish", "--set language=es"),
        ("The formal and informal workers who kept a job", "--only models.formal_kept,models.informal_kept"),
    ),
    "wages_income_lima": (
        ("The self-employed only", "--only models.self_employed"),
        ("Two decimals", "--set outputs.digits=2"),
    ),
    "crime_victimization_lima": (
        ("Theft by another column of the file", "--set matrix.y.theft=fraud_victimization_pct"),
        ("Report in both languages", "--set 'language=[en, es]'"),
    ),
    "replication_c1_crime_north_carolina": (
        ("Errors that are robust to unequal variances", "--set defaults.vcov=hc1"),
        ("Fewer controls", "--set 'sets.wages=[lwcon, lwmfg]'"),
    ),
    "replication_c2_castle_doctrine": (
        ("Stata's count of parameters", "--set defaults.ssc=stata"),
        ("Without weights", "--set defaults.weights=null"),
    ),
    "replication_c3_guns": (
        ("Fewer controls", "--set 'sets.controls=[prisoners, density]'"),
        ("One column", "--only models.state_year_cluster"),
    ),
    "replication_f3_public_capital": (
        ("Two columns", "--only models.within,models.random"),
        ("Four decimals", "--set outputs.digits=4"),
    ),
    "replication_w1_wage_panel": (
        ("Only the clustered columns", "--only models.pooled_cluster,models.within_cluster"),
        ("Stars", "--set 'outputs.stars=[0.1, 0.05, 0.01]'"),
    ),
    "replication_w3_nsw": (
        ("Another variance in one column", "--set models.covariates.vcov=hc3"),
        ("The covariates column only", "--only models.covariates"),
    ),
    "replication_e2_card_krueger": (),
    "replication_e3_china_shock": (),
}
NOT_SHIPPED = ("replication_e2_card_krueger", "replication_e3_china_shock")


def spec_of(name: str) -> str:
    """The text of a shipped spec."""
    return (ROOT / "specs" / f"{name}.yaml").read_text(encoding="utf-8")


def page(name: str) -> str:
    """The page of one example; runs its spec."""
    parts = [MADE, f"# {name}"]
    if name in NOT_SHIPPED:
        parts.append(
            "The data file of this spec is not shipped: `data/SOURCES.md` says where it comes from and how to run it."
        )
    else:
        with tempfile.TemporaryDirectory() as folder:
            run(name, folder)
            parts += results(Path(folder) / name, name)
    if CHANGES[name]:
        parts += ["## What to change"]
        parts += [
            f"{words}:\n\n```sh\nimpact run specs/{name}.yaml {options}\n```"
            for words, options in CHANGES[name]
        ]
    parts += ["## The spec", f"```yaml\n{spec_of(name).rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def run(name: str, folder: str) -> None:
    """Run a spec into a folder, in English, without a word on the terminal."""
    arguments = [
        "-q",
        "run",
        str(ROOT / "specs" / f"{name}.yaml"),
        "--set",
        "language=en",
        "--set",
        "outputs.formats=[md]",
        "--out",
        folder,
    ]
    try:
        command_line.main(arguments)
    except SystemExit as left:
        if left.code:
            raise RuntimeError(f"specs/{name}.yaml ends with status {left.code}") from left


def results(folder: Path, name: str) -> list[str]:
    """Question, answer, main table and figures of a report folder."""
    document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    parts = []
    if document["question"]:
        parts.append(f"**Question.** {document['question']['en']}")
    if document["answer"]:
        answer = document["answer"]
        parts.append(f"**Answer ({answer['verdict'].replace('_', ' ')}).** {answer['sentence']['en']}")
    tables = main_table_first(folder)
    parts += ["## The table", tables[0].read_text(encoding="utf-8").strip()]
    shown = [f"`reports/{name}/tables/{table.name}`" for table in tables[1:]]
    if shown:
        parts.append(f"Further tables: {', '.join(shown)}.")
    figures = [f"`reports/{name}/figures/{file.name}`" for file in sorted((folder / "figures").glob("*.svg"))]
    parts.append(f"Figures: {', '.join(figures)}." if figures else "No figure.")
    return parts


def main_table_first(folder: Path) -> list[Path]:
    """The tables of a run, the one that answers the question first."""
    last = ("robustness", "certificate")
    return sorted((folder / "tables").glob("*.md"), key=lambda file: (file.stem.startswith(last), file.stem))


def index() -> str:
    """The list of the examples, with the first line of each spec."""
    lines = [
        MADE,
        "# Gallery",
        "One page a shipped spec: its table, its figures, what to change, the spec itself.",
    ]
    items = []
    for name in CHANGES:
        first = spec_of(name).splitlines()[0].lstrip("# ")
        items.append(f"- [{name}](gallery/{name}.md): {first}")
    return "\n\n".join([*lines, "\n".join(items)]) + "\n"


def main(names: Sequence[str]) -> None:
    """Write the pages of these examples, all by default, and the list."""
    FOLDER.mkdir(exist_ok=True)
    (ROOT / "docs" / "gallery.md").write_text(index(), encoding="utf-8", newline="\n")
    for name in names or CHANGES:
        (FOLDER / f"{name}.md").write_text(page(name), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
