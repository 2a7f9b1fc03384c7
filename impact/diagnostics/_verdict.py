"""The verdict on an estimate: effect, effect_but_small, equivalent, inconclusive or fragile, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from impact.core.findings import Finding
from impact.diagnostics._reading import Reading, finite, read_row
from impact.diagnostics._sentences import Words, both, joined, listed, number, pair, probability

SAME_SIGN_SHARE = 0.9
PLACEBO_SHARE = 0.5
EFFECTS = ("effect", "effect_but_small")


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The two one-sided tests of one estimate: p_value is the larger of the two; bound in outcome units."""

    p_value: float
    bound: float
    basis: str = "asymptotic"


@dataclass(frozen=True, slots=True)
class Check:
    """One robustness row: its estimate (the ends of a range for leave-one-out) and what is expected of
    it.

    Arguments:
        name: of the row. readings: one, or several for a family such as leave-one-out; none where it
            failed.
        expect: "no_effect" for a placebo. label, note: words of the spec.
    """

    name: str
    readings: tuple[Reading, ...] = ()
    expect: str | None = None
    label: Words = field(default_factory=dict)
    note: Words = field(default_factory=dict)

    @property
    def is_placebo(self) -> bool:
        """Whether an effect here would speak against the design."""
        return self.expect == "no_effect"

    def has_sign_of(self, estimate: float) -> bool:
        """Whether every estimate of the row has the sign of ``estimate``."""
        return all(_sign(reading.estimate) == _sign(estimate) for reading in self.readings)


def judge(
    row: Mapping[str, object],
    robustness: Sequence[Check] = (),
    *,
    equivalence: Equivalence | None = None,
    alpha: float = 0.05,
    thin: bool = False,
) -> tuple[str, Words]:
    """The verdict on a row of the results and the reason in words.

    ``effect`` needs every p-value that counts (both of a permutation) below alpha, the same sign in 90
    % of the robustness rows and no placebo that rejects or exceeds half the effect.
    ``effect_but_small`` rejects zero and everything beyond the bound. ``equivalent`` needs the
    equivalence test. All else is ``inconclusive``, or ``fragile`` when only the robustness rows speak
    against it.

    Arguments:
        row: of the results document. robustness: rows of the same term and group. equivalence: its
            test, if any.
        alpha: level. thin: whether the row rests on too few observations (W514).
    """
    reading = read_row(row)
    if reading is None:
        return "inconclusive", both("reason.no_estimate")
    if thin:
        return "inconclusive", both("reason.thin")
    within = equivalence is not None and equivalence.p_value < alpha
    if not reading.rejects(alpha):
        if equivalence is not None and within:
            return "equivalent", both(
                "reason.equivalent", bound=number(equivalence.bound), p=probability(equivalence.p_value)
            )
        return "inconclusive", why_not(reading, alpha)
    broken = [reason for _, reason in breaks(reading, robustness, alpha)]
    if broken:
        return "fragile", joined(broken)
    checked = [check for check in robustness if check.readings]
    values = {"p": _p_words(reading), "rows": len(checked)}
    if equivalence is not None and within:
        return "effect_but_small", both("reason.small", bound=number(equivalence.bound), **values)
    return "effect", both("reason.effect" if checked else "reason.effect_unchecked", **values)


def judge_check(document: Mapping[str, object], row: Mapping[str, object]) -> tuple[str, Words]:
    """The verdict of a robustness row: no finding of its own where the main estimate is none.

    Arguments:
        document: whose main rows carry their verdicts. row: of a robustness row, with its own verdict
            and reason.
    """
    verdict, reason = str(row.get("verdict")), pair(row.get("verdict_reason"))
    model = str(row.get("model"))
    if verdict not in EFFECTS or without_row(model) == model:
        return verdict, reason
    key = (without_row(model), row.get("group"), row.get("term"))
    main = [r for r in _rows(document) if (r.get("model"), r.get("group"), r.get("term")) == key]
    if main and main[0].get("verdict") in EFFECTS:
        return verdict, reason
    return "fragile", both("reason.not_main")


def judge_event(document: Mapping[str, object], row: Mapping[str, object]) -> tuple[str, Words]:
    """The verdict of an event-study row: before treatment there is no effect, and a lead that differs
    from zero speaks against every later one, as a placebo does.

    Arguments:
        document: whose rows carry their verdicts and reasons. row: one of them.
    """
    verdict, reason = str(row.get("verdict")), pair(row.get("verdict_reason"))
    if verdict not in EFFECTS or row.get("kind") != "event":
        return verdict, reason
    if _is_lead(row):
        return "fragile", both("reason.lead")
    key = (row.get("model"), row.get("group"))
    leads = [
        str(other.get("term"))
        for other in _rows(document)
        if (other.get("model"), other.get("group")) == key and _is_lead(other) and _differs(other)
    ]
    return ("fragile", both("reason.leads", terms=", ".join(leads))) if leads else (verdict, reason)


def _is_lead(row: Mapping[str, object]) -> bool:
    event_time = finite(row.get("event_time"))
    return row.get("kind") == "event" and event_time is not None and event_time < 0


def _differs(row: Mapping[str, object]) -> bool:
    return row.get("verdict") in (*EFFECTS, "fragile")


def why_not(reading: Reading, alpha: float) -> Words:
    """Why an estimate does not count as different from zero."""
    if not reading.p_values:
        return both("reason.no_p")
    key = "reason.in_part" if reading.rejects_in_part(alpha) else "reason.not_different"
    return both(key, p=_p_words(reading), alpha=f"{alpha:g}")


def breaks(
    reading: Reading, robustness: Sequence[Check], alpha: float
) -> list[tuple[tuple[Check, ...], Words]]:
    """The robustness rows that break an effect, each with the sentence that says how."""
    found: list[tuple[tuple[Check, ...], Words]] = []
    for check in robustness:
        if not check.is_placebo:
            continue
        for one in check.readings:
            values = {"row": _label(check), "estimate": number(one.estimate), "p": probability(one.p_value)}
            if one.rejects_in_part(alpha):
                found.append(((check,), both("reason.placebo_rejects", **values)))
            elif abs(one.estimate) > PLACEBO_SHARE * abs(reading.estimate):
                found.append(((check,), both("reason.placebo_large", **values)))
    comparable = [check for check in robustness if check.readings and not check.is_placebo]
    other = [check for check in comparable if not check.has_sign_of(reading.estimate)]
    if comparable and len(comparable) - len(other) < SAME_SIGN_SHARE * len(comparable):
        counts: dict[str, object] = {
            "same": len(comparable) - len(other),
            "rows": len(comparable),
            "names": _labels(other),
        }
        found.append((tuple(other), both("reason.signs", **counts)))
    return found


def checks_of(
    document: Mapping[str, object], model: str, term: str, group: str | None = None
) -> tuple[Check, ...]:
    """The robustness rows of one estimate in the results document.

    Rows are models with the same base and the same name apart from ``row=…``. Rows whose name has a
    value in brackets or after a colon (``drop_one:1301``) are one family, judged together.
    """
    models = _mapping(document.get("models"))
    rows = {(str(r.get("model")), r.get("group"), str(r.get("term"))): r for r in _rows(document)}
    families: dict[str, list[tuple[Mapping[str, object], Mapping[str, object] | None]]] = {}
    for name, found in models.items():
        facts = _mapping(found)
        if facts.get("row") and name != model and without_row(name) == model:
            family = str(facts["row"]).partition(":")[0]
            families.setdefault(family, []).append((facts, rows.get((name, group, term))))
    return tuple(_check(document, family, members) for family, members in families.items())


def _check(
    document: Mapping[str, object],
    family: str,
    members: list[tuple[Mapping[str, object], Mapping[str, object] | None]],
) -> Check:
    facts = members[0][0]
    readings = [read_row(row) for _, row in members if row is not None]
    return Check(
        name=family,
        readings=tuple(reading for reading in readings if reading is not None),
        expect=str(facts["expect"]) if facts.get("expect") else None,
        label=_row_label(document, family, facts),
        note=pair(facts.get("note")) if facts.get("note") else {},
    )


def _row_label(document: Mapping[str, object], family: str, facts: Mapping[str, object]) -> Words:
    """A row's own title, its label, or its name; a title taken over from the main model is no label."""
    main = _mapping(_mapping(document.get("models")).get(str(facts.get("base"))))
    title = facts.get("label") or facts.get("title")
    is_family = ":" in str(facts.get("row"))
    if title and title != main.get("title") and not is_family:
        return pair(title)
    label = _mapping(document.get("labels")).get(family)
    if label:
        return pair(label)
    return both("answer.drop_one") if family == "drop_one" else pair(family.replace("_", " "))


def without_row(name: str) -> str:
    """A model's name without its robustness row: ``ols[y=kept,row=urban]`` → ``ols[y=kept]``."""
    return re.sub(r"\[\]", "", re.sub(r"(?<=[\[,])row=[^\],]*,?", "", name).replace(",]", "]"))


def equivalences(findings: Iterable[Finding]) -> dict[tuple[str, str | None, str], Equivalence]:
    """Equivalence tests by (model, group, term), for ``judge``; the first of several on a term counts."""
    found: dict[tuple[str, str | None, str], Equivalence] = {}
    for finding in findings:
        bound = finite(finding.details.get("bound"))
        if finding.kind != "equivalence" or not finding.term or finding.p_value is None or bound is None:
            continue
        group = finding.details.get("group")
        key = (finding.of, None if group is None else str(group), finding.term)
        basis = str(finding.details.get("basis", ""))
        found.setdefault(key, Equivalence(finding.p_value, bound, basis))
    return found


def _p_words(reading: Reading) -> Words:
    """The p-values in words: "0.040 by estimate, 0.067 by t"."""
    parts = [both(f"p.{name}", p=probability(p)) for name, p in reading.p_values.items()]
    return {language: ", ".join(part[language] for part in parts) for language in pair("")}


def _label(check: Check) -> Words:
    return check.label or pair(check.name)


def _labels(checks: Sequence[Check]) -> Words:
    names = [_label(check) for check in checks]
    return {language: listed([name[language] for name in names])[language] for language in pair("")}


def _sign(value: float) -> float:
    return math.copysign(1.0, value) if value else 0.0


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _rows(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    rows = document.get("rows")
    return list(rows) if isinstance(rows, (list, tuple)) else []
