"""Imputation, two stages and treated cells from a spec to its rows: errors, laws, notices, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import impact as im
from impact.core.errors import SpecError
from impact.pipeline.study import StudyOptions, run_study


def did(panel, estimator, y="y", **more):
    return im.did(panel, y=y, unit="i", time="t", cohort="g", estimator=estimator, more={"never": 0, **more})


# R didimputation, did2s, etwfe
@pytest.mark.parametrize(
    ("estimator", "more", "value", "error"),
    [
        ("bjs", {}, 0.47688855933649, 0.10111171711),
        ("bjs", {"vcov": {"cluster": "c"}}, 0.47688855933649, 0.09820133038),
        ("gardner", {}, 0.47688855933649, 0.10124706),
        ("etwfe", {}, 0.4768885593, 0.1042764225),
        ("etwfe", {"effects": "unit"}, 0.4768885593, 0.1039365744),
    ],
)
def test_errors_of_the_reference_implementations(test_panel, estimator, more, value, error):
    fit = did(test_panel, estimator, **more)
    overall = fit.overall()
    assert overall["estimate"][0] == pytest.approx(value, abs=1e-8)
    assert overall["std_error"][0] == pytest.approx(error, abs=1e-8)
    law = {"bjs": np.inf, "gardner": 479, "etwfe": 59}[estimator]
    assert fit.inference.df[0] == law


def test_covariates_of_cells_count_as_in_fixest(test_panel):
    fit = did(test_panel, "etwfe", controls=["x"])
    assert fit.se()["att"] == pytest.approx(0.0630470009, abs=1e-9)


def test_poisson_counts_every_dummy(test_panel):
    """StatsPAI 1.40.2, etwfe(family="poisson", cluster="unit")."""
    fit = did(test_panel, "etwfe", y="cnt", family="poisson")
    assert fit.se()["att"] == pytest.approx(0.8672118646683742, abs=1e-9)


def test_thin_rows_reach_the_document(test_panel, tmp_path):
    names = list(test_panel)
    rows = [",".join(repr(test_panel[name][k].item()) for name in names) for k in range(480)]
    (tmp_path / "panel.csv").write_text("\n".join([",".join(names), *rows]) + "\n", encoding="utf-8")
    spec = tmp_path / "thin.yaml"
    spec.write_text(
        "spec: 1\ndata: panel.csv\ndesign: {unit: i, time: t, cohort: g, never: 0}\ndefault_tests: false\n"
        "models:\n  bjs: {estimator: did_bjs, outcome: y, pretrends: 2}\n",
        encoding="utf-8",
    )
    document = run_study(str(spec), StudyOptions(out=None)).document
    assert "W543" in document["models"]["bjs"]["warnings"]
    terms = [row["term"] for row in document["rows"]]
    assert terms[0] == "att"
    assert {"event[-2]", "event[-1]", "event[0]"} <= set(terms)


@pytest.mark.parametrize(
    ("estimator", "more"),
    [("bjs", {"errors": "clustered"}), ("etwfe", {"family": "probit"}), ("gardner", {"pretrends": 3})],
)
def test_options_that_do_not_exist_are_refused(test_panel, estimator, more):
    with pytest.raises(SpecError):
        did(test_panel, estimator, **more)


COUNTIES = Path(__file__).parents[2] / "data" / "mpdta.csv"
# R etwfe's own tests on the minimum-wage counties: lemp ~ lpop, vcov = ~countyreal; and exp(lemp), family = "poisson"
PUBLISHED = {
    ("lemp", ""): {
        "att": (-0.0506270331228907, 0.0124972546529842),
        "calendar[2005]": (-0.0818499992698648, 0.0273693827216135),
        "cohort[2006]": (-0.0212783329358987, 0.0185912208081438),
        "event[0]": (-0.0332122037837542, 0.0133659635774059),
        "event[3]": (-0.10953945536511, 0.0323152785480507),
    },
    ("lemp", "never"): {
        "event[-2]": (0.0234649547538384, 0.0145314904277398),
        "event[0]": (-0.0211467366918433, 0.0113935648352396),
        "event[3]": (-0.107544274673025, 0.0329231688783015),
    },
    ("emp", "poisson"): {
        "event[0]": (-25.3497484355494, 15.8862762958862),
        "event[1]": (1.09175116997388, 40.2952222352926),
        "event[3]": (-101.823979344829, 27.0877431076141),
    },
}


@pytest.mark.parametrize(("outcome", "variant"), PUBLISHED)
def test_the_counties_of_the_minimum_wage(outcome, variant):
    """Points to R's convergence; errors to 5e-4 of each other, as between versions of R's package."""
    frame = pd.read_csv(COUNTIES)
    frame["emp"] = np.exp(frame["lemp"])
    more = {"": {}, "never": {"control_group": "never"}, "poisson": {"family": "poisson"}}[variant]
    fit = im.did(
        frame,
        y=outcome,
        unit="countyreal",
        time="year",
        cohort="first_treat",
        estimator="etwfe",
        controls=["lpop"],
        more={"never": 0, **more},
    )
    for term, (value, error) in PUBLISHED[outcome, variant].items():
        assert fit.coef()[term] == pytest.approx(value, rel=1e-6), term
        assert fit.se()[term] == pytest.approx(error, rel=5e-4), term
