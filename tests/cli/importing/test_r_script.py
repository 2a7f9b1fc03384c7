"""R scripts to specs; the specs run and give R's published numbers."""

from __future__ import annotations

import pytest

from impact.cli.importing.draft import spec_text
from impact.cli.importing.r_script import read_r_script
from impact.pipeline.study import StudyOptions, run_study
from impact.plan import make_plan
from impact.schema.source_text import read_text


def block(call: str) -> dict[str, object]:
    draft = read_r_script(call)
    assert draft.untranslated == [], draft.untranslated
    make_plan(read_text(spec_text(draft, origin="a.R", program="r").encode(), name="a.yaml"))
    return dict(draft.models[0].block)


@pytest.mark.parametrize(
    ("call", "formula", "vcov"),
    [
        ("m <- feols(y ~ x | id + t, df)", "y ~ x | id + t", "iid"),
        ("feols(y ~ x | id + t, data = df, cluster = ~id)", "y ~ x | id + t", {"cluster": "id"}),
        ("fixest::feols(y ~ x | id^t, df, vcov = ~ id + t)", "y ~ x | id^t", {"cluster": ["id", "t"]}),
        ('feols(y ~ x, df, vcov = "hetero")', "y ~ x", "hc1"),
        ("feols(y ~ w | id | d ~ z, df)", "y ~ w | id | d ~ z", "iid"),
        ("feols(y ~ i(t, d, ref = 3) | id, df)", "y ~ i(t, d, ref = 3) | id", "iid"),
        ('lm(y ~ x + factor(g), data = df)', "y ~ x + i(g)", "iid"),
        ("fepois(n ~ x | id, df, offset = ~log(pop))", "n ~ x + offset(log(pop)) | id", "iid"),
        ("glm(d ~ x, family = binomial(link = 'probit'), data = df)", "d ~ x", "iid"),
    ],
)  # fmt: skip
def test_calls(call, formula, vcov):
    found = block(call)
    assert found["formula"] == formula
    assert found["vcov"] == vcov


def test_estimators_and_weights():
    assert block("fepois(n ~ x | id, df)")["estimator"] == "ppml"
    assert block("feglm(d ~ x, df, family = 'logit')")["estimator"] == "logit"
    assert block("glm(d ~ x, family = binomial(link = 'probit'))")["estimator"] == "probit"
    assert block("feols(y ~ x, df, weights = ~w)")["weights"] == {"w": "analytic"}


def test_powers_become_columns():
    draft = read_r_script("feols(y ~ x + I(x^2) | id, df)")
    assert draft.models[0].block["formula"] == "y ~ x + x_2 | id"
    assert draft.derive == {"x_2": "x ** 2"}


def test_what_is_not_understood_is_listed():
    draft = read_r_script("feols(y ~ x, df)\ndf <- merge(a, b)\nfeols(y ~ x, df, vcov = 'NW')\nx <- 3")
    assert [number for number, _ in draft.untranslated] == [2, 3, 4]


def test_sunab():
    found = read_r_script("feols(y ~ x + sunab(g, t) | id + t, df, cluster = ~id)")
    assert found.design == {"unit": "id", "time": "t", "cohort": "g"}
    assert found.models[0].block == {
        "estimator": "did_sa",
        "outcome": "y",
        "controls": ["x"],
        "vcov": {"cluster": "id"},
    }


def test_att_gt_runs_and_gives_the_published_effect(tmp_path):
    """Callaway and Sant'Anna (2021), R did's vignette on mpdta: simple aggregate -0.0400 (0.0118 to 0.0120)."""
    script = """
    library(did)
    df <- read.csv("shipped:mpdta.csv")
    out <- att_gt(yname = "lemp", tname = "year", idname = "countyreal", gname = "first_treat",
                  xformla = ~1, data = df)
    aggte(out, type = "simple")
    """
    draft = read_r_script(script)
    assert draft.untranslated == []
    (tmp_path / "imported.yaml").write_text(spec_text(draft, origin="a.R", program="r"))
    rows = run_study(str(tmp_path / "imported.yaml"), StudyOptions(out=None)).document["rows"]
    (effect,) = (row for row in rows if row["kind"] == "att" and row["term"] == "att")
    assert effect["estimate"] == pytest.approx(-0.0400, abs=5e-5)
    assert 0.0115 < effect["std_error"] < 0.0122
