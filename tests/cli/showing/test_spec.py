"""The resolved spec with its origins runs again and says where each value was written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from impact.cli.showing.spec import Block, resolved_with_origins
from impact.plan import make_plan
from impact.schema.nodes import to_plain

ROOT = Path(__file__).resolve().parents[3]
LIMA = "specs/employment_keepjob_lima.yaml"


@pytest.fixture
def lima(monkeypatch):
    monkeypatch.chdir(ROOT)
    return make_plan(LIMA)


def test_comments_say_where_values_come_from(lima):
    text = resolved_with_origins(lima.resolved)
    lines = {line.split("#")[0].strip(): line.partition("# ")[2] for line in text.splitlines()}
    base = (ROOT / "specs/common/lima.yaml").read_text(encoding="utf-8").splitlines()
    origin = re.match(r"specs/common/lima.yaml:(\d+); through extends in", lines['unit: "area_id"'])
    assert "area_id" in base[int(origin.group(1)) - 1]
    own = (ROOT / LIMA).read_text(encoding="utf-8").splitlines()
    line = int(re.fullmatch(r"line (\d+)", lines["spec: 1"]).group(1))
    assert own[line - 1].startswith("spec: 1")


def test_what_is_shown_is_a_spec(lima, tmp_path, monkeypatch):
    file = ROOT / "specs" / "employment_keepjob_lima.yaml"
    again = tmp_path / file.name
    again.write_text(resolved_with_origins(lima.resolved), encoding="utf-8")
    plan = make_plan(str(again))
    assert [model.name for model in plan.models] == [model.name for model in lima.models]
    shown, held = to_plain(plan.resolved.tree), to_plain(lima.resolved.tree)
    for key in ("models", "robustness", "tests", "filter", "design", "labels", "claims"):
        assert shown[key] == held[key], key


def test_a_block_as_text_and_record():
    block = Block("main", (("read", "10"), ("used", "8")))
    assert block.as_text() == "main\n  read  10\n  used  8"
    assert block.as_record() == {"name": "main", "read": "10", "used": "8"}
