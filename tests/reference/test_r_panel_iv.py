"""Panel estimators against R's plm, two-stage least squares against AER, through specs on the data that ship.

The numbers are made by `make_r_panel_iv.R`, which stands beside this file. plm's robust variances carry no
factor (CR0, HC0 of the transformed rows), and its first differences have a constant unless told not to;
sandwich's HC1 of an instrumental fit has N/(N−K), its clusters each their own G/(G−1) and all dummies as
parameters.
"""

import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import impact as im

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "data"
NUMBERS = json.loads((HERE / "numbers" / "r_panel_iv.json").read_text(encoding="utf-8"))
INDEX = {"munnell": ("state", "yr"), "wagepan": ("nr", "year"), "crime4": ("county", "year")}
SANDWICH_CR1 = {"k": "full", "n": True, "g": "conventional"}


def listed(values):
    values = values if isinstance(values, list) else [values]
    return np.array([math.nan if value is None else value for value in values])


def variance_of(kind, unit):
    keyword, _, argument = kind.partition(":")
    if keyword in {"cr0", "cr1"}:
        by = [unit if name == "unit" else name for name in argument.split(",")]
        return {"cluster": by, "type": keyword, **({"ssc": SANDWICH_CR1} if keyword == "cr1" else {})}
    if keyword == "driscoll_kraay":
        return {"driscoll_kraay": {"lags": int(argument), "ssc": "none"}}
    return kind


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The state panel with logs, whole and with gaps, beside copies of the other files."""
    path = tmp_path_factory.mktemp("panels")
    m = pd.read_csv(DATA / "munnell.csv")
    m = m.assign(lg=np.log(m["gsp"]), lk=np.log(m["pc"]), lp=np.log(m["p_cap"]), le=np.log(m["emp"]))
    state = m["state"].rank(method="dense").astype(int)
    m.to_csv(path / "balanced.csv", index=False)
    m[(state * 5 + m["yr"]) % 9 != 0].to_csv(path / "gapped.csv", index=False)
    for name in ("wagepan", "crime4"):
        (path / f"{name}.csv").write_bytes((DATA / f"{name}.csv").read_bytes())
    return path


@cache
def document_of(folder, group, case):
    """One spec: the case's model with every variance that R gave."""
    entry = NUMBERS[group][case]
    unit, time = INDEX[entry["data"]]
    model = {"formula": entry["formula"]}
    if group == "panel":
        model |= {"estimator": "panel", "method": entry["method"]}
        model |= {"effects": entry["effects"]} if entry["method"] == "within" else {}
    if "weights" in entry:
        model["weights"] = entry["weights"]
    spec = {
        "spec": 1,
        "data": {"root": "here", "file": f"{entry.get('prepare') or entry['data']}.csv"},
        "panel": {"unit": unit, "time": time},
        "models": {f"m{j}": {**model, "vcov": variance_of(kind, unit)} for j, kind in enumerate(entry["se"])},
    }
    document = im.run(spec, out=None, roots={"here": folder}).document
    assert {name: facts["error"] for name, facts in document["models"].items() if facts["error"]} == {}
    return document


ALL = [
    (group, case, kind)
    for group in ("panel", "iv")
    for case in NUMBERS[group]
    for kind in NUMBERS[group][case]["se"]
]


@pytest.mark.parametrize(("group", "case", "kind"), ALL)
def test_coefficients_and_errors(folder, group, case, kind):
    entry = NUMBERS[group][case]
    document = document_of(folder, group, case)
    name = f"m{list(entry['se']).index(kind)}"
    rows = {row["term"]: row for row in document["rows"] if row["model"] == name}
    chosen = [rows[term] for term in entry["terms"]]
    np.testing.assert_allclose([row["estimate"] for row in chosen], listed(entry["coef"]), rtol=1e-8)
    np.testing.assert_allclose([row["std_error"] for row in chosen], listed(entry["se"][kind]), rtol=1e-6)


@pytest.mark.parametrize(
    ("group", "case"), [(group, case) for group in ("panel", "iv") for case in NUMBERS[group]]
)
def test_facts(folder, group, case):
    entry = NUMBERS[group][case]
    model = document_of(folder, group, case)["models"]["m0"]
    assert model["n_obs"] == entry["n"]
    shown = model["r2_within"] if entry.get("method") == "within" else model["r2"]
    assert shown == pytest.approx(entry["r2"], abs=1e-9)
    if "theta" in entry:
        assert model["extra"]["sigma_error"] == pytest.approx(entry["sigma"][0], rel=1e-8)
        assert model["extra"]["sigma_unit"] == pytest.approx(entry["sigma"][1], rel=1e-8)
        assert model["extra"]["theta"] == pytest.approx(entry["theta"], rel=1e-6)
    if group == "iv":
        assert model["extra"]["sigma"] == pytest.approx(entry["sigma"], rel=1e-9)
        # AER's weak-instrument statistic: classical F of the excluded instruments, one a first stage
        assert min(listed(entry["first_stage"])) == pytest.approx(model["extra"]["first_stage_f"], rel=1e-8)
