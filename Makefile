# `make` alone lists the targets.
#
#   PYTHON=python3.12        the Python that the environment is made from (3.11 or newer)
#   WHEELHOUSE=wheelhouse    install from this folder and from nowhere else (no network)
#   ARGS="-k handoff -x"     passed on to pytest, to the demo or to the benchmarks
#   UPGRADE=1                with `make lock`: take the newest versions that pyproject.toml allows

PYTHON ?= python3
WHEELHOUSE ?=
ARGS ?=
UPGRADE ?=

# Every command starts in half the time where Python keeps what it has compiled, also on a machine that tells it not to.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
# -qq hides what a machine's own pip settings make it say; errors still show. The locks are complete, hence --no-deps.
PIP_OPTS := -qq --disable-pip-version-check --no-deps --no-build-isolation
PIP_FROM := $(if $(WHEELHOUSE),--no-index --find-links $(WHEELHOUSE))
INSTALL := install $(PIP_OPTS) $(PIP_FROM) --no-compile --require-hashes
DOWNLOAD := download $(PIP_OPTS) --require-hashes
LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" .uv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

# Licences under which what runs may be passed on with this: permissive ones, and weak copyleft of a package as it is.
LICENCES := MIT;Apache;BSD;ISC;PSF;Python Software Foundation;MPL;Mozilla;LGPL;Unlicense

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check alerts fmt bench docs wheelhouse lock sbom licences audit clean

help:
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.installed ## make .venv with everything in it, locked and hashed

demo: .venv/.installed ## run one case through all agencies on this machine, and show it
	@$(BIN)/barnabus demo $(ARGS)

# Each test has a home, a server and ports of its own, so three run side by side, for many wait. Faults and browser have
# theirs a module, so a file stays with one worker; they come after the rest, as their load is heavy.
test: .venv/.installed ## run all tests
ifeq ($(ARGS),)
	@$(BIN)/python -m pytest -q -n 3 --dist worksteal -m "not fault and not browser"
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile -m "fault or browser"
else
	@$(BIN)/python -m pytest -q $(ARGS)
endif

check: .venv/.installed ## lint, formatting, types, import rules, generated files, contracts against their last release
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check || { echo "formatting: run 'make fmt'" >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@imports=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$imports" >&2; exit 1; }
	@$(BIN)/barnabus contracts export --check
	@$(BIN)/barnabus console openapi --check
	@$(BIN)/barnabus contracts gate
	@echo "check: all good"

alerts: ## what a Prometheus server reads in deploy/: its own promtool has to be on the PATH
	@command -v promtool >/dev/null || { echo "promtool is not here: it comes with Prometheus (on Debian, in the package prometheus)" >&2; exit 1; }
	@said=$$(promtool check config deploy/prometheus/prometheus.yml && promtool test rules tests/alerts.yml) || { echo "$$said"; exit 1; }
	@echo "alerts: all good"

fmt: .venv/.installed ## format the code, and repair what the linter can
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

bench: .venv/.installed ## run the benchmarks
	@$(BIN)/python -m tests.benchmarks $(ARGS)

docs: .venv/.installed ## write the generated files anew: schemas, examples, AsyncAPI, tables in docs/
	@$(BIN)/barnabus contracts export
	@$(BIN)/barnabus console openapi

wheelhouse: .venv/.requirements ## fetch all packages into wheelhouse/, for machines without a network
	@rm -rf wheelhouse
	@$(BIN)/pip $(DOWNLOAD) -d wheelhouse -r requirements/build.txt
	@$(BIN)/pip $(DOWNLOAD) -d wheelhouse -r requirements/dev.txt
	@echo "wheelhouse: $$(ls wheelhouse | wc -l) packages, for $$(uname -sm) and $$($(BIN)/python -V). On the other machine: make setup WHEELHOUSE=wheelhouse"

lock: .uv/.installed ## write requirements/*.txt anew from pyproject.toml (UPGRADE=1 for newer versions)
	@$(LOCK) --group pyproject.toml:lock -o requirements/uv.txt >/dev/null
	@$(LOCK) --group pyproject.toml:build -o requirements/build.txt >/dev/null
	@$(LOCK) --group pyproject.toml:supply -o requirements/supply.txt >/dev/null
	@$(LOCK) pyproject.toml -o requirements/runtime.txt >/dev/null
	@$(LOCK) pyproject.toml --extra postgres -c requirements/runtime.txt -o requirements/postgres.txt >/dev/null
	@$(LOCK) pyproject.toml --extra postgres --group dev -c requirements/postgres.txt -o requirements/dev.txt >/dev/null
	@if grep -nE '://|^-' requirements/*.txt; then echo "an address or an option in a lock file" >&2; exit 1; fi

sbom: .supply/.installed ## the bill of materials of what runs, with hashes: build/sbom.json (CycloneDX)
	@mkdir -p build
	@.supply/bin/cyclonedx-py requirements --pyproject pyproject.toml --of JSON -o build/sbom.json requirements/runtime.txt 2>/dev/null
	@echo "sbom: build/sbom.json"

licences: .supply/.installed .venv/.installed ## the licence of each package that runs; none but those that may be passed on so
	@.supply/bin/pip-licenses --python=$(BIN)/python --from=mixed --partial-match --allow-only="$(LICENCES)" \
		--packages $$(sed -n 's/^\([a-z0-9_.-]*\)\(\[.*\]\)\{0,1\}==.*/\1/p' requirements/runtime.txt)

audit: .supply/.installed ## what is publicly known against each package that runs; fails too where nobody could be asked
	@.supply/bin/pip-audit --strict --disable-pip --progress-spinner off -r requirements/runtime.txt

clean: ## remove .venv, caches, wheelhouse and build leftovers
	@rm -rf .venv .uv .supply wheelhouse build dist *.egg-info .coverage htmlcov
	@rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@rm -rf tests/node/node_modules examples/integrators/node/node_modules
	@find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made anew whenever a lock file changes, so it never holds what no lock names.
.venv/.requirements: requirements/build.txt requirements/dev.txt
	@echo "setup: making .venv (about half a minute)" >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "this Python cannot make environments: on Debian, apt install python3-venv" >&2; exit 1; }
	@test -z "$(WHEELHOUSE)" || test -d "$(WHEELHOUSE)" \
		|| { echo "no folder $(WHEELHOUSE): make wheelhouse on a machine with a network" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip $(INSTALL) -r requirements/build.txt
	@$(BIN)/pip $(INSTALL) -r requirements/dev.txt
	@touch $@

.venv/.installed: .venv/.requirements pyproject.toml
	@$(BIN)/pip install $(PIP_OPTS) --no-index -e .
	@touch $@

.supply/.installed: requirements/supply.txt
	@$(PYTHON) -m venv --clear .supply
	@.supply/bin/pip $(INSTALL) -r requirements/supply.txt
	@touch $@

.uv/.installed: requirements/uv.txt
	@$(PYTHON) -m venv --clear .uv
	@.uv/bin/pip $(INSTALL) -r requirements/uv.txt
	@touch $@
