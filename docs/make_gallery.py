"""Writes what a run of every shipped spec says: docs/gallery, docs/replications.md and the tables of docs/peru.md.

Run by `make gallery` (some minutes), or for some specs by name. tests/docs/test_gallery.py compares the pages with the
specs and with runs: those of the quick specs always, those of the long ones with the slow tests.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import impact.cli.main as command_line

Document = dict[str, Any]
ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FOLDER = DOCS / "gallery"
MADE = "<!-- made by docs/make_gallery.py: edit the spec, not this page -->"
# what the specs on persons say of a file that everybody may ask for and that is not handed on
PERSONS = (
    "it is made of INEI's public-use microdata; a run without it says which file and which columns it needs"
)
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
    "employment_event_study_lima": (
        ("Cities of 100,000 and more", "--set 'filter.cities=area == \"city_100k\"'"),
        ("A wider bound; give the reason before looking", "--set tests.before.bound=0.03"),
    ),
    "employment_three_cities": (
        ("Report in Spanish", "--set language=es"),
        ("The main table alone", "--only tables.T2"),
    ),
    "wages_income_lima": (
        ("The self-employed only", "--only models.self_employed"),
        ("Two decimals", "--set outputs.digits=2"),
    ),
    "wages_three_cities": (
        ("The main table alone", "--only tables.T2"),
        ("A wider bound for wages; give the reason before looking", "--set tests.bound_wage.bound=0.1"),
    ),
    "wages_three_cities_persons": (
        ("The main table alone", "--only tables.T2"),
        ("A wider bound; give the reason before looking", "--set tests.bound_informal.bound=0.1"),
    ),
    "wages_spec_curve_lima": (
        (
            "Cities only",
            '--set \'speccurve.vary.sample={cities: "area in [\\"city_100k\\", \\"city_50k\\"]"}\'',
        ),
        ("More shuffles", "--set speccurve.inference.reps=999"),
    ),
    "employment_individual_panel": (
        ("The change of employment by education only", "--only models.education"),
        ("More shuffles", "--set speccurve.inference.reps=999"),
    ),
    "employment_individual_persons": (
        ("Whether a person works, and nothing else", "--only models.main"),
        ("A wider bound; give the reason before looking", "--set tests.bound.bound=0.03"),
    ),
    "sister_studies_per_point": (
        ("Wages only", "--only models.wage,models.wage_secondary"),
        ("A tighter bound; give the reason before looking", "--set tests.bound.bound=0.5"),
    ),
    "crime_victimization_lima": (
        ("Theft by another column of the file", "--set matrix.y.theft=fraud_victimization_pct"),
        ("Report in both languages", "--set 'language=[en, es]'"),
    ),
    "crime_synthetic_control_lima": (
        ("The four estimators alone, without the rows that change one thing", "--set robustness=null"),
        ("Callao alone", "--only models.callao"),
    ),
    "crime_complaints_pretrends": (
        ("Years from 2013 on", "--set 'filter.checked_years=year >= 2013'"),
        ("A tighter bound; give the reason before looking", "--set tests.bound.bound=0.05"),
    ),
    "crime_police_kinds": (
        ("Theft and robbery by year only", "--only models.years_theft,models.years_robbery"),
        ("The map of two other years", "--set 'listings.map.filter=year in [2019, 2023]'"),
    ),
    "crime_national_series": (
        ("Report in Spanish", "--set language=es"),
        (
            "Complaints by group from 2013 on",
            "--set 'listings.groups.filter=startswith(series, \"crime_complaints\") and between(year, 2013, 2017)'",
        ),
    ),
    "crime_prison_ratio": (
        ("Twice the Venezuelans outside prison", "--set tests.per_head_2018.exposure=220000"),
        ("Population of another base year", "--set denominator_year=2019"),
    ),
    "policy_timeline": (
        ("The permits of stay only", "--only tables.permits"),
        ("Years from 2018 on", "--set 'filter.sequence=year >= 2018'"),
    ),
    "refugees_applications": (
        ("Report in both languages", "--set 'language=[en, es]'"),
        (
            "The table alone, for Word and Excel too",
            "--only tables.table2 --set 'outputs.formats=[md, docx, xlsx]'",
        ),
    ),
    "refugees_processing_lag": (
        ("Errors that are robust to unequal variances", "--set defaults.vcov=hc1"),
        ("One year before only", "--only models.one"),
    ),
    "migrant_share": (
        ("The table of stocks by source only", "--only tables.stocks_sources"),
        ("Population from 2018 on", "--set 'listings.people.filter=year >= 2018'"),
    ),
    "migrants_conditions": (
        ("The pairs alone", "--only tables.pairs"),
        ("Report in Spanish", "--set language=es"),
    ),
    "profile_table1": (
        ("Table 1 alone", "--only tables.table1"),
        ("Report in Spanish", "--set language=es"),
    ),
    "profile_table1_persons": (
        ("Working age from 15 years on", "--set params.working_age_from=15"),
        ("The table of shares and differences alone", "--only tables.T1"),
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
    "fiscal_growth_educated": (
        ("Fewer draws", "--set montecarlo.draws=1000"),
        ("Report in Spanish", "--set language=es"),
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
# spec → root that its data file is looked for in, and where the file is described
NOT_SHIPPED = {
    "replication_e2_card_krueger": ("replication", "`data/SOURCES.md` says where it comes from"),
    "replication_e3_china_shock": ("replication", "`data/SOURCES.md` says where it comes from"),
    "employment_individual_persons": ("enaho", PERSONS),
    "wages_three_cities_persons": ("enaho", PERSONS),
    "profile_table1_persons": ("enaho", PERSONS),
}
# replication without a shipped file → where its numbers were published
PUBLISHED_IN = {
    "replication_e2_card_krueger": "Card and Krueger (1994), tables 3 and 4",
    "replication_e3_china_shock": "Autor, Dorn and Hanson (2013), table 3",
}
COMPARATIVE = "crime_synthetic_control_lima"
# Lima specs whose estimates are years, or one of very many: no line of a table each
NO_LINES = ("employment_event_study_lima", "wages_spec_curve_lima")
# specs of the Lima tables in docs/peru.md: permutation over pairs of areas
LIMA = tuple(name for name in CHANGES if name.endswith("_lima") and name not in (COMPARATIVE, *NO_LINES))
# specs whose pages only the slow tests compare with a run
LONG = (
    *LIMA,
    *NO_LINES,
    "crime_police_kinds",
    "employment_individual_panel",
    "employment_three_cities",
    "wages_three_cities",
)
# models by group, whose line for everybody repeats a main one or adds controls to it
BY_GROUP = "groups"
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
        root, where = NOT_SHIPPED[name]
        parts.append(
            f"The data file of this spec is not shipped: {where}. "
            f"With the file in FOLDER:\n\n```sh\nimpact run specs/{name}.yaml --root {root}=FOLDER\n```"
        )
    else:
        with tempfile.TemporaryDirectory() as folder:
            run(name, folder)
            parts += results(Path(folder) / name, name)
            document = json.loads((Path(folder) / name / "results.json").read_text(encoding="utf-8"))
    if CHANGES[name]:
        parts += ["## What to change"]
        place = f" --root {NOT_SHIPPED[name][0]}=FOLDER" if name in NOT_SHIPPED else ""
        parts += [
            f"{words}:\n\n```sh\nimpact run specs/{name}.yaml {options}{place}\n```"
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
    """The tables of a run in the order of the spec, behind them those that it does not name or that check others."""
    spec = YAML(typ="safe").load((folder / "spec.resolved.yaml").read_text(encoding="utf-8"))
    order = {name: place for place, name in enumerate(spec.get("tables") or {})}
    last = ("robustness", "certificate")
    return sorted(
        (folder / "tables").glob("*.md"),
        key=lambda file: (file.stem.startswith(last), order.get(file.stem, len(order)), file.stem),
    )


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
            lines.append(f"| {link} | {PUBLISHED_IN[name]} | - | - | data file not shipped |")
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
                and facts["base"] not in ("event", "event_self_employed")
                and not facts["base"].startswith(BY_GROUP)
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


def main(names: Sequence[str] = ()) -> None:
    """Run the shipped specs and write their pages; those that gather several specs only where all of them are run."""
    FOLDER.mkdir(exist_ok=True)
    write(DOCS / "gallery.md", index())
    documents: dict[str, Document] = {}
    for name in names or CHANGES:
        page, documents[name] = study(name)
        write(FOLDER / f"{name}.md", page)
    if names:
        return
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
    main(sys.argv[1:])
