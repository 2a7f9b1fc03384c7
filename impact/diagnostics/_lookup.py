"""Names in the results document: ``model``, ``model.group``, ``model.term.stat`` and what they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from impact.core.errors import Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault

# Display words of tables → fields of a row of the results document.
WORDS = {
    "se": "std_error",
    "t": "statistic",
    "stat": "statistic",
    "p": "p_value",
    "n": "n_obs",
    "mean_y": "mean_outcome",
    "ci95_low": "ci_low",
    "ci95_high": "ci_high",
    "clusters": "n_clusters",
    "units": "n_units",
}
ROW_FIELDS = (
    "estimate", "std_error", "statistic", "df", "p_value", "ci_low", "ci_high", "band_low", "band_high",
    "level", "n_obs", "n_treated", "mean_outcome", "share", "primary_p", "primary_ci_low", "primary_ci_high",
    "primary",
    "p_permutation", "p_permutation_t", "p_permutation_size", "ci_low_permutation", "ci_high_permutation",
    "std_error_cr2", "df_cr2", "std_error_cr3", "ci_low_cr3", "ci_high_cr3", "p_cr3", "mde80", "p_wild",
    "ci_low_wild", "ci_high_wild", "p_romano_wolf", "p_westfall_young", "p_bonferroni", "p_holm", "p_bh", "p_by",
    "q_sharpened", "verdict", "equivalence_p", "bound", "median", "p25", "p75", "pr_positive",
)  # fmt: skip
MODEL_FIELDS = (
    "n_obs", "n_units", "n_clusters", "n_treated_clusters", "r2", "r2_within", "r2_adjusted", "rmse", "sigma",
    "mean_outcome",
)  # fmt: skip
TEST_FIELDS = ("statistic", "df", "df2", "p_value", "ci_low", "ci_high", "verdict")


@dataclass(frozen=True, slots=True)
class Target:
    """A model (and group of it), a test or a listing of the results document."""

    name: str
    group: str | None = None
    is_test: bool = False
    is_listing: bool = False


def field_of(stat: str) -> str:
    """The field of the document for a display word."""
    return WORDS.get(stat, stat)


def known_stat(stat: str) -> bool:
    """Whether a statistic exists anywhere in the document."""
    return field_of(stat) in {*ROW_FIELDS, *MODEL_FIELDS, *TEST_FIELDS}


def find(document: Mapping[str, object], reference: str, *, place: Place | None = None) -> Target:
    """The model, group of a model, or test that ``reference`` names.

    A group is written after a point: all of ``sex=women;age=14-24``, or its values alone
    (``women;14-24``, also separated by points).

    Raises:
        SpecError: E601 for an unknown model, E602 for an unknown group.
    """
    models = models_of(document)
    tests = {str(finding.get("test")) for finding in entries(document, "tests")}
    if reference in models:
        return Target(reference)
    prefixes = sorted((name for name in models if reference.startswith(f"{name}.")), key=len, reverse=True)
    for name in prefixes:
        wanted = reference[len(name) + 1 :]
        group = match_group(groups_of(document, name), wanted)
        if group is None:
            known = groups_of(document, name)
            short = [";".join(one.partition("=")[2] for one in group.split(";")) for group in known]
            raise SpecError(
                fault(
                    "E602", place=place, suggestion=nearest(wanted, [*known, *short]),
                    group=wanted, model=name, groups=", ".join(known) or "-",
                )
            )  # fmt: skip
        return Target(name, group)
    if reference in tests:
        return Target(reference, is_test=True)
    listings = listings_of(document)
    if reference in listings:
        return Target(reference, is_listing=True)
    known = [*models, *sorted(tests), *listings]
    raise SpecError(
        fault(
            "E601",
            place=place,
            suggestion=nearest(reference, known),
            name=reference,
            names=", ".join(known) or "-",
        )
    )


def match_group(groups: Sequence[str], wanted: str) -> str | None:
    """The group with this name, with these values (any order), or with these ``name=value`` pairs."""
    if wanted in groups:
        return wanted
    parts = _parts(wanted)
    found = [group for group in groups if _fits(group, parts)]
    if not found and "." in wanted:
        parts = _parts(wanted.replace(".", ";"))
        found = [group for group in groups if _fits(group, parts)]
    return found[0] if len(found) == 1 else None


def _parts(wanted: str) -> set[str]:
    return {part.strip() for part in wanted.split(";")}


def _fits(group: str, parts: set[str]) -> bool:
    pairs = group.split(";")
    values = {one.partition("=")[2] for one in pairs}
    return len(pairs) == len(parts) and all(part in pairs or part in values for part in parts)


def groups_of(document: Mapping[str, object], model: str) -> list[str]:
    """Names of the groups of a model, in the order of the document."""
    named = [
        row["group"] for row in entries(document, "rows") if row.get("model") == model and row.get("group")
    ]
    facts = models_of(document).get(model, {}).get("groups")
    listed = list(facts) if isinstance(facts, Mapping) else []
    return list(dict.fromkeys(str(group) for group in [*listed, *named]))


def row_of(document: Mapping[str, object], target: Target, term: str) -> Mapping[str, object] | None:
    """The row of a model, group and term; the only (treatment) term stands in for an empty one."""
    rows = [
        r
        for r in entries(document, "rows")
        if r.get("model") == target.name and r.get("group") == target.group
    ]
    if term:
        return next((row for row in rows if row.get("term") == term), None)
    focus = models_of(document).get(target.name, {}).get("focus")
    wanted = list(focus) if isinstance(focus, Sequence) else []
    chosen = [row for row in rows if row.get("term") in wanted] if wanted else rows
    return chosen[0] if len(chosen) == 1 else None


def terms_of(document: Mapping[str, object], target: Target) -> list[str]:
    """Terms of a model and group, or of a test; the keys of the rows of a listing."""
    if target.is_listing:
        return [str(row.get("key")) for row in _listed(document, target)]
    kind, key = ("tests", "test") if target.is_test else ("rows", "model")
    found = [e for e in entries(document, kind) if e.get(key) == target.name]
    if target.is_test:
        found += [row for finding in found for row in _rows_inside(finding)]
    else:
        found = [e for e in found if e.get("group") == target.group]
    return list(dict.fromkeys(str(e.get("term")) for e in found))


def _rows_inside(finding: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The rows of a test that gives several bounds, as terms of their own: ``smoothness[0.01]``."""
    details = finding.get("details")
    rows = details.get("rows") if isinstance(details, Mapping) else None
    return [
        {**row, "term": f"{row['restriction']}[{row['m']:g}]"}
        for row in (rows if isinstance(rows, (list, tuple)) else ())
        if isinstance(row, Mapping) and "restriction" in row and isinstance(row.get("m"), (int, float))
    ]


def statistic(document: Mapping[str, object], target: Target, term: str, stat: str) -> object:
    """The value of one statistic, None where the document has none."""
    if target.is_listing:
        return _listed_value(document, target, term, stat)
    name = field_of(stat)
    if target.is_test:
        found = [f for f in entries(document, "tests") if f.get("test") == target.name]
        found += [row for finding in found for row in _rows_inside(finding)]
        chosen = [f for f in found if f.get("term") == term] if term else found
        return chosen[0].get(name) if chosen else None
    whole = model_fact(document, target, name)
    if not term and whole is not None:
        return whole
    row = row_of(document, target, term)
    value = None if row is None else row.get(name)
    return whole if value is None else value


def listings_of(document: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    """The listings of the document."""
    listings = document.get("listings")
    return listings if isinstance(listings, Mapping) else {}


def listed_columns(document: Mapping[str, object], name: str) -> list[str]:
    """The columns of a listing, those that name its rows first; of every listing for an empty name."""
    chosen = listings_of(document).values() if not name else [listings_of(document).get(name, {})]
    found: list[str] = []
    for facts in chosen:
        for key in ("by", "columns"):
            listed = facts.get(key)
            found += [str(one) for one in listed] if isinstance(listed, (list, tuple)) else []
    return list(dict.fromkeys(found))


def _listed(document: Mapping[str, object], target: Target) -> list[Mapping[str, object]]:
    return entries(listings_of(document).get(target.name, {}), "rows")


def _listed_value(document: Mapping[str, object], target: Target, term: str, column: str) -> object:
    """The cell of a listing; the only row stands in for an empty key."""
    rows = _listed(document, target)
    chosen = [row for row in rows if row.get("key") == term] if term else rows
    values = chosen[0].get("values") if len(chosen) == 1 or (term and chosen) else None
    return values.get(column) if isinstance(values, Mapping) else None


def model_fact(document: Mapping[str, object], target: Target, name: str) -> object:
    """A statistic of a whole model (or of one of its groups)."""
    if name not in MODEL_FIELDS or target.is_listing:
        return None
    facts = models_of(document).get(target.name, {})
    if target.group is not None:
        groups = facts.get("groups")
        facts = groups.get(target.group, {}) if isinstance(groups, Mapping) else {}
    extra = facts.get("extra")
    value = facts.get(name)
    if value is None and isinstance(extra, Mapping):
        value = extra.get(name)
    if name == "n_clusters" and isinstance(value, Mapping):
        return min(value.values(), default=None)
    return value


def models_of(document: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    """The models of the document."""
    models = document.get("models")
    return models if isinstance(models, Mapping) else {}


def entries(document: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    """A flat list of the document: rows, tests, published, claims."""
    found = document.get(key)
    return (
        [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, (list, tuple)) else []
    )
