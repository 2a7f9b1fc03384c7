"""Runs of small ledgers, nothing written."""

from __future__ import annotations

import pytest

from impact.pipeline.study import StudyOptions, run_study
from impact.schema.load import load_nodes


@pytest.fixture(scope="session")
def run_of():
    """The results document of a ledger given as text."""

    def run(text, **options):
        tree = load_nodes("spec: 1\nkind: ledger\n" + text, name="ledger.yaml")
        return run_study(tree, StudyOptions(out=None, **options)).document

    return run


@pytest.fixture(scope="session")
def row_of():
    """The row of a scenario and term."""

    def row(document, model, term):
        return next(row for row in document["rows"] if (row["model"], row["term"]) == (model, term))

    return row
