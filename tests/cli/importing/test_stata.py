"""Do-files to specs: each command's formula and errors; every spec is one that this package accepts."""

from __future__ import annotations

import pytest

from impact.cli.importing.draft import spec_text
from impact.cli.importing.stata import read_do_file
from impact.plan import make_plan
from impact.schema.source_text import read_text


def block(line: str) -> dict[str, object]:
    draft = read_do_file("xtset id t\n" + line)
    assert draft.untranslated == [], draft.untranslated
    (model,) = draft.models
    make_plan(read_text(spec_text(draft, origin="a.do", program="stata").encode(), name="a.yaml"))
    return dict(model.block)


@pytest.mark.parametrize(
    ("line", "formula", "vcov"),
    [
        ("reg y x z", "y ~ x + z", "iid"),
        ("regress y x, robust", "y ~ x", "hc1"),
        ("qui reg y x, vce(cluster id)", "y ~ x", {"cluster": "id"}),
        ("reg y i.g c.x#c.z, vce(hc3)", "y ~ i(g) + x:z", "hc3"),
        ("reg y ib3.g x", "y ~ i(g, ref=3) + x", "iid"),
        ("reg y L.x F2.x", "y ~ l(x) + f(x, 2)", "iid"),
        ("areg y x, absorb(id) cluster(id)", "y ~ x | id", {"cluster": "id"}),
        ("reghdfe y x, a(id t) vce(cluster id t)", "y ~ x | id + t", {"cluster": ["id", "t"]}),
        ("reghdfe y x, absorb(i.id i.r#i.t)", "y ~ x | id + r^t", "iid"),
        ("reghdfe y c.x##c.z, absorb(id)", "y ~ x*z | id", "iid"),
        ("ivreghdfe y w (x = z1 z2), absorb(id) cluster(id)", "y ~ w | id | x ~ z1 + z2", {"cluster": "id"}),
        ("ivregress 2sls y w (x = z), robust", "y ~ w | x ~ z", "hc1"),
        ("xtreg y x, fe robust", "y ~ x | id", {"cluster": "id"}),
        ("ppmlhdfe n x, absorb(id t) exposure(pop)", "n ~ x + offset(log(pop)) | id + t", "hc1"),
        ("logit d x, vce(cluster id)", "d ~ x", {"cluster": "id"}),
    ],
)
def test_commands(line, formula, vcov):
    found = block(line)
    assert found["formula"] == formula
    assert found["vcov"] == vcov


def test_weights_keep_their_kind():
    assert block("reg y x [pw=w]")["weights"] == "w"
    assert block("reg y x [pw=w]")["vcov"] == "hc1"
    assert block("reg y x [aw = w], r")["weights"] == {"w": "analytic"}
    assert block("reg y x [fweight=w]")["weights"] == {"w": "frequency"}


def test_small_sample_factors_are_those_of_the_command():
    assert block("areg y x, a(id) cl(id)")["ssc"] == {"k": "full"}
    assert block("reghdfe y x, a(id)")["ssc"] == "reghdfe"
    assert block("ivregress 2sls y (x = z)")["ssc"] == "none"
    assert block("ivregress 2sls y (x = z), small")["ssc"] == "stata"
    assert block("ivregress liml y (x = z)")["method"] == "liml"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("x > 3 & z <= 2", "x > 3 and z <= 2"),
        ("x != . | !d", "not missing(x) or not d"),
        ("x < . & inlist(k, 1, 2)", "not missing(x) and k in [1, 2]"),
        ('inrange(x, 1, 5) & g == "a b"', 'between(x, 1, 5) and g == "a b"'),
        ("!missing(x)", "not missing(x)"),
        ("(x == 1 | x == 2) & t >= 2010", "(x == 1 or x == 2) and t >= 2010"),
    ],
)
def test_conditions(condition, expected):
    assert block(f"reg y x if {condition}, r")["filter"] == expected


def test_csdid_and_boottest():
    draft = read_do_file("csdid lemp lpop, ivar(countyreal) time(year) gvar(first_treat) method(reg) notyet")
    assert draft.design == {"unit": "countyreal", "time": "year", "cohort": "first_treat", "never": 0}
    assert draft.models[0].block == {
        "estimator": "did_cs", "outcome": "lemp", "controls": ["lpop"], "method": "reg", "control_group": "not_yet",
    }  # fmt: skip
    draft = read_do_file("reg y x, cluster(g)\nboottest x, reps(9999) weighttype(webb) nonull")
    assert draft.models[0].block["wild"] == {"reps": 9999, "weights": "webb", "impose_null": False}
    assert "seed: 1" in spec_text(draft, origin="a.do", program="stata")


def test_what_is_not_understood_is_listed_with_its_line():
    draft = read_do_file(
        "reg y x\n\nmerge 1:1 id using b\nreg y x*\nreplace x = 2\nreg y x [iw=w]\nreg y x if foo(x)"
    )
    assert [number for number, _ in draft.untranslated] == [3, 4, 5, 6, 7]
    assert "#   line 3: merge 1:1 id using b" in spec_text(draft, origin="a.do", program="stata")


def test_models_of_one_outcome_have_names_of_their_own():
    assert [model.name for model in read_do_file("reg y x\nreg y x, r\nreg y x, vce(hc3)").models] == [
        "y",
        "y_2",
        "y_3",
    ]
