"""Found, not found, not attempted: counted by hand."""

from __future__ import annotations

from impact.cli.replicating.glance import glance_line, glance_of, glance_rows

SPEC = """spec: 1
data: {file: absent.csv, access: ask}
models: {a: y ~ x, b: y ~ x}
published:
  t:
    source: {text: A, evidence: table}
    grid: {columns: [a, b], rows: {x: {estimate: [1, 2], se: [0.1, n/a]}, other: {term: x, t: [3, 4]}}}
    also: [{model: a, stat: n, value: 10}]
claims:
  up: {text: It rose, test: a.x.estimate > 0}
"""
VERDICTS = ("equal", "rounds_equal", "sign_agrees", "close", "differs", "not_available")


def study(status="run", verdicts=(), claims=()):
    return {
        "study": "s",
        "status": status,
        "tables": [{"cells": [{"verdict": verdict} for verdict in verdicts]}],
        "claims": [{"state": state} for state in claims],
    }


def test_verdicts_and_states():
    found = glance_of(
        [study(verdicts=VERDICTS, claims=("agrees", "agrees", "disagrees", "cannot_tell"))], [""]
    )
    assert found["totals"] == {
        "found": 3, "not_found": 2, "not_attempted": 1,
        "claims_found": 2, "claims_not_found": 1, "claims_not_attempted": 1,
    }  # fmt: skip
    assert found["studies"][0]["why"] == "unknown"


def test_what_was_not_run_is_counted_from_its_spec(tmp_path):
    """Four cells of two rows, two of a third, one beside the grid; a name of a term is no cell."""
    file = tmp_path / "absent.yaml"
    file.write_text(SPEC)
    found = glance_of(
        [study("data_absent"), study("failed"), study(verdicts=["equal"])], [str(file), "none.yaml", ""]
    )
    assert [one["not_attempted"] for one in found["studies"]] == [7, 0, 0]
    assert [one["why"] for one in found["studies"]] == ["absent", "failed", None]
    assert found["totals"]["claims_not_attempted"] == 1
    assert found["totals"]["found"] == 1


def test_words():
    glance = glance_of([study(verdicts=VERDICTS)], [""])
    assert glance_line(glance, "en").startswith("Published numbers: 3 found, 2 not found, 1 not attempted.")
    assert glance_line(glance, "es").startswith(
        "Números publicados: 3 encontrados, 2 no encontrados, 1 no intentados."
    )
    rows = glance_rows(glance, "en")
    assert rows[1][:4] == ("s", "3", "2", "1")
    assert rows[-1][:4] == ("all", "3", "2", "1")
    assert {len(row) for row in rows} == {8}
