"""A randomization test with sets of its own says what the model with the same `permute:` says."""

from __future__ import annotations

from impact.pipeline.study import StudyOptions, run_study

SETS = 'unit: unit, sets: {size: 2}, among: "unit != 5", adjust: size'


def ran_with(folder, *, permute, tests, models=""):
    text = (folder / "small.yaml").read_text(encoding="utf-8")
    start, end = text.index("permute:"), text.index("robustness:")
    model = 'models:\n  main: {formula: "y ~ exposed + x | unit + year"}\n' + models
    text = text[:start] + permute + model + text[end:]
    text = text[: text.index("robustness:")] + f"tests: {tests}\n"
    (folder / "other.yaml").write_text(text, encoding="utf-8")
    found = run_study(str(folder / "other.yaml"), StudyOptions(out=None)).document
    assert {facts["error"] for facts in found["models"].values()} == {None}
    return found


def facts(document):
    (test,) = document["tests"]
    return {key: test[key] for key in ("p_value", "ci_low", "ci_high", "statistic", "details")}


def test_own_sets_equal_those_of_the_model(folder):
    by_test = ran_with(folder, permute="", tests=f"{{r: {{kind: randomization, of: main, {SETS}}}}}")
    by_model = ran_with(
        folder, permute=f"permute: {{{SETS}}}\n", tests="{r: {kind: randomization, of: main}}"
    )
    assert facts(by_test) == facts(by_model)
    assert facts(by_test)["details"]["p_size"] is not None
    # the model itself was estimated without: its rows keep the errors it asked for
    assert "p_permutation" not in by_test["rows"][0] or by_test["rows"][0]["p_permutation"] is None


def test_own_sets_beside_those_of_the_model(folder):
    permute = "permute: {unit: unit, sets: same_size}\n"
    found = ran_with(
        folder,
        permute=permute,
        tests="{a: {kind: randomization, of: main}, b: {kind: randomization, of: main, sets: singles}}",
    )
    sizes = [test["details"]["n_sets"] for test in found["tests"]]
    assert sizes == [220, 13]  # C(12, 3); twelve single units and the actual three


def test_without_options_and_without_permute_the_units_of_the_design_are_permuted(folder):
    found = ran_with(folder, permute="", tests="{r: {kind: randomization, of: main}}")
    assert facts(found)["details"]["n_sets"] == 220


def test_groups_each_have_their_own(folder):
    tests = "{r: {kind: randomization, of: groups}}"
    models = '  groups: {formula: "y ~ exposed | unit + year", by: half}\n'
    found = ran_with(folder, permute="", tests=tests, models=models)
    assert len({test["details"]["group"] for test in found["tests"]}) == len(found["tests"]) == 2


def test_sets_without_a_unit_are_refused_by_the_test_alone(folder):
    """The model stands; the test fails with the code of its error in words."""
    found = ran_with(folder, permute="", tests='{r: {kind: randomization, of: main, among: "unit > 99"}}')
    (test,) = found["tests"]
    assert test["verdict"] == "fail"
    assert test["p_value"] is None
    assert test["details"]["not_possible"]
