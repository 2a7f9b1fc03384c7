"""New Jersey's minimum wage. Numbers: statsmodels on the authors' file; Card and Krueger (1994), tables 3 and 4."""

from __future__ import annotations

from pathlib import Path

import pytest

import impact.pipeline.street as street
import impact.plan as plan
from impact.core.errors import DataError

NAME = "replication_e2_card_krueger"
MEANS = {
    "pa_before": (23.331, 1.351, 77),
    "pa_after": (21.166, 0.943, 77),
    "nj_before": (20.439, 0.508, 321),
    "nj_after": (21.027, 0.520, 319),
    "pa_change": (-2.283, 1.253, 75),
    "nj_change": (0.467, 0.481, 309),
}
TABLE_4 = {
    "t4_i": ("state", 2.326, 1.192, 8.79),
    "t4_ii": ("state", 2.304, 1.196, 8.78),
    "t4_iii": ("gap", 15.653, 6.080, 8.76),
    "t4_iv": ("gap", 14.916, 6.205, 8.76),
}


@pytest.fixture
def result(replicate):
    return replicate(NAME, needs="card_krueger.csv")


@pytest.mark.parametrize("model", MEANS)
def test_means(result, model):
    mean, error, count = MEANS[model]
    assert result.pair(model, "Intercept") == pytest.approx((mean, error), abs=5.1e-4)
    assert result.document["models"][model]["n_obs"] == count


def test_differences_of_changes(result):
    assert result.pair("balanced", "state") == pytest.approx((2.750, 1.342), abs=5.1e-4)
    mean = {model: result.pair(model, "Intercept")[0] for model in MEANS}
    unbalanced = mean["nj_after"] - mean["nj_before"] - mean["pa_after"] + mean["pa_before"]
    assert unbalanced == pytest.approx(2.75361, abs=1e-4)
    assert result.document["claims"][0]["state"] == "agrees"


@pytest.mark.parametrize("model", TABLE_4)
def test_table_4(result, model):
    term, estimate, error, root = TABLE_4[model]
    assert result.pair(model, term) == pytest.approx((estimate, error), abs=5.1e-4)
    assert result.document["models"][model]["extra"]["sigma"] == pytest.approx(root, abs=5.1e-3)
    assert result.document["models"][model]["n_obs"] == 357


@pytest.mark.parametrize("table", ["table_3", "table_4"])
def test_published_cells(result, all_equal, table):
    all_equal(result, table)


@pytest.mark.parametrize("name", [NAME, "replication_e3_china_shock"])
def test_without_the_file_the_spec_says_where_to_get_it(name, tmp_path, monkeypatch):
    monkeypatch.delenv("IMPACT_ROOT_REPLICATION", raising=False)
    spec = f"specs/{name}.yaml"
    monkeypatch.chdir(Path(__file__).parents[2])
    for roots in (None, {"replication": tmp_path}):
        with pytest.raises(DataError) as caught:
            street.run_plan(plan.make_plan(spec, roots=roots))
        message = caught.value.faults[0].message
        assert caught.value.faults[0].code in ("E201", "E226")
        assert "data page" in message and "--root replication=FOLDER" in message
