"""Asked of every test of `tests:`: findings with a verdict and a sentence, in plain data, the same every time."""

from __future__ import annotations

import json

import pytest

import impact.catalog as catalog

NAMES = catalog.DIAGNOSTICS.names()
VERDICTS = {
    "pass",
    "warn",
    "fail",
    "note",
    "effect",
    "effect_but_small",
    "equivalent",
    "inconclusive",
    "fragile",
}
# what a test cannot do without; a keyword that is not here runs on the main model alone
OPTIONS = {
    "equivalence": {"bound": 0.5, "reason": "half a unit of the outcome matters to nobody"},
    "wald": {"hypotheses": ["exposed = 0", "z = 0"]},
    "placebo": {"rows": ["before"]},
    "leave_one_out": {"unit": "c"},
    "power": {"effects": [0.1, 0.5]},
    "bayes_null": {"prior_sd": 0.5, "bound": 0.1},
    "e_value": {"measure": "standardised"},
    "sensemakr": {"benchmarks": "z"},
    "rate_ratio": {"cases": 12, "exposure": 4000, "other_cases": 30, "other_exposure": 9000},
}
# about numbers, not about a model
NO_MODEL = ("rate_ratio",)
# and what it asks of another study than the canonical one
STUDIES = {
    "hausman": {
        "models": {"main": {"formula": "y ~ D + z", "estimator": "panel", "method": "random"}},
        "panel": {"unit": "i", "time": "t"},
        "design": None,
        "permute": None,
        "robustness": None,
    },
}
FAMILY = (
    "bonferroni",
    "holm",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "sharpened_q",
    "romano_wolf",
    "westfall_young",
)


def block_of(keyword):
    of = ["main", "second"] if keyword in FAMILY else "main"
    about = {} if keyword in NO_MODEL else {"of": of}
    return {"asked": {"kind": keyword, **about, **OPTIONS.get(keyword, {})}}


@pytest.fixture(scope="module")
def asked(study):
    """Findings of one test, by keyword and order of rows; each study is run once."""
    known = {}

    def ask(keyword, rows=None):
        key = (keyword, rows is None)
        if key not in known:
            known[key] = study(rows=rows, tests=block_of(keyword), **STUDIES.get(keyword, {}))["tests"]
        return known[key]

    return ask


@pytest.mark.parametrize("keyword", NAMES)
def test_findings(asked, keyword):
    found = asked(keyword)
    assert found
    for line in found:
        assert line["test"].startswith("asked")
        assert line["kind"] == keyword
        assert line["verdict"] in VERDICTS
        assert line["sentence"].strip()
        assert line["p_value"] is None or 0 <= line["p_value"] <= 1
        assert "nan" not in json.dumps(line).lower().replace("finance", "")
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("keyword", NAMES)
def test_the_order_of_rows_does_not_matter(asked, shuffled, keyword):
    assert json.dumps(asked(keyword)) == json.dumps(asked(keyword, shuffled))


@pytest.mark.parametrize("keyword", NAMES)
def test_it_speaks_every_language(asked, study, keyword):
    """The sentence follows the language of the study."""
    spanish = study(tests=block_of(keyword), language="es", **STUDIES.get(keyword, {}))["tests"]
    assert len(spanish) == len(asked(keyword))
    assert [line["verdict"] for line in spanish] == [line["verdict"] for line in asked(keyword)]
