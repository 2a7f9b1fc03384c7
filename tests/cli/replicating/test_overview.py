"""Counts of the overview, from made documents."""

from __future__ import annotations

from impact.cli._run_many import Outcome
from impact.cli.replicating.overview import is_absent, overview_of, unexplained_cells
from impact.core.errors import Place
from impact.core.texts import fault


def cell(verdict, **changes):
    base = {
        "table": "t",
        "model": "m",
        "group": None,
        "term": "x",
        "stat": "se",
        "printed": "0.1",
        "ours": 0.2,
    }
    base |= {"verdict": verdict, "evidence": "cited", "source": {"en": "A", "es": "A"}, "expect": None}
    return {**base, "reason": None, "explanations": [], **changes}


def outcome(*cells):
    document = {"study": "s", "title": None, "published": list(cells), "claims": [], "models": {}}
    return Outcome("specs/s.yaml", 0, study="s", document=document)


def test_cells_are_counted_by_table_and_in_all():
    cells = [cell("equal"), cell("differs"), cell("differs", expect="differs"), cell("close", table="u")]
    found = overview_of([outcome(*cells)])
    assert [table["table"] for table in found["studies"][0]["tables"]] == ["t", "u"]
    assert found["studies"][0]["tables"][0]["counts"]["differs"] == 2
    assert found["totals"]["unexplained"] == 1
    assert unexplained_cells(found) == ["s m x se: 0.1, 0.2"]


def test_data_are_absent_only_where_nothing_else_is_wrong():
    absent = fault("E201", place=Place("a.yaml"), file="x.csv", source="s", access="a")
    wrong = fault("E102", place=Place("a.yaml"), key="a", where="b", keys="c")
    assert is_absent(Outcome("a.yaml", 4, faults=(absent,)))
    assert not is_absent(Outcome("a.yaml", 4, faults=(absent, wrong)))
    assert not is_absent(Outcome("a.yaml", 0))


def test_problems_are_told_in_the_language():
    wrong = fault("E102", place=Place("a.yaml"), key="a", where="b", keys="c")
    (study,) = overview_of([Outcome("a.yaml", 3, faults=(wrong,))], language="es")["studies"]
    assert study["problems"][0]["message"] == "clave desconocida 'a' en b"
    assert study["status"] == "failed"
