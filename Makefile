# One line each. PYTHON is the environment that `pip install -e ".[test]"` was run in.
PYTHON ?= .venv/bin/python

.PHONY: check lint floors test reference slow docs gallery bench
check: lint floors ; $(PYTHON) -m pytest tests/house tests/core tests/contract tests/design tests/estimators
lint: ; $(PYTHON) -m ruff format --check . && $(PYTHON) -m ruff check . && $(PYTHON) -m mypy
floors: ; $(PYTHON) -c "import sys; from importlinter.cli import lint_imports_command; sys.argv = ['lint-imports']; lint_imports_command()"
test: ; $(PYTHON) -m pytest
reference: ; $(PYTHON) -m pytest tests/reference tests/replication
slow: ; $(PYTHON) -m pytest -m slow
docs: ; $(PYTHON) docs/make_reference.py && $(PYTHON) -m mkdocs build --strict
gallery: ; $(PYTHON) docs/make_gallery.py
bench: ; $(PYTHON) -m benchmarks
