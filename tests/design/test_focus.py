"""Terms of interest on small terms by hand; what is the same in every row is refused."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.designs import Term
from impact.core.errors import DesignError
from impact.design.focus import focus_of, refuse_constant

TERMS = (Term("Intercept"), Term("x"), Term("g::a"), Term("g::b"), Term("year::2017", "event"))


@pytest.mark.parametrize(
    ("treatment", "endogenous", "terms", "wanted"),
    [
        (None, (), TERMS[:4], (1,)),
        (None, (), TERMS, (4,)),
        (None, (3,), TERMS, (3,)),
        (["g"], (3,), TERMS, (2, 3)),
        (["g::b", "x"], (), TERMS, (1, 3)),
        (None, (), TERMS[:1], ()),
    ],
)
def test_which_terms(request_of, treatment, endogenous, terms, wanted):
    assert focus_of(request_of("y ~ x", treatment=treatment), terms, None, endogenous) == wanted


def test_a_name_that_is_no_term(request_of):
    with pytest.raises(DesignError) as caught:
        focus_of(request_of("y ~ x", treatment="gg"), TERMS, None, ())
    assert caught.value.code == "E521"


@pytest.mark.parametrize(("formula", "refused"), [("y ~ x", True), ("y ~ x | g", True), ("y ~ 0 + x", False)])
def test_a_constant_treatment(request_of, formula, refused):
    x = np.column_stack([np.ones(3), np.full(3, 2.0)])
    refuse_constant(request_of(formula), TERMS, np.column_stack([np.ones(3), np.arange(3.0)]), (1,))
    if not refused:
        refuse_constant(request_of(formula), TERMS, x, (1,))
        return
    with pytest.raises(DesignError) as caught:
        refuse_constant(request_of(formula), TERMS, x, (1,))
    assert caught.value.code == "E511"
    assert "'x' is 2" in caught.value.faults[0].message
