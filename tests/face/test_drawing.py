"""A fit shows the same numbers on a terminal and in a notebook."""

from __future__ import annotations

import re

import pandas as pd

import impact
from impact.face.drawing import fit_html, fit_text


def test_text_and_html_hold_the_estimates(test_panel):
    fit = impact.feols("y ~ D + z | i + t", pd.DataFrame(test_panel), vcov={"cluster": "i"})
    text, page = fit_text(fit.part()), fit_html(fit.part())
    assert repr(fit) == text
    for value in (*fit.coef().values(), *fit.se().values()):
        assert f"{value:.3f}" in text
        assert f"{value:.3f}" in re.sub(r"<[^>]+>", " ", page)
    assert "clustered by i" in text
