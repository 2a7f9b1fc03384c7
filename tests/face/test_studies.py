"""`run` and `check` as functions: a dict, a file and the command give the same."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import impact

SPEC = {
    "spec": 1,
    "study": "face",
    "data": {"root": "here", "file": "panel.csv"},
    "models": {"m": {"formula": "y ~ D + z | i + t", "vcov": {"cluster": "i"}}},
}


@pytest.fixture(scope="module")
def folder(test_panel, tmp_path_factory):
    place = tmp_path_factory.mktemp("face")
    pd.DataFrame(test_panel).to_csv(place / "panel.csv", index=False)
    return place


def test_a_file_is_the_same_as_its_content(folder, tmp_path):
    spec = tmp_path / "face.yaml"
    spec.write_text(json.dumps(SPEC))
    one = impact.run(str(spec), out=None, roots={"here": folder})
    other = impact.run(SPEC, out=None, roots={"here": folder})
    assert one.document["rows"] == other.document["rows"]
    assert one.tidy().shape[0] == 2


def test_a_run_writes_its_report(folder, tmp_path):
    study = impact.run(SPEC, out=tmp_path, roots={"here": folder})
    assert study.path == tmp_path / "face"
    stored = json.loads((study.path / "results.json").read_text(encoding="utf-8"))
    assert stored["rows"] == study.document["rows"]


def test_check_never_raises_for_a_mistake():
    wrong = {**SPEC, "models": {"m": {"formula": "y ~ D ~ z"}}}
    assert impact.check(wrong) != []
    assert [fault.code for fault in impact.check({"spec": 1, "modles": {}})][:1] == ["E102"]


def test_public_names():
    assert set(impact.__all__) <= set(dir(impact))
    assert len(impact.__all__) <= 24
    for name in impact.__all__:
        assert getattr(impact, name)


FULL = {
    "spec": 1,
    "study": "full",
    "data": {"root": "here", "file": "panel.csv"},
    "models": {
        "main": {"formula": "y ~ D + z | i + t", "vcov": {"cluster": "i"}},
        "split": {"formula": "y ~ D + z", "by": ["half"]},
        "bad": {"formula": "y ~ D | D"},
    },
    "subgroups": {"half": {"low": "i <= 30", "high": "i > 30"}},
    "tests": {"both": {"kind": "wald", "of": "main", "hypotheses": "D = z"}},
    "tables": {"T1": {"columns": ["main"], "title": "One"}},
    "figures": {"F1": {"kind": "coefplot", "models": ["main"]}},
    "published": {
        "old": {
            "source": {"text": "A paper", "where": "Table 1", "evidence": "table"},
            "grid": {"columns": ["main"], "rows": {"D": {"estimate": [0.437]}}},
        }
    },
}


@pytest.fixture(scope="module")
def study(folder):
    return impact.run(FULL, out=None, roots={"here": folder})


def test_models_are_fits(study, test_panel):
    assert list(study.models) == ["main", "split", "bad"]
    fit = impact.feols("y ~ D + z | i + t", test_panel, vcov={"cluster": "i"})
    main = study.models["main"]
    assert main.tidy().equals(fit.tidy())
    assert main.wald("D = z").statistic == fit.wald("D = z").statistic == study.tests["statistic"].tolist()[0]
    assert main.summary(vcov={"cluster": "c"}).tidy().equals(fit.summary(vcov={"cluster": "c"}).tidy())
    assert main.predict().tolist() == fit.predict().tolist()
    changed = main.summary(vcov={"cluster": "c"}).to_spec().to_dict()
    assert changed["models"]["main"]["vcov"] == {"cluster": "c"}
    assert "0.437" in impact.etable([main, fit], to="md")


def test_groups_are_fits(study, test_panel):
    groups = study.models["split"]
    assert list(groups) == ["half=low", "half=high"]
    table = pd.DataFrame(test_panel)
    fit = impact.feols("y ~ D + z", table[table["i"] <= 30])
    assert groups["half=low"].coef() == pytest.approx(fit.coef(), rel=1e-12)


def test_what_failed_says_why(study):
    with pytest.raises(impact.DesignError):
        study.models["bad"]
    assert "bad" in study.models
    with pytest.raises(KeyError) as caught:
        study.models["mian"]
    assert (caught.value.code, caught.value.suggestion) == ("E695", "main")
    assert study.models.get("nothing") is None
    assert "failed: bad" in repr(study)


def test_what_a_study_shows(study, tmp_path):
    assert list(study.tables) == ["T1"]
    assert study.tables["T1"].title == "One"
    assert "0.437" in study.tables["T1"].save(tmp_path / "t.md").read_text(encoding="utf-8")
    assert "<table" in study._repr_html_()
    figure = study.figures["F1"]
    assert figure.data["estimate"].tolist() == [study.models["main"].coef()["D"]]
    assert study.samples["main"]["used"] == 480
    assert study.published["ours"].tolist() == [study.models["main"].coef()["D"]]
    assert study.claims.columns.tolist()[:2] == ["claim", "state"]
    assert "code" in study.notices.columns
    assert list(study.spec.to_dict()["models"]) == ["main", "split", "bad"]
    assert study.path is None


@pytest.mark.parametrize(
    "wrong", [5, None, [1], "nofile.yaml", {1.5: 2}, {"spec": 1, "modles": {}}, {"a": object()}]
)
def test_check_lists_whatever_is_given(wrong):
    faults = impact.check(wrong)
    assert faults
    assert all(one.code.startswith("E") for one in faults)
    with pytest.raises(impact.SpecError):
        impact.run(wrong, out=None)


def test_check_takes_a_spec(folder):
    spec = impact.Spec.from_dict(SPEC)
    assert impact.check(spec, roots={"here": folder}) == []
    assert impact.check(spec, roots={"here": folder}, data=True) == []
