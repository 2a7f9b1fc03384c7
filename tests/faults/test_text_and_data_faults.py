"""Faults of YAML text, formulas, expressions and data files, through the command line."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

import pytest

GOOD = 'spec: 1\ndata: panel.csv\nmodel: "y ~ x"\n'

# name, code, bytes of the spec
TEXTS: list[tuple[str, str, bytes]] = [
    ("empty", "E130", b""),
    ("comments only", "E130", b"# nothing\n"),
    ("a list", "E131", b"- spec: 1\n"),
    ("a word", "E131", b"hello\n"),
    ("tab", "E108", b"spec: 1\nmodels:\n\tmain: y ~ x\n"),
    ("bracket", "E110", b"spec: 1\ndata: {file: panel.csv\nmodel: y ~ x\n"),
    ("quote", "E111", b'spec: 1\ndata: panel.csv\nmodel: "y ~ x\n'),
    ("colon", "E109", b"spec: 1\ntitle: Wages: a study\ndata: panel.csv\nmodel: y ~ x\n"),
    ("duplicate key", "E107", GOOD.encode() + b"spec: 1\n"),
    ("deep duplicate key", "E107", GOOD.encode() + b"labels: {x: a, x: b}\n"),
    ("two documents", "E121", GOOD.encode() + b"---\nspec: 1\n"),
    ("tag", "E122", GOOD.encode() + b"title: !!python/object/apply:os.system [ls]\n"),
    ("merge key", "E123", GOOD.encode() + b"x-a: &a {x: 1}\nlabels: {<<: *a}\n"),
    ("alias of nothing", "E1", GOOD.encode() + b"labels: *a\n"),
    ("alias of itself", "E126", GOOD.encode() + b"labels: &a {x: *a}\n"),
    ("alias bomb", "E124", GOOD.encode() + b"x-a: &a [" + b"x," * 90 + b"x]\nx-b: &b [" + b"*a," * 90 + b"*a]\nx-c: [" + b"*b," * 90 + b"*b]\n"),
    ("deep nesting", "E127", GOOD.encode() + b"x-a: " + b"[" * 300 + b"]" * 300 + b"\n"),
    ("too large", "E128", GOOD.encode() + b"# " + b"x" * 2_000_000),
    ("invisible", "E129", GOOD.encode() + "title: a\u200bb\n".encode()),
    ("control", "E129", GOOD.encode() + b"title: a\x07b\n"),
    ("latin-1", "E100", GOOD.encode() + "title: año\n".encode("latin-1")),
    ("utf-16", "E100", GOOD.encode("utf-16")),
    ("NUL", "E1", b"spec: 1\x00\n"),
    ("placeholder of the environment", "E147", GOOD.encode() + b'title: "${HOME}"\n'),
    ("flow text cut apart", "E119", b"spec: 1\ndata: panel.csv\nmodels: {main: {formula: y ~ i(year, x)}}\n"),
]  # fmt: skip

# name, code, status, formula
FORMULAS = [
    ("no tilde", "E302", "y x"),
    ("two tildes", "E303", "y ~ x ~ z"),
    ("attribute", "E301", "y ~ x.__class__"),
    ("call of python", "E301", "y ~ __import__('os')"),
    ("unknown function", "E301", "y ~ logg(x)"),
    ("index", "E301", "y ~ x[0]"),
    ("braces", "E301", "y ~ {x}"),
    ("open bracket", "E311", "y ~ log(x"),
    ("no regressor", "E30", "y ~ | unit"),
    ("empty", "E30", ""),
    ("outcome on the right", "E308", "y ~ y + x"),
    ("unknown column", "E514", "y ~ xx"),
    ("unknown effect", "E514", "y ~ x | untt"),
    ("four parts", "E30", "y ~ x | unit | x ~ z | year"),
    ("endogenous on the right", "E308", "y ~ x | unit | x ~ z"),
    ("huge", "E307", "y ~ " + " + ".join(["x"] * 3000)),
    ("deep", "E307", "y ~ " + "log(" * 300 + "x" + ")" * 300),
    ("power of a million", "E3", "y ~ x^1000000"),
    ("i of nothing", "E302", "y ~ i()"),
    ("offset in ols", "E179", "y ~ x + offset(z)"),
]

# name, code, status, expression of derive.a
EXPRESSIONS = [
    ("call of python", "E40", 3, "__import__('os').system('ls')"),
    ("attribute", "E40", 3, "x.values"),
    ("lambda", "E40", 3, "(lambda: 1)()"),
    ("index", "E40", 3, "x[0]"),
    ("single equals", "E40", 3, "x = 1"),
    ("ampersand", "E40", 3, "(x > 1) & (z > 1)"),
    ("unknown column", "E514", 3, "xx + 1"),
    ("unknown function", "E40", 3, "logg(x)"),
    ("wrong number of arguments", "E40", 3, "log(x, x, x, x)"),
    ("text against number", "E405", 4, "region > 1"),
    ("text plus number", "E405", 4, "region + 1"),
    ("circle", "E413", 3, "a2 + 1"),
    ("too long", "E4", 3, "x + " * 600 + "x"),
    ("too deep", "E4", 3, "(" * 200 + "x" + ")" * 200),
    ("bomb of powers", "E", 4, "9 ** 9 ** 9 ** 9 + 0 * region"),
    ("bomb of text", "E", 4, "replace(region, 'n', '" + "n" * 900 + "') + 1"),
    ("format", "E40", 3, "f'{x}'"),
    ("open bracket", "E418", 3, "log(x"),
    ("open quote", "E418", 3, "region == 'n"),
    ("empty", "E4", 3, " "),
]

# name, code, csv text, data keys
FILES: list[tuple[str, str, bytes | None, str]] = [
    ("missing", "E201", None, ""),
    ("empty", "E211", b"", ""),
    ("header only", "E212", b"y,x\n", ""),
    ("ragged", "E214", b"y,x\n1,2\n3\n", ""),
    ("same name twice", "E213", b"y,x,x\n1,2,3\n", ""),
    ("semicolons", "E215", b"y;x\n1;2\n", ""),
    ("latin-1", "E216", "y,x,n\n1,2,año\n".encode("latin-1"), ""),
    ("words in numbers", "E210", b"y,x\n" + b"1,2\n" * 30 + b"1,n/k\n", ""),
    ("decimal comma", "E210", b'y,x\n1,"2,5"\n2,3\n', ""),
    ("binary", "E2", bytes(range(256)) * 20, ""),
    ("a picture", "E202", b"\x89PNG\r\n\x1a\n" + b"0" * 200, ""),
    ("a pickle", "E202", b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94\x8c\x06system\x94\x93\x94.", ""),
    ("compressed", "E232", gzip.compress(b"y,x\n1,2\n"), ""),
    ("other hash", "E221", b"y,x\n1,2\n3,5\n", f", sha256: {'a' * 64}"),
    ("wrong format", "E202", b"y,x\n1,2\n", ", format: parquet"),
    ("unknown typed column", "E209", b"y,x\n1,2\n", ", types: {xx: text}"),
]  # fmt: skip

PATHS = [
    ("absolute", "E203", "/etc/passwd"),
    ("home", "E203", "~/panel.csv"),
    ("climbs out", "E204", "../../../../../../etc/passwd"),
    ("address", "E231", "https://example.org/panel.csv"),
    ("file address", "E231", "file:///etc/passwd"),
    ("folder", "E200", "folder.csv"),
    ("pipe", "E200", "pipe.csv"),
    ("root unknown", "E226", "{root: enaho, file: a.csv}"),
    ("shipped unknown", "E239", "shipped:nothing.csv"),
]


@pytest.mark.parametrize(("code", "text"), [one[1:] for one in TEXTS], ids=[one[0] for one in TEXTS])
def test_text(bench, code, text):
    bench.write("s.yaml", text)
    started = time.process_time()
    bench.refuses(code, 3)
    assert time.process_time() - started < 5  # the first call loads the libraries


@pytest.mark.parametrize(("code", "formula"), [one[1:] for one in FORMULAS], ids=[one[0] for one in FORMULAS])
def test_formula(bench, code, formula):
    bench.spec({"models": f"\n  main: {quoted(formula)}"})
    bench.refuses(code, 3, at="models")


@pytest.mark.parametrize(
    ("code", "status", "text"), [one[1:] for one in EXPRESSIONS], ids=[one[0] for one in EXPRESSIONS]
)
def test_expression(bench, code, status, text):
    bench.spec({"derive": f"\n  a: {quoted(text)}\n  a2: a + 1", "models": '\n  main: "y ~ a"'})
    bench.refuses(code, status, at="derive")


@pytest.mark.parametrize(
    ("code", "content", "keys"), [one[1:] for one in FILES], ids=[one[0] for one in FILES]
)
def test_file(bench, code, content, keys):
    bench.spec({"data": f"{{file: other.csv{keys}}}", "models": '\n  main: "y ~ x"'})
    if content is not None:
        bench.write("other.csv", content)
    bench.refuses(code, 4, "other.csv", at="data")


@pytest.mark.parametrize(("code", "path"), [one[1:] for one in PATHS], ids=[one[0] for one in PATHS])
def test_path(bench, code, path):
    Path("folder.csv").mkdir()
    os.mkfifo("pipe.csv")
    bench.spec({"data": path})
    bench.refuses(code, 4, at="data")


def test_link_out_of_the_project(bench):
    Path("link.csv").symlink_to("/etc/passwd")
    bench.spec({"data": "link.csv"})
    call = bench.refuses("E204", 4, at="data")
    assert "/etc" not in call.err


@pytest.mark.parametrize("name", ["class", "def", "i", "año venta", "log", "a~b", "x y", "true", "1x"])
def test_any_column_name(bench, name):
    columns = bench.panel()
    bench.panel({name: columns["x"]})
    bench.spec({"models": f"\n  main: 'y ~ `{name}` | unit'", "filter": f"'`{name}` > -100'"})
    call = bench.fine()
    assert name in call.out


def test_infinite_and_far_values_are_told(bench):
    bench.panel({"x": ["inf"] + [0.5, 1.5, -1.0] * 23 + [0.25, 0.75]})
    bench.spec()
    assert "W435" in bench.fine().out


@pytest.mark.parametrize("target", ["s.yaml/x", "nothing.yaml", "nowhere/"])
def test_no_such_spec(bench, target):
    call = bench.call("run", target)
    assert call.status in (2, 3)
    assert "error" in call.err.lower() and "Traceback" not in call.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["rnu", "s.yaml"], "run"),
        (["run"], "SPEC"),
        (["run", "s.yaml", "--job", "2"], "--jobs"),
        (["run", "s.yaml", "--jobs", "0"], "--jobs"),
        (["run", "s.yaml", "--jobs", "many"], "--jobs"),
        (["run", "s.yaml", "--root", "x"], "NAME=PATH"),
        (["fit", "panel.csv"], "FORMULA"),
        (["run", "s.yaml", "--lang", "fr"], "--lang"),
    ],
)
def test_wrong_command_line(bench, arguments, word):
    bench.spec()
    call = bench.call(*arguments)
    assert call.status == 2, call
    assert word in call.err and "Traceback" not in call.err


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--only", "mian"], "E189", "main"),
        (["--only", "models.main,models.x"], "E189", "'x'"),
        (["--only", "tables.t"], "E189", "main"),
        (["--set", "models.mian.vcov=hc3"], "E145", "mian"),
        (["--set", "vcov"], "E146", "KEY=VALUE"),
        (["--set", "models.main.vcov=hc33"], "E170", "hc3"),
    ],
)
def test_wrong_names_on_the_command_line(bench, arguments, code, word):
    bench.spec()
    call = bench.run(*arguments)
    assert call.status == 3 and code in call.codes, call
    assert word in call.err
    bench.assert_clean()


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (["fit", "panel.csv", "y ~ xx"], "E514", 3),
        (["fit", "panel.csv", "y ~ x", "--vcov", "cluster=idd"], "E514", 3),
        (["fit", "panel.csv", "y ~ x", "--vcov", "hc9"], "E170", 3),
        (["fit", "panel.csv", "y ~ x", "--weights", "w=freq"], "E175", 3),
        (["fit", "panel.csv", "y ~ x", "--if", "x >"], "E4", 3),
        (["fit", "nothing.csv", "y ~ x"], "E201", 4),
        (["fit", "panel.csv", "y ~ x | unit + year + x"], "E501", 5),
        (["fit", "panel.csv", "y ~ x", "--if", "x > 100"], "E243", 4),
    ],
)
def test_fit_refuses(bench, arguments, code, status):
    call = bench.call(*arguments)
    assert call.status == status, call
    assert code in "".join(call.codes) and "Traceback" not in call.err


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
