"""Both faces print and name their coefficients by one piece of code."""

from __future__ import annotations

import pytest

import impact as im


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
