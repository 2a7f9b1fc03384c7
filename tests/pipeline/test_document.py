"""The results document: the fields of its contract, plain finite data, and a checksum of what the spec means."""

from __future__ import annotations

import json
import math

import pytest

from impact.core.texts import notice
from impact.pipeline.document import notice_entry, spec_sha256
from impact.pipeline.study import StudyOptions, run_study
from impact.plan import make_plan

ROW = [
    "model", "group", "estimator", "term", "kind", "cohort", "time", "event_time", "estimate", "std_error", "statistic",
    "df", "p_value", "ci_low", "ci_high", "band_low", "band_high", "level", "n_obs",
]  # fmt: skip
MODEL = {
    "estimator", "status", "outcome", "sample", "n_obs", "n_units", "n_clusters", "n_treated_clusters", "vcov",
    "absorbed", "dropped_terms", "r2", "r2_within", "weights", "converged", "warnings", "error", "extra",
}  # fmt: skip
TEST = {
    "test",
    "kind",
    "of",
    "term",
    "statistic",
    "df",
    "df2",
    "p_value",
    "ci_low",
    "ci_high",
    "verdict",
    "sentence",
    "details",
}
CELL = {
    "table", "model", "term", "stat", "published", "printed", "ours", "difference", "tolerance", "match", "verdict",
    "evidence", "source",
}  # fmt: skip


def test_the_top(document):
    assert document["schema"] == "impact-results-1"
    wanted = {
        "study",
        "impact",
        "spec_sha256",
        "domain",
        "seed",
        "samples",
        "models",
        "rows",
        "tests",
        "published",
        "claims",
    }
    assert wanted <= set(document)
    assert document["study"] == "small"


def test_fields_stand_in_the_order_of_the_contract(document):
    for row in document["rows"]:
        assert [name for name in row if name in ROW] == ROW
        assert "n_treated" in row


def test_every_part_has_its_fields(document):
    assert all(set(facts) >= MODEL for facts in document["models"].values())
    assert all(set(line) >= TEST for line in document["tests"])
    assert document["published"]
    assert all(set(cell) >= CELL for cell in document["published"])
    assert all(
        set(claim) >= {"claim", "text", "state", "detail", "evidence", "source"}
        for claim in document["claims"]
    )


def test_plain_finite_data(document):
    json.dumps(document, allow_nan=False)
    for row in document["rows"]:
        assert all(not isinstance(value, float) or math.isfinite(value) for value in row.values())


def test_the_sample_is_accounted_for(document):
    sample = document["samples"]["main"]
    assert sample["read"] - sum(step["dropped"] for step in sample["steps"]) == sample["used"] == 72
    for facts in document["models"].values():
        assert facts["n_obs"] == pytest.approx(72 - sum(step["dropped"] for step in facts["steps"]), abs=84)


def test_verdicts_stand_at_the_terms_of_interest(document):
    for row in document["rows"]:
        focus = document["models"][row["model"]]["focus"]
        assert (row.get("verdict") is not None) == (row["term"] in focus)
    (main,) = (r for r in document["rows"] if r["model"] == "main" and r["term"] == "exposed")
    assert main["p_permutation"] == pytest.approx(1 / 220)
    assert main["verdict"] == "effect"


def test_published_and_claims_are_judged(document):
    (cell,) = document["published"]
    assert (cell["printed"], cell["published"]) == ("1.50", 1.5)
    assert cell["difference"] == pytest.approx(cell["ours"] - 1.5)
    assert document["claims"][0]["state"] == "agrees"


def test_the_checksum_is_of_the_meaning(folder):
    file = folder / "small.yaml"
    text = file.read_text(encoding="utf-8")
    first = spec_sha256(make_plan(str(file)))
    file.write_text("# a remark\n" + text, encoding="utf-8")
    assert spec_sha256(make_plan(str(file))) == first
    file.write_text(text.replace("seed: 3", "seed: 4"), encoding="utf-8")
    assert spec_sha256(make_plan(str(file))) != first


def test_notices_speak_both_languages():
    entry = notice_entry(notice("W501", of="main", count=3))
    assert (entry["code"], entry["of"]) == ("W501", "main")
    assert entry["message"]["en"] != entry["message"]["es"]
    assert all("3" in message for message in entry["message"].values())


def test_rows_of_an_interacted_model_count_their_own_group(folder):
    text = (folder / "small.yaml").read_text(encoding="utf-8")
    by = '  groups: {formula: "y ~ exposed | unit + year", by: half, permute: null'
    extra = f"{by}, margins: [all]}}\n{by.replace('groups', 'joint')}, margins: [all], by_mode: interact}}\n"
    text = text.replace(by + "}\n", extra)
    (folder / "small.yaml").write_text(text, encoding="utf-8")
    found = run_study(str(folder / "small.yaml"), StudyOptions(out=None)).document
    rows = {
        (row["model"], row["group"]): [
            row[name] for name in ("n_obs", "n_treated", "share", "mean_outcome", "verdict")
        ]
        for row in found["rows"]
        if row["model"] in ("groups", "joint")
    }
    groups = {group for _, group in rows}
    assert len(groups) == 3 and None in groups
    for group in groups:
        assert rows["joint", group] == pytest.approx(rows["groups", group])
        assert all(isinstance(value, int) for value in rows["joint", group][:2])
    # twelve treated rows and fewer: too thin for a verdict, in both forms
    assert "W514" in found["models"]["joint"]["warnings"]
    told = [
        item["message"]["en"] for item in found["notices"] if (item["code"], item["of"]) == ("W514", "joint")
    ]
    assert len(told) == 1 and told[0].startswith("3 subgroups") and "All" in told[0]
    assert {values[4] for key, values in rows.items() if key[1]} == {"inconclusive"}


def test_a_text_inside_a_notice_has_its_own_language():
    words = {"variance": "clustered by id", "variance_es": "agrupado por id"}
    message = notice_entry(notice("W519", of="m", **words))["message"]
    assert "clustered by id" in message["en"] and "agrupado por id" in message["es"]
    assert "clustered" not in message["es"]
