"""Run the Monte Carlo sets of effects of treatments and write their figures into ``docs/simulations.md``."""

# ruff: noqa: E501
# words of the page
from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = (
    "m07_doubly_robust",
    "m10_staggered",
    "m12_honest",
    "m17_synthetic",
    "m22_discontinuity",
    "m22_observables",
)
HEAD = """# Simulations

Bias, errors and coverage where the truth is known. Draws are seeded: the figures are the same in every run, and each is
checked by a test marked `slow` (`pytest -m slow tests/montecarlo`). `docs/make_simulations.py` writes this page.

*se/sd* is the mean standard error over the spread of the estimates, *cover* the share of 95 % intervals that hold the
truth, *sd* the spread. With R draws a share of .95 is known to ± 3.29 √(.95 · .05 / R).

Exact sets without noise (the two-way coefficient and its leads) stand in `test_m08_two_way_bias.py` and
`test_m09_contaminated_leads.py`.
"""
SECTIONS = {
    "M07": "## Two groups, two periods: the designs of Sant'Anna and Zhao\n\nR = 2,000, 1,000 units, true effect 0. Design 1: "
    "both models right; 2: the regression; 3: the propensity score; 4: neither. *TWFE* is the two-way regression, the "
    "others are methods of `did_2x2`. The paper has a bias of −20.95 for TWFE in design 1.",
    "M10": "## Staggered adoption\n\nR = 500, 150 units in four cohorts, 8 periods, errors with autocorrelation .3. *One "
    "effect*: the same for all; *many effects*: by cohort, and growing.",
    "M10b": "### Size of the joint test before treatment\n\nR = 500. With few units the chi-squared law of ten "
    "restrictions rejects too often.",
    "M11": "## Simultaneous bands\n\nR = 500, the same draws: how often all event times are covered at once, by the band "
    "(`bands: simultaneous`) and by pointwise intervals.",
    "M12": "## Passing a test before treatment\n\n200,000 draws. A linear departure from parallel trends that three "
    "estimates before treatment find half of the time, all variances one, correlations one half: what remains among the draws "
    "that pass is worse (Roth 2022).",
    "M13": "## Honest intervals\n\nR = 500. The departure lies on the edge of the set that `honest_did` allows for.",
    "M17": "## Ranks among placebos\n\nR = 500, one treated unit and 20 donors, no effect.",
    "M17b": "## Conformal tests\n\nR = 500, one treated unit, 20 donors, 19 periods before treatment and one after, "
    "factors and noise exchangeable over time.",
    "M18": "## Synthetic difference-in-differences and matrix completion\n\nR = 200, 10 of 40 units treated in the last "
    "4 of 12 periods, two factors with loadings that are higher for the treated; jackknife errors of `synth_did`, "
    "bootstrap errors of `matrix_completion`, whose penalty shrinks the factors and leaves half of the two-way bias.",
    "M22": "## Jumps at a cutoff\n\nR = 1,000, 500 rows, the designs of Calonico, Cattaneo and Titiunik (2014). *cover* is that of "
    "the robust interval. 500 rows are few: it covers a little less than 95 %, and the conventional one less still.",
    "M22b": "### The density of the running variable\n\nR = 500, 1,000 rows, nobody chooses a side: how often the test at 5 % "
    "rejects.",
    "M22c": "## Many covariates\n\nR = 500, 200 rows, 50 covariates whose coefficients fall with the square of their place, effect "
    "0.5, the lasso as the learner.",
    "M22d": "### Few covariates\n\nR = 500, 400 rows, a logit of treatment, an outcome that bends, effects that differ between "
    "rows.",
}
LINE = re.compile(r"(M\d\d\w?) (.+): (.+)")


def main() -> None:
    """Run the sets, read what they print, write the page."""
    names = [f"tests/montecarlo/test_{name}.py" for name in FILES]
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-m", "slow or not slow", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout)
    found: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for line in done.stdout.splitlines():
        match = LINE.search(line)
        if match:
            number, label, rest = match.groups()
            cells = dict(part.rsplit(" ", 1) for part in rest.split(", "))
            found.setdefault(number, []).append((label, cells))
    text = HEAD + "".join(
        f"\n{words}\n\n{_table(found[number])}" for number, words in SECTIONS.items() if number in found
    )
    (ROOT / "docs" / "simulations.md").write_text(text, encoding="utf-8")


def _table(rows: list[tuple[str, dict[str, str]]]) -> str:
    labels, names = len(rows[0][0].split("; ")), list(rows[0][1])
    lines = ["|" + " |" * labels + "".join(f" {name} |" for name in names)]
    lines.append("|" + "---|" * labels + "---:|" * len(names))
    for label, cells in rows:
        shown = [cells[name].replace("-", "−") for name in names]
        lines.append("| " + " | ".join([*label.split("; "), *shown]) + " |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
