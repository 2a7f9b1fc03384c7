"""Fills the pages on the fiscal accounts, the programmes and the claims of the policy paper from runs of their specs.

A block ``<!-- made: SPEC/WHAT -->`` is one of docs/make_crime_studies.py, SPEC/TABLE__SCENARIO the part of a ledger's
table on one scenario, scenarios/balance a line for every scenario of the ledgers. sentences/PART lists the sentences of
a part of the paper's section 5, each with its fact, state and the spec that judges it; sentences/count counts the
states. tests/docs/test_claims_studies.py runs the specs again.
"""

from __future__ import annotations

import csv
import importlib.util
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "studies"
PAGES = ("world_bank_fiscal", "programmes", "claims")
LEDGERS = ("fiscal_ledger_statusquo", "fiscal_ledger_integration")
FACTS = ROOT / "data" / "peru_seed_facts.csv"
# part of section 5 → facts of the paper that a sentence carries (none: it has no number of its own), spec, claim
SENTENCES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "employment": (
        ("", "employment_keepjob_lima", "no_negative_effect_on_employment"),
        ("", "employment_three_cities", "no_negative_effect_on_employment"),
        ("F090", "employment_keepjob_lima", "lower_job_keeping"),
        ("F090", "employment_keepjob_lima", "young_women_low_education"),
        ("F091", "migrants_conditions", "two_point_nine"),
        ("F089", "employment_three_cities", "insignificant_formal"),
        ("F089", "employment_three_cities", "insignificant_informal"),
        ("F089", "employment_informality_lima", "no_shift_to_informality"),
        ("F092", "employment_three_cities", "not_displaced"),
        ("F092", "employment_informality_lima", "not_displaced"),
    ),
    "wages": (
        ("F090", "wages_income_lima", "lower_income"),
        ("F090", "wages_income_lima", "young_women_income"),
        ("F093", "wages_three_cities", "wages_did_not_fall"),
        ("F093", "wages_income_lima", "no_wage_fall"),
    ),
    "security": (
        ("", "crime_victimization_lima", "no_negative_effect_on_security"),
        ("F087", "crime_victimization_lima", "no_effect_on_crime"),
        ("F087", "crime_complaints_pretrends", "no_effect_on_crime"),
        ("F087", "crime_police_kinds", "no_effect_on_kinds"),
        ("", "crime_victimization_lima", "no_effect_on_security_indices"),
        ("", "crime_victimization_lima", "perceptions_say_the_opposite"),
        ("F088", "crime_prison_ratio", "negligible_share_2018"),
        ("F088", "crime_prison_ratio", "negligible_share_2023"),
    ),
    "growth": (
        ("F094", "fiscal_growth_consumption", "share_of_lima"),
        ("F094", "fiscal_growth_consumption", "share_of_peru"),
        ("F095", "fiscal_growth_percapita", "short_total"),
        ("F095", "fiscal_growth_percapita", "short_head"),
        ("F096", "fiscal_growth_percapita", "medium_total"),
        ("F096", "fiscal_growth_percapita", "medium_head"),
        ("F097", "fiscal_ledger_statusquo", "positive_until_2025"),
        ("F097", "fiscal_ledger_integration", "positive_until_2025"),
    ),
    "schooling": (
        ("F098", "migrants_conditions", "higher_education_40"),
        ("F098", "fiscal_growth_educated", "gain_from_schooling"),
    ),
}
# parts whose specs draw sets of areas or long runs: not part of the quick tests
LONG_PARTS = ("employment", "wages", "security", "count")
STATES = {"agrees": "agrees", "disagrees": "disagrees", "cannot_tell": "cannot tell"}
MARKS = {"table": "printed table", "abstract": "abstract", "press": "press", "cited": "cited", "own": "own"}


def _crime_studies() -> ModuleType:
    found = importlib.util.spec_from_file_location(
        "crime_studies", Path(__file__).with_name("make_crime_studies.py")
    )
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


runs = _crime_studies()
blocks_of = runs.blocks_of


def facts_of_section_5() -> dict[str, str]:
    """Facts that the paper prints in section 5, with what they say."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["id"]: row["description"]
        for row in rows
        if "s5" in [one.strip() for one in row["source_section"].split(";")]
    }


@cache
def claim_of(spec: str, name: str) -> dict[str, str]:
    """Sentence, state and reason of a claim in a run of its spec."""
    (claim,) = [one for one in runs.results(spec)[0]["claims"] if one["claim"] == name]
    note = (claim["note"] or {}).get("en", "")
    return {
        "text": claim["text"]["en"],
        "state": STATES[claim["state"]],
        "mark": MARKS[claim["evidence"]],
        "why": f"{claim['detail']['en'].rstrip('.')}. {note}".strip(),
    }


def block(spec: str, what: str) -> str:
    """The content of one block."""
    if spec == "scenarios":
        return _balances()
    if spec != "sentences":
        table, _, scenario = what.partition("__")
        whole = str(runs.block(spec, table))
        return _panel(whole, runs.results(spec)[0]["models"][scenario]["title"]["en"]) if scenario else whole
    return _count() if what == "count" else _sentences(SENTENCES[what])


def _panel(table: str, scenario: str) -> str:
    """Title, head and the lines of one scenario."""
    lines = table.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("| :"))
    panels = [number for number, line in enumerate(lines) if number > head and line.startswith("| **")]
    heads = (f"| **{scenario}** ", f"| **{scenario}: ")
    start = next(number for number in panels if lines[number].startswith(heads))
    end = next((number for number in panels if number > start), len(lines))
    return "\n".join([*lines[: head + 1], *lines[start:end]])


def _balances() -> str:
    """Mean balance of 2019-2025 at average and at marginal cost, of every scenario of the ledgers."""
    head = (
        "scenario",
        "average cost",
        "90 % of draws",
        "Pr > 0",
        "marginal cost",
        "90 % of draws",
        "Pr > 0",
        "spec",
    )
    lines = [f"| {' | '.join(head)} |", "| :--- | ---: | ---: | ---: | ---: | ---: | ---: | :--- |"]
    for spec in LEDGERS:
        document = runs.results(spec)[0]
        for scenario, facts in document["models"].items():
            cells = [facts["title"]["en"]]
            for output in ("net_gdp", "net_marginal_gdp"):
                wanted = (scenario, f"mean({output}, 2019, 2025)")
                (row,) = [one for one in document["rows"] if (one["model"], one["term"]) == wanted]
                band = f"[{row['ci_low']:.3f}, {row['ci_high']:.3f}]"
                cells += [f"{row['estimate']:.3f}", band, f"{row['pr_positive']:.2f}"]
            lines.append(f"| {' | '.join([*cells, f'`{spec}`'])} |")
    return "\n".join(lines)


def _sentences(sentences: Sequence[tuple[str, str, str]]) -> str:
    lines = [
        "| sentence | fact | read in | state | why | spec |",
        "| :--- | :--- | :--- | :--- | :--- | :--- |",
    ]
    for fact, spec, name in sentences:
        claim = claim_of(spec, name)
        why = claim["why"].replace("|", "\\|").replace("\n", " ")
        cells = (claim["text"], fact, claim["mark"], f"**{claim['state']}**", why, f"`{spec}`")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _count() -> str:
    lines = ["| part of section 5 | agrees | disagrees | cannot tell |", "| :--- | ---: | ---: | ---: |"]
    total: Counter[str] = Counter()
    for part, sentences in SENTENCES.items():
        states = Counter(claim_of(spec, name)["state"] for _, spec, name in sentences)
        total += states
        lines.append(f"| {part} | {' | '.join(str(states[one]) for one in STATES.values())} |")
    return "\n".join([*lines, f"| all | {' | '.join(str(total[one]) for one in STATES.values())} |"])


if __name__ == "__main__":
    runs.write_pages(PAGES, block)
