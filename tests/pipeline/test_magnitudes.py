"""Numbers whose squares overflow or vanish: a typed error that names the column, for every kind of estimator."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DesignError
from impact.pipeline.fit import design_of, fit_design

BLOCKS = {
    "ols": {"formula": "y ~ x + z"},
    "absorbed": {"formula": "y ~ x + z | i"},
    "iv": {"formula": "y ~ z | x ~ q1 + q2", "estimator": "iv", "method": "liml"},
    "ppml": {"formula": "cnt ~ x + z", "estimator": "ppml"},
    "quantile": {"formula": "y ~ x + z", "estimator": "quantile"},
    "ipw": {"formula": "y ~ D + x", "estimator": "ipw"},
    "matching": {"formula": "y ~ D + x", "estimator": "matching"},
    "rd": {"formula": "y ~ x", "estimator": "rd", "cutoff": 0.5},
    "did_cs": {
        "estimator": "did_cs",
        "outcome": "y",
        "spec": {"design": {"unit": "i", "time": "t", "cohort": "g", "never": 0}},
    },
}


def fitted(as_frame, request_of, columns, **block):
    request = request_of(**block)
    return fit_design(design_of(as_frame(columns), request), request, None, 1)


@pytest.mark.parametrize("size", [1e200, 1e-200])
@pytest.mark.parametrize("name", BLOCKS)
def test_the_outcome_is_named(as_frame, request_of, test_panel, name, size):
    outcome = "cnt" if name == "ppml" else "y"
    columns = {**test_panel, outcome: test_panel[outcome] * size}
    with pytest.raises(DesignError, match=rf"E460.*'{outcome}'"):
        fitted(as_frame, request_of, columns, **BLOCKS[name])


@pytest.mark.parametrize("name", ["ols", "absorbed", "iv", "ppml", "quantile", "ipw", "matching"])
def test_a_regressor_is_named(as_frame, request_of, test_panel, name):
    columns = {**test_panel, "x": (test_panel["x"] + test_panel["q1"]) * 1e200}
    with pytest.raises(DesignError, match=r"E460.*'x'"):
        fitted(as_frame, request_of, columns, **BLOCKS[name])


def test_a_tiny_regressor_is_not_called_collinear(as_frame, request_of, test_panel):
    columns = {**test_panel, "z": test_panel["z"] * 1e-200}
    with pytest.raises(DesignError, match=r"E460.*'z'"):
        fitted(as_frame, request_of, columns, **BLOCKS["ols"])


def test_weights_are_named(as_frame, request_of, test_panel):
    columns = {**test_panel, "w": test_panel["w"] * 1e-200}
    with pytest.raises(DesignError, match=r"E460.*'weights'"):
        fitted(as_frame, request_of, columns, formula="y ~ x + z", weights="w")


@pytest.mark.parametrize("size", [1e-60, 1e-12, 1e12, 1e60])
def test_what_doubles_hold_is_estimated(as_frame, request_of, test_panel, size):
    plain = fitted(as_frame, request_of, test_panel, **BLOCKS["ols"])
    columns = {**test_panel, "y": test_panel["y"] * size, "z": test_panel["z"] / size}
    found = fitted(as_frame, request_of, columns, **BLOCKS["ols"])
    assert found.estimate.params / np.array([size, size, size**2]) == pytest.approx(
        plain.estimate.params, rel=1e-9
    )
    assert found.inference.statistic == pytest.approx(plain.inference.statistic, rel=1e-9)
