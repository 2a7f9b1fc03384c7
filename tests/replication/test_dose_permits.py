"""The dose by permit shares on the shipped cells: doses by hand, its stock from the national series, statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import impact
from impact.schema.shipped import shipped_folder

DATA = shipped_folder("data")
STOCK = {2015: 3768, 2016: 12136, 2017: 109783, 2018: 650000}
SHARES = {"02": 2.7, "04": 3.3, "13": 4.1}


@pytest.fixture(scope="module")
def document():
    spec = shipped_folder("specs") / "employment_dose_permits.yaml"
    return impact.run(spec, out=None, only=["zero", "population"]).document


def read(name):
    return pd.read_csv(DATA / name, dtype={"department_code": str})


@pytest.fixture(scope="module")
def doses():
    """Department × year, the rest at zero and by population, in plain Python."""
    people = (
        read("peru_population.csv").query("year == 2015").set_index("department_code")["population_persons"]
    )
    lima = people["15"] + people["07"]
    zero = {d: SHARES.get(d, 0) / 100 / people[d] for d in people.index}
    zero |= {"15": 0.85 / lima, "07": 0.85 / lima}
    others = [d for d in people.index if zero[d] == 0]
    rest = dict(zero)
    rest |= dict.fromkeys(others, 0.049 / people[others].sum())
    return {
        name: {(d, t): 100 * v * s for d, v in per_head.items() for t, s in STOCK.items()}
        for name, per_head in (("zero", zero), ("population", rest))
    }


def test_shares_and_stock_are_those_of_the_national_series():
    series = read("peru_national_series.csv")
    shares = read("peru_permit_shares.csv").drop_duplicates("issuing_city").set_index("issuing_city")
    for city, value in shares["permit_share_pct"].items():
        (printed,) = series.loc[series.series == f"ptp_issued_share_{city.lower()}", "value"]
        assert value == printed
    yearly = series[(series.series == "venezuelans_in_peru") & series.date.isna()].set_index("year")["value"]
    assert {int(year): yearly[year] for year in yearly.index} == STOCK


def test_who_has_a_dose(document, doses):
    found = document["constructed"]["exposure.dose_zero"]
    values = np.array(list(doses["zero"].values()))
    assert (found["cells"], found["share_sum_pct"]) == (100, pytest.approx(95.1))
    assert (found["mean"], found["sd"]) == (pytest.approx(values.mean()), pytest.approx(values.std(ddof=1)))
    assert found["max"] == pytest.approx(100 * 0.85 * 650000 / (9838251 + 1010315))


@pytest.mark.parametrize("name", ["zero", "population"])
def test_estimate_units_and_errors(document, doses, name):
    cells = read("peru_enaho_panel_cells.csv")
    cells = cells[(cells.age_group != "65+") & (cells.urban == 1) & cells.year.isin(list(STOCK))]
    cells = cells[cells.n_employed > 0]
    dose = [doses[name][d, t] for d, t in zip(cells.department_code, cells.year, strict=True)]
    dummies = pd.get_dummies(cells[["department_code", "year"]].astype(str), drop_first=True, dtype=float)
    x = np.column_stack([dose, np.ones(len(cells)), dummies])
    w = cells.n_employed.to_numpy(dtype=float)
    y = cells.n_kept / cells.n_employed
    own = sm.WLS(y, x, weights=w).fit()
    row = next(r for r in document["rows"] if r["model"] == name and r["term"] == f"dose_{name}")
    assert row["estimate"] == pytest.approx(np.asarray(own.params)[0], rel=1e-7)
    mean = np.average(dose, weights=w)
    spread = np.sqrt(np.sum(w * (np.array(dose) - mean) ** 2) / (w.sum() - 1))
    assert row["per_sd"] == pytest.approx(row["estimate"] * spread)
    outcome = cells.n_kept.sum() / cells.n_employed.sum()
    assert row["elasticity"] == pytest.approx(row["estimate"] * mean / outcome)
    assert row["elasticity_se"] == pytest.approx(row["std_error"] * mean / outcome)
    # the groups of each cell share a cluster, and persons of a cell share an error: CR1 by hand
    score = pd.DataFrame(x * (w * (y - x @ np.asarray(own.params)).to_numpy())[:, None])
    score = score.groupby(cells.department_code.to_numpy()).sum().to_numpy()
    bread = np.linalg.inv((x * w[:, None]).T @ x)
    factor = row["n_obs"] - 1
    k = 1 + 4
    vcov = bread @ score.T @ score @ bread * 25 / 24 * factor / (row["n_obs"] - k)
    assert row["std_error"] == pytest.approx(np.sqrt(vcov[0, 0]), rel=1e-6)


def test_the_verdict_is_by_permutation(document):
    for row in document["rows"]:
        if str(row["term"]).startswith("dose_"):
            assert row["primary"] == "permutation"
            assert row["verdict"] != "equivalent"
    bounds = [test for test in document["tests"] if test["test"] == "bound"]
    assert {test["details"]["basis"] for test in bounds} == {"permutation"}
