"""The tree: names, packages, docstrings, the mirror of the tests, and what may not stand in a tracked file."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

TOP = {
    "pyproject.toml", "impact", "specs", "data", "reports", "tests", "docs", "benchmarks", "README.md", "LICENSE",
    "CHANGELOG.md", "CITATION.cff", "Makefile", "constraints.txt", "mkdocs.yml", ".gitignore", ".ci",
}  # fmt: skip
FORBIDDEN = {"spec", "test", "utils", "util", "common", "helpers", "helper", "misc", "build", "lib", "tools"}
# folders of specs/ hold what users write: `common/` is the shared part of a family of specs
FREE = ("specs", "data", "docs", "reports")
# module → where it is tested instead of in its mirror
ELSEWHERE = {
    "impact/estimators/_design_options.py": "tests/house/test_descriptions.py",
    "impact/core/instrumented.py": "tests/core/test_records.py",
    "impact/core/running.py": "tests/core/test_records.py",
    "impact/estimators/_reduced_form.py": "tests/estimators/test_iv.py",
    "impact/kernels/instruments/instrumental.py": "tests/estimators/test_iv.py",
    "impact/cli/reference/taken.py": "tests/contract/test_taken.py",
    "impact/__main__.py": "tests/test_command_line.py",
    # commands are asked from outside, as a user would
    "impact/cli/_options.py": "tests/test_command_line.py",
    "impact/cli/_run_many.py": "tests/test_command_line.py",
    "impact/cli/_run_again.py": "tests/cli/test_cache.py",
    "impact/cli/showing/power.py": "tests/cli/test_power.py",
    "impact/outputs/_power_curve.py": "tests/outputs/test_figure_power.py",
    "impact/cli/check.py": "tests/test_command_line.py",
    "impact/cli/fit.py": "tests/test_command_line.py",
    "impact/cli/run.py": "tests/test_command_line.py",
    "impact/cli/verify.py": "tests/test_command_line.py",
    "impact/diagnostics/published/summary.py": "tests/diagnostics/published/test_compare.py",
    "impact/cli/diff.py": "tests/pipeline/finished/test_compare.py",
    "impact/cli/_package_flags.py": "tests/cli/test_package.py",
    # a package is tested as one: what enters, what the README says, which flags it raises
    "impact/pipeline/packaging/gather.py": "tests/pipeline/packaging/test_package.py",
    "impact/pipeline/packaging/rerun.py": "tests/pipeline/packaging/test_package.py",
    "impact/pipeline/packaging/codebook.py": "tests/pipeline/packaging/test_readme.py",
    "impact/pipeline/packaging/exhibits.py": "tests/pipeline/packaging/test_readme.py",
    "impact/pipeline/packaging/opened.py": "tests/pipeline/packaging/test_flags.py",
    "impact/pipeline/packaging/flags_of_files.py": "tests/pipeline/packaging/test_flags.py",
    "impact/pipeline/packaging/flags_of_studies.py": "tests/pipeline/packaging/test_flags.py",
    "impact/cli/freeze.py": "tests/pipeline/finished/test_frozen.py",
    "impact/cli/report.py": "tests/pipeline/finished/test_redraw.py",
    "impact/core/arrays.py": "tests/core/test_records.py",
    # listings are tested as one: what a spec asks against what its rows give
    "impact/core/listings.py": "tests/data/test_listings.py",
    "impact/schema/listings/block.py": "tests/schema/listings/test_requests.py",
    "impact/pipeline/listings/compute.py": "tests/pipeline/listings/test_document.py",
    "impact/pipeline/listings/numbers.py": "tests/diagnostics/test_rate_ratio.py",
    # a ledger is tested as one: specs against closed forms, and every refusal at its place
    "impact/core/ledgers.py": "tests/pipeline/ledger/test_run.py",
    "impact/pipeline/ledger/worlds.py": "tests/pipeline/ledger/test_run.py",
    "impact/pipeline/ledger/drivers.py": "tests/pipeline/ledger/test_run.py",
    "impact/pipeline/ledger/document.py": "tests/pipeline/ledger/test_run.py",
    "impact/pipeline/ledger/references.py": "tests/faults/test_ledger_faults.py",
    "impact/schema/ledger/block.py": "tests/faults/test_ledger_faults.py",
    "impact/schema/ledger/inputs.py": "tests/faults/test_ledger_faults.py",
    "impact/schema/ledger/kinds.py": "tests/faults/test_ledger_faults.py",
    "impact/schema/ledger/language.py": "tests/faults/test_ledger_faults.py",
    "impact/schema/ledger/offers.py": "tests/outputs/ledger/test_table.py",
    "impact/schema/ledger/outputs.py": "tests/outputs/ledger/test_table.py",
    "impact/schema/ledger/plan.py": "tests/faults/test_ledger_faults.py",
    "impact/schema/ledger/published.py": "tests/outputs/ledger/test_listings.py",
    "impact/schema/ledger/settings.py": "tests/faults/test_ledger_faults.py",
    "impact/outputs/ledger/notes.py": "tests/outputs/ledger/test_table.py",
    "impact/outputs/ledger/sections.py": "tests/outputs/ledger/test_listings.py",
    "impact/outputs/ledger/words.py": "tests/outputs/ledger/test_table.py",
    "impact/diagnostics/published/units.py": "tests/outputs/ledger/test_listings.py",
    "impact/cli/showing/block.py": "tests/cli/showing/test_spec.py",
    "impact/cli/reference/ledger_page.py": "tests/cli/reference/test_ledger_schema.py",
    "impact/schema/resolving/sources.py": "tests/test_plan.py",
    # a specification curve is tested as one: every specification against the model alone
    "impact/core/curves.py": "tests/pipeline/test_curve.py",
    "impact/core/rows/shared_rows.py": "tests/pipeline/test_curve.py",
    "impact/estimators/_shared.py": "tests/pipeline/test_curve.py",
    "impact/inference/_one_term.py": "tests/pipeline/test_curve.py",
    "impact/pipeline/sources.py": "tests/pipeline/test_check.py",
    "impact/pipeline/curve_shuffles.py": "tests/pipeline/test_curve.py",
    "impact/schema/curves/choices.py": "tests/schema/curves/test_specifications.py",
    "impact/schema/curves/block.py": "tests/schema/curves/test_specifications.py",
    "impact/outputs/_curve_rows.py": "tests/outputs/test__curve_table.py",
    "impact/inference/_options.py": "tests/inference/test__wild.py",
    "impact/core/rows/survey_rows.py": "tests/design/test_survey_rows.py",
    "impact/core/population_figures.py": "tests/estimators/test_survey_mean.py",
    "impact/core/designs.py": "tests/core/test_records.py",
    "impact/core/estimates.py": "tests/core/test_records.py",
    "impact/core/findings.py": "tests/core/test_records.py",
    "impact/core/permutations.py": "tests/core/test_records.py",
    "impact/core/frames.py": "tests/core/test_records.py",
    "impact/core/registered.py": "tests/core/test_records.py",
    "impact/core/options.py": "tests/house/test_descriptions.py",
    # preparation of data is tested as one: what a spec states against what the frame holds
    "impact/data/checks.py": "tests/data/test_prepare.py",
    "impact/data/columns.py": "tests/data/readers/test_csv.py",
    "impact/data/derive.py": "tests/data/test_prepare.py",
    "impact/data/encodings.py": "tests/data/readers/test_csv.py",
    "impact/data/evaluation.py": "tests/data/test_prepare.py",
    "impact/data/filters.py": "tests/data/test_prepare.py",
    "impact/data/frames.py": "tests/face/test_regression.py",
    "impact/data/keys.py": "tests/data/test_joins.py",
    "impact/data/numbers.py": "tests/data/readers/test_csv.py",
    "impact/data/panel.py": "tests/data/test_prepare.py",
    "impact/data/read.py": "tests/contract/test_readers.py",
    "impact/data/request.py": "tests/data/readers/test_csv.py",
    "impact/data/surveys/_options.py": "tests/data/test_source_files.py",
    "impact/data/surveys/_enaho_clean.py": "tests/data/surveys/test_enaho.py",
    "impact/data/surveys/_enaho_columns.py": "tests/data/surveys/test_enaho.py",
    "impact/data/surveys/_enaho_facts.py": "tests/data/surveys/test_enaho.py",
    "impact/data/surveys/_enaho_modules.py": "tests/data/surveys/test_enaho.py",
    "impact/data/surveys/_enaho_panel.py": "tests/data/surveys/test_enaho.py",
    "impact/data/surveys/_cells.py": "tests/data/surveys/test_complaints.py",
    "impact/data/surveys/_places.py": "tests/data/surveys/test_complaints.py",
    "impact/schema/expressions/ubigeo.py": "tests/schema/expressions/test_functions_places.py",
    "impact/data/surveys/_find.py": "tests/data/surveys/test_enaho.py",
    "impact/data/surveys/_keys.py": "tests/data/surveys/test_enaho.py",
    "impact/data/surveys/_years.py": "tests/data/surveys/test_enaho.py",
    "impact/data/stacking.py": "tests/data/test_several.py",
    "impact/data/sniff.py": "tests/data/readers/test_csv.py",
    "impact/data/readers/_csv_large.py": "tests/data/readers/test_csv.py",
    "impact/data/readers/arrow.py": "tests/data/readers/test_other_formats.py",
    "impact/data/readers/dbf.py": "tests/data/readers/test_other_formats.py",
    "impact/data/readers/duckdb.py": "tests/data/readers/test_other_formats.py",
    "impact/data/readers/spss.py": "tests/data/readers/test_other_formats.py",
    "impact/data/readers/_arrow_columns.py": "tests/data/readers/test_other_formats.py",
    "impact/data/readers/_coded_columns.py": "tests/data/readers/test_other_formats.py",
    "impact/data/readers/parquet.py": "tests/data/readers/test_typed_formats.py",
    "impact/data/readers/stata.py": "tests/data/readers/test_typed_formats.py",
    "impact/data/readers/xlsx.py": "tests/data/readers/test_typed_formats.py",
    "impact/design/candidates.py": "tests/replication/test_lima_specs.py",
    "impact/diagnostics/_adjusted.py": "tests/diagnostics/test_multiplicity.py",
    "impact/diagnostics/_difference.py": "tests/diagnostics/test__claims.py",
    "impact/diagnostics/_groups.py": "tests/diagnostics/test_leave_one_out.py",
    "impact/diagnostics/_hypotheses.py": "tests/diagnostics/test_wald.py",
    "impact/diagnostics/_resolver.py": "tests/diagnostics/test__claims.py",
    "impact/diagnostics/_instruments.py": "tests/diagnostics/test_first_stage.py",
    "impact/core/interval_sets.py": "tests/diagnostics/test_anderson_rubin.py",
    "impact/core/shift_share.py": "tests/data/test_instruments.py",
    "impact/diagnostics/_shift_share.py": "tests/diagnostics/test_rotemberg.py",
    "impact/kernels/instruments/partial_out.py": "tests/kernels/instruments/test_shift_share.py",
    "impact/core/reduced_forms.py": "tests/diagnostics/test_first_stage.py",
    "impact/core/stand_ins.py": "tests/diagnostics/test_endogeneity.py",
    "impact/inference/_robust_sets.py": "tests/diagnostics/test_anderson_rubin.py",
    "impact/diagnostics/_subjects.py": "tests/contract/test_diagnostics.py",
    "impact/diagnostics/_subset.py": "tests/diagnostics/test_leave_one_out.py",
    "impact/diagnostics/_two_way.py": "tests/diagnostics/test_twfe_weights.py",
    # blocks that build columns are tested by the columns that they build
    "impact/schema/constructed/exposure.py": "tests/data/constructed/test_exposure.py",
    "impact/schema/constructed/rates.py": "tests/data/constructed/test_rates.py",
    "impact/schema/constructed/prices.py": "tests/data/constructed/test_prices.py",
    "impact/schema/constructed/variables.py": "tests/domains/test_employment.py",
    "impact/core/domain_facts.py": "tests/domains/test_crime.py",
    "impact/pipeline/constructed/field_of_study.py": "tests/domains/test_crime.py",
    "impact/pipeline/constructed/exposure_units.py": "tests/outputs/test__exposure_units.py",
    "impact/domains/fiscal.py": "tests/contract/test_records.py",
    "impact/estimators/_choice.py": "tests/estimators/test_logit.py",
    "impact/estimators/_likelihood.py": "tests/estimators/test_ppml.py",
    "impact/estimators/_marginal.py": "tests/estimators/test_logit.py",
    "impact/estimators/_saturated.py": "tests/estimators/test_did_sa.py",
    "impact/estimators/probit.py": "tests/estimators/test_logit.py",
    "impact/kernels/likelihood/conditional_logit.py": "tests/estimators/test_logit.py",
    "impact/estimators/_two_way.py": "tests/estimators/test_did_twfe.py",
    "impact/estimators/_regression.py": "tests/estimators/test_ols.py",
    "impact/inference/_clusters.py": "tests/inference/test_cluster.py",
    "impact/inference/_intervals.py": "tests/inference/test_intervals.py",
    "impact/inference/_leave_out.py": "tests/inference/test_jackknife.py",
    "impact/inference/_over_time.py": "tests/inference/test_newey_west.py",
    "impact/inference/_permutation.py": "tests/inference/test_permutation.py",
    "impact/inference/_positive.py": "tests/inference/test_cluster.py",
    "impact/inference/_refusals.py": "tests/inference/test_iid.py",
    "impact/inference/_small_sample.py": "tests/inference/test_small_sample.py",
    "impact/kernels/absorb_many.py": "tests/kernels/test_absorb.py",
    "impact/kernels/absorb_slopes.py": "tests/kernels/test_absorb.py",
    "impact/kernels/absorb_two.py": "tests/kernels/test_absorb.py",
    "impact/kernels/bread_root.py": "tests/kernels/test_leverage.py",
    "impact/kernels/cluster_adjusted_weighted.py": "tests/kernels/test_cluster_adjusted.py",
    "impact/kernels/numpy_twins.py": "tests/kernels/test_compiled.py",
    "impact/kernels/scipy_on_use.py": "tests/house/test_imports.py",
    "impact/outputs/_assemble.py": "tests/pipeline/test_document.py",
    "impact/pipeline/interrupts.py": "tests/faults/test_system_faults.py",
    "impact/pipeline/places.py": "tests/faults/test_estimation_faults.py",
    # the lab's pieces are tested through the tables that they make
    "impact/data/peru_lab/districts.py": "tests/data/peru_lab/test_geography.py",
    "impact/data/peru_lab/incomes.py": "tests/data/peru_lab/test_persons.py",
    "impact/data/peru_lab/labour.py": "tests/data/peru_lab/test_persons.py",
    "impact/data/peru_lab/permits.py": "tests/data/peru_lab/test_arrivals.py",
    "impact/data/peru_lab/sample.py": "tests/data/peru_lab/test_persons.py",
    "impact/data/peru_lab/stocks.py": "tests/data/peru_lab/test_geography.py",
    "impact/data/peru_lab/weights.py": "tests/data/peru_lab/test_persons.py",
    "impact/data/peru_lab/worlds.py": "tests/data/peru_lab/test_truth.py",
    # words of the language are tested through the sentences they make
    "impact/schema/columns_used.py": "tests/pipeline/test_columns_read.py",
    "impact/schema/expressions/calls.py": "tests/schema/expressions/test_check.py",
    "impact/schema/expressions/cursor.py": "tests/schema/expressions/test_parse.py",
    "impact/schema/expressions/signatures.py": "tests/schema/expressions/test_check.py",
    "impact/schema/formulas/calls.py": "tests/schema/formulas/test_parse.py",
    "impact/schema/formulas/effects.py": "tests/schema/formulas/test_parse.py",
    "impact/schema/formulas/reading.py": "tests/schema/formulas/test_parse.py",
    "impact/schema/formulas/terms.py": "tests/schema/formulas/test_parse.py",
    "impact/schema/formulas/tokens.py": "tests/schema/formulas/test_parse.py",
    "impact/schema/model.py": "tests/house/test_descriptions.py",
    "impact/schema/model_class.py": "tests/test_plan.py",
    "impact/schema/model_parts.py": "tests/test_plan.py",
    "impact/schema/option_requests.py": "tests/test_plan.py",
    "impact/schema/requests.py": "tests/test_plan.py",
    "impact/schema/resolved_text.py": "tests/pipeline/test_study.py",
    "impact/schema/resolving/changes.py": "tests/schema/resolving/test_robustness.py",
    "impact/schema/spec_files.py": "tests/faults/test_spec_faults.py",
    "impact/schema/version_range.py": "tests/faults/test_spec_faults.py",
}
# cursors and the log: they move as they read
READING = {
    "Cursor", "Draft", "Made", "Memory", "Reading", "RunClock", "Writer", "_Checking", "_Composer", "_Frame",
    "_Gathered", "_Reader",
}  # fmt: skip
# invented paths in tests of what must never be written
INVENTED = "/home/somebody/"
MACHINE = (
    re.compile(r"/(?:home|Users|root|work|tmp/(?!x))/[A-Za-z0-9_.-]+/"),
    re.compile(r"\b(?:localhost|127\.0\.0\.1|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+)\b"),
    re.compile(r"https?://[^\s/\"']*:\d+"),
    re.compile(r"(?:artifactory|nexus|devpi|index-url)", re.IGNORECASE),
)


def test_top_level(tracked):
    assert {path.parts[0] for path in tracked} - TOP == set()


def test_folders_have_names_that_say_something(tracked):
    folders = {part for path in tracked if path.parts[0] not in FREE for part in path.parts[:-1]}
    assert folders & FORBIDDEN == set()


def test_files_have_names_that_say_something(modules):
    names = {module.path.stem for module in modules}
    assert names & (FORBIDDEN - {"spec", "test", "build"}) == set()


def test_packages_are_listed(root, modules):
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    listed = {name for name in settings["packages"] if not name.startswith("impact._shipped")}
    assert listed == {module.name for module in modules if module.path.name == "__init__.py"}
    assert {".".join(module.path.parent.parts) for module in modules} == listed


def test_shipped_folders_are_packaged(root, tracked):
    """Every spec and data file that is tracked goes into the wheel."""
    patterns = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = patterns["tool"]["setuptools"]["package-data"]
    for shelf in ("specs", "data"):
        left = [
            str(path)
            for path in tracked
            if path.parts[0] == shelf
            and not any(path.relative_to(shelf).match(p) for p in patterns[f"impact._shipped.{shelf}"])
        ]
        assert left == []


def test_package_files_hold_one_sentence(modules):
    """`__init__.py` is the caption of its package and nothing else."""
    allowed = {"impact", "impact.core.texts"}  # the public names, the reader of texts
    for module in modules:
        if module.path.name == "__init__.py" and module.name not in allowed:
            assert len(module.tree.body) == 1, module.path
            assert len((ast.get_docstring(module.tree) or "").splitlines()) == 1, module.path


def test_modules_open_with_a_docstring(modules):
    assert [str(m.path) for m in modules if not ast.get_docstring(m.tree)] == []


def test_every_module_has_its_test(root, modules):
    """impact/a/b.py is tested by tests/a/test_b.py, unless it is listed with the place of its tests."""
    missing = []
    for module in modules:
        path = module.path.relative_to("impact")
        if path.name == "__init__.py" or str(module.path) in ELSEWHERE:
            continue
        if not (root / "tests" / path.parent / f"test_{path.name}").is_file():
            missing.append(str(module.path))
    assert missing == []


def test_listed_places_exist(root):
    for module, place in ELSEWHERE.items():
        assert (root / module).is_file(), module
        assert not place.startswith("tests/") or (root / place).exists(), place


def test_no_machine_in_tracked_files(root, tracked):
    """No path of somebody's machine, no address of a host, no package index."""
    found = []
    for path in tracked:
        if path.suffix in (".png", ".ico", ".parquet", ".dta", ".xlsx") or path == this(root):
            continue
        for number, line in enumerate((root / path).read_text(encoding="utf-8").splitlines(), 1):
            if any(pattern.search(line.replace(INVENTED, "")) for pattern in MACHINE):
                found.append(f"{path}:{number}: {line.strip()[:90]}")
    assert found == []


def this(root):
    return Path(__file__).resolve().relative_to(root)


def test_no_module_state(modules):
    """Module-level names are constants: no empty list, dict or set that waits to be filled."""
    found = []
    for module in modules:
        for node in module.tree.body:
            value = getattr(node, "value", None)
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(
                value, ast.List | ast.Dict | ast.Set
            ):
                empty = not (value.keys if isinstance(value, ast.Dict) else value.elts)
                if empty:
                    found.append(f"{module.path}:{node.lineno}")
    assert found == []


def test_defaults_are_immutable(modules):
    found = []
    for module in modules:
        for function in module.functions():
            defaults = [*function.args.defaults, *(d for d in function.args.kw_defaults if d is not None)]
            if any(isinstance(d, ast.List | ast.Dict | ast.Set) for d in defaults):
                found.append(f"{module.path}:{function.lineno}")
    assert found == []


def test_records_are_frozen_and_slotted(modules):
    """Dataclasses are frozen but those that read on, through a text, a file or a run."""
    found = []
    for module in modules:
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ClassDef) or node.name in READING:
                continue
            for mark in node.decorator_list:
                name = ast.unparse(mark)
                if name.startswith(("dataclass", "dataclasses.dataclass")) and "frozen=True" not in name:
                    found.append(f"{module.path}:{node.name}")
    assert found == []
