"""The answer: what a minister reads."""

from __future__ import annotations

import pytest

from impact.diagnostics._answer import answer_of
from impact.schema.published import AnswerBlock

BLOCK = AnswerBlock(
    about={
        "en": "the arrival changed the chance of keeping a job",
        "es": "la llegada cambió la probabilidad",
    },
    units={"en": "areas", "es": "zonas"},
    scale="share",
)


def facts(**more):
    base = {
        "row": None,
        "expect": None,
        "focus": ["exposed"],
        "outcome": "kept",
        "n_treated_clusters": 2,
        "extra": {
            "permutation": {
                "unit": "area_id",
                "n_sets": 325,
                "enumerated": True,
                "size": 2,
                "smallest_p": 1 / 325,
            }
        },
    }
    return {**base, **more}


def row(model="main", estimate=-0.0149024, p=121 / 325, p_t=0.4, **more):
    base = {
        "model": model,
        "group": None,
        "term": "exposed",
        "outcome": "kept",
        "estimate": estimate,
        "std_error": 0.004,
        "p_value": 0.0004,
        "primary": "permutation",
        "p_permutation": p,
        "p_permutation_t": p_t,
        "mde80": 0.0432,
        "primary_ci_low": -0.05,
        "primary_ci_high": 0.02,
        "verdict": None,
        "verdict_reason": None,
        "level": 0.95,
    }
    return {**base, **more}


def document(**main):
    note = {
        "en": "It compares a metropolis with the countryside.",
        "es": "Compara una metrópoli con el campo.",
    }
    return {
        "labels": {"exposed": {"en": "Migration", "es": "La migración"}, "kept": "keeping a job"},
        "models": {
            "main": facts(),
            "main[row=all_areas]": facts(row="all_areas", note=note),
            "main[row=placebo_2016]": facts(row="placebo_2016", expect="no_effect"),
        },
        "rows": [
            row(**{"verdict": "inconclusive", "verdict_reason": {"en": "Because.", "es": "Porque."}, **main}),
            row("main[row=all_areas]", -0.0229805, 0.040, 0.067),
            row("main[row=placebo_2016]", -0.0140814, 0.4, 0.4),
        ],
    }


def test_inconclusive_says_how_many_groups_and_what_would_have_been_seen():
    answer = answer_of(document(), BLOCK)
    assert answer["verdict"] == "inconclusive" and answer["model"] == "main" and answer["term"] == "exposed"
    assert answer["sentence"]["en"] == (
        "The data cannot tell whether the arrival changed the chance of keeping a job: "
        "the estimate is −1.5 points, "
        "but 121 of 325 equally sized groups of areas, the real one included, "
        "show a change at least as large; "
        "only changes beyond 4.3 points would have been seen."
    )
    assert (
        "121 de 325 grupos de zonas" in answer["sentence"]["es"] and "4.3 puntos" in answer["sentence"]["es"]
    )


def test_rows_that_look_significant_are_explained_by_their_note():
    reasons = [reason["en"] for reason in answer_of(document(), BLOCK)["reasons"]]
    louder = next(reason for reason in reasons if "all areas" in reason)
    assert "−2.3 points" in louder and louder.endswith("It compares a metropolis with the countryside.")
    assert any("placebo 2016" in reason and "−1.4 points" in reason for reason in reasons)
    assert any("clustered error" in reason for reason in reasons)
    assert reasons[0] == "Because."


def test_only_equivalence_says_no_effect():
    for verdict in ("effect", "effect_but_small", "inconclusive", "fragile", "equivalent"):
        answer = answer_of(document(verdict=verdict, bound=0.02), BLOCK)
        texts = [answer["sentence"], *answer["reasons"]]
        said = " ".join(text[language] for text in texts for language in ("en", "es")).casefold()
        words = ("no effect", "there is no", "sin efecto", "no hay un efecto", "no hay efecto")
        assert any(word in said for word in words) == (verdict == "equivalent"), verdict
        assert "{" not in said


def test_fragile_names_the_row_that_broke_it():
    answer = answer_of(document(verdict="fragile", p_permutation=0.01, p_permutation_t=0.01), BLOCK)
    assert "placebo 2016" in answer["sentence"]["en"]
    assert "do not settle" in answer["sentence"]["en"]


def test_one_test_passed_is_said_as_such():
    answer = answer_of(document(p_permutation=0.040, p_permutation_t=0.067), BLOCK)
    assert "passes only one (p 0.040 by the estimate, 0.067 by its t)" in answer["sentence"]["en"]


def test_no_set_can_be_told_apart():
    found = document(mde80="inf")
    assert "no change of any size" in answer_of(found, BLOCK)["sentence"]["en"]
    few = document()
    few["models"]["main"]["extra"]["permutation"]["smallest_p"] = 0.1
    assert "no change of any size" in answer_of(few, BLOCK)["sentence"]["en"]


def test_interval_where_nothing_is_permuted():
    found = document(
        primary="asymptotic",
        p_permutation=None,
        p_permutation_t=None,
        ci_low=-0.04,
        ci_high=0.01,
        p_value=0.3,
        primary_ci_low=None,
        primary_ci_high=None,
        mde80=None,
    )
    sentence = answer_of(found, BLOCK)["sentence"]["en"]
    assert "95 % interval from −4.0 points to 1.0 points" in sentence
    assert "beyond 1.1 points" in sentence  # 2.8 standard errors of 0.004


def test_default_words_come_from_labels_and_numbers_stay_plain():
    sentence = answer_of(document())["sentence"]
    assert "whether keeping a job moves with Migration: the estimate is −0.0149," in sentence["en"]
    assert "si keeping a job se mueve con La migración" in sentence["es"]


@pytest.mark.parametrize(("scale", "shown"), [("log", "−1.5 per cent"), ("points", "−0.015 points")])
def test_scales(scale, shown):
    block = AnswerBlock(scale=scale)
    assert f"the estimate is {shown}" in answer_of(document(), block)["sentence"]["en"]


def test_smallest_detectable_fall_in_logs():
    sentence = answer_of(document(mde80=0.179), AnswerBlock(scale="log"))["sentence"]["en"]
    assert "only changes beyond 16.4 per cent" in sentence  # 1 − exp(−0.179)
    sentence = answer_of(document(mde80=0.179, estimate=0.05), AnswerBlock(scale="log"))["sentence"]["en"]
    assert "only changes beyond 19.6 per cent" in sentence


def test_no_verdict_no_answer():
    assert answer_of(document(verdict=None), BLOCK) is None
    assert answer_of({"models": {}, "rows": []}) is None
    assert answer_of(document(), AnswerBlock(model="nothing")) is None
