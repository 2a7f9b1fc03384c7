"""Each planted mistake is reported at its line and column, with what to type instead."""

import pytest

from impact.core.errors import SpecError
from impact.core.texts import catalogue
from impact.schema.load import load_nodes

# name: text, code, line, column, end column, part of the help or suggestion
MISTAKES = {
    "tab before a key": ("spec: 1\nmodels:\n\ta: y ~ x\n", "E108", 3, 1, 2, "spaces"),
    "tab on a later line": ("spec: 1\nmodels:\n  a: y ~ x\n\tb: y ~ x\n", "E108", 4, 1, 2, "spaces"),
    "tab after spaces": ("spec: 1\nmodels:\n  a:\n  \tformula: y ~ x\n", "E108", 4, 3, 4, "spaces"),
    "colon in a text": ("spec: 1\ntitle: Wages: a study\n", "E109", 2, 8, 22, '"Wages: a study"'),
    "colon at the end": ("spec: 1\ntitle: What is this:\n", "E109", 2, 8, 21, '"What is this:"'),
    "colon in braces": ("spec: 1\na: {title: Wages: a, b: c}\n", "E109", 2, 12, 20, '"Wages: a"'),
    "open brace": ("spec: 1\ndesign: {unit: id, time: year\nseed: 1\n", "E110", 2, 9, 10, "close"),
    "open bracket": ("spec: 1\ncontrols: [a, b\nseed: 1\n", "E110", 2, 11, 12, "close"),
    "open bracket at the end": ("spec: 1\ncontrols: [a, b", "E110", 2, 11, 12, "close"),
    "bracket too many": ("spec: 1\ncontrols: [a, b]]\n", "E110", 2, 17, 18, "close"),
    "wrong bracket": ("spec: 1\ncontrols: [a, b}\nseed: 1\n", "E110", 2, 11, 12, "close"),
    "open quote, closed by the next": ('spec: 1\ntitle: "Wages\nq: "What?"\n', "E111", 2, 8, 9, "close"),
    "open quote to the end": ("spec: 1\ntitle: 'Wages\nseed: 1\n", "E111", 2, 8, 9, "close"),
    "mixed quotes": ("spec: 1\ntitle: \"Wages'\nseed: 1\n", "E111", 2, 8, 9, "close"),
    "apostrophe": ("spec: 1\ntitle: 'What's this'\n", "E132", 2, 8, 21, '"What\'s this"'),
    "at sign": ("spec: 1\nmodel: @y ~ x\n", "E112", 2, 8, 14, '"@y ~ x"'),
    "backtick": ("spec: 1\nmodel: `log wage` ~ x\n", "E112", 2, 8, 22, '"`log wage` ~ x"'),
    "star": ("spec: 1\nrows: *all\n", "E112", 2, 7, 11, '"*all"'),
    "star and space": ("spec: 1\nrows: * all\n", "E112", 2, 7, 12, '"* all"'),
    "percent": ("spec: 1\ntitle: %share\n", "E112", 2, 8, 14, '"%share"'),
    "ampersand": ("spec: 1\ntitle: & more\n", "E112", 2, 8, 14, '"& more"'),
    "bar": ("spec: 1\nmodel: | id + year\n", "E112", 2, 8, 19, '"| id + year"'),
    "greater than": ("spec: 1\nfilter: > 5\n", "E112", 2, 9, 12, '"> 5"'),
    "question mark": ("spec: 1\ntitle: ? what\n", "E112", 2, 8, 14, '"? what"'),
    "exclamation mark": ("spec: 1\nfilter: !missing(x)\n", "E122", 2, 9, 20, "quotes"),
    "tag": ("spec: 1\nfilter: !!str x\n", "E122", 2, 9, 16, "quotes"),
    "anchor mistyped": ("a: &base 1\nb: *bsae\n", "E125", 2, 4, 9, "*base"),
    "deeper than its neighbour": ("models:\n  a: y ~ x\n   b: y ~ z\n", "E113", 3, 4, 12, "column"),
    "less deep": ("models:\n    a: y ~ x\n  b: y ~ z\n", "E113", 3, 3, 11, "column"),
    "deeper without a mapping": ("spec: 1\n  seed: 2\n", "E113", 2, 3, 10, "column"),
    "between two levels": ("m:\n  a:\n    f: y\n   v: hc1\n", "E113", 4, 4, 10, "column"),
    "list item swallowed": ("rows:\n- a\n - b\n", "E113", 3, 2, 5, "column"),
    "key in a list": ("m:\n  - a\n  b: c\n", "E113", 3, 3, 7, "column"),
    "colour": ("spec: 1\noutputs: {color: #fff, digits: 3}\n", "E114", 2, 18, 34, "quotes"),
    "hash first": ("spec: 1\ntitle: #1 paper\n", "E114", 2, 8, 16, "quotes"),
    "hash inside": ("spec: 1\ntitle: Paper #1 of two\n", "E114", 2, 14, 23, "quotes"),
    "duplicate key": ("a: 1\nb: {c: 1, c: 2}\n", "E107", 2, 11, 12, "rename"),
    "duplicate key far apart": ("m:\n  a: 1\n  b: 2\n  a: 3\n", "E107", 4, 3, 4, "rename"),
    "leading zero": ("spec: 1\nubigeo: 0123\n", "E115", 2, 9, 13, '"0123"'),
    "beyond 2^53": ("id: 9007199254740993\n", "E116", 1, 5, 21, '"9007199254740993"'),
    "infinite": ("x: [1, 1e999]\n", "E135", 1, 8, 13, "null"),
    "not a number": ("x: .nan\n", "E135", 1, 4, 8, "null"),
    "number as key": ("levels: {1: a}\n", "E117", 1, 10, 11, "quotes"),
    "boolean as key": ("levels:\n  true: a\n", "E117", 2, 3, 7, "quotes"),
    "null as key": ("levels: {null: a}\n", "E117", 1, 10, 14, "quotes"),
    "list as key": ("[a, b]: c\n", "E118", 1, 1, 2, "word"),
    "question key": ("spec: 1\n? [a, b]\n: c\n", "E118", 2, 3, 4, "word"),
    "comma in a call": ("m: {a: c(y1, y2) ~ x}\n", "E119", 1, 8, 21, '"c(y1, y2) ~ x"'),
    "comma in a call in a list": ("r: [pr(n > 0), mean(n, 1, 5)]\n", "E119", 1, 16, 29, '"mean(n, 1, 5)"'),
    "quotes in a call": ('f: {a: lpad(x, 6, "0"), b: y}\n', "E119", 1, 8, 23, "'lpad(x, 6, \"0\")'"),
    "list in an expression": ("f: {a: x in [1, 2], b: y}\n", "E119", 1, 8, 19, '"x in [1, 2]"'),
    "placeholder in braces": ("m: {formula: ${y} ~ m | id}\n", "E119", 1, 14, 27, '"${y} ~ m | id"'),
    "comma in a title": ("t: {en: All areas, by sex, es: Todas}\n", "E119", 1, 9, 26, '"All areas, by sex"'),
    "no colon": ("spec: 1\nseed 5\ntitle: x\n", "E120", 2, 1, 7, "key: value"),
    "no space after the colon": ("spec: 1\nseed:5\ntitle: x\n", "E120", 2, 1, 7, "seed: 5"),
    "no space in a block": ("m:\n  a:y ~ x\n  b: y ~ z\n", "E120", 2, 3, 10, "a: y ~ x"),
    "braces without colon": ("title: {a, b: c}\n", "E120", 1, 9, 10, "key: value"),
    "second document": ("spec: 1\n---\nspec: 1\n", "E121", 2, 1, 4, "---"),
    "merge key": ("a: &x {b: 1}\nc:\n  <<: *x\n", "E123", 3, 3, 5, "extends"),
    "self-reference": ("a: &x [1, *x]\n", "E126", 1, 11, 13, ""),
    "item on the line of its key": ("spec: 1\nrows: - a\n", "E136", 2, 7, 10, "[a, b]"),
    "text after a quote": ('spec: 1\nfilter: "a" == b\n', "E132", 2, 9, 17, "'\"a\" == b'"),
    "text after a bracket": ("spec: 1\nmodel: [a, b] + c\n", "E132", 2, 8, 18, '"[a, b] + c"'),
    "backslash": ('spec: 1\nfile: "data\\panel.csv"\n', "E133", 2, 12, 14, "single quotes"),
    "directive": ("%YAML 1.1\n---\nspec: 1\n", "E137", 1, 1, 10, "%"),
    "too deep": ("a: " + "[" * 60 + "]" * 60, "E127", 1, 53, 54, ""),
    "empty": ("", "E130", 1, 1, 2, "spec: 1"),
    "comments only": ("# nothing\n", "E130", 1, 1, 2, "spec: 1"),
    "a list": ("- a\n- b\n", "E131", 1, 1, 4, "spec: 1"),
    "a text": ("hello\n", "E131", 1, 1, 6, "spec: 1"),
    "control character": ("spec: 1\ntitle: a\x07b\n", "E129", 2, 9, 10, "delete"),
    "text direction changed": ("spec: 1\ntitle: a\u202eb\n", "E129", 2, 9, 10, "delete"),
    "hidden space in a key": ("spec: 1\ntitle\xa0x: 1\n", "E139", 2, 1, 8, "again"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_reported_where_it_is_with_what_to_type(name):
    text, code, line, column, end, words = MISTAKES[name]
    with pytest.raises(SpecError) as caught:
        load_nodes(text, name="x.yaml")
    found = caught.value.faults[0]
    assert (found.code, found.place.file) == (code, "x.yaml")
    assert (found.place.line, found.place.column, found.place.end_column) == (line, column, end)
    assert words in f"{found.help} {found.suggestion}"
    assert "{" not in found.message.replace("bracket '{'", "")  # every value of the message was filled


@pytest.mark.parametrize("name", MISTAKES)
def test_one_mistake_gives_one_message(name):
    with pytest.raises(SpecError) as caught:
        load_nodes(MISTAKES[name][0], name="x.yaml")
    assert len(caught.value.faults) == 1


def test_mistakes_that_yaml_itself_accepts_are_all_reported_at_once():
    text = "a: {b: 1, b: 2}\nid: 007\nlevels: {1: x}\nc: {d: f(x, y)}\n"
    with pytest.raises(SpecError) as caught:
        load_nodes(text, name="x.yaml")
    assert [(f.code, f.place.line) for f in caught.value.faults] == [
        ("E107", 1), ("E115", 2), ("E117", 3), ("E119", 4),
    ]  # fmt: skip


def test_every_message_exists_in_both_languages():
    english, spanish = catalogue("en"), catalogue("es")
    codes = {code for _, code, *_ in MISTAKES.values()}
    for code in codes:
        assert english[code]["message"] and spanish[code]["message"] != english[code]["message"]
