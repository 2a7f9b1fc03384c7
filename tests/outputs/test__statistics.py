import pytest

from impact.outputs._statistics import Printing, cell_of, expect_text, hidden, interval_at, stars_of

PRINTING = Printing(digits=3, stars=(0.1, 0.05), min_cell=10, language="en")


def text(document, word, *, row=0, bare=False):
    return cell_of(word, document["rows"][row], document, PRINTING, bare=bare).text


@pytest.mark.parametrize(
    ("word", "shown", "bare"),
    [
        ("estimate", "-0.015", "-0.015"), ("se", "(0.005)", "0.005"), ("p", "{0.372}", "0.372"),
        ("p_both", "{0.372, 0.410}", "0.372, 0.410"), ("t", "(-3.17)", "-3.17"), ("n", "36,478", "36,478"),
        ("ci95", "[-0.051, 0.022]", "[-0.051, 0.022]"), ("band", "n/a", "n/a"), ("verdict", "fragile", "fragile"),
        ("mde80", "0.042", "0.042"), ("bound", "0.020", "0.020"), ("p_wild", "n/a", "n/a"), ("df", "25.0", "25.0"),
        ("per_sd", "-0.006", "-0.006"), ("elasticity", "-0.005", "-0.005"), ("semi_elasticity", "-1.479", "-1.479"),
        ("published", "-0.015", "-0.015"), ("mean_y", "0.801", "0.801"),
    ],
)  # fmt: skip
def test_words(document, word, shown, bare):
    assert text(document, word) == shown
    assert text(document, word, bare=True) == bare


def test_permutation_words_are_empty_where_nothing_was_permuted(document):
    assert text(document, "p_permutation", row=1) == ""
    assert text(document, "p_both", row=1) == ""
    assert text(document, "published", row=1) == "n/a"


def test_intervals_at_other_levels(document):
    control = document["rows"][1]
    low, high = interval_at(control, 0.90)
    # t with 25 degrees of freedom at 0.95: 1.7081407613
    assert (high - low) / 2 == pytest.approx(1.7081407613 * 0.00031, rel=1e-9)
    control["df"] = "inf"
    low, high = interval_at(control, 0.90)
    assert (high - low) / 2 == pytest.approx(1.6448536270 * 0.00031, rel=1e-9)
    assert interval_at(document["rows"][0], 0.90) == (None, None)


def test_stars_and_hidden_rows(document):
    main, control = document["rows"][:2]
    assert stars_of(main, PRINTING.stars) == ""
    assert stars_of(control, PRINTING.stars) == "**"
    assert not hidden(main, PRINTING)
    main["n_obs"] = 9
    assert hidden(main, PRINTING)
    assert [text(document, word) for word in ("estimate", "n", "verdict")] == ["–", "<10", "–"]


def test_expectations():
    assert expect_text("no_effect", "en") == "none (placebo)"
    assert expect_text(None, "en") == ""


def test_robust_sets_of_every_shape(document):
    row = document["rows"][0]
    assert text(document, "ci_ar") == "" and text(document, "effective_f") == ""
    row.update(effective_f=12.34, p_ar=0.2, pieces_ar=1, ci_low_ar=-0.1, ci_high_ar=0.4)
    row.update(ci_low_tf=-0.2, ci_high_tf=0.5)
    assert [text(document, word) for word in ("ci_ar", "effective_f", "p_ar", "ci_tf")] == [
        "[-0.100, 0.400]",
        "12.3",
        "{0.200}",
        "[-0.200, 0.500]",
    ]
    row.update(pieces_ar=2, ci_low_ar="-inf", ci_high_ar=-0.1, ci_low_ar_2=0.3, ci_high_ar_2="inf")
    assert text(document, "ci_ar") == "(-∞, -0.100] ∪ [0.300, ∞)"
    row.update(pieces_ar=0)
    assert text(document, "ci_ar") == "∅"
    row.update(pieces_ar=None)
    assert text(document, "ci_ar") == "n/a"


def test_an_interval_at_another_level_is_that_of_the_equivalence_test(document):
    """A permutation has no interval at another level, but for the one its equivalence test read."""
    row = document["rows"][0]
    own = {"kind": "equivalence", "of": row["model"], "term": row["term"], "ci_low": -0.02, "ci_high": 0.03}
    wrong = {**own, "term": "other", "ci_low": 9.0, "details": {"level": 0.90, "group": row["group"]}}
    document["tests"] = [wrong, {**own, "details": {"level": 0.90, "group": row["group"]}}]
    assert text(document, "ci90") == "[-0.020, 0.030]"
    assert text(document, "ci99") == "n/a"
    document["tests"][1]["details"]["group"] = "sex=women"
    assert text(document, "ci90") == "n/a"
