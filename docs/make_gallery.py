"""Writes what a run of every shipped spec says: docs/gallery, docs/replications.md and the tables of docs/peru.md.

Run by `make gallery` (about a minute). tests/docs/test_gallery.py compares the pages with the specs and with runs:
those of the quick specs always, those of the Lima specs with the slow tests.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import impact.cli.main as command_line

Document = dict[str, Any]
ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FOLDER = DOCS / "gallery"
MADE = "<!-- made by docs/make_gallery.py: edit the spec, not this page -->"
# spec → what to change: (words, options of `impact run`)
CHANGES: dict[str, Sequence[tuple[str, str]]] = {
    "crime_ppml_district": (
        ("A world where robbery does rise", "--set params.world=mixed"),
        ("Another draw of the lab", "--set params.lab_seed=7"),
    ),
    "crime_rates_fe": (("Another draw of the lab", "--set params.lab_seed=7"),),
    "crime_iv_shiftshare": (("A world where robbery does rise", "--set params.world=mixed"),),
    "crime_denominator_reporting": (("A world where robbery does rise", "--set params.world=mixed"),),
    "employment_iv_settlement": (("A world without effects", "--set data.lab.world=null"),),
    "employment_keepjob_logit": (("A world without effects", "--set data.lab.world=null"),),
    "wages_primary_income": (("A world without effects", "--set data.lab.world=null"),),
    "wages_quantile": (("A world without effects", "--set data.lab.world=null"),),
    "wages_education_experience_cells": (("Another draw of the lab", "--set params.lab_seed=7"),),
    "wages_formal_informal": (("A world where informal incomes fall more", "--set params.world=mixed"),),
    "programme_ptp_cohort_did": (("A world without effects", "--set data.lab.world=null"),),
    "programme_ptp_rd_cutoff": (("Without leaving out two weeks", "--set defaults.donut=0"),),
    "programme_ptp_dose_department": (("Another draw of the lab", "--set params.lab_seed=7"),),
    "programme_emprende_rct": (("A world without effects", "--set data.lab.world=null"),),
    "programme_emprende_matched_did": (("A world without effects", "--set data.lab.world=null"),),
    "programme_lima_aprende": (("A world without effects", "--set data.lab.world=null"),),
    "self_defence_laws": (
        ("Errors that are robust but not clustered", "--set vcov=hc1"),
        ("Another outcome in one column", "--set 'models.twfe=l_robbery ~ post | sid + year'"),
    ),
    "self_defence_curve": (
        ("Errors clustered by region", "--set 'vcov={cluster: region}'"),
        ("Fewer specifications, drawn at random", "--set speccurve.max=30"),
    ),
    "theft_and_population": (
        ("The figure of another model", "--set 'figures.years.models=[coast]'"),
        ("One model only", "--only models.levels"),
    ),
    "homicide_counts": (
        ("Intervals and p-values by the leave-one-out jackknife", "--set 'vcov={cluster: sid, type: cr3}'"),
        ("Another bound; give the reason before looking", "--set tests.no_effect.bound=0.2"),
    ),
    "schooling_survey": (
        ("Without strata", "--set survey.strata=null"),
        ("Men of the South only, all of the design kept", "--set 'survey.subpop=south == 1'"),
    ),
    "employment_keepjob_lima": (
        ("The main model and its robustness rows only", "--only models.main"),
        ("A wider bound; give the reason before looking", "--set tests.bound.bound=0.03"),
    ),
    "employment_dose_permits": (
        ("The rest by population only", "--only models.population"),
        ("More assignments of the doses", "--set permute.reps=9999"),
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
    "crime_synthetic_control_lima": (
        ("The four estimators alone, without the rows that change one thing", "--set robustness=null"),
        ("Callao alone", "--only models.callao"),
    ),
    "fiscal_ledger_statusquo": (
        ("Another lower end of the consumption tax", "--set inputs.tau_c.low=0.06"),
        ("Two scenarios", "--only status_quo,closure"),
    ),
    "fiscal_ledger_integration": (
        ("Integration with fewer formal jobs", "--set scenarios.integration.formal=0.35"),
        ("Integration alone", "--only integration"),
    ),
    "fiscal_growth_consumption": (
        ("A larger multiplier", "--set inputs.multiplier.value=1.2"),
        ("The honest band alone", "--only band"),
    ),
    "fiscal_growth_percapita": (
        ("Capital that catches up faster", "--set 'inputs.speed={value: 0.2, source: own}'"),
        ("One scenario", "--only matched"),
    ),
    "fiscal_breakeven_sensitivity": (
        ("A wider search", "--set breakeven.tax.high=0.5"),
        ("The table of drivers", "--only tables.drivers"),
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
    "replication_w2_schooling": (
        ("Errors that are robust to unequal variances", "--set defaults.vcov=hc1"),
        ("School from the age of seven", "--set 'derive.exper=experience(age, educ, 7)'"),
    ),
    "replication_w1_wage_panel": (
        ("Only the clustered columns", "--only models.pooled_cluster,models.within_cluster"),
        ("Stars", "--set 'outputs.stars=[0.1, 0.05, 0.01]'"),
    ),
    "replication_w3_nsw": (
        ("Another variance in one column", "--set models.covariates.vcov=hc3"),
        ("The covariates column only", "--only models.covariates"),
    ),
    "replication_w4_married_women": (
        ("Errors that are robust to unequal variances", "--set models.two_step.vcov=hc1"),
        ("Two steps only", "--only models.two_step"),
    ),
    "union_members_survey": (
        ("Limits of another statistics office", "--set 'models.hourly.cv_limits=[0.2, 0.3]'"),
        ("Proportions with Wald intervals", "--set models.membership.ci=wald"),
    ),
    "wage_gap_and_distribution": (
        ("Three parts", "--set models.gap.decomposition=threefold"),
        ("Shares of every term", "--set models.gap.detail=terms"),
    ),
    "training_on_observables": (
        (
            "Effects on the treated",
            "--set models.weighting.estimand=att --set models.neighbours.estimand=att",
        ),
        ("Four neighbours", "--set models.neighbours.k=4"),
    ),
    "close_elections": (
        ("Another bandwidth", "--set models.score.bandwidth=cerrd"),
        ("The fuzzy design alone", "--only models.fuzzy"),
    ),
    "minimum_wage_staggered": (
        ("Controls that are never treated", "--set models.cs.control_group=never"),
        ("Effects averaged over event times", "--set design.aggregate=dynamic"),
    ),
    "replication_e1_minimum_wage": (
        ("Compare with units not treated yet", "--set design.control_group=not_yet"),
        ("One base period for all effects", "--set design.base_period=universal"),
    ),
    "replication_f1_tobacco": (
        ("Another seed of the placebo errors", "--set seed=7"),
        ("The synthetic control alone", "--only models.abadie"),
    ),
    "replication_f2_medicaid": (
        ("The average effect instead of the first", "--set tests.honest.target=average"),
        ("Departures that keep their sign", "--set tests.honest.sign=positive"),
    ),
    "replication_e2_card_krueger": (),
    "replication_e3_china_shock": (),
}
# spec → where the numbers were published
NOT_SHIPPED = {
    "replication_e2_card_krueger": "Card and Krueger (1994), tables 3 and 4",
    "replication_e3_china_shock": "Autor, Dorn and Hanson (2013), table 3",
}
COMPARATIVE = "crime_synthetic_control_lima"
# specs of the Lima tables in docs/peru.md: permutation over pairs of areas
LIMA = tuple(name for name in CHANGES if name.endswith("_lima") and name != COMPARATIVE)
# models that repeat the main one for everybody
COPIES = ("groups", "groups_self_employed", "groups_joint")
EQUAL = ("equal", "rounds_equal")
REPLICATIONS = (
    "Published numbers against ours. A cell is equal when our number rounds to the printed digits. A cell that "
    "differs stays in the table, with the reason."
)
DIFFERENCES = "## Cells that differ"
HOW = (
    "## How to run them\n\nAll of them, with an overview in `reports/replication/`, or one alone:\n\n```sh\n"
    "impact replicate specs\nimpact replicate specs/replication_c3_guns.yaml\n```\n\n"
    "For a cell that differs the tool tries other small-sample factors, N, degrees of freedom and scales, and "
    "prints the number that each gives (`published` in `results.json`). Exit status 6: a number differs that its "
    "spec does not expect to. The two specs without a shipped file need `--root replication=FOLDER`; on the files "
    "that `data/SOURCES.md` names all their cells are equal (14 of Card and Krueger, 18 of Autor, Dorn and Hanson)."
)


def spec_of(name: str) -> str:
    """The text of a shipped spec."""
    return (ROOT / "specs" / f"{name}.yaml").read_text(encoding="utf-8")


def study(name: str) -> tuple[str, Document]:
    """The page of one example and its results document; runs its spec."""
    parts = [MADE, f"# {name}"]
    document: Document = {}
    if name in NOT_SHIPPED:
        parts.append(
            "The data file of this spec is not shipped: `data/SOURCES.md` says where it comes from. "
            f"With the file in FOLDER:\n\n```sh\nimpact run specs/{name}.yaml --root replication=FOLDER\n```"
        )
    else:
        with tempfile.TemporaryDirectory() as folder:
            run(name, folder)
            parts += results(Path(folder) / name, name)
            document = json.loads((Path(folder) / name / "results.json").read_text(encoding="utf-8"))
    if CHANGES[name]:
        parts += ["## What to change"]
        parts += [
            f"{words}:\n\n```sh\nimpact run specs/{name}.yaml {options}\n```"
            for words, options in CHANGES[name]
        ]
    parts += ["## The spec", f"```yaml\n{spec_of(name).rstrip()}\n```"]
    return "\n\n".join(parts) + "\n", document


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


def replications(documents: Mapping[str, Document]) -> str:
    """The certificate of all replications: cells reproduced, and every cell that differs with its reason."""
    names = [name for name in CHANGES if name.startswith("replication_")]
    lines = [
        "| spec | published in | cells | equal to the printed digits | other |",
        "| --- | --- | --- | --- | --- |",
    ]
    reasons: list[str] = []
    for name in names:
        cells = documents[name]["published"] if documents[name] else []
        known = [cell for cell in cells if cell["verdict"] != "not_available"]
        equal = [cell for cell in known if cell["verdict"] in EQUAL]
        sources = dict.fromkeys(cell["source"]["en"] for cell in cells)
        link = f"[{name.removeprefix('replication_')}](gallery/{name}.md)"
        if name in NOT_SHIPPED:
            lines.append(f"| {link} | {NOT_SHIPPED[name]} | - | - | data file not shipped |")
        else:
            other = f"{len(known) - len(equal)} explained below" if len(known) > len(equal) else ""
            lines.append(f"| {link} | {'; '.join(sources)} | {len(known)} | {len(equal)} | {other} |")
        reasons += [reason(name, cell) for cell in known if cell not in equal]
    return (
        "\n\n".join([MADE, "# Replications", REPLICATIONS, "\n".join(lines), DIFFERENCES, *reasons, HOW])
        + "\n"
    )


def reason(name: str, cell: Document) -> str:
    """One cell that differs, and why."""
    why = [words["en"] for key in ("reason", "note") if (words := cell.get(key))]
    place = f"`{name}`, {cell['table']}, {cell['stat']} of {cell['term']} in `{cell['model']}`"
    return f"- {place}: printed {cell['printed']}, here {cell['ours']:.5f}. {' '.join(why)}"


def lima_table(documents: Mapping[str, Document]) -> str:
    """The main estimates of the Lima specs with the inference that the verdict reads."""
    head = (
        "model",
        "estimate",
        "clustered se",
        "p by estimate",
        "p by t",
        "95 % interval",
        "detectable",
        "verdict",
    )
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join(['---'] * len(head))} |"]
    for name in LIMA:
        document = documents[name]
        for row in document["rows"]:
            facts = document["models"][row["model"]]
            if (
                facts["row"] is None
                and row["group"] is None
                and facts["base"] not in ("event", "event_self_employed", *COPIES)
            ):
                lines += [f"| {' | '.join(cells_of(name, row))} |"] if row["term"] in facts["focus"] else []
    return "\n".join(lines)


def cells_of(name: str, row: Document) -> list[str]:
    """One line of the Lima table."""
    shown = name.removesuffix("_lima")
    numbers = [f"{row[key]:.3f}" for key in ("estimate", "std_error", "p_permutation", "p_permutation_t")]
    interval = f"[{row['primary_ci_low']:.3f}, {row['primary_ci_high']:.3f}]"
    return [f"{shown}: `{row['model']}`", *numbers, interval, f"{row['mde80']:.3f}", row["verdict"]]


def lima_answers(documents: Mapping[str, Document]) -> str:
    """The answer of each Lima spec in its own words."""
    parts = []
    for name in LIMA:
        answer = documents[name]["answer"]
        parts.append(f"**{name}**: {answer['sentence']['en']}")
        parts += ["\n".join(f"- {why['en']}" for why in answer["reasons"])]
    return "\n\n".join(parts)


def comparative_table(document: Document) -> str:
    """The overall effects of the synthetic-control spec, with ranks among placebos and the miss before treatment."""
    head = ("model", "estimate", "placebo spread", "95 % interval", "rank of the effect", "miss before")
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join(['---'] * len(head))} |"]
    for row in document["rows"]:
        facts = document["models"][row["model"]]
        if row["term"] != "att" or facts["row"] is not None:
            continue
        extra = facts["extra"]
        interval = f"[{_decimal(row['ci_low'])}, {_decimal(row['ci_high'])}]"
        rank = f"{extra['rank_effect']:.0f} of {extra['n_sets'] + 1:.0f}"
        cells = (
            _decimal(row["estimate"]),
            _decimal(row["std_error"]),
            interval,
            rank,
            _decimal(extra["rmspe_before"]),
        )
        lines.append(f"| `{row['model']}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _decimal(value: float | str) -> str:
    """Two decimals; an end of an interval that is infinite is a word in the results."""
    return value.replace("inf", "∞") if isinstance(value, str) else f"{value:.2f}"


def filled(page: str, blocks: Mapping[str, str]) -> str:
    """A page written by hand with its made blocks put in anew."""
    for name, content in blocks.items():
        start, end = f"<!-- made: {name} -->", "<!-- end -->"
        before, _, rest = page.partition(start)
        page = f"{before}{start}\n\n{content}\n\n{end}{rest.partition(end)[2]}"
    return page


def main() -> None:
    """Run every shipped spec and write all pages."""
    FOLDER.mkdir(exist_ok=True)
    write(DOCS / "gallery.md", index())
    documents: dict[str, Document] = {}
    for name in CHANGES:
        page, documents[name] = study(name)
        write(FOLDER / f"{name}.md", page)
    write(DOCS / "replications.md", replications(documents))
    peru = (DOCS / "peru.md").read_text(encoding="utf-8")
    blocks = {
        "table": lima_table(documents),
        "answers": lima_answers(documents),
        "synthetic": comparative_table(documents[COMPARATIVE]),
    }
    write(DOCS / "peru.md", filled(peru, blocks))


def write(file: Path, content: str) -> None:
    """A page with line ends that are the same everywhere."""
    file.write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
