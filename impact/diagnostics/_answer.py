"""The answer of a study: one sentence that anyone understands, and the reasons behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from impact.diagnostics._reading import Reading, finite, read_row
from impact.diagnostics._sentences import Words, amount, both, joined, number, pair, probability, term_words
from impact.diagnostics._verdict import Check, breaks, checks_of
from impact.schema.published import AnswerBlock


@dataclass(frozen=True, slots=True)
class _Case:
    """All that the sentence is made of."""

    row: Mapping[str, object]
    facts: Mapping[str, object]
    reading: Reading
    checks: Sequence[Check]
    about: Words
    units: Words
    scale: str
    unit: object
    alpha: float

    def words(self, value: float | None) -> Words:
        return amount(value, scale=self.scale, unit=self.unit)


def answer_of(
    document: Mapping[str, object], block: AnswerBlock | None = None, *, alpha: float = 0.05
) -> dict[str, object] | None:
    """The answer for the results document, once its rows carry verdicts.

    Arguments:
        document: models, rows (with ``verdict`` and ``verdict_reason``), labels.
        block: which estimate answers and in which words; by default the first model's treatment term.
        alpha: level of the verdicts.

    Returns:
        {model, group, term, verdict, sentence: {en, es}, reasons: [{en, es}]}, or None when no
        estimate has a verdict.
    """
    block = block or AnswerBlock()
    row = _answering_row(document, block)
    reading = None if row is None else read_row(row)
    if row is None or reading is None:
        return None
    case = _case(document, block, row, reading, alpha=alpha)
    verdict = str(row["verdict"])
    return {
        "model": row["model"],
        "group": row.get("group"),
        "term": row["term"],
        "verdict": verdict,
        "sentence": _sentence(case, verdict),
        "reasons": _reasons(case, verdict),
    }


def _answering_row(document: Mapping[str, object], block: AnswerBlock) -> Mapping[str, object] | None:
    models = document.get("models")
    rows = document.get("rows")
    if not isinstance(models, Mapping) or not isinstance(rows, Sequence):
        return None
    main = [name for name, facts in models.items() if not facts.get("row") and not facts.get("expect")]
    wanted = (
        [name for name in main if block.model in {name, models[name].get("base")}] if block.model else main
    )
    for name in wanted:
        for row in rows:
            if row.get("model") != name or not row.get("verdict") or finite(row.get("estimate")) is None:
                continue
            if row.get("group") == (block.among or None) and block.term in {"", row.get("term")}:
                return dict(row)
    return None


def _case(
    document: Mapping[str, object],
    block: AnswerBlock,
    row: Mapping[str, object],
    reading: Reading,
    *,
    alpha: float,
) -> _Case:
    labels = document.get("labels")
    labels = labels if isinstance(labels, Mapping) else {}
    models = document.get("models")
    facts = models.get(row["model"], {}) if isinstance(models, Mapping) else {}
    outcome, term = str(row.get("outcome") or facts.get("outcome") or ""), str(row["term"])
    about = both("answer.about", term=term_words(labels, term), outcome=pair(labels.get(outcome, outcome)))
    group = row.get("group")
    return _Case(
        row=row,
        facts=facts,
        reading=reading,
        checks=checks_of(document, str(row["model"]), term, None if group is None else str(group)),
        about=pair(block.about) if block.about else about,
        units=pair(block.units) if block.units else both("answer.units"),
        scale=block.scale or "number",
        unit=block.unit,
        alpha=alpha,
    )


def _sentence(case: _Case, verdict: str) -> Words:
    values = {
        "about": case.about,
        "estimate": case.words(case.reading.estimate),
        "bound": case.words(finite(case.row.get("bound"))),
        "rows": sum(1 for check in case.checks if check.readings),
        "p": probability(case.reading.p_value),
    }
    if verdict == "inconclusive":
        return _cannot_tell(case, values)
    if verdict == "fragile":
        broken = breaks(case.reading, case.checks, case.alpha)
        rows = [_plain_break(case, checks) for checks, _ in broken]
        why = joined(rows[:1]) if rows else pair(case.row.get("verdict_reason"))
        return both("answer.fragile", why=why, **values)
    key = {"effect": "answer.effect", "effect_but_small": "answer.small", "equivalent": "answer.equivalent"}[
        verdict
    ]
    if verdict == "effect" and not values["rows"]:
        key = "answer.effect_unchecked"
    return both(key, **values)


def _cannot_tell(case: _Case, values: Mapping[str, object]) -> Words:
    reading = case.reading
    evidence = both("answer.nothing")
    if reading.basis == "permutation" or "permutation" in reading.p_values:
        evidence = _permutation_evidence(case)
    elif reading.ci_low is not None and reading.ci_high is not None:
        level = f"{100 * (finite(case.row.get('level')) or 0.95):g}"
        evidence = both(
            "answer.interval", level=level, low=case.words(reading.ci_low), high=case.words(reading.ci_high)
        )
    return both("answer.cannot_tell", evidence=evidence, seen=_seen(case), **values)


def _permutation_evidence(case: _Case) -> Words:
    reading, facts = case.reading, _permutation_facts(case)
    p = reading.p_values.get("permutation")
    sets = finite(facts.get("n_sets"))
    if reading.rejects_in_part(case.alpha):
        return both(
            "answer.in_part", p=probability(p), p_t=probability(reading.p_values.get("permutation_t"))
        )
    if p is None or not sets or case.row.get("group") is not None:
        return both("answer.chance", p=probability(p))
    if facts.get("of_doses"):
        return both("answer.doses", share=f"{100 * p:.0f}", units=case.units)
    if not facts.get("enumerated", True):
        return both("answer.drawn", share=f"{100 * p:.0f}", units=case.units)
    size = finite(facts.get("size")) or 1.0
    key = "answer.one_by_one" if size == 1 else "answer.sets"
    return both(key, count=f"{round(p * sets):,}", sets=f"{int(sets):,}", units=case.units)


def _seen(case: _Case) -> Words:
    detectable = case.reading.mde80
    smallest = finite(_permutation_facts(case).get("smallest_p"))
    if (smallest is not None and smallest >= case.alpha) or (
        detectable is not None and math.isinf(detectable)
    ):
        return both("answer.never_seen")
    if detectable is None:
        return pair("")
    if (
        case.scale == "log" and case.reading.estimate < 0
    ):  # a fall of d in logs is 1 − exp(−d), a rise exp(d) − 1
        detectable = math.log1p(-math.expm1(-detectable))
    return both("answer.seen", mde=case.words(detectable))


def _permutation_facts(case: _Case) -> Mapping[str, object]:
    extra = case.facts.get("extra")
    found = extra.get("permutation") if isinstance(extra, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _reasons(case: _Case, verdict: str) -> list[Words]:
    found = [pair(case.row.get("verdict_reason"))] if case.row.get("verdict_reason") else []
    reading = case.reading
    rejects = reading.rejects(case.alpha)
    if not rejects:
        found += [_louder(case, check) for check in case.checks if _is_louder(check, case.alpha)]
        failing = [checks for checks, _ in breaks(reading, case.checks, case.alpha)]
        found += [_plain_break(case, checks) for checks in failing]
    own = reading.p_clustered
    if not rejects and own is not None and own < case.alpha and reading.basis != "asymptotic":
        treated = finite(case.facts.get("n_treated_clusters"))
        found.append(both("answer.clustered", p=probability(own), treated=number(treated), units=case.units))
    if verdict != "equivalent" and reading.mde80 is not None:
        found.append(_sentence_of(_seen(case)))
    return [reason for reason in found if reason["en"]]


def _is_louder(check: Check, alpha: float) -> bool:
    alone = len(check.readings) == 1 and not check.is_placebo
    first = check.readings[0].p_value if alone else None
    return first is not None and first < alpha


def _louder(case: _Case, check: Check) -> Words:
    """A row that looks significant although the main estimate does not, and the spec's note on why."""
    one = check.readings[0]
    said = both(
        "answer.louder", row=check.label, estimate=case.words(one.estimate), p=probability(one.p_value)
    )
    return joined([said, check.note]) if check.note else said


def _plain_break(case: _Case, checks: Sequence[Check]) -> Words:
    """How robustness rows break an estimate, in outcome units."""
    if len(checks) == 1 and checks[0].is_placebo:
        check = checks[0]
        said = both("answer.placebo", row=check.label, estimate=case.words(check.readings[0].estimate))
        return joined([said, check.note]) if check.note else said
    names = {k: ", ".join(check.label[k] for check in checks) for k in pair("")}
    return both("answer.signs", names=names)


def _sentence_of(clause: Words) -> Words:
    """A clause as a sentence of its own."""
    return {k: f"{v.lstrip('; ')[:1].upper()}{v.lstrip('; ')[1:]}." if v else "" for k, v in clause.items()}
