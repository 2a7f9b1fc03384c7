"""Claims: agrees, disagrees, cannot tell; differences between groups carry their own test."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from impact.core.errors import DataError, ImpactError, SpecError
from impact.diagnostics._claims import judge_claims
from impact.diagnostics._difference import Part, cluster_scores, combine
from impact.diagnostics._resolver import Resolver
from impact.schema.published import ClaimBlock


def row(model, term, estimate, verdict=None, group=None, **more):
    return {
        "model": model,
        "group": group,
        "term": term,
        "estimate": estimate,
        "std_error": 0.1,
        "p_value": 0.3,
        "n_obs": 100.0,
        "verdict": verdict,
        **more,
    }


def document():
    return {
        "models": {
            "main": {"focus": ["x"], "base": "main", "cell": {}, "n_obs": 500, "r2": 0.5},
            "sure": {"focus": ["x"], "base": "sure", "cell": {}},
            "null": {"focus": ["x"], "base": "null", "cell": {}},
            "all": {"focus": [], "base": "all"},
            "ols[y=kept]": {"focus": ["x"], "base": "ols", "cell": {"y": "kept"}},
            "ols[y=wage]": {"focus": ["x"], "base": "ols", "cell": {"y": "wage"}},
            "main[row=odd]": {"focus": ["x"], "base": "main", "row": "odd"},
            "sure[row=urban]": {"focus": ["x"], "base": "sure", "row": "urban"},
            "event": {"focus": ["a", "b"], "base": "event"},
        },
        "rows": [
            row("main", "x", -0.015, "inconclusive"),
            row("sure", "x", -0.1, "effect"),
            row("main[row=odd]", "x", -0.1, "effect"),
            row("null", "x", 0.001, "equivalent"),
            row("all", "capital", 69.0, group="migrant=migrant"),
            row("all", "capital", 32.0, group="migrant=native"),
            row("ols[y=kept]", "x", -0.2, "effect", group="sex=women;age=14-24"),
            row("ols[y=kept]", "x", 0.3, "fragile", group="sex=men;age=14-24"),
            row("ols[y=wage]", "x", 0.4, "effect", group="sex=women;age=14-24"),
            row("sure[row=urban]", "x", -0.3, "effect"),
            row("event", "a", 0.5, "effect", event_time=-1.0),
            row("event", "b", 0.7, "effect", event_time=2.0),
        ],
        "tests": [
            {
                "test": "bound",
                "kind": "equivalence",
                "of": "main",
                "term": "x",
                "p_value": 0.2,
                "verdict": "note",
            },
            {"test": "joint", "kind": "wald", "of": "main", "term": "", "p_value": 0.01, "verdict": "note"},
        ],
    }


def state(test, *, results=None, **more):
    block = ClaimBlock(text="A sentence", test=test, evidence="table", **more)
    return judge_claims({"c": block}, Resolver(document(), results or {}))[0]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('get("main", "x", "estimate", row="odd") < 0', "cannot_tell"),
        ("sure.x.estimate < 0", "agrees"),
        ("sure.x.estimate > 0", "disagrees"),
        ("main.x.estimate < 0", "cannot_tell"),
        ("main.x.p > 0.05", "cannot_tell"),
        ('null.x.verdict == "equivalent"', "agrees"),
        ('main.x.verdict == "equivalent"', "cannot_tell"),
        ('sure.x.verdict == "equivalent"', "disagrees"),
        ("sure.estimate < -0.05 and null.x.estimate < 0.02", "agrees"),
        ("sure.x.estimate < 0 and main.x.estimate < 0", "cannot_tell"),
        ("all.migrant.capital.estimate > all.native.capital.estimate", "agrees"),
        ("all.native.capital.estimate > 2 * all.migrant.capital.estimate", "disagrees"),
        ("main.n == 500", "agrees"),
        ("main.r2 > 0.9", "disagrees"),
        ("main.x.n < 50", "disagrees"),
        ("joint.p < 0.05", "agrees"),
        ("tests.joint.p > 0.05", "disagrees"),
        ('bound.verdict == "pass"', "cannot_tell"),
        ('get("ols", "x", "estimate", y="kept", sex="women", age="14-24") < 0', "agrees"),
        ('get("ols", "x", "estimate", y="wage", age="14-24", sex="women") < 0', "disagrees"),
        ('get("ols", "x", "estimate", y="kept", sex="men", age="14-24") > 0', "cannot_tell"),
        ('get("sure", "x", "estimate", row="urban") < -0.2', "agrees"),
        ('get("event", "", "estimate", event_time=2) == 0.7', "agrees"),
        ("sure.x.mde80 > 0", "cannot_tell"),
    ],
)
def test_states(test, expected):
    found = state(test)
    assert found["state"] == expected, found["detail"]
    assert found["detail"]["en"] and found["detail"]["es"] and "{" not in found["detail"]["es"]
    assert (found["claim"], found["evidence"], found["text"]["es"]) == ("c", "table", "A sentence")


def test_a_claim_about_the_number_itself_is_just_compared():
    assert state("main.x.estimate < 0", about="number")["state"] == "agrees"


def test_thin_groups_cannot_tell():
    from_thin = document()
    from_thin["rows"][1]["thin"] = True
    block = ClaimBlock(text="s", test="sure.x.estimate < 0")
    assert judge_claims({"c": block}, Resolver(from_thin))[0]["state"] == "cannot_tell"


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ("sure.x.estimte < 0", "E416"),
        ("sur.x.estimate < 0", "E601"),
        ("1 < 2", "E616"),
        ('get("ols", "x", "estimate", y="kept", sex="woman", age="14-24") < 0', "E602"),
        ('difference("ols[y=kept]", "x", "women;14-24", "boys;14-24") < 0', "E602"),
    ],
)
def test_faults(test, code):
    with pytest.raises(ImpactError) as caught:
        state(test)
    assert isinstance(caught.value, (SpecError, DataError)) and caught.value.code == code


GROUPS = ("sex=women;educ=low", "sex=women;educ=high", "sex=men;educ=low", "sex=men;educ=high")


def group_study(make, effects, *, units=12, treated=2, permuted=True, noise=0.3):
    results, rows = {}, []
    for seed, (group, effect) in enumerate(zip(GROUPS, effects, strict=True)):
        design = make.design(seed + 1, units=units, treated=treated, effect=effect, noise=noise)
        result = make.fitted(design, "groups", group=group, permuted=permuted)
        results["groups", group] = result
        rows.append(
            row(
                "groups",
                "exposed",
                float(result.estimate.params[0]),
                "inconclusive",
                group,
                n_obs=100.0 + seed,
            )
        )
    facts = {
        "groups": {"focus": ["exposed"], "base": "groups", "cell": {}, "groups": {g: {} for g in GROUPS}}
    }
    return Resolver({"models": facts, "rows": rows, "tests": []}, results)


def judged(resolver, test):
    return judge_claims({"c": ClaimBlock(text="s", test=test)}, resolver)[0]


MAINLY = 'difference("groups", "exposed", "women;low", "rest") < 0'


def test_difference_has_its_own_permutation_p(make):
    resolver = group_study(make, (-6.0, 0.0, 0.0, 0.0))
    found = judged(resolver, MAINLY)
    assert found["state"] == "agrees"
    assert judged(resolver, MAINLY.replace("< 0", "> 0"))["state"] == "disagrees"
    total = np.zeros(66)
    weights = {GROUPS[0]: 1.0, **{g: -(100.0 + s) / 306 for s, g in enumerate(GROUPS) if s}}
    for group, weight in weights.items():
        permutation = resolver.results["groups", group].permutation
        order = sorted(range(66), key=lambda s: tuple(sorted(permutation.members[s].tolist())))
        total += weight * permutation.estimates[order, 0]
    real = list(combinations(range(12), 2)).index((0, 1))
    units = resolver.results["groups", GROUPS[0]].permutation.unit_labels
    codes = sorted(units.index(name) for name in ("u0", "u1"))
    real = list(combinations(range(12), 2)).index(tuple(codes))
    assert found["p_values"] == [pytest.approx(np.mean(np.abs(total) >= abs(total[real]) * (1 - 1e-10)))]


def test_no_difference_cannot_be_told_although_one_group_differs(make):
    resolver = group_study(make, (-6.0, -6.0, -6.0, -6.0))
    assert judged(resolver, MAINLY)["state"] == "cannot_tell"
    named = 'difference("groups", "exposed", "women;low", "men;low") < 0'
    found = judged(resolver, named)
    assert found["state"] == "cannot_tell" and "women" in found["detail"]["en"]


def test_difference_without_a_valid_test_cannot_be_told(make):
    few = group_study(make, (-6.0, 0.0, 0.0, 0.0), permuted=False)
    found = judged(few, MAINLY)
    assert found["state"] == "cannot_tell" and found["p_values"] == [None]
    many = group_study(make, (-6.0, 0.0, 0.0, 0.0), units=40, treated=20, permuted=False)
    assert judged(many, MAINLY)["state"] == "agrees"
    bare = Resolver(many.document)
    assert judged(bare, MAINLY)["state"] == "cannot_tell"


def test_clustered_difference_equals_the_interacted_regression(make):
    """Var(b1 − b2) with common clusters is that of the stacked regression."""
    one = make.fitted(make.design(1, units=30, treated=15), "groups", group="a", permuted=False)
    two = make.fitted(make.design(2, units=30, treated=15), "groups", group="b", permuted=False)
    x = np.concatenate([one.estimate.linear.x[:, 0], np.zeros(len(two.estimate.linear.x))])
    z = np.concatenate([np.zeros(len(x) - len(two.estimate.linear.x)), two.estimate.linear.x[:, 0]])
    u = np.concatenate([one.estimate.linear.residual, two.estimate.linear.residual])
    codes = np.concatenate([one.design.clusters["unit"].codes, two.design.clusters["unit"].codes])
    columns = np.column_stack([x, z])
    bread = np.linalg.inv(columns.T @ columns)
    meat = sum(np.outer(s, s) for s in (columns[codes == g].T @ u[codes == g] for g in range(30)))
    variance = bread @ meat @ bread * 30 / 29
    error = np.sqrt(np.array([1, -1]) @ variance @ np.array([1, -1]))
    parts = [
        Part(1.0, float(one.estimate.params[0]), one, 0),
        Part(-1.0, float(two.estimate.params[0]), two, 0),
    ]
    found = combine(parts)
    from scipy import stats

    t = (one.estimate.params[0] - two.estimate.params[0]) / error
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(t), 29), rel=1e-9)
    scores = cluster_scores(one, 0, "unit")
    assert sum(score**2 for score in scores.values()) * 30 / 29 == pytest.approx(variance[0, 0])


def test_details_speak_in_labels_and_in_both_languages():
    found = document()
    found["labels"] = {"x": {"en": "arrival", "es": "llegada"}, "women": {"en": "Women", "es": "Mujeres"}}
    found["models"]["main"]["title"] = {"en": "Cities", "es": "Ciudades"}
    detail = judge_claims({"c": ClaimBlock(text="s", test="main.x.estimate < 0")}, Resolver(found))[0][
        "detail"
    ]
    assert detail["en"] == "The results cannot tell: the verdict on 'arrival' in 'Cities' is 'inconclusive'."
    assert "'llegada' en 'Ciudades' es 'no concluyente'" in detail["es"]
    test = 'get("ols", "x", "estimate", y="kept", sex="women", age="14-24") < 0'
    detail = judge_claims({"c": ClaimBlock(text="s", test=test)}, Resolver(found))[0]["detail"]
    assert "Mujeres, 14-24" in detail["es"] and "estimate of 'arrival'" in detail["en"]
