"""Faults of design, weights, clusters and estimation, as an econometrician would make them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

ROWS = 72
UNIT = np.repeat(np.arange(12), 6)
YEAR = np.tile(np.arange(2014, 2020), 12)
TREATED = (UNIT < 2).astype(int)
POST = (YEAR >= 2017).astype(int)
DESIGN = '\n  unit: unit\n  time: year\n  treated: unit in ["u01", "u02"]\n  from: 2017'
EXPOSED = '\n  main: "y ~ exposed | unit + year"'


def model(formula: str, **keys: str) -> str:
    parts = "".join(f", {key}: {value}" for key, value in keys.items())
    return f'\n  main: {{formula: "{formula}"{parts}}}'


def designed(models: str = EXPOSED, **keys: str) -> dict[str, str]:
    return {"models": models, "design": DESIGN, **keys}


MEANS = {"weights": "{n: frequency}", "derive": "{share: s / n}", "models": model("share ~ x")}

# name, code, status, changes of the spec, changes of the panel, words
FAULTS: list[tuple[str, str, int, dict[str, Any], dict[str, Any], tuple[str, ...]]] = [
    ("treatment absorbed by effects", "E503", 5, {"models": model("y ~ d | unit + year")}, {"d": TREATED}, ("'d'", "unit + year")),
    ("treatment absorbed by year", "E503", 5, {"models": model("y ~ d | year")}, {"d": POST}, ("'d'", "year")),
    ("treatment and its double named", "E504", 5, {"models": model("y ~ d + c | unit + year", treatment="[d, c]")}, {"d": TREATED * POST, "c": 3 * TREATED * POST}, ("'c'", "d")),
    ("treatment is the sum of others", "E504", 5, {"models": model("y ~ d + a + b", treatment="[d, a, b]")}, {"d": TREATED + POST, "a": TREATED, "b": POST}, ("'b'", "d, a")),
    ("treatment constant", "E511", 5, {"models": model("y ~ d")}, {"d": np.ones(ROWS)}, ("'d'",)),
    ("outcome absorbed by effects", "E527", 5, {"models": model("c ~ x | unit")}, {"c": UNIT}, ("'c'", "unit")),
    ("outcome is an effect", "E527", 5, {"models": model("c ~ x | c")}, {"c": UNIT}, ("'c'",)),
    ("constant outcome", "E502", 5, {}, {"y": np.ones(ROWS)}, ("'y'", "1 in every row")),
    ("nothing left after filter", "E243", 4, {"filter": "x > 100"}, {}, ("filter", "no rows")),
    ("nothing left after model filter", "E501", 5, {"models": model("y ~ x", filter="x > 100")}, {}, ("'y'",)),
    ("all outcomes missing", "E501", 5, {}, {"y": [None] * 71 + [1]}, ("'y'",)),
    ("more parameters than rows", "E505", 5, {"models": model("y ~ poly(x,9) + poly(z,4)"), "filter": "year == 2014"}, {}, ("12 observations",)),
    ("effects of one row", "E527", 5, {"models": model("y ~ x + z | unit", singletons="keep"), "filter": "year == 2014"}, {}, ("unit",)),
    ("singletons everywhere", "E501", 5, {"models": model("y ~ x | unit"), "filter": "year == 2014"}, {}, ("'y'",)),
    ("one cluster", "E535", 5, {"vcov": "{cluster: c}"}, {"c": np.ones(ROWS)}, ("'c'", "1 cluster")),
    ("one cluster of two ways", "E535", 5, {"vcov": "{cluster: [unit, c]}"}, {"c": np.ones(ROWS)}, ("'c'",)),
    ("cluster unknown", "E514", 3, {"vcov": "{cluster: unitt}"}, {}, ("'unitt'", "unit")),
    ("cluster unknown in pair", "E514", 3, {"vcov": "{cluster: unit^yaer}"}, {}, ("'yaer'", "year")),
    ("text regressor", "E515", 5, {"models": model("y ~ region")}, {}, ("'region'", "text")),
    ("text outcome", "E515", 5, {"models": model("region ~ x")}, {}, ("'region'", "text")),
    ("text in weights", "E515", 4, {"weights": "region"}, {}, ("'region'", "text")),
    ("negative weights", "E513", 4, {"weights": "w"}, {"w": [-1.0] + [1.0] * 71}, ("'w'", "1 negative")),
    ("fractional frequency", "E513", 4, {"weights": "{w: frequency}"}, {}, ("'w'", "fractional", "analytic")),
    ("weights all zero", "E501", 5, {"weights": "w"}, {"w": np.zeros(ROWS)}, ("'y'",)),
    ("weights all missing", "E501", 5, {"weights": "w"}, {"w": [None] * 71 + [0]}, ("'y'",)),
    ("weights unknown", "E514", 3, {"weights": "ww"}, {}, ("'ww'", "w")),
    ("sampling weights with iid", "E530", 5, {"weights": "w", "vcov": "iid"}, {}, ("sampling",)),
    ("cell means with iid", "E532", 5, {**MEANS, "vcov": "iid"}, {}, ("'share'", "sumsq")),
    ("cell means with hc1", "E532", 5, {**MEANS, "vcov": "hc1"}, {}, ("'share'", "sumsq")),
    ("cell means with hc3", "E532", 5, {**MEANS, "vcov": "hc3"}, {}, ("'share'",)),
    ("cell means, interacted", "E532", 5, {**MEANS, "vcov": "hc1", "models": model("share ~ x", by="sex", by_mode="interact")}, {}, ("'share'",)),
    ("cell means in the file", "E532", 5, {"weights": "{n: frequency}", "vcov": "hc1", "models": model("k ~ x")}, {"n": [3] * ROWS, "k": [1 / 3, 2 / 3, 1.0] * 24}, ("'k'",)),
    ("sums above counts", "E517", 4, {"outcomes": "{k: {sum: s, count: n}}", "models": model("k ~ x | unit")}, {"s": [9] + [1] * 71, "n": [3] * 72}, ("'k'", "1 rows")),
    ("fractional count", "E517", 4, {"outcomes": "{k: {sum: s, count: n}}", "models": model("k ~ x | unit")}, {"n": [2.5] * 72}, ("'k'", "whole")),
    ("negative count", "E517", 4, {"outcomes": "{k: {sum: s, count: n}}", "models": model("k ~ x | unit")}, {"n": [-2] * 72}, ("'k'",)),
    ("negative sum of a 0/1 outcome", "E517", 4, {"outcomes": "{k: {sum: s, count: n}}", "models": model("k ~ x | unit")}, {"s": [-1] + [1] * 71}, ("'k'",)),
    ("sum of squares too small", "E517", 4, {"outcomes": "{k: {sum: s, count: n, sumsq: q}}", "models": model("k ~ x | unit")}, {"s": [4] * 72, "n": [2] * 72, "q": [1] * 72}, ("'k'",)),
    ("sums and other weights", "E525", 3, {"outcomes": "{k: {sum: s, count: n}}", "models": model("k ~ x | unit", weights="{w: analytic}")}, {}, ()),
    ("repeated keys with newey_west", "E508", 5, {"panel": "{unit: unit, time: year}", "vcov": "{newey_west: {lags: 1}}"}, {"year": [2014, *YEAR[:-1]]}, ("year",)),
    ("repeated keys with a lag", "E508", 5, {"panel": "{unit: unit, time: year}", "models": model("y ~ l(x,1)")}, {"unit": ["u01"] * 72}, ("rows 1 and 7",)),
    ("repeated keys with a derived lag", "E220", 4, {"panel": "{unit: unit, time: year}", "derive": "{lx: lag(x)}", "models": model("y ~ lx")}, {"unit": ["u01"] * 72}, ("rows 1, 7",)),
    ("lag without panel", "E506", 5, {"models": model("y ~ l(x,1)")}, {}, ("panel",)),
    ("lag in derive without panel", "E410", 4, {"derive": "{lx: lag(x)}", "models": model("y ~ lx")}, {}, ("panel",)),
    ("newey_west without panel", "E181", 3, {"vcov": "{newey_west: {lags: 1}}"}, {}, ("panel",)),
    ("panel unknown", "E514", 3, {"panel": "{unit: units, time: year}"}, {}, ("'units'", "unit")),
    ("panel time is text", "E233", 4, {"panel": "{unit: unit, time: region}"}, {}, ("region", "text")),
    ("conley without distance", "E536", 5, {"vcov": "{conley: {lat: lat, lon: lon}}"}, {}, ("km",)),
    ("conley unknown column", "E514", 3, {"vcov": "{conley: {lat: latt, lon: lon, km: 50}}"}, {}, ("'latt'", "lat")),
    ("conley of text", "E515", 5, {"vcov": "{conley: {lat: region, lon: lon, km: 50}}"}, {}, ("'region'",)),
    ("conley of metres", "E537", 5, {"vcov": "{conley: {lat: lat, lon: lon, km: 50}}"}, {"lat": np.full(ROWS, 8_600_000.0)}, ("degrees",)),
    ("reference absent", "E509", 5, {"models": model("y ~ i(year, ref=2030) | unit")}, {}, ("2030", "2014")),
    ("reference of text absent", "E509", 5, {"models": model("y ~ i(region, ref='q') | year")}, {}, ("q", "e, n")),
    ("poly of few values", "E519", 5, {"models": model("y ~ poly(d,5)")}, {"d": TREATED}, ("poly",)),
    ("treatment named wrong", "E521", 5, {"models": model("y ~ x", treatment="zz")}, {}, ("'zz'", "x")),
    ("by an unknown column", "E514", 3, {"models": model("y ~ x", by="sexx")}, {}, ("'sexx'", "sex")),
    ("by an empty column", "E518", 5, {"models": model("y ~ x", by="e")}, {"e": [None] * 72}, ("by",)),
    ("by a level that is nowhere", "E501", 5, {"models": model("y ~ x", by="g"), "subgroups": '\n  g:\n    a: region == "q"\n    b: region == "n"'}, {}, ("'y'",)),
    ("treated changes within unit", "E512", 5, {"models": EXPOSED, "design": '\n  unit: unit\n  time: year\n  treated: year > 2016\n  from: 2017'}, {}, ("u01", "12 unit")),
    ("treated is no condition", "E411", 4, {"models": EXPOSED, "design": '\n  unit: unit\n  time: year\n  treated: x + 1\n  from: 2017'}, {}, ()),
    ("everybody treated", "E503", 5, {"models": EXPOSED, "design": '\n  unit: unit\n  time: year\n  treated: "true"\n  from: 2017'}, {}, ("'exposed'",)),
    ("nobody treated", "E511", 5, {"models": EXPOSED, "design": '\n  unit: unit\n  time: year\n  treated: unit == "zz"\n  from: 2017'}, {}, ("'exposed'",)),
    ("exposure before the data", "E503", 5, {"models": EXPOSED, "design": '\n  unit: unit\n  time: year\n  treated: unit == "u01"\n  from: 1990'}, {}, ("'exposed'",)),
    ("exposure after the data", "E511", 5, {"models": EXPOSED, "design": '\n  unit: unit\n  time: year\n  treated: unit == "u01"\n  from: 2050'}, {}, ("'exposed'",)),
    ("design time is text", "E515", 5, {"models": EXPOSED, "design": '\n  unit: unit\n  time: region\n  treated: unit == "u01"\n  from: 2017'}, {}, ("'region'",)),
    ("design unit unknown", "E514", 3, {"models": EXPOSED, "design": '\n  unit: units\n  time: year\n  treated: unit == "u01"\n  from: 2017'}, {}, ("'units'",)),
    ("exposed without a design", "E514", 3, {"models": EXPOSED}, {}, ("'exposed'",)),
    ("column called treated", "E522", 3, designed(model("y ~ treated + exposed | year")), {"treated": TREATED}, ("treated",)),
    ("column called exposed", "E522", 3, designed(), {"exposed": TREATED}, ("exposed",)),
    ("derived column called post", "E522", 3, designed(derive="{post: year > 2000}"), {}, ("post",)),
    ("permute without design", "E520", 5, {"permute": "{unit: unit}"}, {}, ("design",)),
    ("permute another term", "E520", 5, designed(model("y ~ x | unit + year"), permute="{unit: unit}"), {}, ("exposed",)),
    ("permute within a unit's own stratum", "E543", 5, designed(permute="{unit: unit, within: unit}"), {}, ("unit",)),
    ("permute more than there are", "E543", 5, designed(permute="{unit: unit, sets: {size: 30}}"), {}, ("unit",)),
    ("permute among nobody", "E543", 5, designed(permute='{unit: unit, among: unit == "zz"}'), {}, ("unit",)),
    ("permute among unknown", "E514", 3, designed(permute="{unit: unit, among: lima == 1}"), {}, ("'lima'",)),
    ("permute among a changing condition", "E524", 5, designed(permute="{unit: unit, among: year > 2015}"), {}, ("12 unit", "u01")),
    ("permute within a changing column", "E524", 5, designed(permute="{unit: unit, within: sex}"), {}, ("u01",)),
    ("permute within with singles", "E546", 5, designed(permute="{unit: unit, within: region, sets: singles}"), {}, ("same_size",)),
    ("permute by an unknown unit", "E514", 3, designed(permute="{unit: area}"), {}, ("'area'",)),
    ("drawn without a seed", "E182", 3, {**designed(permute="{unit: unit}"), "design": '\n  unit: unit\n  time: year\n  treated: unit < "u13"\n  from: 2017', "seed": None}, "many", ("seed",)),
    ("randomization test without treated block", "E520", 5, {"tests": "{r: {kind: randomization, of: main, unit: unit}}"}, {}, ("design",)),
    ("randomization by an unknown unit", "E514", 3, designed(tests="{r: {kind: randomization, of: main, unit: area}}"), {}, ("'area'",)),
    ("randomization among unknown", "E514", 3, designed(tests="{r: {kind: randomization, of: main, among: lima == 1}}"), {}, ("'lima'",)),
    ("drop_one of another column", "E526", 3, designed(robustness="{of: main, drop_one: {unit: region}}"), {}, ()),
    ("drop_one without design", "E526", 3, {"robustness": "{of: main, drop_one: {unit: unit}}"}, {}, ()),
    ("instrument collinear", "E553", 5, {"models": model("y ~ 1 | unit | x ~ d")}, {"d": TREATED}, ("d",)),
    ("unknown join file", "E229", 4, {"data": "{main: panel.csv, other: panel.csv}", "joins": "{a: {data: othr, on: unit}}"}, {}, ("other",)),
    ("join of a column that is there", "E227", 4, {"data": "{main: panel.csv, other: panel.csv}", "joins": "{other: {on: unit, columns: [z]}}"}, {}, ("unit",)),
    ("check fails", "E432", 4, {"checks": "{a: {expr: x > 0}}"}, {}, ("checks.a",)),
    ("check with unknown else", "E105", 3, {"checks": "{a: {expr: x > 0, else: note}}"}, {}, ("warn",)),
    ("strict", "E187", 4, {"strict": "true", "checks": "{a: {expr: x > 0, else: warn}}"}, {}, ("W432",)),
    ("strict with a logarithm in a formula", "E187", 4, {"strict": "true", "models": model("y ~ log(x)")}, {}, ("W412",)),
    ("published term absent", "E606", 3, {"published": "{p: {source: {text: a, evidence: table}, also: [{model: main, term: xx, value: 1}]}}"}, {}, ("x",)),
    ("published statistic absent", "E603", 3, {"published": "{p: {source: {text: a, evidence: table}, also: [{model: main, term: x, stat: betta, value: 1}]}}"}, {}, ()),
    ("equivalence without a reason", "E103", 3, {"tests": "{a: {kind: equivalence, of: main, bound: 1}}"}, {}, ("reason",)),
    ("equivalence with a negative bound", "E106", 3, {"tests": "{a: {kind: equivalence, of: main, bound: -1, reason: a}}"}, {}, ()),
    ("wald of an unknown term", "E606", 3, {"tests": '{a: {kind: wald, of: main, hypotheses: "xx = 0"}}'}, {}, ("x",)),
    ("weighting three values of a treatment", "E660", 5, {"models": model("y ~ d + x", estimator="ipw")}, {"d": UNIT % 3}, ("'d'", "0, 1, 2")),
    ("groups that a covariate separates", "E661", 5, {"models": model("y ~ d + a", estimator="ipw")}, {"d": TREATED, "a": 5 * TREATED + YEAR % 2}, ("row(s)",)),
    ("no exact match", "E662", 5, {"models": model("y ~ d + x", estimator="matching", exact="a")}, {"d": TREATED, "a": TREATED * (1 + POST)}, ("60 row(s)", "same a")),
    ("cutoff outside the running variable", "E664", 5, {"models": model("y ~ x", estimator="rd", cutoff="1e9")}, {}, ("above the cutoff", "20 are needed")),
    ("cutoff a date, running variable a number", "E664", 5, {"models": model("y ~ x", estimator="rd", cutoff="2018-10-31")}, {}, ("date", "'x'")),
    ("running variable of text", "E664", 5, {"models": model("y ~ x", estimator="rd", running="region")}, {}, ("'region'",)),
    ("test of an unknown term", "E606", 3, {"tests": "{a: {kind: equivalence, of: main.xx, bound: 1, reason: a}}"}, {}, ("x",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "status", "changes", "panel", "says"),
    [one[1:] for one in FAULTS],
    ids=[one[0] for one in FAULTS],
)
def test_fault(bench, code, status, changes, panel, says):
    bench.spec(changes)
    if panel == "many":
        bench.panel(many_units())
    elif panel:
        bench.panel(panel)
    bench.refuses(code, status, *says)


def many_units() -> dict[str, list[Any]]:
    """30 units of which 12 are treated: more sets than are listed."""
    rng = np.random.default_rng(3)
    count = 30 * 4
    columns = {name: [0] * count for name in ("x", "z", "w", "n", "s", "region", "sex", "lat", "lon")}
    units = [f"u{i:02d}" for i in range(1, 31) for _ in range(4)]
    return {
        **columns,
        "unit": units,
        "year": [2015, 2016, 2017, 2018] * 30,
        "y": rng.normal(size=count).round(2).tolist(),
    }
