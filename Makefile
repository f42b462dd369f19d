# SPDX-License-Identifier: EUPL-1.2
# `make demo` and `make test` set up all they need; see `make help`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check mutation bench pictures clean run-env dev-env

BIN := .venv/bin
export PYTHON APT

# Under CI a test that lacks something fails; elsewhere it is skipped and says so.
ifeq ($(CI),true)
export KLUIS_COMPLETE := 1
endif

help:
	@echo "make demo          the whole story against a real server (KEEP=1 leaves it running)"
	@echo "make test          all tests (APT=1 installs missing Debian packages through sudo)"
	@echo "make check         format, lint, types, tests"
	@echo "make mutation      whether the tests of consent notice changed code; half an hour or more"
	@echo "make bench         speed beside a bare handler; needs wrk"
	@echo "make pictures      every page, light and dark, into docs/pictures/"
	@echo "make clean         takes away what these commands made"

demo: run-env
	@$(BIN)/kluis demo $(if $(KEEP),--keep)

test: dev-env
	@scripts/setup-tests.sh
	@$(BIN)/pytest -n 2 $(ARGS)

check: dev-env
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy .
	@$(MAKE) --no-print-directory test

mutation: dev-env
	@scripts/mutation.sh

bench: run-env
	@$(BIN)/python -m bench.run

pictures: dev-env
	@scripts/setup-tests.sh
	@$(BIN)/pytest -q -n0 tests/dashboard/browser/pictures.py

clean:
	@rm -rf .venv build dist tests/clients/node_modules
	@rm -rf .pytest_cache .hypothesis .mypy_cache .ruff_cache .coverage htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

run-env:
	@scripts/setup-venv.sh run

dev-env:
	@scripts/setup-venv.sh dev
