# The two commands: `make demo` runs the main job on the example estate, `make test` the tests.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DB := .cache/example-advisories.db

.PHONY: demo test check slow docs lock bench clean

demo: $(VENV)/run.stamp $(DB)
	@$(BIN)/keten scan examples/webshop --db $(DB) || test $$? -eq 1

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m 'not slow'

check: $(VENV)/dev.stamp $(DB)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports --no-cache > .cache/imports.txt || { cat .cache/imports.txt; exit 1; }
	$(BIN)/python tools/docs.py --check
	$(BIN)/keten scan . --quiet --db $(DB)

slow: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -q -m slow

docs: $(VENV)/dev.stamp
	$(BIN)/python tools/docs.py

# Needs uv. Writes what pip then installs with --require-hashes.
lock:
	uv pip compile -q pyproject.toml --group build --generate-hashes --universal --python-version 3.11 --no-header --no-annotate -o requirements/run.txt
	uv pip compile -q pyproject.toml --group dev --generate-hashes --universal --python-version 3.11 --no-header --no-annotate -o requirements/dev.txt

bench: $(VENV)/dev.stamp
	@for file in bench/*.py; do echo "== $$file"; $(BIN)/python $$file; done

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache

$(DB): $(VENV)/run.stamp $(wildcard examples/advisories/*/*.json) src/keten/advisories/store.py
	@mkdir -p .cache
	@rm -f $(DB); $(BIN)/keten db import examples/advisories --db $(DB) > /dev/null

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "keten needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: $(VENV)/bin/python requirements/run.txt pyproject.toml
	@echo "Setting up $(VENV) (once) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	@mkdir -p .cache
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
