"""Refits with replicate weights: against models with each weight in turn, terms that are lost, columns of files."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import impact
import impact.catalog as catalog
from impact.core.errors import SpecError
from impact.pipeline.check import check_spec
from impact.pipeline.fit import fit_request
from impact.pipeline.replicates import with_replicates

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}
GROUPS = 6


@pytest.fixture(scope="module")
def columns(test_panel):
    """Six groups of units left out in turn: the weights of the others grow by 6/5."""
    group = test_panel["i"] % GROUPS
    replicates = {
        f"rep_{r}": np.where(group == r, 0.0, test_panel["w"] * GROUPS / (GROUPS - 1)) for r in range(GROUPS)
    }
    return {**test_panel, "group": group, **replicates}


@pytest.fixture(scope="module")
def survey():
    return {"weights": "w", "replicate": {"kind": "jk1", "weights": "rep_*"}}


BLOCKS = [
    {"estimator": "did_cs", "outcome": "y"},
    {"estimator": "did_bjs", "outcome": "y"},
    {"estimator": "did_sa", "outcome": "y"},
    {"estimator": "did_gardner", "outcome": "y"},
    {"estimator": "did_lp", "outcome": "y"},
    {"formula": "y ~ D + z | i + t"},
]


@pytest.mark.parametrize("block", BLOCKS, ids=[block.get("estimator", "ols") for block in BLOCKS])
def test_the_same_as_models_with_each_weight(request_of, as_frame, columns, survey, block):
    """Each replicate as a model of its own with that weight: rows without it are dropped and counted there."""
    frame = as_frame(columns)
    design = {"design": COHORTS} if "estimator" in block else {}
    found = fit_request(frame, request_of(**block, spec={**design, "survey": survey}), seed=1).results[0]
    assert found.error is None, found.error
    terms = found.estimate.terms
    values = []
    for r in range(GROUPS):
        request = request_of(**block, weights=f"rep_{r}", spec=design)
        one = fit_request(frame, request, seed=1).results[0].estimate
        own = dict(zip(one.terms, one.params, strict=True))
        values.append([own[term] for term in terms])
    values = np.array(values)
    expected = np.sqrt((GROUPS - 1) / GROUPS * np.sum((values - values.mean(axis=0)) ** 2, axis=0))
    # reference periods are zero by definition in every replicate
    varies = expected > 1e-9
    assert varies.sum() > len(terms) / 2
    assert found.inference.std_error[varies] == pytest.approx(expected[varies], rel=1e-7)
    assert (found.inference.df == GROUPS - 1).all()


@pytest.mark.parametrize(
    "block",
    [
        {"estimator": "survey_mean", "of": ["y", "z"]},
        {"estimator": "survey_mean", "of": ["y", "x"], "per": "z", "over": "D", "test": "difference"},
        {"estimator": "survey_total", "of": "y", "over": "D", "scale": 0.1},
        {"estimator": "survey_proportion", "of": "D", "over": "t", "test": "difference", "scale": 100},
    ],
)
def test_all_at_once_is_one_at_a_time(request_of, as_frame, columns, survey, block, monkeypatch):
    """Figures of a population with all weights in one product, and each refitted."""
    frame, request = as_frame(columns), request_of(**block, spec={"survey": survey})
    together = fit_request(frame, request, seed=1).results[0]
    record = catalog.ESTIMATORS.load(request.estimator)
    plain = replace(record, replicate=None)
    monkeypatch.setattr(type(catalog.ESTIMATORS), "load", lambda registry, name, **more: plain)
    design = together.design
    apart = with_replicates(together.estimate, design, request)
    monkeypatch.undo()
    found = with_replicates(together.estimate, design, request).replicates
    assert found.shape == (GROUPS, len(together.estimate.terms))
    assert found == pytest.approx(apart.replicates, rel=1e-12)


def test_what_a_replicate_does_not_identify(request_of, as_frame, columns, survey):
    """A column that is not zero in one group alone: without the group there is no coefficient."""
    frame = as_frame({**columns, "alone": (columns["group"] == 2) * columns["z"]})
    found = fit_request(frame, request_of("y ~ z + alone", spec={"survey": survey}), seed=1).results[0]
    lost = next(one for one in found.inference.notices if one.code == "W690")
    assert "1 of 6" in lost.message
    left = [f"rep_{r}" for r in range(GROUPS) if r != 2]
    other = {"weights": "w", "replicate": {"kind": "jk1", "weights": left, "scale": 5 / 6}}
    expected = fit_request(frame, request_of("y ~ z + alone", spec={"survey": other}), seed=1).results[0]
    assert found.inference.std_error == pytest.approx(expected.inference.std_error, rel=1e-12)


def test_too_few_replicates_are_left(request_of, as_frame, columns):
    frame = as_frame({**columns, "alone": (columns["group"] == 2) * columns["z"]})
    survey = {"weights": "w", "replicate": {"kind": "jk1", "weights": ["rep_2", "rep_3"]}}
    found = fit_request(frame, request_of("y ~ z + alone", spec={"survey": survey}), seed=1).results[0]
    assert found.error.faults[0].code == "E692"


def test_a_domain_where_replicates_are_alike(request_of, as_frame, columns):
    survey = {
        "weights": "w",
        "replicate": {"kind": "jk1", "weights": ["rep_2", "rep_3"]},
        "subpop": "group == 1",
    }
    found = fit_request(
        as_frame(columns), request_of(estimator="survey_mean", of="y", spec={"survey": survey}), seed=1
    ).results[0]
    assert found.error.faults[0].code == "E690"
    assert "alike" in found.error.faults[0].message


def test_weights_that_sum_to_zero(request_of, as_frame, columns, survey):
    frame = as_frame({**columns, "nothing": np.zeros(480)})
    for keys in ({**survey, "weights": "nothing"}, {"weights": "nothing", "psu": "i"}):
        request = request_of(estimator="survey_mean", of="y", spec={"survey": keys})
        assert fit_request(frame, request, seed=1).results[0].error.faults[0].code == "E501"


@pytest.mark.parametrize("keyword", ["did_cic", "synth", "synth_did"])
def test_estimators_that_take_no_weights_or_make_their_own_errors(request_of, survey, keyword):
    """Refused by name before any data are read, not refitted with weights that they would ignore."""
    with pytest.raises(SpecError) as caught:
        request_of(estimator=keyword, outcome="y", spec={"design": COHORTS, "survey": survey})
    assert caught.value.faults[0].code in {"E181", "E559"}
    assert keyword in caught.value.faults[0].message


@pytest.fixture
def files(tmp_path, columns):
    names = ["y", "z", "w", "i", *(f"rep_{r}" for r in range(GROUPS))]
    lines = [
        ",".join(names),
        *(",".join(repr(float(columns[name][j])) for name in names) for j in range(480)),
    ]
    (tmp_path / "persons.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def make(weights):
        replicate = {"kind": "jk1", "weights": weights}
        spec = {
            "spec": 1,
            "study": "persons",
            "data": "persons.csv",
            "survey": {"weights": "w", "replicate": replicate},
            "models": {"mean": {"estimator": "survey_mean", "of": "y"}},
        }
        path = tmp_path / "persons.yaml"
        path.write_text(json.dumps(spec), encoding="utf-8")
        return path

    return make


def test_columns_of_a_file(files, columns):
    document = impact.run(str(files("rep_*")), out=None).document
    row = document["rows"][0]
    values = [np.average(columns["y"], weights=columns[f"rep_{r}"]) for r in range(GROUPS)]
    expected = np.sqrt(5 / 6 * np.sum((np.array(values) - np.mean(values)) ** 2))
    assert row["std_error"] == pytest.approx(expected, rel=1e-10)
    assert document["models"]["mean"]["vcov"]["g"] == {"replicates": 6}


@pytest.mark.parametrize(("weights", "code"), [("brr_*", "E691"), (["rep_1", "rep_99"], "E514")])
def test_columns_that_a_file_lacks(files, weights, code):
    faults, status = check_spec(str(files(weights)))
    assert [fault.code for fault in faults] == [code]
    assert status == SpecError.exit_status
    assert faults[0].place.line == 1
