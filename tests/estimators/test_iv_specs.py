"""Instruments and panel methods from a spec to rows: the default estimator, the design's columns, groups, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import impact.pipeline.street as street
import impact.plan as plan
from impact.core.errors import SpecError

FORMULA = "yiv ~ z | i + t | d ~ q1 + q2"


@pytest.fixture(scope="module")
def folder(test_panel, tmp_path_factory):
    path = tmp_path_factory.mktemp("iv")
    columns = {name: test_panel[name] for name in ("i", "t", "c", "x", "z", "d", "q1", "q2", "yiv", "y")}
    columns["half"] = (test_panel["c"] > 6).astype(int)
    lines = [
        ",".join(columns),
        *(
            ",".join(repr(v) for v in row)
            for row in zip(*(c.tolist() for c in columns.values()), strict=True)
        ),
    ]
    (path / "panel.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(folder, models):
    spec = folder / "spec.yaml"
    text = "spec: 1\ndata: panel.csv\npanel: {unit: i, time: t}\nmodels:\n"
    spec.write_text(text + "".join(f"  {name}: {body}\n" for name, body in models.items()), encoding="utf-8")
    return {model.request.name: model for model in street.run_plan(plan.make_plan(spec)).fitted}


def refused(folder, body):
    with pytest.raises(SpecError) as caught:
        run(folder, {"m": body})
    found = caught.value.faults[0]
    assert found.place is not None and found.place.line == 5
    return found


def test_instruments_in_the_formula_make_it_iv(folder):
    model = run(folder, {"m": f'{{formula: "{FORMULA}", vcov: {{cluster: c}}}}'})["m"]
    result = model.results[0]
    assert model.request.estimator == result.estimate.estimator == "iv"
    assert [term.name for term in result.estimate.terms] == ["z", "d"]
    assert result.design.instrument_names == ("q1", "q2") and result.design.endogenous == (1,)
    assert result.estimate.focus == (1,)
    assert result.estimate.params == pytest.approx([0.229700484816, 0.752477855912], abs=1e-9)
    assert result.inference.std_error == pytest.approx([0.0375880283461, 0.0524890938441], abs=1e-9)


def test_missing_instruments_drop_rows_by_name(folder, test_panel):
    lines = (folder / "panel.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[3].split(",")
    cells[lines[0].split(",").index("q2")] = ""
    (folder / "holes.csv").write_text(
        "\n".join([*lines[:3], ",".join(cells), *lines[4:]]) + "\n", encoding="utf-8"
    )
    spec = folder / "holes.yaml"
    spec.write_text(
        f'spec: 1\ndata: holes.csv\nmodel: {{formula: "{FORMULA}", vcov: iid}}\n', encoding="utf-8"
    )
    result = street.run_plan(plan.make_plan(spec)).fitted[0].results[0]
    assert result.estimate.n_obs == 479
    assert [(step.name, step.dropped) for step in result.design.sample.steps] == [("q2", 1)]


def test_groups_in_one_regression_equal_groups_apart(folder):
    body = f'{{formula: "{FORMULA}", vcov: {{cluster: i}}, by: half, by_mode: MODE}}'
    found = run(folder, {mode: body.replace("MODE", mode) for mode in ("split", "interact")})
    split = np.concatenate([result.estimate.params for result in found["split"].results])
    joint = found["interact"].results[0].estimate
    assert joint.estimator == "iv"
    assert joint.params == pytest.approx(split, rel=1e-8)


def test_panel_method_of_a_spec(folder, test_panel):
    model = run(folder, {"m": '{estimator: panel, method: between, formula: "y ~ z", vcov: {cluster: c}}'})[
        "m"
    ]
    result = model.results[0]
    assert result.estimate.n_obs == 60 and result.inference.n_clusters == {"c": 12}
    means = {name: test_panel[name].reshape(60, 8).mean(axis=1) for name in ("y", "z")}
    assert result.estimate.params[1] == pytest.approx(np.polyfit(means["z"], means["y"], 1)[0], rel=1e-9)


@pytest.mark.parametrize("method", ["liml", "fuller", "gmm"])
def test_methods_from_a_spec(folder, method):
    model = run(folder, {"m": f'{{formula: "{FORMULA}", method: {method}, vcov: {{cluster: c}}}}'})["m"]
    assert model.results[0].estimate.tables["method"] == method
    assert model.results[0].estimate.params[1] == pytest.approx(0.7525, abs=1e-2)


@pytest.mark.parametrize("option", ["alpha: 4", "gmm_weight: iid"])
def test_options_of_another_method_are_refused(folder, option):
    found = refused(folder, f'{{formula: "{FORMULA}", method: liml, {option}}}')
    assert found.code == "E550" and "liml" in found.message


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (f'{{estimator: ols, formula: "{FORMULA}"}}', "E551"),
        (f'{{estimator: panel, formula: "{FORMULA}"}}', "E551"),
        ('{estimator: iv, formula: "yiv ~ z"}', "E552"),
        ('{estimator: panel, method: random, effects: twoways, formula: "y ~ z"}', "E554"),
    ],
)
def test_what_does_not_fit_is_refused(folder, body, code):
    assert refused(folder, body).code == code


@pytest.mark.parametrize("keyword", ["hc0", "hc1", "hc2", "hc3", "hc4"])
def test_the_keyword_sets_the_correction(folder, keyword):
    found = run(folder, {"m": f'{{formula: "y ~ z", vcov: {keyword}}}'})["m"].results[0].inference.variance
    assert found["type"] == keyword


def test_a_type_that_contradicts_the_keyword_is_refused(folder):
    assert refused(folder, '{formula: "y ~ z", vcov: {hc2: {type: hc3}}}').code == "E180"
