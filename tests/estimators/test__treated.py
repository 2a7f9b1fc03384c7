"""The treatment of a formula, columns without collinear ones, text as indicators, balance by hand."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators._treated as treated
from impact.core.designs import Design, Factor, Sample, Term
from impact.core.errors import DesignError


def design(x, names, focus=(1,), **columns):
    random = np.random.default_rng(0)
    y = random.standard_normal(len(x))
    terms = tuple(Term(name) for name in names)
    return Design(
        "y", terms, y, np.asarray(x, float), Sample(np.arange(len(x))), focus=focus, columns=columns
    )


D = np.array([0.0, 1, 0, 1, 1])
Z = np.array([1.0, 2, 3, 4, 5])


def test_treatment_and_covariates():
    x = np.column_stack([np.ones(5), D, Z, 2 * Z])
    found = treated.treated_of(design(x, ["Intercept", "d", "z", "twice"]), "ipw", ())
    assert found.name == "d"
    assert found.d.tolist() == D.tolist()
    assert found.others.names == ("Intercept", "z")
    assert found.others.lost == {"twice": "collinear"}


@pytest.mark.parametrize(("focus", "column"), [((), D), ((1, 2), D), ((1,), 2 * D), ((1,), D + Z)])
def test_what_is_no_treatment(focus, column):
    x = np.column_stack([np.ones(5), column, Z])
    with pytest.raises(DesignError) as error:
        treated.treated_of(design(x, ["Intercept", "d", "z"], focus), "ipw", ())
    assert error.value.faults[0].code == "E660"


def test_text_enters_as_indicators():
    factor = Factor("area", np.array([0, 1, 2, 1, 0], dtype=np.int32), ("n", "s", "w"))
    x = np.column_stack([np.ones(5), D])
    made = design(x, ["Intercept", "d"], **{"score area": factor, "score z": Z})
    found = treated.named_columns(made, "score", treated.names_of(("area", "z", "area", "")))
    assert found.names == ("Intercept", "area::s", "area::w", "z")
    assert found.x[:, 1].tolist() == [0, 1, 0, 1, 0]


def test_balance_by_hand():
    columns = treated.with_constant([Z], ["z"], 5)
    table = treated.balance(columns, D, np.ones(5), ((1 - D) * [1, 0, 3, 0, 0], D))
    sd = np.sqrt((np.var([1, 3]) + np.var([2, 4, 5])) / 2)
    assert table["z"]["difference"] == pytest.approx((11 / 3 - 2) / sd)
    assert table["z"]["control_after"] == pytest.approx(2.5)
    assert table["z"]["difference_after"] == pytest.approx((11 / 3 - 2.5) / sd)
