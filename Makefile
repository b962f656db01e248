# The everyday commands of Meguri; `make help` lists them. ARGS="..." is passed on to the program behind a command.
.DEFAULT_GOAL := help
# Where this is set, every process of ours would compile the whole program again.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo run migrate test check bench torture privacy-audit attack lock clean

PYTHON ?= python3
ARGS ?=
VENV := .venv
READY := $(VENV)/ready
BIN := $(VENV)/bin
LOCK := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "make %-15s%s\n", $$1, $$2}'

demo: $(READY) ## a synthetic town spends a day in front of you
	@MEGURI_ENVIRONMENT=$${MEGURI_ENVIRONMENT:-demo} $(BIN)/meguri demo $(ARGS)

run: $(READY) ## migrate, then serve the API with its worker (embedded servers unless URLs are set)
	@export MEGURI_ENVIRONMENT=$${MEGURI_ENVIRONMENT:-demo} \
	  && $(BIN)/meguri migrate \
	  && exec $(BIN)/meguri serve --with-worker $(ARGS)

migrate: $(READY) ## bring the database to the newest migration
	@MEGURI_ENVIRONMENT=$${MEGURI_ENVIRONMENT:-demo} $(BIN)/meguri migrate $(ARGS)

# All tests mostly wait for disks and servers, so three processes share them; a few run in one.
test: $(READY) ## run the tests, e.g. make test ARGS="-k refund"
	@$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),--numprocesses=3 --dist=worksteal)

check: $(READY) ## what CI runs: format, lint, types, layers, migrations, tests
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports
	@$(BIN)/meguri migrate --check
	@$(MAKE) --no-print-directory test

bench: $(READY) ## measure it on this machine
	@$(BIN)/python -m bench $(ARGS)

torture: $(READY) ## break a deployment under load and compare (ARGS='--list' says how)
	@$(BIN)/meguri torture $(or $(ARGS),--all)

privacy-audit: $(READY) ## does what is released keep its promise? Four planted faults must be caught
	@$(BIN)/python -m audits.privacy $(ARGS)

attack: $(READY) ## guess who took part, from what is released; and break what thresholds alone protect
	@$(BIN)/python -m audits.attack $(ARGS)

lock: $(READY) ## write the lock files anew (ARGS=--upgrade takes newer versions)
	@$(PIP) install -qq 'uv>=0.13,<0.14'
	@$(BIN)/uv pip compile --quiet $(LOCK) pyproject.toml --output-file requirements.lock $(ARGS)
	@$(BIN)/uv pip compile --quiet $(LOCK) pyproject.toml --group dev \
	  --constraint requirements.lock --output-file requirements-dev.lock $(ARGS)

clean: ## remove everything that was made here; the data folder of the embedded servers stays
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made once, and again when a lock or pyproject.toml changes.
$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Meguri needs Python 3.11 or newer; choose one with: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv is missing; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "Making $(VENV) (once)" && $(PYTHON) -m venv $(VENV); }
	@$(PIP) install -qq --require-hashes --requirement requirements-dev.lock
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@
