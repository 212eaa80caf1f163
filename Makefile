## Hanse: an alliance of internet companies that defends itself together.
##
##   make demo              play a whole alliance on this machine
##   make demo ARGS=--once  play it once, print what happened, and end
##   make test              run the tests             ARGS=... goes to pytest
##   make check             formatting, lint, types, import floors, and the tests
##   make bench B=NAME      run a benchmark           DATA=FILE PROBE=SCRIPT
##
##   make lint              make check without the tests
##   make format            format the code, mend what the linter can
##   make lock              renew the locks (needs uv)
##   make clean             remove what was built and the environment in .venv
##
## Nothing is needed but python3 (3.11 or newer, with venv) and make. The first call
## sets up an environment in .venv; PYTHON=python3.12 chooses a Python for it.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DEFAULT_GOAL := help
.PHONY: help demo test check lint bench format lock clean

BIN := .venv/bin
ARGS ?=
SET_UP_FROM := pyproject.toml hatch_build.py assets/package-lock.json \
  requirements/build.txt requirements/install.sh \
  $(wildcard src/hanse/ui/locales/*/LC_MESSAGES/*.po)

help:
	@sed -n 's/^## \{0,1\}//p' Makefile

.venv/ready-demo: requirements/demo.txt $(SET_UP_FROM)
	@PYTHON="$(PYTHON)" requirements/install.sh demo

.venv/ready-test: requirements/test.txt requirements/demo.txt $(SET_UP_FROM)
	@PYTHON="$(PYTHON)" requirements/install.sh test

demo: .venv/ready-demo
	@exec $(BIN)/hanse demo $(ARGS)

test: .venv/ready-test
	@exec $(BIN)/pytest --numprocesses=auto --maxprocesses=8 --dist=loadfile $(ARGS)

check: lint test

lint: .venv/ready-test
	@$(BIN)/ruff format --check --quiet . || \
	  { echo "not formatted; run: make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo

bench: .venv/ready-test
	@test -n "$(B)" && test -f "benchmarks/$(B).py" || \
	  { echo "make bench B=NAME, with a NAME of benchmarks/README.md" >&2; exit 2; }
	@exec $(BIN)/python -m "benchmarks.$(B)" \
	  $(if $(DATA),--data "$(DATA)") $(if $(PROBE),--probe "$(PROBE)") $(ARGS)

format: .venv/ready-test
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

lock: .venv/ready-test
	@requirements/lock.sh

clean:
	rm -rf .venv .venv.* build dist src/hanse/ui/static/vendor
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -prune -exec rm -rf {} +
	find src -name '*.mo' -delete
