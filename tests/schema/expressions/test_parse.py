from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import Place, SpecError
from impact.schema.expressions.context import Context
from impact.schema.expressions.evaluate import evaluate
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.signatures import SIGNATURES

UNDERSTOOD = {
    "14 <= age <= 64": "14 <= age <= 64",
    "log( wage ) if wage>0 else missing": "log(wage) if wage > 0 else missing",
    "not missing(lead(wage))": "not missing(lead(wage))",
    "wmean(wage, fac500a, by=[ubigeo,year])": "wmean(wage, fac500a, by=[ubigeo, year])",
    "lpad(ubigeo, 6, '0')": 'lpad(ubigeo, 6, "0")',
    "class == 1 and def != 2 or i in [1,-2]": "class == 1 and def != 2 or i in [1, -2]",
    "a or b and c": "a or b and c",
    "(a or b) and c": "(a or b) and c",
    "-x ** 2": "-x ** 2",
    "(-x) ** 2": "(-x) ** 2",
    "2 ** 3 ** 2": "2 ** 3 ** 2",
    "(2 ** 3) ** 2": "(2 ** 3) ** 2",
    "2 ** -1": "2 ** -1",
    "a - (b - c)": "a - (b - c)",
    "(a - b) - c": "a - b - c",
    "a * (b + c) / d": "a * (b + c) / d",
    "not a == b": "not a == b",
    "(a if b else c) if d else e": "(a if b else c) if d else e",
    "a if b else c if d else e": "a if b else c if d else e",
    'recode(x, {1: "a", else: missing})': 'recode(x, {1: "a", else: missing})',
    "x not in [1, 2]": "x not in [1, 2]",
    "`ingreso año` + `and`": "`ingreso año` + `and`",
    "log == 1 and min > 2": "log == 1 and min > 2",
}


@pytest.mark.parametrize(("text", "canonical"), UNDERSTOOD.items())
def test_canonical_spelling_reads_back(text: str, canonical: str) -> None:
    tree = parse_expression(text)
    assert tree.text() == canonical
    assert parse_expression(canonical).root == tree.root


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 * 4 - 5 / 2", 2 + 3 * 4 - 5 / 2),
        ("2 ** 3 * -4 % 7 // 2", 2**3 * -4 % 7 // 2),
        ("-2 ** 2 + 3", -(2**2) + 3),
        ("7 - 2 - 1", 7 - 2 - 1),
        ("2 ** 3 ** 2", 2**3**2),
        ("-7 // 2 + -7 % 3", -7 // 2 + -7 % 3),
        ("8 / 4 / 2 * 3", 8 / 4 / 2 * 3),
        ("2 ** -1", 2**-1),
        ("1 if 2 > 3 else 4 + 5 * 2", 14),
        ("1 + 2 == 3 and not 4 < 3 or false", 1),
        ("false and false or true", 1),
        ("true or false and false", 1),
        ("not true or true", 1),
        ("1 < 2 < 2", 0),
    ],
)
def test_precedence_is_that_of_python(text: str, value: float) -> None:
    assert evaluate(parse_expression(text), {}, Context(1)).tolist() == [value]


@pytest.mark.parametrize(
    ("text", "code", "column", "suggestion"),
    [
        ("x.y", "E404", 2, ""),
        ("x[0]", "E404", 2, ""),
        ("lambda x: x", "E404", 1, ""),
        ("[x for x in y]", "E404", 1, ""),
        ('f"a"', "E404", 1, ""),
        ("a & b", "E404", 3, "and"),
        ("a | b", "E404", 3, "or"),
        ("a && b", "E404", 3, "and"),
        ("a = 1", "E404", 3, "=="),
        ("a <> 1", "E404", 3, "!="),
        ("a ^ 2", "E404", 3, "**"),
        ("! a", "E404", 1, "not"),
        ("a == missing", "E404", 6, ""),
        ("x in [1, missing]", "E404", 10, ""),
        ("a := 1", "E404", 3, ""),
        ("(1, 2)", "E404", 3, ""),
        ("{1: 2}", "E404", 1, ""),
        ("(a + b)(c)", "E404", 8, ""),
        ('get("a", "b", "c")', "E404", 1, ""),
        ("lgo(x)", "E401", 1, "log"),
        ("ifelse(a, b, c)", "E401", 1, "when"),
        ("log(x, 2)", "E407", 1, ""),
        ("min(x)", "E407", 1, ""),
        ("mean(x, of=g)", "E420", 12, ""),
        ("cut(x, y)", "E403", 8, ""),
        ("log([1])", "E403", 5, ""),
        ("cut(x, [a, b])", "E403", 8, ""),
        ("(a", "E418", 1, ""),
        ("a)", "E403", 2, ""),
        ("a b", "E403", 3, ""),
        ("x in y", "E403", 6, ""),
        ("x in []", "E403", 6, ""),
        ("a if b", "E403", 7, ""),
        ("1 +", "E403", 4, ""),
        ("", "E403", 1, ""),
    ],
)
def test_refusals_name_the_place_and_the_cure(text: str, code: str, column: int, suggestion: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_expression(text, place=Place("s.yaml", 4, 1, path="derive.z"))
    assert caught.value.code == code
    assert caught.value.where.column == column
    assert caught.value.suggestion == suggestion
    assert caught.value.where.line == 4
    assert caught.value.faults[0].help


ATTACKS = [
    "__import__('os').system('id')",
    "().__class__.__bases__[0].__subclasses__()",
    "x.__class__",
    "open('/etc/passwd').read()",
    "eval('1')",
    "exec('import os')",
    "globals()",
    "getattr(x, 'y')",
    "(lambda: 1)()",
    "[y for y in x]",
    "{**x}",
    "f(*x)",
    "print(1) or 2",
    "x if (y := 3) else 4",
    "import os",
    "`x`.real",
    '"{0.__class__}".format(x)',
    "f'{x}'",
    "@x",
    "x\n; y",
    "(" * 500 + "x" + ")" * 500,
    "not " * 450 + "x",
    "-" * 1500 + "x",
    "abs(" * 400 + "x" + ")" * 400,
    "1 if x else " * 150 + "2",
    "2**" * 600 + "2",
    "+".join(["x"] * 900),
    "x in [" + ",".join(["1"] * 300) + "]",
    '"' + "a" * 5000 + '"',
    "x" * 100_000,
    "\uff4c\uff4f\uff47(x)",
    "lоg(x)",  # a Cyrillic o
]


@pytest.mark.parametrize("text", ATTACKS)
def test_attacks_are_refused_quickly(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(SpecError):
        parse_expression(text)
    assert time.perf_counter() - start < 1


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_tree_or_a_spec_error(text: str) -> None:
    try:
        tree = parse_expression(text)
    except SpecError:
        return
    assert parse_expression(tree.text()).root == tree.root


PIECES = st.sampled_from(
    [*SIGNATURES, *"()[]{},:.+-*/%<>=&|!`'\"", "**", "//", "==", "<=", "and", "or", "not", "in", "if", "else",
     "missing", "true", "x", "1", "2.5", '"a"', " ", "by=", "`a b`"]
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=25).map(" ".join))
def test_any_row_of_pieces_is_a_tree_or_a_spec_error(text: str) -> None:
    try:
        tree = parse_expression(text)
    except SpecError:
        return
    assert parse_expression(tree.text()).root == tree.root


def test_all_unknown_functions_are_reported_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        parse_expression("lgo(x) + roud(y, 1) + log()")
    assert [fault.code for fault in caught.value.faults] == ["E401", "E401", "E407"]


def test_limits_are_exact() -> None:
    parse_expression("abs(" * 40 + "x" + ")" * 40)
    parse_expression("+".join(["x"] * 200))
    parse_expression("x in [" + ",".join(["1"] * 200) + "]")
    with pytest.raises(SpecError, match="E408"):
        parse_expression("abs(" * 41 + "x" + ")" * 41)
    with pytest.raises(SpecError, match="E408"):
        parse_expression("+".join(["x"] * 201))
    with pytest.raises(SpecError, match="E408"):
        parse_expression("x in [" + ",".join(["1"] * 201) + "]")


def test_claims_may_look_up_results() -> None:
    tree = parse_expression('ols.m.estimate < 0 and get("iv", "m", "p", sex="women") < 0.05', mode="claims")
    assert tree.text() == 'ols.m.estimate < 0 and get("iv", "m", "p", sex="women") < 0.05'
    with pytest.raises(SpecError, match="E404"):
        parse_expression("ols.m.estimate < 0")


def test_parsing_loads_no_arrays() -> None:
    """`impact check` must start fast."""
    code = (
        "import sys, impact.schema.expressions.check, impact.schema.expressions.order,"
        "impact.schema.formulas.parse, impact.schema.formulas.expand, impact.schema.formulas.describe;"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
