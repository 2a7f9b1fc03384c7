"""Several fits in one results document."""

from __future__ import annotations

import pytest

import impact
from impact.core.errors import SpecError
from impact.face.documents import document_of, part_of, titled_parts


def test_a_part_is_what_a_run_says(test_panel, tmp_path, monkeypatch):
    import pandas as pd

    pd.DataFrame(test_panel).to_csv(tmp_path / "panel.csv", index=False)
    monkeypatch.chdir(tmp_path)
    fit = impact.feols("y ~ D + z | i", test_panel, vcov={"cluster": "c"})
    study = impact.run(fit.to_spec("panel.csv"), out=None).document
    part = part_of(fit.result, fit.request)
    verdicts = ("verdict", "verdict_reason")
    wanted = [{key: value for key, value in row.items() if key not in verdicts} for row in study["rows"]]
    assert [dict(row) for row in part.rows] == wanted
    assert part.facts == study["models"]["fit"]
    assert {one["code"] for one in part.notices} == {one["code"] for one in study["notices"]}


def test_headings(test_panel):
    fit = impact.feols("y ~ D", test_panel)
    cs = [title for title, _ in titled_parts([fit, fit], function="etable")]
    assert cs == ["ols (1)", "ols (2)"]
    pairs = titled_parts({"Raw": fit, "Again": fit}, function="etable")
    assert [title for title, _ in pairs] == ["Raw", "Again"]
    document = document_of(pairs, {"D": "Treated"})
    assert list(document["models"]) == ["m1", "m2"]
    assert document["labels"]["D"] == {"en": "Treated", "es": "Treated"}
    assert [row["model"] for row in document["rows"]] == ["m1", "m1", "m2", "m2"]
    assert len(titled_parts(fit, function="etable")) == 1


@pytest.mark.parametrize("wrong", [5, None, [], "fit", {}, [object()]])
def test_what_is_no_fit(wrong):
    with pytest.raises(SpecError) as caught:
        titled_parts(wrong, function="etable")
    assert (caught.value.code, caught.value.where.file) == ("E698", "etable")
