"""Who may import whom: the contracts of pyproject.toml, and rules that they cannot express."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import pytest

# library → folders of impact/ that may import it
ALLOWED = {
    "pandas": ("data", "domains", "design", "outputs", "face"),
    "ruamel": ("schema",),
    "yaml": (),
    "matplotlib": ("outputs",),
    "pyarrow": ("data",),
    "click": ("cli",),
    "statsmodels": ("estimators", "diagnostics", "inference"),
    "linearmodels": ("estimators",),
    # costs a third of a second at start: scipy.special has the distributions
    "scipy.stats": (),
}
# file or folder → why imports inside functions are allowed there
LATE = {
    "impact/cli": "a command loads what it needs when it is called",
    "impact/data/readers": "the library of a format loads with the first file of that format",
    "impact/data/frames.py": "the adapter loads with the first frame of another library",
    "impact/kernels/scipy_on_use.py": "scipy takes as long to load as all of `impact check`, which needs none of it",
    "impact/face/fitted.py": "tables load only when something is shown",
    "impact/face/regression.py": "frames are made only when asked for",
    "impact/face/differences.py": "frames are made only when asked for",
    "impact/face/studies.py": "frames are made only when asked for",
    "impact/pipeline/check.py": "frames are loaded only when data are read",
}
HEAVY = (
    "numpy",
    "pandas",
    "scipy",
    "pydantic",
    "matplotlib",
    "ruamel",
    "rich",
    "jinja2",
    "statsmodels",
    "impact.plan",
)


def imports(tree):
    """(line, module, names) of every import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ()
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or "." * node.level, tuple(alias.name for alias in node.names)


def test_floors(root):
    """The import contracts hold."""
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False,
        env={**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.parametrize("folder", ["estimators", "inference", "diagnostics"])
def test_a_keyword_stands_alone(modules, folder):
    """Files of a registry share files that start with `_`; a keyword's file imports no other keyword's."""
    package = f"impact.{folder}."
    found = []
    for module in modules:
        if module.path.parent.name != folder:
            continue
        for _, name, names in imports(module.tree):
            whole = [f"{name}.{one}" for one in names] if f"{name}." == package else [name]
            keywords = [one for one in whole if one.startswith(package) and one[len(package) :][:1] != "_"]
            found += [f"{module.path}: {one}" for one in keywords]
    assert found == []


def test_libraries_stay_on_their_floors(modules):
    strays = []
    for module in modules:
        for line, name, names in imports(module.tree):
            full = {name} | {f"{name}.{one}" for one in names}
            for library, folders in ALLOWED.items():
                used = any(f"{one}.".startswith(f"{library}.") for one in full)
                if used and module.path.parts[1] not in folders:
                    strays.append(f"{module.path}:{line} imports {library}")
    assert strays == []


def test_nothing_is_imported_from_the_roof(modules):
    found = [
        f"{m.path}:{line}"
        for m in modules
        for line, name, names in imports(m.tree)
        if name == "impact" and names
    ]
    assert found == []


def test_no_relative_imports(modules):
    found = [
        f"{m.path}:{node.lineno}"
        for m in modules
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert found == []


def test_imports_stand_at_the_top(modules):
    """Late imports are for start-up time, in the files listed above."""
    late = [
        f"{module.path}:{node.lineno}"
        for module in modules
        if not any(str(module.path).startswith(place) for place in LATE)
        for function in module.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert late == []


def test_type_checking_does_not_dodge_the_floors(modules):
    assert [str(m.path) for m in modules if "TYPE_CHECKING" in m.text] == []


def loaded_by(root, code: str) -> set[str]:
    """Modules in memory after some code, in a fresh interpreter."""
    code += "\nimport sys; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    return set(done.stdout.split())


@pytest.mark.parametrize("arguments", [["--help"], ["version", "--help"], ["list", "estimators"]])
def test_start_is_light(root, arguments):
    """Help and lists load no numerical, validating or drawing library."""
    code = f"import impact.cli.main as m\ntry:\n    m.main({arguments!r})\nexcept SystemExit:\n    pass"
    loaded = loaded_by(root, code.replace("m.main(", "m._leave = lambda status: None\n    m.main("))
    assert {name for name in HEAVY if name in loaded} == set()
    assert "impact.cli.main" in loaded


def test_public_names_are_found_on_first_use(root):
    loaded = loaded_by(root, "import impact; assert 'run' in dir(impact); impact.SpecError")
    assert {name for name in HEAVY if name in loaded} == set()


def test_check_loads_no_frames(root):
    spec = "specs/employment_keepjob_lima.yaml"
    loaded = loaded_by(
        root, f"import impact.pipeline.check as c; faults, _ = c.check_spec({spec!r}); assert not faults"
    )
    assert {
        name
        for name in ("pandas", "matplotlib", "statsmodels", "linearmodels", "scipy.stats")
        if name in loaded
    } == set()
