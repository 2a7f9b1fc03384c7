"""The text of a new spec: odd names are quoted, mixed columns become text."""

from __future__ import annotations

from pathlib import Path

from impact.cli._new_spec import spec_from_data
from impact.plan import make_plan


def test_names_with_blanks_and_accents_are_quoted(folder):
    rows = [f"{unit},{year},{unit * 1.5 + year % 7 + (year > 2003) * unit % 2:.2f},{int(year > 2002 + unit % 3)}"
            for unit in range(1, 9) for year in range(2000, 2008)]  # fmt: skip
    Path("odd.csv").write_text("\n".join(["unidad id,año,salario medio,ley", *rows]), encoding="utf-8")
    text, options = spec_from_data("odd.csv", Path("odd.yaml"), language="es")
    Path("odd.yaml").write_text(text, encoding="utf-8")
    plan = make_plan("odd.yaml")
    assert plan.models[-1].formula.text() == "`salario medio` ~ ley | `unidad id` + `año`"
    assert options == ""


def test_columns_of_numbers_and_words_are_read_as_text(folder):
    rows = [f"{i},{i * i % 11},{'many' if i == 3 else i}" for i in range(1, 30)]
    Path("mixed.csv").write_text("\n".join(["a,b,n", *rows]), encoding="utf-8")
    text, _ = spec_from_data("mixed.csv", Path("mixed.yaml"), language="en")
    assert "types: {n: text}" in text
