"""Write ``docs/bad_designs.md`` from the table that ``tests/faults/test_did_faults.py`` checks."""

# ruff: noqa: E501
# notes of the page, one a line
from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Bad designs

What every difference-in-differences estimator does with a design that is not as it should be. Each line is a test.

- A code that starts with `E` is an error: nothing is estimated. `impact explain E575` says what it means.
- *dropped* means that rows leave and are counted in the sample steps of the results; the reason stands beside the count.
- A code that starts with `W` is a notice that stands with the results.
- *estimates* means that the design is used as it is; the note says how.

The panels: three cohorts of six units in eight periods (two groups and two periods for `did_2x2` and `did_cic`, one
block of treated units for synthetic controls and matrix completion).

"""
NOTES = {
    "one_unit": "Where it is the only treated unit, `W511` says that clustered errors mean nothing (see [few treated units](few_treated.md)).",
    "gaps": "Estimators of changes need whole units (`balance: keep` compares levels); regressions and imputation use the rows that are there.",
    "no_base_period": "`did_sa` compares with the last period in which the cohort was seen; `did_lp` and `did_stacked` go without the comparisons that do not exist.",
    "no_never_treated": "Where a last cohort can stand in for the never treated, its treated periods leave. Imputation needs untreated rows in every period: `autosample: true` drops the treated rows without them and counts them.",
    "one_always_treated": "`did_lp` and `did_stacked` have no comparison that uses such a unit; `did_dcdh` keeps it as one that never changes; `did_twfe` keeps it, and its effects are not identified. `autosample: true` drops it in imputation.",
    "every_second_year": "Nothing changes but event times, which are differences of the values of time. The reference is the period before.",
    "one_longer_step": "The period before treatment is the last one observed.",
    "varying_covariate": "`did_2x2`, `did_cs` and `did_triple` take the value of the earlier period of each comparison; regressions take the value of each row.",
    "weight_zero": "The same as without the rows.",
    "complete_separation": "A regression carries its line to where there is nobody to compare with and cannot tell; only estimators with a propensity score or a comparison cell by cell see it. Look at `tests: balance`.",
    "no_overlap": "As above: with `did_etwfe`, `did_lp` and `did_stacked` the effect is an extrapolation of a line.",
    "many_covariates": "What is constant in units is absorbed by their effects in regressions, with or without it.",
    "switches_off": "`did_dcdh` is made for it; `did_twfe` gives the static coefficient alone.",
    "cohort_after_the_end": "`never: [0, beyond]` declares it as never treated.",
    "cohort_missing": "`never: [0, missing]` declares it as never treated.",
}


def page_of(designs: object, answers: dict[str, tuple[str, dict[str, str]]]) -> str:
    """The whole page."""
    return HEAD + "\n".join(_section(designs, fault, answers[fault]) for fault in answers)


def _section(designs: object, fault: str, answer: tuple[str, dict[str, str]]) -> str:
    usual, others = answer
    groups: dict[str, list[str]] = {usual: []}
    for estimator in designs.ESTIMATORS:  # type: ignore[attr-defined]
        groups.setdefault(others.get(estimator, usual), []).append(estimator)
    lines = [f"## {designs.FAULTS[fault][1]}", ""]  # type: ignore[attr-defined]
    if fault in NOTES:
        lines += [NOTES[fault], ""]
    lines += ["| Answer | Estimators |", "|---|---|"]
    for found, names in groups.items():
        who = "every estimator" if len(groups) == 1 else ", ".join(f"`{name}`" for name in names)
        lines.append(f"| {_words(found)} | {who} |")
    return "\n".join([*lines, ""])


def _words(answer: str) -> str:
    said = []
    for part in answer.split(", "):
        if part.startswith("drop "):
            said.append(f"dropped and counted (`{part[5:]}`)")
        elif part == "estimates":
            said.append("estimates")
        else:
            said.append(f"{'error' if part.startswith('E') else 'notice'} `{part}`")
    return ", ".join(said)


def _load(path: Path) -> object:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    tests = _load(ROOT / "tests" / "faults" / "test_did_faults.py")
    (ROOT / "docs" / "bad_designs.md").write_text(tests.page(), encoding="utf-8")  # type: ignore[attr-defined]
