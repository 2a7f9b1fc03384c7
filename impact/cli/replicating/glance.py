"""The reproducibility report on one page: what was found, not found, and not attempted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from impact.core.errors import ImpactError
from impact.core.texts import text
from impact.plan import make_plan

FOUND = ("equal", "rounds_equal", "sign_agrees")
NOT_FOUND = ("close", "differs")
CLAIMS = {"agrees": "claims_found", "disagrees": "claims_not_found", "cannot_tell": "claims_not_attempted"}
COUNTS = ("found", "not_found", "not_attempted", *CLAIMS.values())
Study = Mapping[str, Any]


def glance_of(studies: Sequence[Study], paths: Sequence[str]) -> dict[str, Any]:
    """Counts by study and over all.

    A number is found where it agrees to its printed digits or by the rule of its cell, not found where it is close or
    differs, and not attempted where none is printed, its model was not estimated or its study was not run. A claim
    that cannot be told is not attempted.

    Arguments:
        studies: the studies of the overview. paths: their specs, to count what was not run.
    """
    listed = [_counts(study, path) for study, path in zip(studies, paths, strict=True)]
    return {"studies": listed, "totals": {key: sum(int(one[key]) for one in listed) for key in COUNTS}}


def _counts(study: Study, path: str) -> dict[str, Any]:
    verdicts = [cell["verdict"] for table in study["tables"] for cell in table["cells"]]
    states = [claim["state"] for claim in study["claims"]]
    n_cells, n_claims = (len(verdicts), len(states)) if study["status"] == "run" else _planned(path)
    found = sum(verdict in FOUND for verdict in verdicts)
    not_found = sum(verdict in NOT_FOUND for verdict in verdicts)
    claims = {key: states.count(state) for state, key in CLAIMS.items()}
    claims["claims_not_attempted"] += n_claims - len(states)
    counts = {"found": found, "not_found": not_found, "not_attempted": n_cells - found - not_found, **claims}
    return {"study": study["study"], "why": _why(study, counts), **counts}


def _why(study: Study, counts: Mapping[str, int]) -> str | None:
    """Why something was not attempted: absent, failed, unknown; None where all was."""
    if study["status"] != "run":
        return "absent" if study["status"] == "data_absent" else "failed"
    return "unknown" if counts["not_attempted"] else None


def _planned(path: str) -> tuple[int, int]:
    """How many numbers and claims a spec has that was not run; nothing where it cannot be read."""
    try:
        spec = make_plan(path).spec
    except ImpactError:
        return 0, 0
    cells = 0
    for block in spec.published.values():
        rows = block.grid.rows.values() if block.grid is not None else ()
        cells += len(block.also) + sum(len(v) for row in rows for v in row.values() if not isinstance(v, str))
    return cells, len(spec.claims)


def _say(key: str, language: str, **values: object) -> str:
    return text(f"packaging.reproducibility.{key}", language, **values)


def title(language: str) -> str:
    """The heading of the report."""
    return _say("title", language)


def glance_line(glance: Mapping[str, Any], language: str) -> str:
    """All counts in a sentence."""
    return _say("line", language, **glance["totals"])


def glance_rows(glance: Mapping[str, Any], language: str) -> list[tuple[str, ...]]:
    """Head, one row a study, and the totals."""
    head = tuple(_say(key, language) for key in ("study", *COUNTS, "why"))
    rows = [
        (one["study"], *(str(one[key]) for key in COUNTS), _say(one["why"], language) if one["why"] else "")
        for one in glance["studies"]
    ]
    totals = glance["totals"]
    return [head, *rows, (_say("all", language), *(str(totals[key]) for key in COUNTS), "")]
