# make help lists the targets. Each target does its own set-up: .venv, filled from requirements.txt (locked, hashed).
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

UV_VERSION := 0.13.9
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/ready
BENCH := $(VENV)/ready-bench
LAB := $(VENV)/ready-lab
# JupyterLab asks the network for its news and for newer versions of itself; here nothing leaves the machine.
QUIET := --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate
COMPANION := $(PY) -m mecpapers.companion

# One thread a process (two processes run side by side), and kernels from this environment.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export JUPYTER_PREFER_ENV_PATH := 1
# An inherited backend would remove every figure; without bytecode, every kernel compiles all it imports.
unexport MPLBACKEND PYTHONDONTWRITEBYTECODE

# A Python that is named must run; with another version of it, or with none there, the environment is made anew.
VERSION := import platform; print(platform.python_version())
ifdef PYTHON
NAMED := $(shell '$(PYTHON)' -c '$(VERSION)' 2>/dev/null)
$(if $(NAMED),,$(error PYTHON = $(PYTHON): does not run))
endif
ifneq ($(wildcard $(PY)),)
FOUND := $(shell $(PY) -c '$(VERSION)' 2>/dev/null)
endif
ifneq ($(and $(FOUND),$(filter $(FOUND),$(or $(NAMED),$(FOUND)))),)
else
.PHONY: $(PY)
$(READY) $(VENV)/bin/uv: $(PY)
endif

install = if [ -x $(VENV)/bin/uv ]; then $(VENV)/bin/uv pip install --quiet --python $(PY) $(1); \
	else $(PY) -m pip install --quiet $(1); fi

.PHONY: help book test notebooks lint bench nightly verify platforms faults flips pdf lab release lock clean

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

book: $(READY) ## execute the notebooks whose inputs changed; site in _build/html
	@$(COMPANION) book

test: $(READY) ## lint, tests, notebooks, and the site in a browser
	@$(PY) tests/run.py

notebooks: $(READY) ## execute the notebooks and copy their outputs back, to commit
	@$(COMPANION) notebooks

lint: $(READY) ## ruff and mypy
	@$(PY) tests/run.py lint types

bench: $(BENCH) ## time the solvers
	@$(PY) tests/bench

nightly: $(READY) ## make flips, make test, and the tests with full counts
	@$(COMPANION) flips
	@$(PY) tests/run.py --nightly

verify: $(READY) ## nightly: the same numbers under other kernels, threads and last bits; two books byte by byte
	@$(PY) tests/bits/verify.py

platforms: $(READY) ## nightly: wheel, command and tests on each Python found, with the newest and the lowest versions
	@$(PY) tests/platforms.py

faults: $(READY) ## nightly: plausible mistakes in a copy of the package; a test named for each must notice it
	@$(PY) tests/faults

flips: $(READY) ## measure claims under other choices and seeds; commit the flips.json
	@$(COMPANION) flips

pdf: $(READY) ## the book as one file, _build/mecpapers.pdf
	@$(COMPANION) pdf

lab: $(LAB) ## open the notebooks in JupyterLab, theorems and boxes as in the book (ARGS=--allow-root: in a container)
	@$(VENV)/bin/jupyter lab notebooks $(QUIET) $(ARGS)

release: $(READY) ## wheel, sdist, site, PDF and checksums in _build/release
	@$(PY) tests/release.py

lock: $(VENV)/bin/uv ## resolve pyproject.toml into requirements.txt (UPGRADE=--upgrade for the newest)
	@$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra book --extra test \
		--no-annotate --custom-compile-command "make lock" $(UPGRADE) --output-file requirements.txt pyproject.toml

clean: ## remove what was built; the environment stays
	@rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(PY):
	@python=$$(for p in $${PYTHON:-python3 python3.13 python3.12 python3.11}; do \
		"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done); \
	if [ -z "$$python" ]; then echo "Python 3.11 or newer is needed; name one with PYTHON=..." >&2; exit 1; fi; \
	echo "== environment: $$("$$python" --version) in $(VENV)"; \
	"$$python" -m venv --clear $(VENV)

$(VENV)/bin/uv: | $(PY)
	@$(PY) -m pip install --quiet uv==$(UV_VERSION)

# uv is four times faster than pip; where it can't be had, pip installs the same lock.
$(READY): requirements.txt pyproject.toml | $(PY)
	@start=$$SECONDS; echo "== packages: requirements.txt"; \
	$(MAKE) --silent $(VENV)/bin/uv || echo "== packages: no uv here, installing with pip"; \
	$(call install,--require-hashes -r requirements.txt); \
	$(call install,--no-deps --no-build-isolation -e .); \
	touch $@; echo "== packages: $$((SECONDS - start)) s"

$(BENCH): $(READY)
	@echo "== packages: bench"; $(call install,--no-build-isolation -e '.[bench]'); touch $@

$(LAB): $(READY)
	@echo "== packages: lab"; $(call install,--no-build-isolation -e '.[lab]'); touch $@
