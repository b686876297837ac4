# One word for each thing one does here; `make` alone lists them. CONTRIBUTING.md says what each runs.
.DEFAULT_GOAL := help
.PHONY: help up test check messages evaluate faults bench-ingest bench-search bench-chat fix lock clean

VENV := .venv
BIN := $(VENV)/bin
RECENT := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
# The first Python on the path that is recent enough; PYTHON=... names another.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each $(RECENT) >/dev/null 2>&1 && echo $$each && break; done)
PIP := $(BIN)/python -m pip install --disable-pip-version-check --no-input --progress-bar off --require-hashes
COMPILE := $(BIN)/pip-compile --quiet --allow-unsafe --generate-hashes --strip-extras \
	--no-emit-find-links --no-emit-index-url --no-emit-trusted-host
JOBS ?= auto

help:
	@echo "make up      start Parley with all it needs and ask its demonstration a question (PORT=8000, HOST=127.0.0.1)"
	@echo "make test    run the tests"
	@echo "make check   run the linters, the type checker and the checks of architecture and deployment"
	@echo "make messages  collect the texts that are to be translated, and compile locale/ (needs gettext's xgettext)"
	@echo "make evaluate  measure retrieval, citations and guardrails (DATA=a folder of sets; ARGS='--only retrieval')"
	@echo "make faults  kill, stop and restart everything while documents are processed, and count what was lost (RUNS=100)"
	@echo "make bench-ingest  measure how fast documents become searchable (DOCUMENTS=a folder of your own)"
	@echo "make bench-search  measure search by size, exact and through an index"
	@echo "make bench-chat    measure the turn of talk against a stub of a provider (CHAT='--only json'; CHAT=--help)"
	@echo "make fix     repair what the linters can repair"
	@echo "make lock    pin requirements*.in anew, with hashes"
	@echo "make clean   remove the environment and the caches; data under var/ stays"

up: $(VENV)/.installed
	@$(BIN)/python -m config.supervisor

test: $(VENV)/.installed-dev
	@.ci/browser >/dev/null
	$(BIN)/python manage.py prepare_models
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet .
	$(BIN)/python .ci/settings_check.py

messages: $(VENV)/.installed-dev
	$(BIN)/python manage.py makemessages --all --no-wrap --no-location --no-obsolete -v 0 --ignore '.venv/*' --ignore 'var/*' --ignore './tests/*' --ignore '*/tests/*.py'
	$(BIN)/pybabel -q compile -D django -d locale --statistics

evaluate: $(VENV)/.installed
	@$(BIN)/python manage.py prepare_models >&2
	@$(BIN)/python -m config.embedded.scratch evaluate --cache var/evaluation $(if $(DATA),--data '$(DATA)') $(ARGS)

faults: $(VENV)/.installed-dev
	$(BIN)/python manage.py prepare_models
	$(BIN)/python -m tests.faults $(or $(RUNS),100)

bench-ingest: $(VENV)/.installed-dev
	$(BIN)/python manage.py prepare_models
	$(BIN)/python -m tests.bench.ingest $(DOCUMENTS)

bench-search: $(VENV)/.installed-dev
	$(BIN)/python -m tests.bench.search

bench-chat: $(VENV)/.installed-dev
	$(BIN)/python manage.py prepare_models
	$(BIN)/python -m tests.bench.chat $(CHAT)

fix: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.installed-dev
	$(COMPILE) --output-file=requirements.txt requirements.in
	$(COMPILE) --output-file=requirements-dev.txt requirements-dev.in

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

# A link to a Python that is gone counts as absent, and the environment is made anew.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Parley needs Python 3.11 or newer; name one that is not on the path: make PYTHON=/path/to/python3.12 up" >&2; exit 1; }
	@$(PYTHON) $(RECENT) || { echo "Parley needs Python 3.11 or newer, and $(PYTHON) is older: make PYTHON=/path/to/python3.12 up" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) lacks the module venv: install it (Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@echo "Making the environment $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); echo "The environment could not be made; the reason stands above." >&2; exit 1; }

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing what Parley needs; the first time takes some minutes"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing what the tests and the checks need"
	@$(PIP) -r requirements-dev.txt
	@touch $@
