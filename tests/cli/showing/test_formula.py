"""A formula that stands alone."""

from __future__ import annotations

import pytest

from impact.cli.showing.formula import formula_parts
from impact.core.errors import SpecError


def test_sets_are_shown_by_their_names():
    parts = dict(formula_parts("y ~ x + $controls | id"))
    assert parts["regressors"].startswith("x, $controls")
    assert parts["absorbed"] == "id"


def test_what_is_no_formula_is_refused():
    with pytest.raises(SpecError) as error:
        formula_parts("y ~ x |")
    assert error.value.code.startswith("E3")
