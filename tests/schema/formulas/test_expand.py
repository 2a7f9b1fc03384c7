from __future__ import annotations

import pytest

from impact.core.errors import SpecError
from impact.schema.formulas.expand import expand_formula
from impact.schema.formulas.parse import parse_formula


def expanded(text: str) -> list[tuple[str, str]]:
    return [(label, formula.text()) for label, formula in expand_formula(parse_formula(text))]


def test_a_single_model_has_no_label() -> None:
    assert expanded("y ~ x | id") == [("", "y ~ x | id")]


def test_outcomes() -> None:
    assert expanded("c(y1, log(y2)) ~ x") == [("outcome=y1", "y1 ~ x"), ("outcome=log(y2)", "log(y2) ~ x")]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("sw", ["a", "b + c"]),
        ("sw0", ["", "a", "b + c"]),
        ("csw", ["a", "a + b + c"]),
        ("csw0", ["", "a", "a + b + c"]),
        ("mvsw", ["", "a", "b + c", "a + b + c"]),
    ],
)
def test_steps(kind: str, expected: list[str]) -> None:
    """What R's fixest documents for its stepwise functions (Bergé 2018)."""
    texts = [f"y ~ x + {terms}" if terms else "y ~ x" for terms in expected]
    assert expanded(f"y ~ x + {kind}(a, b + c)") == [(f"step={at}", text) for at, text in enumerate(texts, 1)]
    alone = [text for _, text in expanded(f"y ~ {kind}(a, b + c)")]
    assert alone == [f"y ~ {terms or '1'}" for terms in expected]


def test_everything_together() -> None:
    models = expanded("c(y, z) ~ csw(a, b) | sw(id, id + year)")
    assert len(models) == 8
    assert models[0] == ("outcome=y;step=1;effects=1", "y ~ a | id")
    assert models[-1] == ("outcome=z;step=2;effects=2", "z ~ a + b | id + year")


def test_no_outcome_is_kept() -> None:
    assert expanded("~ sw(a, b)") == [("step=1", "~ a"), ("step=2", "~ b")]


def test_too_many_models_are_refused() -> None:
    many = ", ".join(f"x{at}" for at in range(30))
    with pytest.raises(SpecError, match="E307"):
        expanded(f"y ~ mvsw({many})")
    with pytest.raises(SpecError, match="E307"):
        expanded(f"y ~ sw({many}) | sw({many})")
