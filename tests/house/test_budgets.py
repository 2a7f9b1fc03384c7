"""Sizes: files, functions, parameters, nesting, folders. To raise a limit, change the number here with a reason."""

from __future__ import annotations

import ast
from collections import Counter

FILE_LINES = 400
TEST_FILE_LINES = 500
FUNCTION_LINES = 60
PARAMETERS = 7
# what a user types: columns by keyword, the rest in `more`
FACE_PARAMETERS = {
    "impact/face/differences.py:did": 9,
    "impact/face/regression.py:feols": 8,
    "impact/face/regression.py:feiv": 9,
    "impact/face/regression.py:fepois": 9,
    "impact/face/regression.py:feglm": 10,
}
NESTING = 3
FOLDER_FILES = 25
# what every estimator stands on: a kernel a file, with its numpy twin
KERNEL_FILES = 70
REGISTRY_FILES = 60
# a keyword or a command a file
REGISTRIES = ("estimators", "inference", "diagnostics", "outputs", "readers", "cli")
# floors that promise to stay thin
THIN = {"impact/__init__.py": 45, "impact/catalog.py": 60}
CORE_LINES = 200
COMMAND_LINES = 250
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.AsyncFor, ast.AsyncWith)


def test_files_are_short(modules):
    long = {str(m.path): lines for m in modules if (lines := len(m.text.splitlines())) > FILE_LINES}
    assert long == {}


def test_test_files_are_short(test_modules):
    long = {str(m.path): lines for m in test_modules if (lines := len(m.text.splitlines())) > TEST_FILE_LINES}
    assert long == {}


def test_ground_and_roof_are_thin(modules):
    limits = {str(m.path): THIN.get(str(m.path), FILE_LINES) for m in modules}
    limits |= {str(m.path): CORE_LINES for m in modules if m.path.parts[1] == "core"}
    limits |= {str(m.path): COMMAND_LINES for m in modules if m.path.parts[1] == "cli"}
    long = {str(m.path): n for m in modules if (n := len(m.text.splitlines())) > limits[str(m.path)]}
    assert long == {}


def test_functions_are_short(modules):
    long = {}
    for module in modules:
        for function in module.functions():
            lines = 1 + (function.end_lineno or 0) - function.lineno
            if lines > FUNCTION_LINES:
                long[f"{module.path}:{function.name}"] = lines
    assert long == {}


def test_functions_take_few_parameters(modules):
    many = {}
    for module in modules:
        for function in module.functions():
            names = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
            count = sum(name.arg not in ("self", "cls") for name in names)
            name = f"{module.path}:{function.name}"
            if count > FACE_PARAMETERS.get(name, PARAMETERS):
                many[name] = count
    assert many == {}


def test_blocks_are_not_deep(modules):
    deep = {}
    for module in modules:
        for function in module.functions():
            depth = _depth(function)
            if depth > NESTING:
                deep[f"{module.path}:{function.name}"] = depth
    assert deep == {}


def _depth(node: ast.AST) -> int:
    """Blocks inside blocks; `elif` continues its `if`, functions inside count for themselves."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        inner = _depth(child)
        chained = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, inner + (isinstance(child, BLOCKS) and not chained))
    return deepest


def test_folders_hold_few_files(modules):
    counts = Counter(m.path.parent for m in modules if m.path.name != "__init__.py")
    limits = dict.fromkeys(REGISTRIES, REGISTRY_FILES) | {"kernels": KERNEL_FILES}
    full = {str(folder): n for folder, n in counts.items() if n > limits.get(folder.name, FOLDER_FILES)}
    assert full == {}
