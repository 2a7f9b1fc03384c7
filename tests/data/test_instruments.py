"""Constructed instruments: every form of shares, shocks and distances against sums written out row by row."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

import impact as im
from impact.core.errors import DataError, ImpactError

UNITS, YEARS, SECTORS = ("a", "b", "c", "d"), (2000, 2010, 2020), ("food", "steel")
rng = np.random.default_rng(12)
MAIN = [
    {"unit": u, "year": t, "y": float(rng.normal()), "m": float(rng.normal()), "lat": float(k), "lon": -77.0}
    for k, u in enumerate(UNITS)
    for t in YEARS
]
SHARES = [
    {"unit": u, "sector": s, "year": t, "share": float(v)}
    for u in UNITS
    for t in (1990, *YEARS)
    for s, v in zip(SECTORS, rng.dirichlet([2.0, 3.0]), strict=True)
]
SHOCKS = [{"sector": s, "year": t, "shock": float(rng.normal())} for s in SECTORS for t in YEARS]
OWN = [
    {"unit": u, "sector": s, "year": t, "shock": float(rng.normal()), "size": float(rng.uniform(1, 5))}
    for u in UNITS
    for s in SECTORS
    for t in YEARS
]
BLOCK = {
    "kind": "shift_share",
    "shares": "shares",
    "shocks": "shocks",
    "unit": "unit",
    "sector": "sector",
    "time": "year",
    "base": 1990,
}


def write(folder, name, rows):
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def built(tmp_path):
    """The results of a regression on z, by the block of z and the rows of the files."""

    def make(block, *, main=MAIN, shares=SHARES, shocks=SHOCKS, derive=None, formula="y ~ m + z"):
        for name, rows in (("main", main), ("shares", shares), ("shocks", shocks)):
            write(tmp_path, name, rows)
        spec = {
            "spec": 1,
            "data": {name: {"root": "here", "file": f"{name}.csv"} for name in ("main", "shares", "shocks")},
            "derive": derive or {},
            "instruments": {"z": block},
            "models": {"m": {"formula": formula, "vcov": "hc1"}},
        }
        return im.run(spec, out=None, roots={"here": tmp_path}).document

    return make


def expected(weights, shocks):
    """Σ_s of two functions of (unit, year, sector) over the rows of main."""
    return [
        sum(weights(r["unit"], r["year"], s) * shocks(r["unit"], r["year"], s) for s in SECTORS) for r in MAIN
    ]


def share(u, t, s):
    return next(r["share"] for r in SHARES if (r["unit"], r["year"], r["sector"]) == (u, t, s))


def shock(u, t, s):
    return next(r["shock"] for r in SHOCKS if (r["year"], r["sector"]) == (t, s))


def coefficient(document):
    return next(row["estimate"] for row in document["rows"] if row["term"] == "z")


def by_hand(z, keep=None):
    """The coefficient of z in y on a constant, m and z."""
    data = pd.DataFrame(MAIN).assign(z=z)
    data = data if keep is None else data[keep]
    x = np.column_stack([np.ones(len(data)), data["m"], data["z"]])
    return np.linalg.lstsq(x, data["y"], rcond=None)[0][2]


def test_shares_of_a_base_year(built):
    z = expected(lambda u, t, s: share(u, 1990, s), shock)
    assert coefficient(built(BLOCK)) == pytest.approx(by_hand(z), rel=1e-10)


def test_lagged_shares(built):
    block = {**BLOCK, "base": None, "lag": 10}
    z = expected(lambda u, t, s: share(u, t - 10, s), shock)
    assert coefficient(built(block)) == pytest.approx(by_hand(z), rel=1e-10)


def test_shocks_without_time(built):
    fixed = [row for row in SHOCKS if row["year"] == 2010]
    once = [row for row in SHARES if row["year"] == 1990]
    block = {name: BLOCK[name] for name in ("kind", "shares", "shocks", "unit", "sector")}
    z = expected(lambda u, t, s: share(u, 1990, s), lambda u, t, s: shock(u, 2010, s))
    document = built(block, shares=once, shocks=fixed)
    assert coefficient(document) == pytest.approx(by_hand(z), rel=1e-10)


@pytest.mark.parametrize("weight", [None, "size"])
def test_leave_out_own(built, weight):
    """Each unit gets the shocks of all others: their sum, or their mean by size."""

    def others(u, t, s):
        rows = [r for r in OWN if (r["year"], r["sector"]) == (t, s) and r["unit"] != u]
        sizes = [r["size"] if weight else 1.0 for r in rows]
        total = sum(size * r["shock"] for size, r in zip(sizes, rows, strict=True))
        return total / sum(sizes) if weight else total

    block = {**BLOCK, "leave_out": "own", "weight": weight}
    z = expected(lambda u, t, s: share(u, 1990, s), others)
    assert coefficient(built(block, shocks=OWN)) == pytest.approx(by_hand(z), rel=1e-10)


def test_columns_of_main(built):
    derive = {"w1": "0.25 + 0.1 * lat", "w2": "1 - w1", "g1": "year / 1000", "g2": "log(year)"}
    block = {
        "kind": "shift_share",
        "shares": {"food": "w1", "steel": "w2"},
        "shocks": {"food": "g1", "steel": "g2"},
        "time": "year",
    }
    z = [
        (0.25 + 0.1 * r["lat"]) * r["year"] / 1000 + (0.75 - 0.1 * r["lat"]) * np.log(r["year"]) for r in MAIN
    ]
    document = built(block, derive=derive)
    assert coefficient(document) == pytest.approx(by_hand(z), rel=1e-9)
    assert not [one for one in document["notices"] if one["code"] == "W449"]


def test_units_without_shares_are_missing_and_counted(built):
    fewer = [row for row in SHARES if row["unit"] != "d"]
    document = built(BLOCK, shares=fewer)
    z = expected(lambda u, t, s: 0.0 if u == "d" else share(u, 1990, s), shock)
    assert coefficient(document) == pytest.approx(by_hand(z, keep=lambda d: d["unit"] != "d"), rel=1e-10)
    assert document["models"]["m"]["n_obs"] == 9
    told = next(one for one in document["notices"] if one["code"] == "W448")
    assert "3 rows" in told["message"]["en"]


def test_a_sector_without_a_shock_is_missing(built):
    fewer = [row for row in SHOCKS if (row["sector"], row["year"]) != ("steel", 2020)]
    assert built(BLOCK, shocks=fewer)["models"]["m"]["n_obs"] == 8


def test_the_sum_of_the_shares_is_a_column(built):
    """A sector left out: the shares sum to less than one, which is said, and their sum can be a control."""
    fewer = [row for row in SHARES if row["sector"] == "food"]
    twice = [{**row, "sector": "other", "share": row["share"] / 2} for row in fewer]
    shocks = [*SHOCKS, *({**row, "sector": "other"} for row in SHOCKS if row["sector"] == "steel")]
    document = built(BLOCK, shares=[*fewer, *twice], shocks=shocks, formula="y ~ m + z + z_shares")
    told = next(one for one in document["notices"] if one["code"] == "W449")
    assert "z_shares" in told["message"]["en"]
    sums = [1.5 * share(r["unit"], 1990, "food") for r in MAIN]
    z = [
        share(r["unit"], 1990, "food")
        * (shock(r["unit"], r["year"], "food") + shock(r["unit"], r["year"], "steel") / 2)
        for r in MAIN
    ]
    data = pd.DataFrame(MAIN)
    x = np.column_stack([np.ones(len(data)), data["m"], z, sums])
    assert coefficient(document) == pytest.approx(np.linalg.lstsq(x, data["y"], rcond=None)[0][2], rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "files", "words"),
    [
        ({"base": None}, {}, "several rows for one sector"),
        ({"base": 1950}, {}, "no share is of year 1950"),
        ({"share": "none"}, {}, "no column 'none'"),
        ({"share": "sector"}, {}, "holds no numbers"),
        ({}, {"shocks": [*SHOCKS, SHOCKS[0]]}, "several rows for one sector"),
        ({}, {"shocks": [{**row, "sector": "x"} for row in SHOCKS]}, "is one of those with shares"),
        ({}, {"shocks": [{**row, "year": f"y{row['year']}"} for row in SHOCKS]}, "different kinds"),
        (
            {"leave_out": "own"},
            {"shocks": [{**row, "unit": ord(row["unit"])} for row in OWN]},
            "keys of main and of the shocks are of different kinds",
        ),
        (
            {"leave_out": "own"},
            {"shocks": [{**row, "year": f"y{row['year']}"} for row in OWN]},
            "keys of main and of the shocks are of different kinds",
        ),
        (
            {"base": None, "lag": 10},
            {"main": [{**row, "year": f"y{row['year']}"} for row in MAIN]},
            "'year' of main holds no numbers",
        ),
    ],
)
def test_files_that_do_not_fit_are_refused(built, changes, files, words):
    with pytest.raises(DataError, match="E248") as caught:
        built({**BLOCK, **changes}, **files)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lag": 10}, "exclude each other"),
        ({"unit": None}, "need `unit` and `sector`"),
        ({"time": None}, "they need `time`"),
        ({"weight": "size"}, "belongs to `leave_out: own`"),
        ({"shares": {"food": "m"}, "base": None, "shocks": {"steel": "m"}}, "different sectors"),
    ],
)
def test_blocks_that_do_not_fit_are_refused(built, changes, words):
    with pytest.raises(ImpactError, match="E196") as caught:
        built({**BLOCK, **changes})
    assert words in str(caught.value)


def test_unknown_columns_and_keys_are_named(built):
    with pytest.raises(ImpactError, match="E514"):
        built({**BLOCK, "time": "yaer"})
    with pytest.raises(ImpactError, match="colour"):
        built({**BLOCK, "colour": "red"})
    with pytest.raises(ImpactError, match="E105") as caught:
        built({**BLOCK, "kind": "shift_shar"})
    (found,) = caught.value.faults
    assert (found.suggestion, found.place.path) == ("shift_share", "instruments.z.kind")
    with pytest.raises(ImpactError, match=r"E103.*kind"):
        built({name: value for name, value in BLOCK.items() if name != "kind"})


def test_files_named_by_their_path(tmp_path):
    for name, rows in (("main", MAIN), ("shares", SHARES), ("shocks", SHOCKS)):
        write(tmp_path, name, rows)
    (tmp_path / "study.yaml").write_text(
        "spec: 1\ndata: main.csv\ninstruments:\n"
        "  z: {kind: shift_share, shares: shares.csv, shocks: shocks.csv, unit: unit, sector: sector,\n"
        "      time: year, base: 1990}\n"
        "model: y ~ m + z\nvcov: hc1\n",
        encoding="utf-8",
    )
    document = im.run(tmp_path / "study.yaml", out=None).document
    z = expected(lambda u, t, s: share(u, 1990, s), shock)
    assert coefficient(document) == pytest.approx(by_hand(z), rel=1e-10)
    assert document["data"]["z.shares"]["sha256"] and document["data"]["z.shocks"]["rows"] == 6


@pytest.mark.parametrize(
    ("form", "function"), [("km", lambda d: d), ("log", np.log), ("inverse", lambda d: 1 / d)]
)
def test_distance_to_the_nearest_place(built, form, function):
    """Along a meridian a degree is π/180 of the radius, 6,376 km; the nearest of two places counts."""
    places = {"south": [-1.0, -77.0], "north": [6.0, -77.0]}
    block = {"kind": "distance", "lat": "lat", "lon": "lon", "to": places, "form": form}
    degrees = np.array([min(abs(r["lat"] + 1), abs(r["lat"] - 6)) for r in MAIN])
    z = function(degrees * np.pi / 180 * 6376)
    assert coefficient(built(block)) == pytest.approx(by_hand(z), rel=1e-9)


def test_distance_zero_has_no_logarithm(built):
    block = {"kind": "distance", "lat": "lat", "lon": "lon", "to": {"here": [0.0, -77.0]}, "form": "log"}
    assert built(block)["models"]["m"]["n_obs"] == 9


def test_places_off_the_globe_are_refused(built):
    block = {"kind": "distance", "lat": "lat", "lon": "lon", "to": {"lima": [-77.0, -212.0]}}
    with pytest.raises(ImpactError, match="E196"):
        built(block)
