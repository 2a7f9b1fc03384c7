"""Pages on fiscal accounts, programmes and claims hold the numbers of runs, and judge every sentence of section 5."""

from __future__ import annotations

import csv
import re
from types import ModuleType

import pytest

from impact.plan import make_plan

from .test_reference import module_of

studies: ModuleType = module_of("make_claims_studies")
STALE = "run docs/make_claims_studies.py and commit docs/studies"
BLOCKS = [(page, spec, what) for page in studies.PAGES for spec, what in studies.blocks_of(page)]
LONG = [one for one in BLOCKS if one[1] == "sentences" and one[2] in studies.LONG_PARTS]
QUICK = [one for one in BLOCKS if one not in LONG]


def page_of(name: str) -> str:
    return str((studies.FOLDER / f"{name}.md").read_text(encoding="utf-8"))


def shown(page: str, spec: str, what: str) -> str:
    return page_of(page).partition(f"<!-- made: {spec}/{what} -->")[2].partition("<!-- end -->")[0].strip()


@pytest.mark.parametrize(("page", "spec", "what"), QUICK)
def test_a_block_is_that_of_a_run(page: str, spec: str, what: str) -> None:
    assert shown(page, spec, what) == studies.block(spec, what), STALE


@pytest.mark.slow
@pytest.mark.parametrize(("page", "spec", "what"), LONG)
def test_a_block_is_that_of_a_long_run(page: str, spec: str, what: str) -> None:
    assert shown(page, spec, what) == studies.block(spec, what), STALE


@pytest.mark.parametrize("page", studies.PAGES)
def test_every_page_has_its_parts(page: str) -> None:
    text = page_of(page)
    for words in ("## Resumen en español", "## How sure we are", "impact run "):
        assert words in text, words
    assert text.count("<!-- made: ") == text.count("<!-- end -->") == len(studies.blocks_of(page))
    for part in text.split("<!-- made: ")[1:]:
        assert len(part.partition("<!-- end -->")[0].splitlines()) > 2, f"{page}: an empty block"
    for name in re.findall(r"specs/([a-z0-9_]+)\.yaml", text):
        assert (studies.ROOT / "specs" / f"{name}.yaml").is_file(), name


def test_every_fact_of_section_5_is_judged() -> None:
    """F087 to F098 are the facts that the paper prints in section 5; each has a sentence."""
    facts = set(studies.facts_of_section_5())
    assert facts == {f"F{number:03d}" for number in range(87, 99)}
    judged = {fact for part in studies.SENTENCES.values() for fact, _, _ in part if fact}
    assert judged == facts


def test_every_claim_that_cites_section_5_is_on_the_page() -> None:
    """No claim on the section is left out, but of specs that need a file which does not come with the package.

    What a spec judges on the lab's synthetic data says nothing of Peru.
    """
    listed = {(spec, name) for part in studies.SENTENCES.values() for _, spec, name in part}
    for file in sorted((studies.ROOT / "specs").glob("*.yaml")):
        plan = make_plan(str(file))
        if any(source.asked is not None and source.asked.keyword == "lab" for source in plan.sources):
            continue
        for name, claim in plan.spec.claims.items():
            source = claim.source if isinstance(claim.source, str) else claim.source["en"]
            cites = claim.evidence == "cited" and "section 5" in source
            inherited = file.stem == "fiscal_breakeven_sensitivity"
            if cites and not file.stem.endswith("_persons") and not inherited:
                assert (file.stem, name) in listed, f"{file.stem}: {name}"


def test_the_contradiction_of_section_5_stands_side_by_side() -> None:
    text = page_of("claims")
    assert "| no negative effects on employment or security | lower income" in text
    for fact in ("F089", "F090", "F092", "F093"):
        assert fact in text.partition("### Employment")[0]
    for name in ("no_negative_effect_on_employment", "young_women_low_education"):
        assert name in {claim for _, _, claim in studies.SENTENCES["employment"]}


def test_contradicting_accounts_are_printed_with_their_units_and_never_compared() -> None:
    lines = shown("world_bank_fiscal", "fiscal_ledger_integration", "T4b").splitlines()
    found = [line for line in lines if "2,200" in line or "2200" in line]
    assert len(found) == 2
    assert any("five years" in line for line in found)
    assert any("annual" in line for line in found)
    assert any("0.23" in line and "% of GDP" in line for line in lines)


def test_numbers_on_programmes_are_those_of_the_facts_file() -> None:
    with studies.FACTS.open(encoding="utf-8", newline="") as file:
        facts = {row["id"]: row["value"] for row in csv.DictReader(file)}
    text = page_of("programmes")
    assert (facts["F080"], facts["F083"]) == ("1351", "1325")
    assert f"{100 * 1325 / 1351:.1f} %" in text and f"Only {1351 - 1325} " in text
    for words in ("1,351 trained (F080)", "1,325 received seed capital (F083)"):
        assert words in text
    for fact in ("F081", "F082"):
        assert f"{facts[fact]} % " in text


def test_specs_of_programmes_run_on_the_lab_where_they_exist() -> None:
    """The page names six designs; a spec of one that is there must be read from the lab, and say so."""
    names = re.findall(r"`(programme_[a-z_]+)`", page_of("programmes"))
    assert len(names) == len(set(names)) == 6
    for name in names:
        file = studies.ROOT / "specs" / f"{name}.yaml"
        if file.is_file():
            plan = make_plan(str(file))
            assert plan.study == name
            assert "lab" in file.read_text(encoding="utf-8")
