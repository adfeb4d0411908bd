# `make` or `make help` says what there is. Needs Python 3.11+, make and a shell; the rest it fetches into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# pytest's processes. `auto` is one for each core.
WORKERS ?= auto
PYTEST = $(BIN)/python -m pytest
IN_PARALLEL = -n $(WORKERS) --dist loadgroup

# What `make package` writes, and `make cold-start` and `make bench` measure.
BUNDLE ?= build/deployment.zip

# What `make sample` writes.
SAMPLE ?= build/sample_customers.csv
ROWS ?= 7043
SEED ?= 1

export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Jobs side by side keep their lines together where make can do that (4.0+; macOS ships 3.81).
TOGETHER := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.DEFAULT_GOAL := help
.PHONY: help venv run dev lint types imports contracts unit integration test test-all format sample package \
	cold-start bench bench-full bench-duplicates clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# -- the virtual environment: a stamp says which requirements it was made from

$(VENV)/made:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Switchboard needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name a newer one: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { echo "No virtual environment could be made. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

# $(call install,FILE): a failed download leaves no stamp, so the next try starts over.
define install
	@echo "Installing $(1) into $(VENV) …"
	@$(BIN)/python -m pip install -q -U 'pip<26.3' && $(BIN)/python -m pip install -q -r $(1) || { echo "pip could not install $(1): its message stands above. Without a network, name a wheel folder: PIP_NO_INDEX=1 PIP_FIND_LINKS=/path make …" >&2; exit 1; }
	@touch $@
endef

$(VENV)/run: $(VENV)/made requirements.txt requirements-batch.txt requirements-run.txt cli/pyproject.toml
	$(call install,requirements-run.txt)

$(VENV)/dev: $(VENV)/run requirements-dev.txt
	$(call install,requirements-dev.txt)

venv: $(VENV)/run ## Make .venv with what `make run` needs

dev: $(VENV)/dev ## Make .venv with what the checks and tests need too

# -- the product

run: $(VENV)/run ## Run everything on this machine (PORT=8000, DATA=.data, DYNAMODB_ENDPOINT=); Ctrl-C stops it
	@exec $(BIN)/python -m infra.local

sample: $(VENV)/run ## Write a made-up customer file (SAMPLE=build/sample_customers.csv ROWS=7043 SEED=1)
	@mkdir -p $(dir $(SAMPLE))
	@$(BIN)/python -m infra.sample --rows $(ROWS) --seed $(SEED) $(SAMPLE)

package: $(VENV)/run ## Make the deployment bundle (BUNDLE=build/deployment.zip): app, libraries, byte code, without unused files
	@$(BIN)/python -m infra.package --output $(BUNDLE)

cold-start: $(VENV)/dev package ## Measure a first answer out of the bundle, in bare DynamoDB clients (budget 2.0)
	@$(BIN)/python -m bench.cold_start --bundle $(BUNDLE)

# -- checks

lint: $(VENV)/dev ## ruff: rules and formatting
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check .; exit 1; }
	@echo "lint: in order"

types: $(VENV)/dev ## mypy, strict, on everything but the tests
	@$(BIN)/mypy --no-error-summary
	@echo "types: in order"

imports: $(VENV)/dev # part of contracts
	@$(BIN)/lint-imports --no-logo >$(VENV)/imports.log 2>&1 || { cat $(VENV)/imports.log; exit 1; }
	@echo "imports: in order"

contracts: imports ## import-linter's contracts and the house's own lints (tests/house)
	@$(PYTEST) -q tests/house

unit: $(VENV)/dev ## Tests in one process, on moto
	@$(PYTEST) $(IN_PARALLEL) -m "not integration and not slow"

integration: $(VENV)/dev ## Tests on DynamoDB Local and the local gateway, started and stopped by the session
	@$(PYTEST) $(IN_PARALLEL) -m "integration and not slow"

test: $(VENV)/dev ## All that CI runs: lint, types, contracts, then every test that is not slow
	@$(MAKE) --no-print-directory -j2 $(TOGETHER) lint types imports
	@$(PYTEST) $(IN_PARALLEL) -m "not slow"

test-all: $(VENV)/dev ## The same with the slow tests
	@$(MAKE) --no-print-directory -j2 $(TOGETHER) lint types imports
	@$(PYTEST) $(IN_PARALLEL)

bench: $(VENV)/dev package ## Measure what operations cost at 1,000 and 20,000 customers, against the budgets; writes docs/costs.md
	@$(BIN)/python -m bench --bundle $(BUNDLE) --docs docs/costs.md

bench-full: $(VENV)/dev package ## The same at 100,000 customers, which takes an hour; writes nothing
	@$(BIN)/python -m bench --bundle $(BUNDLE) --sizes 1000 100000 --import-rows 1000 7043 100000

bench-duplicates: $(VENV)/dev ## Measure precision and recall of the search for duplicates, in 10,000 customers of two held-out seeds
	@$(BIN)/python -m bench.duplicates

format: $(VENV)/dev ## Let ruff format the code and mend what it safely can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

clean: ## Remove .venv, build results and caches; data (DATA, default .data) stays
	@rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
