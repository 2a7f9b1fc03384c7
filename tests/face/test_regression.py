"""Python and spec give the same numbers, bit for bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import impact
from impact.core.errors import DesignError, SpecError

CASES = [
    ("y ~ D + z | i + t", {"vcov": {"cluster": "i"}}),
    ("y ~ D + z + x", {"vcov": "hc3"}),
    ("y ~ D + z + x", {}),
    ("y ~ D | i + t", {"vcov": {"cluster": ["i", "t"]}, "ssc": "reghdfe"}),
    ("y ~ D + z | i", {"weights": {"w": "analytic"}, "vcov": {"cluster": "c", "type": "cr2"}}),
    ("y ~ i(t, ref=1) + z | i", {"vcov": "iid", "level": 0.9}),
    ("log(y + 3) ~ poly(z, 2) | i[t]", {"vcov": "hc1"}),
]
FIELDS = ("estimate", "std_error", "statistic", "p_value", "ci_low", "ci_high")


@pytest.fixture(scope="module")
def table(test_panel):
    return pd.DataFrame(test_panel)


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("face")
    table.to_csv(folder / "panel.csv", index=False)
    return folder / "panel.csv"


def spec_of(formula, keys):
    return {
        "spec": 1,
        "study": "face",
        "data": {"root": "here", "file": "panel.csv"},
        "models": {"m": {"formula": formula, **keys}},
    }


@pytest.mark.parametrize(("formula", "keys"), CASES)
def test_feols_is_the_spec(table, file, formula, keys):
    fit = impact.feols(formula, table, **keys)
    study = impact.run(spec_of(formula, keys), out=None, roots={"here": file.parent})
    rows = study.document["rows"]
    tidy = fit.tidy()
    assert tidy["term"].tolist() == [row["term"] for row in rows]
    for name in FIELDS:
        assert tidy[name].tolist() == [row[name] for row in rows], name
    model = study.document["models"]["m"]
    assert fit.glance()["n_obs"] == model["n_obs"]
    assert fit.glance()["r2"] == model["r2"]


@pytest.mark.parametrize("vcov", ["iid", "hc2", {"cluster": "c"}, {"cluster": "c", "type": "cr3"}])
def test_another_variance_is_another_fit_without_fitting(table, vcov):
    first = impact.feols("y ~ D + z | i + t", table, vcov="hc1")
    changed, again = first.summary(vcov=vcov), impact.feols("y ~ D + z | i + t", table, vcov=vcov)
    assert changed.estimate is first.estimate
    assert changed.vcov().tobytes() == again.vcov().tobytes()
    assert first.tidy(vcov=vcov).equals(again.tidy())


def test_defaults_are_those_of_a_spec(table):
    assert impact.feols("y ~ D", table).inference.variance["type"] == "hc1"
    panel = impact.feols("y ~ D | i", table, panel=("i", "t"))
    assert panel.inference.n_clusters == {"i": 60}


def test_frames_of_any_kind(table, test_panel):
    pyarrow = pytest.importorskip("pyarrow")
    wanted = impact.feols("y ~ D + z", table).tidy()
    for data in (
        test_panel,
        pyarrow.Table.from_pandas(table),
        {name: list(v) for name, v in test_panel.items()},
    ):
        assert impact.feols("y ~ D + z", data).tidy().equals(wanted)


def test_what_a_fit_says(table):
    fit = impact.feols("y ~ D + z | i + t", table, vcov={"cluster": "i"})
    assert fit.coef()["D"] == pytest.approx(0.437392234238, rel=1e-11)
    assert fit.se()["D"] == pytest.approx(0.0810188481501, rel=1e-11)
    low, high = fit.confint(0.9)["D"]
    assert (low + high) / 2 == pytest.approx(fit.coef()["D"])
    assert high - low < np.subtract(*reversed(fit.confint()["D"]))
    assert "0.437" in repr(fit)
    assert "<table" in fit._repr_html_()


def test_mistakes_are_typed_errors(table):
    with pytest.raises(SpecError) as caught:
        impact.feols("y ~ lta | i", table)
    assert (caught.value.code, caught.value.suggestion) == ("E514", "lat")
    with pytest.raises(DesignError):
        impact.feols("y ~ x | i", table)
    with pytest.raises(SpecError):
        impact.feols("y ~ D", table, vcov="hc9")
    with pytest.raises(AttributeError):
        getattr(impact, "no_such_name")  # noqa: B009
