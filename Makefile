# What a clone can do. Needs Python 3.11 or newer, pip and make, nothing else.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps
SOURCES := alerts errtrack ingest issues monitors projects releases tests manage.py

.PHONY: install run test bench fuzz screenshots lock chromium clients lock-clients
.DELETE_ON_ERROR:

install: .venv/.installed

run: install
	@exec $(BIN)/errtrack up $(ARGS)

test: .venv/.dev-installed chromium clients
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	data=$$(mktemp -d) && trap 'rm -rf "$$data"' EXIT && \
	    $(BIN)/errtrack makemigrations --check --dry-run --data "$$data"
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

bench: .venv/.dev-installed
	@exec $(BIN)/python -m tests.bench $(ARGS)

# Many new cases; `make test` has a few that are always the same.
fuzz: ROUNDS ?= 40
fuzz: .venv/.dev-installed
	FUZZ_ROUNDS=$(ROUNDS) nice $(BIN)/pytest tests/fuzz -q $(ARGS)

# Pictures of every page for docs/screenshots, of a made-up shop. They are best with the
# fonts Inter and Noto Sans CJK (Debian: fonts-inter fonts-noto-cjk). SHOTS=word takes
# those only whose names hold the word.
screenshots: .venv/.dev-installed chromium
	$(BIN)/pytest tests/screenshots/shoot.py -q $(ARGS)

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

# Real clients of many ages, which the end-to-end tests run, each in its own folder.
CLIENTS := .venv/clients
CLIENT_LOCKS := tests/e2e/clients
PYTHON_CLIENTS := sentry-sdk-2 sentry-sdk-1 sentry-sdk-0 raven-6

clients: $(PYTHON_CLIENTS:%=$(CLIENTS)/%/.installed)
	@command -v npm >/dev/null && exec $(MAKE) --no-print-directory $(CLIENTS)/npm/.installed; \
	echo "Node.js is missing: its clients and the browser's are not tested."; test -z "$$CI"

$(CLIENTS)/%/.installed: $(CLIENT_LOCKS)/python/%.txt | .venv/.installed
	@rm -rf $(@D)
	$(PIP) --require-hashes --target $(@D) -r $<
	@touch $@

# Nothing of a package is run to install it.
$(CLIENTS)/npm/.installed: $(CLIENT_LOCKS)/package.json $(CLIENT_LOCKS)/package-lock.json
	@mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Takes up the newest release of each major version of the Python clients, and what
# package.json names of the others.
lock-clients: .venv/.dev-installed
	for name in $(PYTHON_CLIENTS); do \
	    echo "$${name%-*} == $${name##*-}.*" | $(BIN)/uv pip compile --quiet --upgrade \
	        --universal --generate-hashes --python-version 3.11 --no-annotate \
	        --custom-compile-command "make lock-clients" \
	        -o $(CLIENT_LOCKS)/python/$$name.txt - || exit 1; \
	done
	cd $(CLIENT_LOCKS) && npm install --package-lock-only --ignore-scripts --no-audit \
	    --no-fund --omit-lockfile-registry-resolved

# Takes up new versions of the libraries within the bounds of pyproject.toml.
lock: .venv/.installed
	$(PIP) uv
	$(BIN)/uv pip compile $(LOCK_OPTIONS) -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK_OPTIONS) -o requirements-dev.lock \
	    -c requirements.lock --extra dev pyproject.toml

LOCK_OPTIONS = --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
    --group build --custom-compile-command "make lock"
