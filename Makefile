# `make` alone lists the targets. Nothing here needs more than make and Python 3.11.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
KB := $(VENV)/bin/kb
# Compiled once here, so that the service starts in time even where Python may not write bytecode itself.
UV_INSTALL := $(UV) pip install --python $(PY) --require-hashes --strict --compile-bytecode

.PHONY: help
help: ## list what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## Setting up. Each step leaves a stamp, so that a second run does nothing.
.PHONY: install
install: $(VENV)/.base node_modules/.stamp ## set up everything the service needs, without starting it

.PHONY: install-dev
install-dev: $(VENV)/.dev node_modules/.stamp ## the same, with what tests and checks need

$(VENV)/.uv: requirements/uv.txt
	@sh tools/venv.sh "$(PYTHON)" "$(VENV)"
	@touch $@

$(VENV)/.base: $(VENV)/.uv requirements/base.txt pyproject.toml
	@echo "[install] Python packages of the service"
	@$(UV_INSTALL) -r requirements/base.txt
	@$(UV) pip install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	@echo "[install] Python packages of tests and checks"
	@$(UV_INSTALL) -r requirements/dev.txt
	@touch $@

$(VENV)/.transformers: $(VENV)/.base requirements/transformers.txt
	@echo "[install] sentence-transformers and what it needs (several GB)"
	@$(UV_INSTALL) -r requirements/transformers.txt
	@touch $@

node_modules/.stamp: package.json package-lock.json | $(VENV)/.uv
	@sh tools/assets.sh "$(UV)"
	@touch $@

.PHONY: elasticsearch
elasticsearch: ## fetch an Elasticsearch for tests into KB_TEST_ELASTICSEARCH (needs Maven and Java 17)
	@sh tools/elasticsearch.sh "$(or $(KB_TEST_ELASTICSEARCH),.cache/elasticsearch)"

.PHONY: install-transformers
install-transformers: $(VENV)/.transformers ## add larger embedding models (several GB; worth it with a GPU)

$(VENV)/.peers: $(VENV)/.base requirements/peers.txt
	@echo "[install] what the service is measured beside"
	@$(UV_INSTALL) -r requirements/peers.txt
	@touch $@

.PHONY: install-peers
install-peers: $(VENV)/.peers ## add what `kb bench search --compare` measures beside the service

## Running
.PHONY: run
run: install ## install if need be, then serve on 127.0.0.1:$KB_PORT (8000)
	@$(PY) -m compileall -q kb_service search ingestion admin
	@exec $(KB) serve

## Checking
.PHONY: test
test: install-dev ## run the test suite on SQLite, and on PostgreSQL where it is at hand
	@PY="$(PY)" sh tools/test.sh $(ARGS)

.PHONY: lint
lint: install-dev ## style, types, layers, and that the migrations match the tables
	@PY="$(PY)" sh tools/lint.sh

.PHONY: fix
fix: install-dev ## put style right where a machine can
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format .

.PHONY: proof
proof: install-dev ## the long checks: load, faults, fuzzing (hours; results go to docs/reliability.md)
	@$(PY) -m pytest tests/proof -m proof -p no:xdist $(ARGS)

.PHONY: bench
bench: install ## measure search against its budget (POINTS=100000); Elasticsearch too (200000) where KB_ELASTICSEARCH_URL names one
	@$(KB) bench search --points $(or $(POINTS),100000) --json
	@if [ -n "$$KB_ELASTICSEARCH_URL" ]; \
	then $(KB) bench search --engine elasticsearch --points $(or $(POINTS),200000) --json; \
	else echo "Elasticsearch is not measured: KB_ELASTICSEARCH_URL is not set." >&2; fi

.PHONY: clauses
clauses: install-dev ## list each clause with the rules and tests that carry it, and what is uncovered
	@$(PY) -m tools.clauses $(ARGS)

.PHONY: clauses-prove
clauses-prove: install-dev ## break each covered rule in turn and see that a test notices
	@$(PY) -m tools.clauses --prove $(ARGS)

## Keeping
.PHONY: migration
migration: install-dev ## write a migration from the change of the tables: make migration NAME="add notices"
	@test -n "$(NAME)" || { echo 'Say what changes: make migration NAME="add notices"'; exit 2; }
	@$(PY) -m tools.migrations new "$(NAME)"

.PHONY: docs
docs: install-dev ## re-make the pages that are generated from the code
	@$(PY) -m tools.settings_page
	@$(PY) -m tools.profile_page
	@$(PY) -m tools.simulation_page
	@$(PY) -m tools.assist_page

.PHONY: lock
lock: $(VENV)/.uv ## re-make the lock files (UPGRADE=1 takes the newest versions)
	@sh tools/lock.sh "$(UV)" "$(UPGRADE)"

.PHONY: clean
clean: ## remove caches and what running left (var/ is kept)
	@rm -rf .cache .hypothesis .import_linter_cache .mypy_cache .numba_cache .pytest_cache .ruff_cache build dist
	@find . -name __pycache__ -not -path './$(VENV)/*' -not -path './node_modules/*' -prune -exec rm -rf {} +
