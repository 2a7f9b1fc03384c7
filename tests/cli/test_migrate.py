"""`impact migrate`: files rewritten, or only told."""

from __future__ import annotations

import json

OLD = "spec: 1\r\n# why\r\ndata: x.csv\r\nmodel: {formula: y ~ x, clusters: s}  # ñ\r\n"


def test_files_are_rewritten_with_their_comments_and_line_ends(folder, call):
    file = folder / "s.yaml"
    file.write_bytes(OLD.encode())
    told = call("migrate", "s.yaml", "--check")
    assert told.status == 3
    assert "s.yaml:4:25: clusters would become vcov.cluster" in told.out
    assert file.read_bytes() == OLD.encode()
    assert call("migrate", "s.yaml", "--lang", "es").out == "s.yaml:4:25: clusters es ahora vcov.cluster\n"
    assert file.read_bytes() == OLD.replace("clusters: s", "vcov: {cluster: s}").encode()
    assert call("migrate", "s.yaml").out == "nothing to rewrite\n"
    assert json.loads(call("migrate", "s.yaml", "--format", "json").out) == []


def test_what_is_left_to_the_user_is_a_fault_at_its_place(folder, call):
    (folder / "s.yaml").write_text("spec: 1\nclusters: s\nvcov: hc1\n")
    said = call("migrate", "s.yaml")
    assert said.status == 3
    assert "s.yaml:2:1: error[E709]" in said.err


def test_a_spec_that_cannot_be_read_is_a_fault(folder, call):
    (folder / "s.yaml").write_text("spec: [1\n")
    assert call("migrate", "s.yaml").status == 3
    assert call("migrate", "none.yaml").status == 3
