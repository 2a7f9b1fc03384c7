"""What difference-in-differences estimators take: every yes runs, all else is refused or counted."""

from __future__ import annotations

import numpy as np
import pytest

import impact.catalog as catalog
from impact.cli.reference.taken import TAKEN, YES, estimators_with_design, taken_by, taken_table
from impact.core.errors import ImpactError
from impact.pipeline.fit import design_of, fit_design

CHANGES = {
    "controls": {"controls": ["x"]},
    "sampling_weights": {"weights": "w"},
    "analytic_weights": {"weights": {"w": "analytic"}},
    "frequency_weights": {"weights": {"number": "frequency"}},
    "persons": {"outcome": {"sum": "total", "count": "number", "sumsq": "squares"}},
    "absorbed": {"formula": "y ~ 1 | c^t"},
    "clusters": {"vcov": {"cluster": "c"}},
    "survey": {"vcov": {"survey": {"psu": "c"}}},
    "cross_sections": {"design": {"unit": None}, "vcov": None},
    "unbalanced": {},
    "anticipation": {"design": {"anticipation": 1}},
    "dose": {"design": {"cohort": None, "never": None, "treatment": "amount"}},
    "reversal": {"design": {"cohort": None, "never": None, "treatment": "switch"}},
}
# controls enter it by their changes: x has none
OWN_CHANGES = {("did_dcdh", "controls"): {"controls": ["z"]}}
# one treated unit, whose treatment ends
for _keyword in ("synth", "synth_augmented"):
    _one = {"filter": "g == 0 or (g == 4 and a < 0.05)"}
    OWN_CHANGES[_keyword, "reversal"] = {**CHANGES["reversal"], **_one}
PAIRS = [(keyword, name) for keyword in estimators_with_design() for name in TAKEN]


@pytest.fixture(scope="module")
def columns(test_panel):
    number = 2.0 + np.arange(480) % 5
    unit, time = test_panel["i"], test_panel["t"]
    amount = test_panel["D"] * (0.5 + unit % 3)
    switch = np.where((unit % 20 == 1) & (time >= 7), 0.0, test_panel["D"])
    return {
        **test_panel, "number": number, "total": number * test_panel["y"],
        "squares": number * test_panel["y"] ** 2 + number, "amount": amount, "switch": switch,
    }  # fmt: skip


def fitted(block, name, columns, as_frame, request_of):
    changes = {**CHANGES[name], **OWN_CHANGES.get((block["estimator"], name), {})}
    design = {**block["spec"]["design"], **changes.pop("design", {})}
    spec = {**block["spec"], "design": {key: value for key, value in design.items() if value is not None}}
    block = {key: value for key, value in {**block, **changes}.items() if value is not None}
    if "formula" in changes:
        block.pop("outcome")
    rows = None
    if name == "unbalanced":
        rows = np.flatnonzero(~((columns["i"] == 3) & (columns["t"] == 4)))
    request = request_of(**{**block, "spec": spec})
    design_record = design_of(as_frame(columns, rows), request)
    return fit_design(design_record, request, None, 3)


@pytest.mark.parametrize(("keyword", "name"), PAIRS)
def test_every_cell(keyword, name, columns, as_frame, request_of, block_of):
    expected = taken_by(keyword)[name]
    if name == "survey" and "survey" not in catalog.VARIANCES.names():
        pytest.skip("survey variances are not installed")
    if expected in (YES, "first", "drops", "W538"):
        found = fitted(block_of(keyword), name, columns, as_frame, request_of)
        assert np.isfinite(found.estimate.params[list(found.estimate.focus)]).all()
        if expected == "drops":
            made = found.estimate.design or found.design
            assert sum(step.dropped for step in made.sample.steps) > 0
        if expected == "W538":
            assert "W538" in {notice.code for notice in found.design.notices}
        return
    with pytest.raises(ImpactError) as error:
        fitted(block_of(keyword), name, columns, as_frame, request_of)
    assert expected in {fault.code for fault in error.value.faults}


def test_the_table_has_every_estimator_and_question():
    head, *rows = taken_table("es")
    assert len(head) == 1 + len(TAKEN) == 1 + len(CHANGES)
    assert [row[0] for row in rows] == list(estimators_with_design())
