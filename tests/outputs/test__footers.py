import pytest

from impact.core.errors import OutputError
from impact.outputs._footers import WORDS, effect_label, footer_lines, model_notes, variance_word
from impact.outputs._statistics import Printing

PRINTING = Printing(digits=3, stars=(), min_cell=10, language="en")


DESIGN = {"n_units": 30, "n_periods": 5, "never": 10, "share_never": 1 / 3, "always": 0, "switches_off": 0}


RANKS = {"rank_effect": 7.0, "n_sets": 24.0, "rmspe_before": 0.5588}


def lines(document, *words, names=("main", "broken")):
    found = footer_lines(words, names, document, PRINTING, table="t")
    return {label: [cell.text for cell in cells] for label, cells in found}


def test_every_word_prints_and_a_failed_model_is_blank(document):
    document["models"]["broken"]["n_obs"] = 5
    design = {"cohorts": [{"cohort": 2004, "units": 20}]}
    document["models"]["main"]["extra"] = {
        **document["models"]["main"]["extra"],
        "adoption": {**DESIGN, **design},
        **RANKS,
    }
    shown = next(row for row in document["rows"] if row["model"] == "main")
    shown.update(effective_f=12.0, pieces_ar=1, ci_low_ar=0.1, ci_high_ar=0.4)
    for word in WORDS:
        for values in lines(document, word).values():
            assert values[0]
            assert values[1] == ""


def test_values(document):
    assert lines(document, "exposure") == {"Exposure, mean (sd)": ["0.250 (0.433)", ""]}
    assert lines(document, "permutation", "smallest_p") == {
        "Permutation sets": ["325, all", ""], "Smallest attainable p": ["0.0031", ""],
    }  # fmt: skip
    document["models"]["main"]["extra"] |= RANKS
    # 24 placebo sets and the actual one
    assert lines(document, "rank", "fit_before") == {
        "Rank of the effect": ["7 of 25", ""], "Miss before treatment": ["0.559", ""],
    }  # fmt: skip
    assert lines(document, "weights") == {"Weights": ["n_employed (frequency)", ""]}
    document["models"]["main"]["n_obs"] = 3
    assert lines(document, "n") == {"Observations": ["<10", ""]}


def test_an_unknown_word_is_refused_with_what_is_known(document):
    with pytest.raises(OutputError, match="E711") as caught:
        lines(document, "nothing")
    assert "drop_one" in caught.value.faults[0].help


def test_words_of_effects_and_variances(document):
    assert effect_label(document, "area_id^year", "es") == "área × año"
    assert effect_label(document, "area_id[year]", "en") == "area × year (linear)"
    assert variance_word({"vcov": {"kind": "hc1"}}, document, "en") == "HC1"
    assert variance_word(document["models"]["main"], document, "es") == "agrupado por área (CR1)"
    conley = {"vcov": {"kind": "conley", "by": ["lat", "lon"], "type": "uniform 100 km", "km": 100.0}}
    assert variance_word(conley, document, "en") == "Conley, 100 km"
    newey = {"vcov": {"kind": "newey_west", "by": ["id", "year"], "type": "lags 0", "lags": 0}}
    assert variance_word(newey, document, "es") == "Newey-West, 0 rezagos"
    assert model_notes({"vcov": {"text": "a", "text_es": "b"}}, "es") == "b"
    assert model_notes({"vcov": {"text": "a", "text_es": "b"}}, "en") == "a"


def test_a_share_is_not_rounded_to_none_or_all(document):
    """Without decimals R² would be 0 or 1."""
    printing = Printing(digits=0, stars=(), min_cell=10, language="en")
    document["models"]["main"]["r2"] = 0.8734
    (line,) = footer_lines(("r2",), ["main"], document, printing, table="t")
    assert line[1][0].text == "0.87"
