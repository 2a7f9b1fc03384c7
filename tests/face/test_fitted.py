"""Both faces print and name their coefficients by one piece of code."""

from __future__ import annotations

import importlib

import pytest

import impact
import impact as im
from impact.core.errors import SpecError


@pytest.mark.parametrize("kind", ["regression", "differences"])
def test_coefficients_and_printing(test_panel, kind):
    if kind == "regression":
        fit = im.feols("y ~ d | i + t", test_panel, vcov={"cluster": "c"})
    else:
        fit = im.did(test_panel, y="y", unit="i", time="t", cohort="g", estimator="sa", more={"never": 0})
    names = [term.name for term in fit.estimate.terms]
    assert list(fit.coef()) == list(fit.se()) == names
    assert fit.coef()[names[0]] == fit.estimate.params[0]
    assert fit.se()[names[0]] == fit.inference.std_error[0]
    assert "480" in repr(fit) and "<table" in fit._repr_html_()


def test_tables_of_maketables_show_a_fit(test_panel):
    """maketables reads a fit by its plug-in attributes."""
    tables = pytest.importorskip("maketables", reason="maketables is an extra (bench)")
    get_extractor = importlib.import_module("maketables.extractors").get_extractor
    fit = impact.feols("y ~ D + z | i + t", test_panel, vcov={"cluster": ["i", "t"]})
    reader = get_extractor(fit)
    table = reader.coef_table(fit)
    assert table.index.tolist() == ["D", "z"]
    assert dict(zip(table.index, table["b"], strict=True)) == fit.coef()
    assert dict(zip(table.index, table["se"], strict=True)) == fit.se()
    assert list(table.loc["D", ["ci95l", "ci95u"]]) == list(fit.confint()["D"])
    assert (reader.depvar(fit), reader.fixef_string(fit)) == ("y", "i+t")
    assert [reader.stat(fit, key) for key in ("N", "r2", "se_type", "nothing")] == [
        480,
        fit.glance()["r2"],
        "cr1",
        None,
    ]
    assert reader.vcov_info(fit)["clustervar"] == ["i", "t"]
    assert reader.default_stat_keys(fit) == ["N", "r2", "r2_within"]
    assert reader.var_labels(fit) is None
    shown = tables.ETable([fit]).df.to_string()
    assert f"{fit.coef()['D']:.3f}" in shown
    assert f"{fit.se()['D']:.3f}" in shown


def test_levels_are_checked(test_panel):
    fit = impact.feols("y ~ D", test_panel)
    for level in (2, 0, True, "0.9"):
        with pytest.raises(SpecError) as caught:
            fit.confint(level)
        assert caught.value.code == "E609"


def test_another_preset_alone(test_panel):
    """The same variance with another factor: G/(G-1) and (N-1)/(N-K) are left out."""
    fit = impact.feols("y ~ D + z", test_panel, vcov={"cluster": "i"})
    plain = fit.summary(ssc="none")
    factor = (60 / 59) * (479 / 477)
    assert fit.se()["D"] ** 2 / plain.se()["D"] ** 2 == pytest.approx(factor, rel=1e-12)
