"""Decompositions against Stata's numbers on a public data set, statsmodels, identities, and the jackknife."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.datasets import ccard
from statsmodels.stats.oaxaca import OaxacaBlinder

from impact.core.errors import DesignError
from impact.pipeline.fit import design_of, fit_design

FORMULA = "AVGEXP ~ AGE + INCOME + INCOMESQ"


@pytest.fixture(scope="module")
def cards():
    return {name: column.to_numpy(dtype=float) for name, column in ccard.load_pandas().data.items()}


@pytest.fixture(scope="module")
def people():
    """Two groups with different regressors, coefficients and shares of three regions."""
    random = np.random.default_rng(11)
    n = 400
    woman = (random.random(n) < 0.4).astype(float)
    region = np.where(random.random(n) < 0.3 + 0.3 * woman, 1.0, np.where(random.random(n) < 0.5, 2.0, 3.0))
    educ = 10 + 2 * random.standard_normal(n) + woman
    noise = random.standard_normal(n) * (0.5 + 0.02 * educ)
    wage = 1 + (0.1 - 0.03 * woman) * educ + 0.2 * (region == 2) - 0.1 * woman * (region == 3) + noise
    sex = np.where(woman == 1, "woman", "man").astype(object)
    return {"wage": wage, "educ": educ, "region": region, "sex": sex, "w": 0.5 + random.random(n)}


@pytest.fixture(scope="module")
def fitted(as_frame, request_of):
    def make(columns, formula="wage ~ educ + i(region)", **block):
        block = {"group": "sex", "vcov": "hc1", **block}
        request = request_of(formula, estimator="oaxaca", **block)
        found = fit_design(design_of(as_frame(columns), request), request, None, 3)
        names = [term.name for term in found.estimate.terms]
        return dict(zip(names, found.estimate.params, strict=True)), dict(
            zip(names, found.inference.std_error, strict=True)
        )

    return make


def test_stata_numbers(fitted, cards):
    """Stata 14, oaxaca avgexp age income incomesq, by(ownrent), as in the tests of statsmodels."""
    found, _ = fitted(cards, FORMULA, group="OWNRENT", first=1, decomposition="threefold")
    numbers = [found[name] for name in ("difference", "endowments", "coefficients", "interaction")]
    assert numbers == pytest.approx([158.7504, 321.7482, 75.45371, -238.4515], abs=5e-4)
    found, _ = fitted(cards, FORMULA, group="OWNRENT", first=0, decomposition="threefold")
    numbers = [found[name] for name in ("difference", "endowments", "coefficients", "interaction")]
    assert numbers == pytest.approx([-158.7504, -83.29674, 162.9978, -238.4515], abs=5e-4)
    found, _ = fitted(cards, FORMULA, group="OWNRENT", first=1)
    assert [found[n] for n in ("explained", "unexplained")] == pytest.approx([130.8095, 27.94091], abs=5e-4)


@pytest.mark.parametrize(
    ("reference", "kind"),
    [("pooled", "pooled"), ("reimers", "reimers")],
)
def test_statsmodels_references(fitted, cards, reference, kind):
    x = np.column_stack([cards[name] for name in ("AGE", "INCOME", "INCOMESQ", "OWNRENT")])
    peer = OaxacaBlinder(cards["AVGEXP"], x, 3, hasconst=False).two_fold(two_fold_type=kind).params
    found, _ = fitted(cards, FORMULA, group="OWNRENT", first=1, reference=reference)
    assert [found["unexplained"], found["explained"]] == pytest.approx(peer[:2], rel=1e-9)


def test_neumark_from_its_definition(fitted, cards):
    """One regression of everybody without a dummy of the group (statsmodels 0.15 keeps the dummy)."""
    x = np.column_stack(
        [np.ones(len(cards["AGE"])), *(cards[name] for name in ("AGE", "INCOME", "INCOMESQ"))]
    )
    owner = cards["OWNRENT"] == 1
    beta = np.linalg.lstsq(x, cards["AVGEXP"], rcond=None)[0]
    found, _ = fitted(cards, FORMULA, group="OWNRENT", first=1, reference="neumark")
    assert found["explained"] == pytest.approx((x[owner].mean(axis=0) - x[~owner].mean(axis=0)) @ beta)


def test_cotton_from_its_definition(fitted, cards):
    """Each group's coefficients by its own share (Cotton 1988; R oaxaca; statsmodels 0.15 exchanges the shares)."""
    share = np.mean(cards["OWNRENT"])
    one, _ = fitted(cards, FORMULA, group="OWNRENT", first=1, reference="cotton")
    other, _ = fitted(cards, FORMULA, group="OWNRENT", first=1, reference=float(share))
    assert one == pytest.approx(other)


@pytest.mark.parametrize(("reference", "other"), [("a", 1.0), ("b", 0.0), ("reimers", 0.5)])
def test_names_of_weights(fitted, people, reference, other):
    one, one_error = fitted(people, reference=reference)
    two, two_error = fitted(people, reference=other)
    assert list(one.values()) == pytest.approx(list(two.values()))
    assert list(one_error.values()) == pytest.approx(list(two_error.values()))


@pytest.mark.parametrize("reference", ["pooled", "neumark", "cotton", 0.3])
def test_parts_add_up(fitted, people, reference):
    found, _ = fitted(people, reference=reference, detail="terms", normalize="region")
    assert found["difference"] == pytest.approx(found["explained"] + found["unexplained"])
    assert found["difference"] == pytest.approx(found["mean[man]"] - found["mean[woman]"])
    for part in ("explained", "unexplained"):
        shares = [value for name, value in found.items() if name.startswith(f"{part}[")]
        assert len(shares) == (4 if part == "explained" else 5)
        assert sum(shares) == pytest.approx(found[part])
    by_variable, _ = fitted(people, reference=reference, normalize="region")
    total = sum(found[f"explained[region::{level}]"] for level in (1, 2, 3))
    assert by_variable["explained[region]"] == pytest.approx(total)


def test_normalised_shares_have_no_base(fitted, people):
    """The same whatever the base; without it they are not (Yun 2005)."""
    bases = [fitted(people, f"wage ~ educ + i(region, ref={base})", normalize="region") for base in (1, 3)]
    assert bases[0][0] == pytest.approx(bases[1][0])
    assert bases[0][1] == pytest.approx(bases[1][1])
    plain = [fitted(people, f"wage ~ educ + i(region, ref={base})")[0] for base in (1, 3)]
    assert plain[0]["unexplained[region]"] != pytest.approx(plain[1]["unexplained[region]"], rel=0.01)


def test_normalised_coefficients_from_the_definition(fitted, people):
    """Group A's own: endowments by the coefficients of A less their mean over the three regions."""
    found, _ = fitted(people, reference="a", normalize="region", detail="terms")
    man = people["sex"] == "man"
    x = np.column_stack([np.ones(400), people["educ"], people["region"] == 2, people["region"] == 3])
    beta = np.linalg.lstsq(x[man], people["wage"][man], rcond=None)[0]
    prices = np.array([0.0, beta[2], beta[3]]) - (beta[2] + beta[3]) / 3
    for level, price in zip((1, 2, 3), prices, strict=True):
        shares = [np.mean(people["region"][group] == level) for group in (man, ~man)]
        assert found[f"explained[region::{level}]"] == pytest.approx((shares[0] - shares[1]) * price)


@pytest.mark.parametrize(
    "block",
    [
        {"reference": "pooled"}, {"reference": "neumark"}, {"reference": "cotton"},
        {"decomposition": "threefold"}, {"reference": "a", "weights": "w", "normalize": "region"},
    ],
)  # fmt: skip
def test_errors_are_those_of_the_jackknife(fitted, people, block):
    """Random regressors, coefficients and shares together: the delete-one jackknife takes none of them as given."""
    _, errors = fitted(people, **block)
    left = []
    for row in range(400):
        kept = np.arange(400) != row
        left.append(
            list(fitted({name: column[kept] for name, column in people.items()}, **block)[0].values())
        )
    left = np.array(left)
    jackknife = np.sqrt(399 / 400 * np.sum((left - left.mean(axis=0)) ** 2, axis=0))
    assert list(errors.values()) == pytest.approx(jackknife.tolist(), rel=0.06)


def test_errors_hold_more_than_those_of_coefficients(fitted, people):
    """Jann's conventional formula with fixed shares: x'V(b)x + b'V(x)b of the groups' means, here for the means."""
    _, errors = fitted(people)
    for sex in ("man", "woman"):
        wage = people["wage"][people["sex"] == sex]
        assert errors[f"mean[{sex}]"] == pytest.approx(np.std(wage) / np.sqrt(len(wage)))


def test_clusters(fitted, people):
    doubled = {name: np.concatenate([column, column]) for name, column in people.items()}
    doubled["id"] = np.concatenate([np.arange(400.0)] * 2)
    one, error = fitted(people)
    two, clustered = fitted(doubled, vcov={"cluster": "id"})
    assert one == pytest.approx(two)
    assert error == pytest.approx(clustered)


def test_missing_groups_are_dropped(fitted, people, as_frame, request_of):
    columns = {**people, "sex": people["sex"].copy()}
    columns["sex"][:7] = None
    request = request_of("wage ~ educ", estimator="oaxaca", group="sex")
    design = design_of(as_frame(columns), request)
    assert len(design.y) == 393
    assert [(step.name, step.dropped) for step in design.sample.steps] == [("sex", 7)]


@pytest.mark.parametrize(
    ("code", "block", "formula"),
    [
        ("E650", {"weights": {"region": "frequency"}}, None), ("E650", {}, "wage ~ educ | region"),
        ("E650", {"decomposition": "threefold", "reference": "a"}, None), ("E650", {}, "wage ~ 0 + educ"),
        ("E651", {"group": "region"}, None), ("E651", {}, "wage ~ educ + own"),
        ("E652", {"group": ""}, None), ("E652", {"first": "boy"}, None),
        ("E652", {"normalize": "educ"}, None),
    ],
)  # fmt: skip
def test_refusals(fitted, people, code, block, formula):
    columns = {**people, "own": people["w"] * (people["sex"] == "man")}
    with pytest.raises(DesignError) as error:
        fitted(columns, formula or "wage ~ educ + i(region)", **block)
    assert error.value.faults[0].code == code


@pytest.mark.parametrize("step", [1.0, 0.25])
def test_groups_with_long_numbers_keep_their_names(fitted, cards, step):
    """1234567 and the next: the labels hold all digits, and the means of both groups are there."""
    codes = np.where(cards["OWNRENT"] == 1, 1234567.0, 1234567.0 + step)
    found, _ = fitted({**cards, "code": codes}, FORMULA, group="code")
    names = [name for name in found if name.startswith("mean[")]
    assert names == ["mean[1234567]", f"mean[{1234567 + step:.10g}]"]
    plain, _ = fitted(cards, FORMULA, group="OWNRENT", first=1)
    assert found["difference"] == pytest.approx(plain["difference"])
