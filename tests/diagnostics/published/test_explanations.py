"""A planted difference of each kind is found, with the number it gives."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from impact.diagnostics.published.compare import compare_published
from impact.schema.published import PublishedBlock

N, K, G, UNITS, YEARS = 550.0, 12.0, 50, 50, 11
BARE = 0.0321  # the error before any factor
FACTORS = {"(N-1)/(N-K)": (N - 1) / (N - K), "G/(G-1)": G / (G - 1)}
TOTAL = math.prod(FACTORS.values())


def document(**changes):
    error = BARE * math.sqrt(TOTAL)
    row = {
        "model": "m",
        "group": None,
        "term": "x",
        "estimate": 0.0531,
        "std_error": error,
        "statistic": 0.0531 / error,
        "df": G - 1.0,
        "p_value": float(2 * stats.t.sf(0.0531 / error, G - 1)),
        "level": 0.95,
        "n_obs": N,
        "ci_low": 0.0531 - stats.t.ppf(0.975, G - 1) * error,
        "ci_high": 0.0531 + stats.t.ppf(0.975, G - 1) * error,
        "std_error_cr3": 0.0399,
        **changes,
    }
    model = {
        "status": "ok",
        "n_obs": N,
        "n_clusters": {"sid": G},
        "n_units": UNITS,
        "absorbed": {"sid": UNITS, "year": YEARS},
        "vcov": {"kind": "cluster", "k": K, "factors": FACTORS},
        "r2": 0.93,
        "r2_within": 0.12,
        "steps": [{"name": "singletons", "dropped": 10}, {"name": "missing y", "dropped": 3}],
        "extra": {"rmse": 0.0777},
    }
    return {"models": {"m": model}, "rows": [row], "tests": []}


def explained(stat, value, term="x", **changes):
    cell = {"model": "m", "term": term, "stat": stat, "value": f"{value:.5g}"}
    source = {"text": "s", "evidence": "table"}
    found = compare_published({"t": PublishedBlock(source=source, also=[cell])}, document(**changes))[0]
    assert found["verdict"] in {"differs", "close"}
    first: dict = {}
    for one in found["explanations"]:  # those that agree come first; a name may be tried with several numbers
        first.setdefault(one["name"], one)
    return first


K_FULL = 1 + UNITS + YEARS - 1


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("factor_none", 1.0),
        ("factor_g", G / (G - 1)),
        ("factor_n1_k", (N - 1) / (N - K)),
        ("factor_n_k", N / (N - K)),
        ("factor_g_n_k", G / (G - 1) * N / (N - K)),
        ("factor_g_n1_kfull", G / (G - 1) * (N - 1) / (N - K_FULL)),
        ("factor_n_kfull", N / (N - K_FULL)),
        ("factor_g_n1_kterms", G / (G - 1) * (N - 1) / (N - 1)),
    ],
)
def test_small_sample_factors(name, factor):
    attempts = explained("se", BARE * math.sqrt(factor))
    if name == "factor_g_n1_kterms":  # with one regressor it is G/(G−1) alone
        name = "factor_g"
    assert attempts[name]["agrees"]
    assert attempts[name]["value"] == pytest.approx(BARE * math.sqrt(factor))
    assert not attempts["population_sd"]["agrees"]


def test_factors_reach_the_t_statistic_and_the_interval():
    assert explained("t", 0.0531 / BARE)["factor_none"]["agrees"]
    half = stats.t.ppf(0.975, G - 1) * BARE
    assert explained("ci_low", 0.0531 - half)["factor_none"]["agrees"]
    assert explained("ci_high", 0.0531 + half)["factor_none"]["agrees"]


def test_other_error():
    assert explained("se", 0.0399)["error_cr3"]["agrees"]


def test_population_standard_deviation():
    error = BARE * math.sqrt(TOTAL)
    found = explained("se", error * math.sqrt((N - 1) / N) * 1.0, std_error=error)
    assert found["population_sd"]["agrees"]
    rmse = explained("rmse", 0.0777 * math.sqrt(N / (N - K)), term="")
    assert rmse["rmse_df"]["agrees"] or any(one["agrees"] for name, one in rmse.items() if name == "rmse_df")


def test_probabilities():
    t = document()["rows"][0]["statistic"]
    p = document()["rows"][0]["p_value"]
    assert explained("p", p / 2)["one_sided"]["agrees"]
    assert explained("p", 1 - p / 2)["one_sided_other"]["agrees"]
    assert explained("p", 2 * stats.norm.sf(t))["normal"]["agrees"]
    assert explained("p", stats.norm.sf(t))["normal_one_sided"]["agrees"]
    assert explained("p", 2 * stats.t.sf(t, N - K))["df"]["value"] == pytest.approx(2 * stats.t.sf(t, N - K))


def test_intervals():
    error = document()["rows"][0]["std_error"]
    assert explained("ci_low", 0.0531 - stats.norm.ppf(0.975) * error)["normal"]["agrees"]
    assert explained("ci_high", 0.0531 + stats.norm.ppf(0.95) * error)["level"]["agrees"]


@pytest.mark.parametrize("scale", [100, 0.01, 1000, 0.001])
def test_scale(scale):
    attempts = explained("estimate", 0.0531 * scale)
    assert attempts["scale"]["agrees"] and attempts["scale"]["value"] == pytest.approx(0.0531 * scale)
    assert f"{scale:g}" in attempts["scale"]["text"]["en"]


def test_logarithms_and_sign():
    assert explained("estimate", 0.0531 / math.log(10))["log10_outcome"]["agrees"]
    assert explained("estimate", 0.0531 * math.log(10))["log10_regressor"]["agrees"]
    assert explained("estimate", -0.0531)["sign"]["agrees"]


def test_sample():
    assert explained("n", 553, term="")["kept_step"]["agrees"]
    assert explained("n", 563, term="")["kept_steps"]["agrees"]
    assert explained("n", 50, term="")["n_units"]["agrees"]
    source = {"text": "s", "evidence": "table"}
    also = [
        {"model": "m", "term": "x", "stat": "estimate", "value": "0.0999"},
        {"model": "m", "stat": "n", "value": 600},
    ]
    found = compare_published({"t": PublishedBlock(source=source, also=also)}, document())
    assert "600" in next(one for one in found[0]["explanations"] if one["name"] == "sample")["text"]["en"]


def test_fit():
    assert explained("r2", 0.12, term="")["r2_within"]["agrees"]
    adjusted = 1 - (1 - 0.93) * (N - 1) / (N - K)
    assert any(one["agrees"] for one in explained("r2", adjusted, term="").values())


def test_every_attempt_has_its_number_and_words_and_the_right_ones_come_first():
    cell = {"model": "m", "term": "x", "stat": "se", "value": f"{BARE:.4f}"}
    found = compare_published(
        {"t": PublishedBlock(source={"text": "s", "evidence": "table"}, also=[cell])}, document()
    )
    attempts = found[0]["explanations"]
    assert len(attempts) > 8
    assert attempts[0]["agrees"]
    for one in attempts:
        assert math.isfinite(one["value"]) and "{" not in one["text"]["en"] + one["text"]["es"]


def test_equal_cells_are_not_explained():
    cell = {"model": "m", "term": "x", "stat": "estimate", "value": "0.053"}
    found = compare_published(
        {"t": PublishedBlock(source={"text": "s", "evidence": "table"}, also=[cell])}, document()
    )
    assert found[0]["explanations"] == []
