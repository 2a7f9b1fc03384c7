"""Writes the numbers of the pages on the labour studies from runs of their specs: docs/studies.

Run by hand: `python docs/make_labour_studies.py`, with `--root enaho=FOLDER` in IMPACT_ROOT_ENAHO for the blocks on
persons, which keep their numbers where the file is absent. tests/docs/test_labour_studies.py compares pages with runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from impact.core.errors import DataError
from impact.pipeline.study import StudyOptions, run_study

Document = dict[str, Any]
Get = Callable[[str], Document]
ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "studies"
LOW = "education=incomplete_secondary_or_less"
GROUPS = {
    None: "all",
    "sex=women": "women",
    "sex=men": "men",
    "sex=women;age_group=14-24": "women 14-24",
    f"sex=women;age_group=14-24;{LOW}": "women 14-24, low education",
    "sex=men;age_group=14-24": "men 14-24",
    f"sex=men;age_group=14-24;{LOW}": "men 14-24, low education",
    LOW: "low education",
    "education=university": "university",
}
HEAD = ("", "estimate", "p by estimate, by t", "95 % interval", "detectable", "treated", "verdict")
WORDS = {"inconclusive": "inconclusive", "fragile": "fragile", "equivalent": "equivalent", "effect": "effect"}


def document_of(name: str) -> Document:
    """The results of a shipped spec.

    Raises:
        DataError: the file of a spec on persons is not on this machine.
    """
    return run_study(str(ROOT / "specs" / f"{name}.yaml"), StudyOptions(out=None, jobs=2)).document


def row_of(document: Document, model: str, *, group: str | None = None) -> Document:
    """The row of a model's treatment, for everybody or for a group."""
    focus = document["models"][model]["focus"]
    rows = [r for r in document["rows"] if r["model"] == model and r["group"] == group and r["term"] in focus]
    return dict(rows[0])


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))


def line_of(label: str, row: Document, *, digits: int = 3) -> list[str]:
    """Estimate, permutation p-values, interval, detectable effect, treated persons and verdict of a row."""
    ends = [_decimal(row[key], digits) for key in ("primary_ci_low", "primary_ci_high")]
    treated = row.get("n_treated")
    return [
        label,
        _decimal(row["estimate"], digits),
        f"{row['p_permutation']:.3f}, {row['p_permutation_t']:.3f}",
        f"[{ends[0]}, {ends[1]}]",
        _decimal(row["mde80"], digits),
        "" if treated is None else f"{treated:,.0f}",
        WORDS.get(row["verdict"], str(row["verdict"])),
    ]


def _decimal(value: object, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, (int, float)) else str(value).replace("inf", "∞")


def groups_table(document: Document, model: str) -> str:
    """The groups that the study speaks of."""
    return table(
        HEAD, [line_of(label, row_of(document, model, group=group)) for group, label in GROUPS.items()]
    )


def models_table(document: Document, models: Mapping[str, str], *, digits: int = 3) -> str:
    """One line a model."""
    return table(
        HEAD, [line_of(label, row_of(document, name), digits=digits) for name, label in models.items()]
    )


def years_table(document: Document, models: Mapping[str, str]) -> str:
    """Effects by year: estimate and the permutation p of the year."""
    years = sorted({r["event_time"] + 2017 for r in document["rows"] if r["model"] in models})
    lines = []
    for name, label in models.items():
        own = {r["event_time"] + 2017: r for r in document["rows"] if r["model"] == name}
        cells = [
            f"{own[y]['estimate']:.3f} ({own[y]['p_permutation']:.3f})" if y in own else "" for y in years
        ]
        lines.append([label, *cells])
    return table(("estimate (p)", *(f"{year:.0f}" for year in years)), lines)


def claims_list(document: Document) -> str:
    """Sentences, their state and why."""
    lines = [
        [claim["text"]["en"], claim["evidence"], claim["state"].replace("_", " "), claim["detail"]["en"]]
        for claim in document["claims"]
    ]
    return table(("sentence", "read in", "state", "why"), [[_cell(one) for one in line] for line in lines])


def published_table(document: Document) -> str:
    """Published numbers beside ours, with the reason where they differ or are none."""
    lines = []
    for cell in document["published"]:
        why = cell["reason"] or cell["note"] or {"en": ""}
        label = document["models"][cell["model"]]["title"]["en"]
        group = GROUPS.get(cell["group"], "") if cell["group"] else ""
        known = cell["verdict"] != "not_available"
        lines.append(
            [
                cell["source"]["en"],
                f"{label}, {group}" if group else label,
                f"{cell['printed']} [{cell['evidence']}]" if known else "n/a",
                f"{cell['ours']:.3f}",
                cell["verdict"].replace("_", " "),
                why["en"],
            ]
        )
    head = ("study", "outcome", "published", "ours", "comparison", "note")
    return table(head, [[_cell(one) for one in line] for line in lines])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def curve_text(document: Document) -> str:
    """What all specifications say together."""
    (found,) = [test for test in document["tests"] if test["kind"] == "speccurve"]
    return str(found["details"]["sentences"]["en"])


def answers(documents: Sequence[Document]) -> str:
    """The answer of each study in its own words."""
    return "\n\n".join(f"**{d['study']}**: {d['answer']['sentence']['en']}" for d in documents)


def asencios(get: Get) -> dict[str, str]:
    """Blocks of the page on Asencios and Castellares."""
    jobs, wages = get("employment_keepjob_lima"), get("wages_income_lima")
    curve, event = get("wages_spec_curve_lima"), get("employment_event_study_lima")
    kinds = {
        "groups_controls": "+ controls",
        "groups_informal": "informal in t",
        "groups_formal": "formal in t",
    }
    years = {
        "kept": "kept a job",
        "employed": "employed",
        "paid": "paid employment",
        "informal": "informal share",
    }
    return {
        "answers": answers([jobs, wages]),
        "jobs": groups_table(jobs, "groups"),
        "columns": models_table(jobs, kinds),
        "wages": groups_table(wages, "groups"),
        "self": groups_table(wages, "groups_self_employed"),
        "published": published_table(jobs),
        "claims": claims_list(jobs) + "\n\n" + claims_list(wages),
        "curve": curve_text(curve),
        "years": years_table(event, years),
    }


def three_cities(get: Get) -> dict[str, str]:
    """Blocks of the page on the three cities that need the shipped sums alone."""
    jobs, wages = get("employment_three_cities"), get("wages_three_cities")
    places = {"lima": "Lima", "arequipa": "Arequipa", "piura": "Piura", "pooled": "together"}
    of_jobs = {"paid": "paid employment", "formal_job": "formal job", "informal_job": "informal job"}
    lines = {
        f"{key}[y={y}]": f"{name}, {place}" for y, name in of_jobs.items() for key, place in places.items()
    }
    kept = {f"keep_{key}": f"employees who kept a job, {place}" for key, place in places.items()}
    of_wages = {"wage": "wages of employees", "self": "self-employment"}
    pay = {
        f"{key}[y={y}]": f"{name}, {place}" for y, name in of_wages.items() for key, place in places.items()
    }
    checks = [
        name for name, facts in jobs["models"].items() if facts["row"] and name.startswith("pooled[y=paid")
    ]
    rows = {name: str(jobs["models"][name]["title"]["en"]) for name in checks if "drop_one" not in name}
    return {
        "answers": answers([jobs, wages]),
        "jobs": models_table(jobs, {**lines, **kept}),
        "wages": models_table(wages, pay),
        "robustness": models_table(jobs, rows),
        "claims": claims_list(jobs) + "\n\n" + claims_list(wages),
    }


def three_cities_persons(get: Get) -> dict[str, str]:
    """The block of the page on the three cities that needs the persons."""
    document = get("wages_three_cities_persons")
    places = {"lima": "Lima", "arequipa": "Arequipa", "piura": "Piura", "pooled": "together"}
    lines = {
        f"{key}[y={y}]": f"{y}, {place}" for y in ("formal", "informal") for key, place in places.items()
    }
    return {"persons": models_table(document, lines) + "\n\n" + claims_list(document)}


def sister_studies(get: Get) -> dict[str, str]:
    """Blocks of the page on the sister studies that need the shipped sums alone."""
    points, panel = get("sister_studies_per_point"), get("employment_individual_panel")
    own = {name: facts["title"]["en"] for name, facts in points["models"].items() if not facts["row"]}
    own.pop("main")
    return {
        "published": published_table(points),
        "ours": models_table(points, own, digits=2),
        "panel": models_table(panel, {"per_point": "change of employment, points"}, digits=2),
        "panel_published": published_table(panel),
        "panel_curve": curve_text(panel),
    }


def sister_studies_persons(get: Get) -> dict[str, str]:
    """The block of the page on the sister studies that needs the persons."""
    document = get("employment_individual_persons")
    lines = {"main": "employed", "informal": "informal job", "wage": "log wage"}
    return {"persons": models_table(document, lines)}


# page → its blocks, those that need the persons apart
PAGES = {
    "asencios_castellares": (asencios, None),
    "three_cities": (three_cities, three_cities_persons),
    "sister_studies": (sister_studies, sister_studies_persons),
}


def filled(page: str, blocks: Mapping[str, str]) -> str:
    """A page written by hand with its made blocks put in anew."""
    for name, content in blocks.items():
        start, end = f"<!-- made: {name} -->", "<!-- end -->"
        before, found, rest = page.partition(start)
        if not found:
            raise ValueError(f"the page has no block {name}")
        page = f"{before}{start}\n\n{content}\n\n{end}{rest.partition(end)[2]}"
    return page


def main() -> None:
    """Run the specs and write the blocks of every page."""
    for name, (shipped, persons) in PAGES.items():
        file = FOLDER / f"{name}.md"
        blocks = shipped(document_of)
        try:
            blocks |= persons(document_of) if persons else {}
        except DataError:
            print(f"{name}: the persons are absent, their block stays as it is")
        file.write_text(filled(file.read_text(encoding="utf-8"), blocks), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
