from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import Place, SpecError
from impact.schema.formulas.parse import check_formula, parse_formula
from impact.schema.formulas.tokens import FUNCTIONS
from impact.schema.formulas.tree import (
    AbsorbedEffect,
    Call,
    Indicator,
    Interaction,
    Lag,
    Power,
    Step,
    Variable,
    columns_of,
)

SETS = {
    "demog": ["tenure", "firm_size", "head"],
    "fe": "ubigeo + quarter^group",
    "many": ["$demog", "x2"],
    "ys": ["y1", "y2"],
    "a": ["$b"],
    "b": ["$a"],
    "bad": ["lgo(x)"],
    "empty": [],
    "one": "1",
}

UNDERSTOOD = {
    "y ~ x1+x2": "y ~ x1 + x2",
    "y ~ x - 1": "y ~ 0 + x",
    "y ~ 0 + x": "y ~ 0 + x",
    "y ~ 1": "y ~ 1",
    "c(y1, y2) ~ x": "c(y1, y2) ~ x",
    "y ~ x*z": "y ~ x + z + x:z",
    "y ~ x*z*w": "y ~ x + z + w + x:z + x:w + z:w + x:z:w",
    "y ~ x:z + z:x + x": "y ~ x:z + x",
    "y ~ x + x^2": "y ~ x + x^2",
    'y ~ i(agegrp, ref="25-39") | ubigeo + year': 'y ~ i(agegrp, ref="25-39") | ubigeo + year',
    "y ~ i(year,dose,ref=2016)": "y ~ i(year, dose, ref=2016)",
    "y ~ i(t, ref=c(-1, -1000))": "y ~ i(t, ref=c(-1, -1000))",
    "y ~ i(g, h, ref=1, ref2=2)": "y ~ i(g, h, ref=1, ref2=2)",
    "y ~ log(x+1) + poly(x,2) + ns(x,4) + bs(x,4)": "y ~ log(x + 1) + poly(x, 2) + ns(x, 4) + bs(x, 4)",
    "y ~ log(a/b^2)": "y ~ log(a / b ** 2)",
    "y ~ l(x,1) + f(x,1:3) + d(x) + l(log(x), 2)": "y ~ l(x, 1) + f(x, 1:3) + d(x, 1) + l(log(x), 2)",
    "y ~ x | id + year": "y ~ x | id + year",
    "y ~ x | id^year + id[trend] + g[[a,b]]": "y ~ x | id^year + id[trend] + g[[a, b]]",
    "y ~ 1 | id | d ~ z1 + z2": "y ~ 1 | id | d ~ z1 + z2",
    "y ~ x | d ~ z": "y ~ x | d ~ z",
    "y ~ csw0(a, b + c) + x | sw(id, id + year)": "y ~ csw0(a, b + c) + x | sw(id, id + year)",
    "n ~ x + offset(log(pop)) | id": "n ~ x + offset(log(pop)) | id",
    "~ x | id": "~ x | id",
    "log(y) ~ x": "log(y) ~ x",
    "f(y, 0:2) ~ x": "c(f(y, 0), f(y, 1), f(y, 2)) ~ x",
    "class ~ def + i + log + c + sw": "class ~ def + i + log + c + sw",
    "`ingreso mensual` ~ `año` + `2016`": "`ingreso mensual` ~ `año` + `2016`",
    "keep ~ $demog | $fe | m ~ z": "keep ~ tenure + firm_size + head | ubigeo + quarter^group | m ~ z",
    "y ~ $many:g": "y ~ tenure:g + firm_size:g + head:g + x2:g",
    "$ys ~ x": "c(y1, y2) ~ x",
    "c($ys, y3) ~ x": "c(y1, y2, y3) ~ x",
    "y ~ $empty": "y ~ 1",
    "y ~ sw($demog, x)": "y ~ sw(tenure + firm_size + head, x)",
    "y ~ x | year^northeast^midwest^south": "y ~ x | year^northeast^midwest^south",
}


@pytest.mark.parametrize(("text", "canonical"), UNDERSTOOD.items())
def test_canonical_spelling_reads_back(text: str, canonical: str) -> None:
    formula = parse_formula(text, sets=SETS)
    assert formula.text() == canonical
    assert parse_formula(canonical) == formula


def test_the_tree() -> None:
    formula = parse_formula("y ~ x:i(t, ref=-1) + z^2 + l(w, 1:2) + sw(a, b) - 1 | id[t]")
    assert formula.outcomes == (Variable("y"),)
    assert formula.intercept is False
    assert formula.terms == (
        Interaction((Variable("x"), Indicator("t", None, (-1.0,)))),
        Power(Variable("z"), 2),
        Lag("l", Variable("w"), (1, 2)),
        Step("sw", ((Variable("a"),), (Variable("b"),))),
    )
    assert formula.absorbed == (AbsorbedEffect(("id",), ("t",), True),)


def test_offsets_point_into_the_text() -> None:
    text = "log(y) ~ `año` + i(g, h) + x:z^2 | id^year + f[[t]] | d ~ w"
    formula = parse_formula(text)
    for use in columns_of(formula):
        assert use.name in text[use.start : use.end]
    term = formula.terms[2]
    assert text[term.start : term.end] == "x:z^2"
    assert text[formula.absorbed[1].start : formula.absorbed[1].end] == "f[[t]]"
    assert isinstance(formula.outcomes[0], Call)
    assert text[formula.outcomes[0].start : formula.outcomes[0].end] == "log(y)"


@pytest.mark.parametrize(
    ("text", "code", "column", "suggestion"),
    [
        ("y ~ lgo(x)", "E301", 5, "log"),
        ("y ~ C(x)", "E301", 5, "i"),
        ("y ~ factor(x)", "E301", 5, "i"),
        ("y ~ I(x^2)", "E301", 5, ""),
        ("y ~ lag(x)", "E301", 5, "l"),
        ("y ~ log(lgo(x))", "E301", 9, "log"),
        ("y ~ x.y", "E301", 6, ""),
        ("y ~ i.year", "E301", 6, ""),
        ("y ~ (a + b):c", "E301", 5, ""),
        ("y ~ x[1]", "E301", 6, ""),
        ("y ~ {x}", "E301", 5, ""),
        ("y ~ x == 1", "E301", 7, ""),
        ("y ~ x ** 2", "E301", 7, "^"),
        ("y ~ x^z", "E301", 6, ":"),
        ("y ~ x:x", "E301", 7, ""),
        ("y ~ x - z", "E301", 7 + 2, ""),
        ("y ~ 2 + x", "E301", 5, ""),
        ('y ~ "x"', "E301", 5, ""),
        ("y = x", "E301", 3, "~"),
        ("y ~ x || id", "E301", 7, "|"),
        ("y ~ x | i(year)", "E301", 9, ""),
        ("y ~ x | id:year", "E301", 11, ""),
        ("y ~ x | 0", "E301", 9, ""),
        ("y / 2 ~ x", "E301", 3, ""),
        ("y + z ~ x", "E301", 3, ""),
        ("poly(y, 2) ~ x", "E301", 1, ""),
        ("y ~ c(a, b)", "E301", 5, ""),
        ("y ~ i(t, ref=base)", "E301", 14, '"base"'),
        ("y ~ año", "E301", 5, "`año`"),
        ("y ~ ${z}", "E301", 5, ""),
        ("y ~ __class__", "E301", 5, ""),
        ("y ~ $one", "E301", 8, ""),
        ("", "E302", 1, ""),
        ("y ~ x, z", "E302", 6, ""),
        ("y ~ x z", "E302", 7, ""),
        ("y ~ x +", "E302", 8, ""),
        ("y ~ x | id[", "E302", 12, ""),
        ("c(y ~ x", "E302", 5, ""),
        ("y", "E303", 2, ""),
        ("y ~", "E303", 4, ""),
        ("y ~ | id", "E303", 5, ""),
        ("y ~ x |", "E303", 8, ""),
        ("y ~ x | id | year", "E303", 12, ""),
        ("y ~ x | d ~ z | id", "E303", 15, ""),
        ("y ~ x ~ z", "E303", 7, ""),
        ("y ~ x | id | ~ z", "E303", 14, ""),
        ("y ~ x | d ~ 1", "E303", 11, ""),
        ("y ~ poly(x)", "E304", 5, ""),
        ("y ~ ns(x, 0)", "E304", 5, ""),
        ("y ~ log(x, 2)", "E304", 5, ""),
        ("y ~ l(x, -1)", "E304", 5, ""),
        ("y ~ l(x, 3:1)", "E304", 5, ""),
        ("y ~ i(a, b, c)", "E304", 5, ""),
        ("y ~ i(a, reff=1)", "E304", 5, ""),
        ("y ~ x^99", "E304", 7, ""),
        ("y ~ $demo", "E305", 5, "$demog"),
        ("y ~ $a", "E306", 5, ""),
        ("y ~ y", "E308", 1, ""),
        ("y ~ d | id | d ~ z", "E308", 14, ""),
        ("y ~ x | d ~ d", "E308", 9, ""),
        ("y ~ sw(sw(a))", "E309", 8, ""),
        ("y ~ x:sw(a, b)", "E309", 7, ""),
        ("y ~ sw(a, b):x", "E309", 5, ""),
        ("y ~ x | d ~ sw(z, w)", "E309", 13, ""),
        ("y ~ i(year", "E311", 6, ""),
        ("y ~ `x", "E311", 5, ""),
        ("y ~ 2x", "E312", 5, ""),
        ("y ~ i(g, ref=9007199254740993)", "E310", 14, ""),
    ],
)
def test_refusals_name_the_place_and_the_cure(text: str, code: str, column: int, suggestion: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_formula(text, place=Place("s.yaml", 6, 1, path="models.m"), sets=SETS)
    fault = caught.value.faults[0]
    assert (fault.code, fault.place.column, fault.suggestion) == (code, column, suggestion)
    assert fault.place.line == 6
    assert fault.help


def test_the_message_of_the_reference() -> None:
    with pytest.raises(SpecError) as caught:
        parse_formula("y ~ lgo(wage)", place=Place("specs/c.yaml", 22, 24))
    fault = caught.value.faults[0]
    assert (fault.place.line, fault.place.column, fault.place.end_column) == (22, 28, 31)
    assert fault.message == "'lgo' is not a function"
    assert fault.suggestion == "log"


def test_a_fault_inside_a_set_points_at_its_use() -> None:
    with pytest.raises(SpecError) as caught:
        parse_formula("y ~ x + $bad", place=Place("s.yaml", 1, 1), sets=SETS)
    assert caught.value.where.column == 9
    assert "in set $bad: lgo(x)" in caught.value.where.note


ATTACKS = [
    "y ~ __import__('os').system('id')",
    "y ~ log(__import__)",
    "y ~ eval('1')",
    "y ~ x.__class__",
    "y ~ " + "log(" * 300 + "x" + ")" * 300,
    "y ~ " + "*".join("abcdefghijklmnop"),
    "y ~ " + "+".join(f"x{i}" for i in range(400)),
    "y ~ log(" + "-" * 1000 + "x)",
    "y ~ log(2^" + "2^" * 500 + "2)",
    "y ~ x" * 5000,
    "y ~ \u0445\u0443",
    "y ~ x\u202e",
    "y ~ x\x00",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_attacks_are_refused_quickly(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(SpecError):
        parse_formula(text)
    assert time.perf_counter() - start < 1


def test_sets_that_grow_without_end_are_refused_quickly() -> None:
    sets = {f"s{level}": [f"$s{level + 1}"] * 10 for level in range(30)} | {"s30": ["x"]}
    start = time.perf_counter()
    with pytest.raises(SpecError, match="E307"):
        parse_formula("y ~ $s0", sets=sets)
    with pytest.raises(SpecError, match="E307"):
        parse_formula("y ~ x | $s0", sets=sets)
    chain = {f"s{level}": [f"$s{level + 1}"] for level in range(100)} | {"s100": ["x"]}
    with pytest.raises(SpecError, match="E307"):
        parse_formula("y ~ $s0", sets=chain)
    assert time.perf_counter() - start < 1


PIECES = st.sampled_from(
    [
        *FUNCTIONS,
        *"()[]~|+-*:^,=$/.",
        "[[",
        "]]",
        "x",
        "y",
        "id",
        "1",
        "0",
        "2",
        '"a"',
        "`a b`",
        "ref=",
        "$demog",
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=20).map(" ".join)), st.booleans())
def test_any_text_is_a_formula_or_a_spec_error(text: str, left: bool) -> None:
    try:
        formula = parse_formula(f"y ~ {text}" if left else text, sets=SETS)
    except SpecError:
        return
    assert parse_formula(formula.text()) == formula


NAMES = st.sampled_from(["a", "b", "class", "log", "i", "`año x`"])
PARTS = st.one_of(
    NAMES,
    st.builds("log({})".format, NAMES),
    st.builds("i({}, ref=1)".format, NAMES),
    st.builds("l({}, 1:2)".format, NAMES),
    st.builds("{}^2".format, NAMES),
)
EFFECTS = st.one_of(NAMES, st.builds("{}^{}".format, NAMES, NAMES), st.builds("{}[t]".format, NAMES))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(PARTS, min_size=1, max_size=3, unique=True).map(":".join), min_size=1, max_size=5),
    st.lists(EFFECTS, max_size=3),
)
def test_well_formed_formulas_read_back(terms: list[str], effects: list[str]) -> None:
    text = "outcome ~ " + " + ".join(terms) + (" | " + " + ".join(effects) if effects else "")
    formula = parse_formula(text)
    assert parse_formula(formula.text()) == formula
    assert len(formula.terms) == len({frozenset(term.split(":")) for term in terms})


def test_unknown_columns_are_all_reported() -> None:
    formula = parse_formula("lwage ~ agee + i(yer) | ubigo", place=Place("s.yaml", 2, 1))
    faults = check_formula(formula, ["lwage", "age", "year", "ubigeo"], read_from="enaho.dta")
    assert [(fault.code, fault.suggestion) for fault in faults] == [
        ("E313", "age"),
        ("E313", "year"),
        ("E313", "ubigeo"),
    ]
    assert faults[0].place.column == 9
    assert "enaho.dta" in faults[0].help
