# What a clone can do. Needs Python 3.11 or newer, pip and make, nothing else.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps
SOURCES := errtrack ingest issues projects tests manage.py

.PHONY: install run test bench lock chromium
.DELETE_ON_ERROR:

install: .venv/.installed

run: install
	@exec $(BIN)/errtrack up $(ARGS)

test: .venv/.dev-installed chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	data=$$(mktemp -d) && trap 'rm -rf "$$data"' EXIT && \
	    $(BIN)/errtrack makemigrations --check --dry-run --data "$$data"
	$(BIN)/pytest $(ARGS)

bench: .venv/.dev-installed
	@exec $(BIN)/python -m tests.bench $(ARGS)

# The stamps make a second run instant, and a changed lock a new installation.
.venv/.installed: requirements.lock pyproject.toml
	@$(MAKE) --no-print-directory .venv/bin/python
	$(PIP) -r requirements.lock
	$(PIP) --no-build-isolation -e .
	@touch $@

.venv/.dev-installed: requirements-dev.lock .venv/.installed
	$(PIP) -r requirements-dev.lock
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "errtrack needs Python 3.11 or newer: make PYTHON=python3.13 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo "Python's venv is missing (Debian: apt-get install python3-venv)."; exit 1; }
	$(PYTHON) -m venv .venv

# The pages are tested in a real browser.
chromium:
	@command -v chromium >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	else \
	    echo "The tests need Chromium: install a package that brings the command 'chromium'."; exit 1; \
	fi

# Takes up new versions of the libraries within the bounds of pyproject.toml.
lock: .venv/.installed
	$(PIP) uv
	$(BIN)/uv pip compile $(LOCK_OPTIONS) -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK_OPTIONS) -o requirements-dev.lock \
	    -c requirements.lock --extra dev pyproject.toml

LOCK_OPTIONS = --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
    --group build --custom-compile-command "make lock"
