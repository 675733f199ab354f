# Everything a person needs: `make demo`, `make ui`, `make test`, `make lint`. Each sets up its own environment first.
PYTHON ?= python3
PORT ?= 3000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# uv installs in seconds; it is itself pinned by hash. It is told of the index that pip is configured with.
INDEX = $$($(BIN)/python -m pip config get global.index-url 2>/dev/null)

HISTORIES ?= 1000
INPUTS ?= 100000
FIRST ?= 0

.PHONY: demo ui test slow soak fuzz lint audit format lock docs docs-live screenshots clean setup

setup: $(READY)

$(READY): requirements/lock.txt requirements/uv.txt pyproject.toml
	@echo "Setting up $(VENV) (once; about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "audience_assets needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@index="$(INDEX)"; if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; \
	  UV_COMPILE_BYTECODE=1 VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements/lock.txt \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lock.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)
	@$(BIN)/audience-assets demo

ui: $(READY)
	@$(BIN)/audience-assets ui --port $(PORT)

# Twice as many as two cores, because tests also wait; as many as there are where there are more.
CORES := $(shell nproc 2>/dev/null || echo 2)
TESTERS ?= $(shell echo $$(( $(CORES) > 4 ? $(CORES) : 4 )))

test: $(READY)
	$(BIN)/python -m pytest -n $(TESTERS) --dist worksteal -m "not slow"

# Whole lives: faults at each effect, processes that are killed, a real browser, the demo, every command of the documentation.
slow: $(READY)
	$(BIN)/python -m pytest -n $(shell echo $$(( $(CORES) > 3 ? $(CORES) : 3 ))) --dist loadfile -m slow

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/dagster definitions validate -w workspace.yaml
	$(BIN)/dg check defs
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive audience_assets benchmarks
	@cp .secrets.baseline $(VENV)/secrets.baseline
	$(BIN)/detect-secrets-hook --no-verify --baseline $(VENV)/secrets.baseline $$(git ls-files) \
	  || test $$? -eq 3  # known ones that stand on another line now

# Known weaknesses of what is locked. First one that everybody knows is asked for, because an index without advisories finds none in anything.
KNOWN_WEAK := jinja2==2.10

audit: $(READY)
	@echo "$(KNOWN_WEAK)" | $(BIN)/pip-audit --progress-spinner off --disable-pip --no-deps --format json -r /dev/stdin 2>/dev/null \
	  | grep -q '"vulns": \[{' \
	  || { echo "make audit: no advisories can be reached from here (the package index serves them), so nothing was audited: run it where they can." >&2; exit 2; }
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements/lock.txt

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Versions and hashes for every platform and Python from 3.11 on, and no registry host.
lock: $(READY)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra sandbox --extra postgres --extra slack --extra ray --group dev pyproject.toml requirements/build.in -o requirements/lock.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  requirements/uv.in -o requirements/uv.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra postgres -c requirements/lock.txt pyproject.toml examples/requirements.in -o examples/requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  -c requirements/lock.txt requirements/bench.in -o requirements/bench.txt
	$(BIN)/uv pip compile --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header \
	  requirements/bench-condor.in -o requirements/bench-condor.txt

# The documentation as a site in site/, every link of which is checked; make docs-live shows it while it is written.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

docs-live: $(READY)
	$(BIN)/python -m mkdocs serve --dev-addr 127.0.0.1:8000

# The pictures of the documentation, taken in a real browser by the tests that look at the same pages.
screenshots: $(READY)
	AUDIENCE_ASSETS_SCREENSHOTS=docs/images $(BIN)/python -m pytest audience_assets_tests/browser

clean:
	rm -rf $(VENV) .demo .bench site

# The random histories of the suite, many more of them; minutes to hours. A shard: make soak FIRST=5000 HISTORIES=10000
soak: $(READY)
	AUDIENCE_ASSETS_FIRST_HISTORY=$(FIRST) AUDIENCE_ASSETS_HISTORIES=$(HISTORIES) $(BIN)/python -m pytest -n 2 audience_assets_tests/histories/test_histories.py \
	  audience_assets_tests/histories/partners/test_histories.py

# The readers, given many more damaged and hostile inputs than in the suite.
fuzz: $(READY)
	AUDIENCE_ASSETS_FUZZ_INPUTS=$(INPUTS) $(BIN)/python -m pytest audience_assets_tests/trust/test_fuzz.py

# Beside what else people would use, in environments of their own: make bench SIZE=100000 REPEATS=1 is the quick trial.
SIZE ?= 10000000
REPEATS ?= 3
OPTIONS ?=
BENCH := .bench
PYTHON312 ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.12*/bin/python3.12) python3.12)

.PHONY: bench
bench: $(BENCH)/.ready
	@$(BIN)/python -m benchmarks --size $(SIZE) --repeats $(REPEATS) $(OPTIONS)

# A small benchmark that fails if ours falls far behind a plain DuckDB statement of the same run; no figure by itself is judged.
.PHONY: bench-smoke
bench-smoke: $(READY)
	@$(BIN)/python -m benchmarks --size 100000 --repeats 1 --only vtex_ads,duckdb_hurried --at-least duckdb_hurried=0.03

# What a first load and a 1 % day spend their time on; a table in docs/performance.md.
PROFILED ?= 1000000

.PHONY: profile
profile: $(READY)
	@$(BIN)/python -m benchmarks.profiling --size $(PROFILED)

$(BENCH)/.ready: $(READY) requirements/bench.txt requirements/bench-condor.txt
	@echo "Setting up $(BENCH) (once; some minutes) ..."
	@rm -rf $(BENCH)
	@index="$(INDEX)"; if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; export UV_COMPILE_BYTECODE=1; \
	  $(BIN)/uv venv --quiet --no-python-downloads --python $(BIN)/python $(BENCH)/rivals && \
	  $(BIN)/uv pip install --quiet --python $(BENCH)/rivals --require-hashes -r requirements/bench.txt
	@index="$(INDEX)"; if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; export UV_COMPILE_BYTECODE=1; \
	  { $(BIN)/uv venv --quiet --no-python-downloads --python "$(PYTHON312)" $(BENCH)/condor 2>/dev/null && \
	    $(BIN)/uv pip install --quiet --python $(BENCH)/condor --require-hashes -r requirements/bench-condor.txt; } || \
	  { rm -rf $(BENCH)/condor; echo "condor-retl is left out: make bench PYTHON312=/path/to/python3.12"; }
	@touch $@
