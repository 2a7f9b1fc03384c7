"""The spec of a package asks for what the original asks for: every shipped spec, planned from both."""

from __future__ import annotations

from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import pytest

from impact.core.errors import DataError
from impact.pipeline.document import spec_sha256
from impact.pipeline.packaging.gather import Study, _data_file
from impact.pipeline.packaging.spec_text import original_texts, packaged_spec
from impact.plan import make_plan

from .conftest import ROOT

SHIPPED = sorted(file.name for file in (ROOT / "specs").glob("*.yaml"))
# their data are not shipped
ABSENT = {"replication_e2_card_krueger.yaml", "replication_e3_china_shock.yaml"}


def study_of(spec: str) -> Study:
    plan = make_plan(spec)
    data = tuple(_data_file(plan, source, {}) for source in plan.sources)
    return Study(plan.study, Path(), plan, {}, {}, data)


def asked(plan):
    """The models of a plan without the places of their keys."""
    return [
        repr((one.name, one.formula, one.estimator, one.options, one.variance.keyword, one.variance.options,
              one.base, one.row, one.level, one.weights and one.weights.kind, one.permute is None, one.outcome_name))
        for one in plan.models
    ]  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_specs(name, tmp_path):
    with chdir(ROOT):
        try:
            study = study_of(f"specs/{name}")
        except DataError as absent:
            assert absent.code in ("E201", "E226")
            return
    assert name not in ABSENT
    (tmp_path / "specs").mkdir()
    file = tmp_path / "specs" / name
    file.write_text(packaged_spec(study), encoding="utf-8")
    plan = make_plan(str(file))
    strip = [text.split("Place(")[0] for text in asked(plan)]
    assert strip == [text.split("Place(")[0] for text in asked(study.plan)]
    assert [source.block.file for source in plan.sources] == [f"../data/{one.name}" for one in study.data]
    assert all(source.block.root is None for source in plan.sources)
    assert [source.block.access for source in plan.sources] == [s.block.access for s in study.plan.sources]
    assert plan.spec.seed == study.plan.spec.seed
    assert list(plan.derive) == list(study.plan.derive)
    assert plan.spec.params == study.plan.spec.params
    texts = original_texts(study)
    assert texts[f"specs/original/{study.name}/{name}"] == (ROOT / "specs" / name).read_text(encoding="utf-8")


def test_every_form_of_a_data_file_is_rewritten(tmp_path):
    """A bare path, a path of a base in another folder, a named root, shipped data, and a path of an instrument."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "shares").mkdir()
    (tmp_path / "a.csv").write_text("x,y,unit,year\n1,2,1,1\n")
    (tmp_path / "shares/s.csv").write_text("unit,sector,share\n1,1,1\n")
    (tmp_path / "shares/g.csv").write_text("sector,year,growth\n1,1,1\n")
    (tmp_path / "impact.toml").write_text('[roots]\nmine = "shares"\n')
    head, model = "spec: 1\nstudy: s\n", "model: y ~ x\n"
    forms = {
        "data: ../a.csv\n": ["../data/a.csv"],
        "data: {file: ../a.csv, source: An office}\n": ["../data/a.csv"],
        "data: {root: mine, file: s.csv}\n": ["../data/s.csv"],
        "data: shipped:castle\n": ["../data/castle.csv"],
        "data: {main: ../a.csv, more: {file: s.csv, root: mine}}\n": ["../data/a.csv", "../data/s.csv"],
        "data: ../a.csv\ninstruments: {z: {kind: shift_share, unit: unit, sector: sector, "
        "shares: ../shares/s.csv, shocks: ../shares/g.csv}}\n": [
            "../data/a.csv", "../data/s.csv", "../data/g.csv",
        ],
    }  # fmt: skip
    for data, expected in forms.items():
        file = tmp_path / "specs/x.yaml"
        file.write_text(head + data + model)
        study = study_of(str(file))
        text = packaged_spec(study)
        (tmp_path / "specs/y.yaml").write_text(text)
        plan = make_plan(str(tmp_path / "specs/y.yaml"))
        assert [source.block.file for source in plan.sources] == expected, text
        assert "root:" not in text
        again = packaged_spec(replace(study, plan=plan))
        assert again == text
        assert spec_sha256(plan)
