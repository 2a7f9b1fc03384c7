"""What the names in a claim stand for: statistics of the results, and differences between groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from impact.core.findings import ModelResult
from impact.diagnostics._difference import Difference, Part, combine
from impact.diagnostics._lookup import (
    Target,
    entries,
    field_of,
    find,
    groups_of,
    known_stat,
    listed_columns,
    listings_of,
    match_group,
    models_of,
    row_of,
    statistic,
    terms_of,
)
from impact.diagnostics._reading import finite
from impact.diagnostics._sentences import Words, both, pair, term_words
from impact.diagnostics._verdict import without_row

REST = "rest"
UNSETTLED = ("inconclusive", "fragile", "note")
# Statistics that speak of an effect: a claim on them is only as good as the verdict behind them.
OF_EFFECT = (
    "estimate", "statistic", "p_value", "ci_low", "ci_high", "primary_p", "primary_ci_low", "primary_ci_high",
    "p_permutation", "p_permutation_t", "p_permutation_size", "ci_low_permutation", "ci_high_permutation",
    "ci_low_cr3", "ci_high_cr3", "p_cr3", "p_wild", "p_romano_wolf", "p_westfall_young", "verdict", "equivalence_p",
)  # fmt: skip
SELECTORS = ("time", "cohort", "event_time", "level")
Keys = Mapping[str, object]
Scalar = float | str | None


@dataclass(frozen=True, slots=True)
class Use:
    """One thing a claim looked at: in words, statistic, value, the verdict behind it, a tested difference."""

    what: Words
    stat: str
    value: Scalar
    verdict: str | None = None
    is_thin: bool = False
    difference: Difference | None = None
    groups: tuple[Words, Words] | None = None


@dataclass(frozen=True, slots=True)
class Resolver:
    """Looks names up in the results and remembers what was looked at.

    Arguments:
        document: the results document. results: fitted models by (name, group), for tests of
            differences.
        uses: what was looked at, in order.
    """

    document: Mapping[str, object]
    results: Mapping[tuple[str, str | None], ModelResult] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)

    def lookup(self, parts: Sequence[str], keys: Keys) -> Scalar:
        """The value of a dotted name (no keys) or of ``get(...)`` (parts are its texts, keys its named
        arguments).

        Raises:
            KeyError: there is no such result; the message says what is missing.
            SpecError: E601, E602 for models and groups that do not exist.
        """
        if parts and parts[0] == "difference":
            return self.difference(*parts[1:])
        return self._get(parts, keys) if keys else self._dotted([part for part in parts if part])

    def difference(self, model: str, term: str, first: str, second: str) -> float:
        """Effect on the first group minus that on the second (``rest``: the others, weighted by size)."""
        groups = groups_of(self.document, model)
        find(self.document, f"{model}.{first}")
        one = match_group(groups, first)
        other = self._others(model, groups, one or first, second)
        parts = [self._part(1.0, model, term, one)]
        sizes = [self._size(model, group, term) for group in other]
        total = sum(sizes)
        if total <= 0:
            raise KeyError(f"no observations in '{second}' of {model}")
        parts += [self._part(-n / total, model, term, g) for n, g in zip(sizes, other, strict=True)]
        found = combine(parts)
        thin = any(self._is_thin(model, group, term) for group in [one, *(other if second != REST else [])])
        rest = both("claim.rest") if second == REST else self._group_words(other[0])
        names = (self._group_words(str(one)), rest)
        what = self._words(Target(model, one), term)
        self.uses.append(Use(what, "difference", found.estimate, None, thin, found, names))
        return found.estimate

    def _others(self, model: str, groups: Sequence[str], one: str, second: str) -> list[str]:
        if second != REST:
            find(self.document, f"{model}.{second}")
            return [match_group(groups, second) or second]
        names = _dimensions(one)
        others = [group for group in groups if group != one and _dimensions(group) == names]
        if not others:
            raise KeyError(f"{model} has no other groups like {one}")
        return others

    def _part(self, weight: float, model: str, term: str, group: str | None) -> Part:
        row = row_of(self.document, Target(model, group), term)
        estimate = None if row is None else finite(row.get("estimate"))
        if estimate is None:
            raise KeyError(f"{model} has no estimate of {term} for {group}")
        result = self.results.get((model, group))
        names = [] if result is None or result.estimate is None else [t.name for t in result.estimate.terms]
        if result is None or term not in names:
            return Part(weight, estimate)
        return Part(weight, estimate, result, names.index(term))

    def _size(self, model: str, group: str, term: str) -> float:
        row = row_of(self.document, Target(model, group), term)
        estimated = row is not None and finite(row.get("estimate")) is not None
        return (finite(row.get("n_obs")) or 0.0) if estimated and row is not None else 0.0

    def _dotted(self, parts: Sequence[str]) -> Scalar:
        """``model.stat``, ``model.term.stat``, ``model.group….term.stat``; of tests, also after ``tests``."""
        parts = (
            parts[1:] if parts and parts[0] == "tests" and "tests" not in models_of(self.document) else parts
        )
        if len(parts) < 2:
            raise KeyError(f"'{'.'.join(parts)}' names no statistic of a model")
        reference, term, stat = ".".join(parts[:-1]), "", parts[-1]
        if len(parts) > 2 and not self._names_group(reference):
            reference, term = ".".join(parts[:-2]), parts[-2]
        return self._value(find(self.document, reference), term, stat)

    def _names_group(self, reference: str) -> bool:
        model, _, group = reference.partition(".")
        return bool(group) and match_group(groups_of(self.document, model), group) is not None

    def _get(self, parts: Sequence[str], keys: Keys) -> Scalar:
        model, term, stat = parts
        target, selectors = self._selected(model, keys)
        if selectors:
            return self._selected_row(target, term, stat, selectors)
        return self._value(target, term, stat)

    def _selected(self, model: str, keys: Keys) -> tuple[Target, dict[str, object]]:
        """The model whose matrix labels and row, and the group whose levels, are those of the keys."""
        candidates = [
            (name, facts)
            for name, facts in models_of(self.document).items()
            if model in {name, facts.get("base")} and (facts.get("row") or None) == (keys.get("row") or None)
        ]
        for name, facts in candidates:
            cell = facts.get("cell")
            labels = {str(k): str(v) for k, v in cell.items()} if isinstance(cell, Mapping) else {}
            given = {k: _plain(v) for k, v in keys.items() if k in labels}
            if any(labels[k] != value for k, value in given.items()) or (
                len(given) < len(labels) and model != name
            ):
                continue
            rest = {k: v for k, v in keys.items() if k not in labels and k != "row"}
            selectors = {k: v for k, v in rest.items() if k in SELECTORS}
            levels = {k: _plain(v) for k, v in rest.items() if k not in SELECTORS}
            return self._grouped(name, levels), selectors
        if any(name == model for name in {entry.get("test") for entry in entries(self.document, "tests")}):
            return Target(model, is_test=True), {}
        if model in listings_of(self.document):
            if keys:
                raise KeyError(f"a row of the listing {model} is named by its key, not by {', '.join(keys)}=")
            return Target(model, is_listing=True), {}
        return find(self.document, model), {k: v for k, v in keys.items() if k in SELECTORS}

    def _grouped(self, model: str, levels: Mapping[str, str]) -> Target:
        if not levels:
            return Target(model)
        wanted = ";".join(f"{name}={level}" for name, level in levels.items())
        return find(self.document, f"{model}.{wanted}")

    def _selected_row(self, target: Target, term: str, stat: str, selectors: Mapping[str, object]) -> Scalar:
        for row in entries(self.document, "rows"):
            if row.get("model") != target.name or row.get("group") != target.group:
                continue
            if term in {"", row.get("term")} and all(_same(row.get(k), v) for k, v in selectors.items()):
                return self._value(target, str(row["term"]), stat)
        raise KeyError(f"{target.name} has no row with {dict(selectors)}")

    def _value(self, target: Target, term: str, stat: str) -> Scalar:
        if target.is_listing:
            columns = listed_columns(self.document, target.name)
            if stat not in columns:
                raise KeyError(f"the listing {target.name} has no column '{stat}'", *columns)
        elif not known_stat(stat):
            raise KeyError(f"'{stat}' is not a statistic")
        self._require_term(target, term)
        found = statistic(self.document, target, term, stat)
        value: Scalar = found if isinstance(found, str) else finite(found)
        self.uses.append(Use(self._words(target, term), stat, value, *self._standing(target, term, stat)))
        return value

    def _require_term(self, target: Target, term: str) -> None:
        """A term that the model does not have; one that was left out, or a failed model, has no value instead."""
        known = terms_of(self.document, target)
        facts = models_of(self.document).get(target.name, {})
        left_out = facts.get("dropped_terms")
        gone = term in left_out if isinstance(left_out, Mapping) else False
        if term and known and term not in known and not gone:
            raise KeyError(f"{target.name} has no term '{term}'", *(f"{target.name}.{one}" for one in known))

    def _words(self, target: Target, term: str) -> Words:
        """A model's title and a term's label, with the group; a listing with the key of the row."""
        labels = self.document.get("labels")
        known = labels if isinstance(labels, Mapping) else {}
        model = pair(
            models_of(self.document).get(target.name, {}).get("title")
            or known.get(target.name)
            or target.name
        )
        plain = target.is_test or target.is_listing
        row = None if plain else row_of(self.document, target, term)
        name = str(row.get("term")) if row is not None else term
        if not name:
            return model
        words = term_words(known, name)
        if target.group is None:
            return both("claim.effect_in", term=words, model=model)
        return both("claim.effect_in_group", term=words, model=model, group=self._group_words(target.group))

    def _group_words(self, group: str) -> Words:
        """The labels of a group's levels: ``sex=women;age=14-24`` → women, 14-24."""
        labels = self.document.get("labels")
        known = labels if isinstance(labels, Mapping) else {}
        levels = [
            pair(known.get(part) or known.get(level) or level)
            for part, level in ((p, p.partition("=")[2]) for p in group.split(";"))
        ]
        return {language: ", ".join(level[language] for level in levels) for language in pair("")}

    def _standing(self, target: Target, term: str, stat: str) -> tuple[str | None, bool]:
        """The verdict behind a statistic, and whether too few observations stand behind it."""
        if target.is_test:
            found = statistic(self.document, target, term, "verdict")
            return (str(found) if field_of(stat) == "verdict" and found == "note" else None), False
        if target.is_listing:
            return None, False
        row = row_of(self.document, target, term)
        if row is None or field_of(stat) not in OF_EFFECT:
            return None, False
        main = row_of(self.document, Target(without_row(target.name), target.group), term)
        verdicts = [str(r["verdict"]) for r in (row, main) if r is not None and r.get("verdict")]
        verdict = next((v for v in verdicts if v in UNSETTLED), verdicts[0] if verdicts else None)
        return verdict, self._is_thin(target.name, target.group, term)

    def _is_thin(self, model: str, group: str | None, term: str) -> bool:
        """Whether a row carries W514."""
        row = row_of(self.document, Target(model, group), term) or {}
        facts = models_of(self.document).get(model, {})
        groups = facts.get("groups")
        known = groups.get(group) if isinstance(groups, Mapping) and group is not None else None
        warnings = [row.get("warnings"), known.get("warnings") if isinstance(known, Mapping) else None]
        if row.get("verdict_reason") == both("reason.thin"):
            return True
        return bool(row.get("thin")) or any("W514" in w for w in warnings if isinstance(w, (list, tuple)))


def _dimensions(group: str) -> tuple[str, ...]:
    return tuple(sorted(pair.partition("=")[0] for pair in group.split(";")))


def _plain(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _same(found: object, wanted: object) -> bool:
    number, other = finite(found), finite(wanted)
    return number == other if number is not None and other is not None else str(found) == str(wanted)
