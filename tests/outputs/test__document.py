import pytest

from impact.outputs import _document as reading
from impact.outputs._request import OutputRequest


def test_free_text_falls_back_to_english_then_any():
    assert reading.said({"en": "a", "es": "b"}, "es") == "b"
    assert reading.said({"en": "a", "es": ""}, "es") == "a"
    assert reading.said({"fr": "c"}, "es") == "c"
    assert reading.said("one\nline\x1b", "es") == "one line\\x1b"
    assert reading.said(None, "en") == ""


def test_models_stand_in_the_order_of_the_spec(document):
    names = list(reading.models(document, OutputRequest(model_order=("event", "groups", "main"))))
    assert names[:3] == ["event", "groups", "main"]
    assert set(names) == set(document["models"])
    assert "main[row=all_areas]" not in reading.estimates(document, OutputRequest())


def test_the_focus_row(document):
    assert reading.focus_row(document, "main")["term"] == "exposed"
    assert reading.focus_row(document, "main", term="tenure")["term"] == "tenure"
    assert reading.focus_row(document, "main", term="nothing") is None
    assert reading.focus_row(document, "groups")["group"] is None
    group = "sex=men;age_group=25-39"
    assert reading.focus_row(document, "groups", group=group)["group"] == group
    assert reading.focus_row(document, "broken") is None


def test_the_primary_inference(document):
    main, control = document["rows"][:2]
    assert (reading.primary(main), reading.primary_p(main)) == ("permutation", 0.372)
    assert reading.primary_interval(main) == (-0.0512, 0.0224)
    assert (reading.primary(control), reading.primary_p(control)) == ("asymptotic", control["p_value"])


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("kept", "Kept employment"),
        ("(Intercept)", "Constant"),
        ("exposed:year", "Exposed (Lima, 2017 on) × year"),
        ("year::2018:treated", "year = 2018 × treated"),
        ("unknown", "unknown"),
    ],
)
def test_labels_of_variables_and_terms(document, name, label):
    assert reading.label_of(document, name, "en") == label


def test_labels_of_models(document):
    document["models"]["event"]["title"] = {"en": "By year", "es": "Por año"}
    document["models"]["ols[y=kept]"] = {"base": "ols", "cell": {"y": "kept"}, "row": None}
    inherited = document["models"]["main[row=without_jungle]"]
    document["models"]["main"]["title"] = inherited["title"] = {"en": "Urban", "es": "Urbano"}
    document["models"]["main[row=drop_one:13]"] = {**inherited, "row": "drop_one:13"}
    labels = {name: reading.model_label(document, name, "en") for name in document["models"]}
    assert labels["event"] == "By year"
    assert labels["main"] == "Urban"
    assert labels["ols[y=kept]"] == "ols: Kept employment"
    assert labels["main[row=without_jungle]"] == "Without jungle"
    assert labels["main[row=drop_one:13]"] == "One unit left out at a time: 13"


def test_groups_in_words(document):
    assert reading.group_label(document, "sex=women;age_group=14-24", "es") == "Mujeres, 14-24"
    assert reading.group_label(document, None, "es") == "Todos"
    assert reading.pairs_of("a=1;b") == (("a", "1"), ("b", ""))


def test_observations_of_a_model_by_subgroup_are_those_of_everybody(document):
    assert reading.observations(document, "groups") == 36478
    document["rows"] = [row for row in document["rows"] if row["model"] != "groups" or row["group"]]
    assert reading.observations(document, "groups") is None


def test_event_positions():
    assert reading.event_position({"event_time": -2, "time": 2015}) == -2.0
    assert reading.event_position({"event_time": None, "time": "2015"}) == 2015.0
    assert reading.event_position({"event_time": None, "time": "early"}) is None


def test_unknown_verdicts_stay_as_they_are():
    assert reading.verdict_text("inconclusive", "es") == "no concluyente"
    assert reading.verdict_text("other", "es") == "other"
    assert reading.verdict_text(None, "es") == ""
