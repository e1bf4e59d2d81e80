# make run: install into .venv, then build the evidence pack.   make test: install and test.   make help: all targets.
CORES ?= 2
TARGET ?= value_utility_realtruth
PYTHON ?= python3
MOMENTS ?= 20
AXE := tests/browser/node_modules/axe-core/axe.min.js
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes
# Once, on all cores: else every job would compile what it imports where Python may not write bytecode itself.
COMPILE := $(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
# Likewise the loops of the decoys (numba), else the first jobs would each compile them.
LOOPS := $(BIN)/python -c "from hetero2.chem.decoys_v2 import generate; generate('CCOC(=O)c1ccccc1N', 20, 0)"
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help run test check ci docs format lock test-determinism test-faults test-cluster test-browser test-installed bench-decoys-v1 bench-decoy-quality bench-decoy-speed bench-fdr bench-deception bench-refit-level bench-uplift bench-audit-speed bench-ingest clean

help: ## List the targets.
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

run: $(VENV)/.run ## Build TARGET with CORES cores (default: value_utility_realtruth, 2).
	snakemake --cores $(CORES) $(TARGET)

test: $(VENV)/.dev ## Run the tests, on two workers.
	pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.dev ## Format, lint and type checks; changes nothing.
	ruff format --check .
	ruff check .
	mypy
	snakefmt --check Snakefile rules
	snakemake --lint

ci: check ## What CI runs; the cluster mostly waits, so it runs beside the tests, and then the browser.
	$(MAKE) --jobs 2 --output-sync=line test test-installed

# One after the other: with `test` they have two cores.
test-installed:
	$(MAKE) test-cluster
	$(MAKE) test-browser REPORTS="small and not page_is_small"

docs: $(VENV)/.dev ## Write the pages of the contracts and the pictures of the rule graph anew.
	python -m tools.contract_pages
	python -m tools.rule_graph

format: $(VENV)/.dev ## Format the code.
	ruff format .
	ruff check --fix .
	snakefmt Snakefile rules

lock: $(VENV)/.dev ## Write the lock files anew from requirements*.in, with the newest versions.
	for name in requirements requirements-dev; do \
	  uv pip compile --quiet --upgrade --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header $$name.in --output-file $$name.lock; \
	done

test-determinism: $(VENV)/.dev ## The default run under other cores, shards, hash seed, zone, locale and folder.
	pytest -s -m determinism --override-ini addopts= tests/workflow/test_determinism.py

test-faults: $(VENV)/.dev ## Each fault (kill -9, Ctrl-C, full disk, ..) at 20 moments; MOMENTS=n for more.
	MOMENTS=$(MOMENTS) pytest -s -m faults --override-ini addopts= tests/workflow/test_faults.py

test-cluster: $(VENV)/.dev ## The small run on a SLURM cluster of one node; needs root, installs SLURM where it is missing.
	@if [ "$$(id -u)" = 0 ] && ! { command -v slurmctld && command -v slurmd && command -v munged; } >/dev/null; then \
	  apt-get -qq update && apt-get -qq install --yes --no-install-recommends slurm-wlm munge >/dev/null || true; \
	fi
	pytest -rs -m cluster --override-ini addopts= tests/cluster

test-browser: $(VENV)/.dev ## The reports in Chromium (REPORTS: words as for pytest -k); as root, installs it where it is missing.
	@for name in chromium npm; do \
	  [ "$$(id -u)" != 0 ] || command -v $$name >/dev/null || { \
	    apt-get -qq update && apt-get -qq install --yes --no-install-recommends $$name >/dev/null || true; \
	  }; \
	done
	@$(MAKE) --silent $(AXE) || true
	pytest -rs -m browser --override-ini addopts= -k "$(REPORTS)" tests/browser

bench-decoys-v1: $(VENV)/.dev ## Frozen decoys: fast against straightforward, on FILE=input.csv (id,smiles).
	python -m benchmarks.decoys_v1 $(FILE)

bench-decoy-quality: $(VENV)/.dev ## How good decoys are, v1 beside v2, on FILE="a.csv b.csv" (default: the default data set).
	python -m benchmarks.decoy_quality $(FILE)

bench-decoy-speed: $(VENV)/.dev ## CPU time of decoys against RDKit's own floor, on FILE=input.csv.
	python -m benchmarks.decoy_speed $(FILE)

bench-fdr: $(VENV)/.dev ## Simulated libraries: false discovery rate and power of the calls.
	python -m benchmarks.fdr_simulation

bench-deception: $(VENV)/.dev ## Models that know nothing of structure, judged by refits, on SETS="name=folder ..".
	python -m benchmarks.self_deception $(SETS)

bench-refit-level: $(VENV)/.dev ## Level of the test by refits where labels say nothing.
	python -m benchmarks.refit_level

bench-uplift: $(VENV)/.dev ## Simulated libraries: coverage of the interval of the uplift.
	python -m benchmarks.uplift_coverage

bench-audit-speed: $(VENV)/.dev ## CPU time of auditing and calling 100,000 molecules.
	python -m benchmarks.audit_speed

bench-ingest: $(VENV)/.dev ## CPU time and memory of taking in a million molecules and their scores.
	python -m benchmarks.ingest

$(AXE): tests/browser/package-lock.json
	cd tests/browser && npm ci --silent
	@touch $@

clean: ## Remove results and caches; keeps .venv.
	rm -rf results .snakemake .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock | $(VENV)/bin/python
	$(PIP) -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(COMPILE)
	@$(LOOPS)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(PIP) -r requirements-dev.lock
	@$(COMPILE)
	@touch $@
