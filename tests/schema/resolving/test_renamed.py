"""Older keys rewritten in place: the file before and after, everything else byte by byte as it was."""

from __future__ import annotations

import pytest

from impact.plan import make_plan
from impact.schema.load import load_nodes
from impact.schema.resolving.renamed import migrated

BEFORE = """# a study
spec: 1
data: x.csv
clusters: state   # of the spec
defaults: {clusters: [state, year]}  # of all
models:
  a: {formula: "y ~ x", clusters: county, permute: null}
  b:
    formula: "y ~ clusters"   # a column
    clusters: 'my state'
labels: {clusters: Clusters}
"""
AFTER = """# a study
spec: 1
data: x.csv
vcov: {cluster: state}   # of the spec
defaults: {vcov: {cluster: [state, year]}}  # of all
models:
  a: {formula: "y ~ x", vcov: {cluster: county}, permute: null}
  b:
    formula: "y ~ clusters"   # a column
    vcov: {cluster: 'my state'}
labels: {clusters: Clusters}
"""


def test_every_older_key_is_rewritten_and_nothing_else():
    text, done, faults = migrated(BEFORE, load_nodes(BEFORE))
    assert text == AFTER
    assert [(one.place.line, one.place.column) for one in done] == [(4, 1), (5, 12), (7, 25), (10, 5)]
    assert faults == ()
    assert migrated(AFTER, load_nodes(AFTER)) == (AFTER, (), ())


def test_the_new_spelling_means_the_same(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(
        migrated(BEFORE, load_nodes(BEFORE))[0].replace("defaults: {vcov: {cluster: [state, year]}}", "")
    )
    plan = make_plan(str(file))
    assert [request.variance.columns for request in plan.models] == [("county",), ("my state",)]


@pytest.mark.parametrize(
    "block",
    [
        "clusters: state\nvcov: hc1\n",
        "clusters:\n  - state\n  - year\n",
        "clusters: [state,\n  year]\n",
        '"clusters": a\n',
    ],
)
def test_what_cannot_be_rewritten_is_told_and_left(block):
    text = "spec: 1\n" + block
    found, done, faults = migrated(text, load_nodes(text))
    assert (found, done) == (text, ())
    assert [(item.code, item.place.line) for item in faults] == [("E709", 2)]
