# A fresh machine needs git, make and a Python from 3.10 to 3.12; `make run` does the rest.
PARTITION ?= 2013-02-11
FROM ?= 2013-02-01
TO ?= 2013-02-03

IN_RANGE := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))
PYTHON ?= $(shell for python in python3 python3.12 python3.11 python3.10; do \
	$$python -c "$(IN_RANGE)" 2>/dev/null && { echo $$python; break; }; done)

export DAGSTER_HOME := $(CURDIR)/dagster_home
export ML_PIPELINE_HOME ?= $(CURDIR)/.ml_pipeline
# What Dagster says of its older command names, and of parts that are new: both are used on purpose.
export PYTHONWARNINGS ?= ignore:Function,ignore:Parameter,ignore:Specifying,ignore:Asset job
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Compiled modules are kept, whatever the environment says: without them each command compiles Dagster anew.
unexport PYTHONDONTWRITEBYTECODE
# uv installs in a fraction of pip's time; `make run UV=` does without it.
UV ?= uv
# Compiling every module of every package takes longer than compiling those that are used.
PIP := .venv/bin/python -m pip --disable-pip-version-check --quiet install --no-compile -c constraints.txt
INSTALL_LOG := .venv/install.log
# One more than there are cores: many tests wait. By file: what its tests share is made once.
PYTEST = pytest -n $(shell echo $$(($$(nproc) + 1))) --dist loadfile --no-loadscope-reorder
LAND := dagster asset materialize -m ml_pipeline --select raw_flights --partition-range

.DEFAULT_GOAL := help
.PHONY: help run test types pytest test-long test-all coverage dev land backfill stop clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

run: .venv/local .env ## Train and evaluate the model of one day: make run PARTITION=2013-02-11
	@ml-pipeline run $(PARTITION)

dev: .venv/local .env ## Dagster's UI on http://127.0.0.1:3000
	@ml-pipeline dev

land: .venv/local .env ## Land raw days: make land FROM=2013-01-01 TO=2013-02-28
	$(LAND) "$(FROM)...$(TO)"

backfill: .venv/local .env ## Train many days: make backfill FROM=2013-02-01 TO=2013-02-03
	@ml-pipeline backfill --from $(FROM) --to $(TO)

test: .venv/dev .env ## Lint, types, definitions, and every behaviour tested once
	ruff check . && ruff format --check .
	dagster definitions validate
	@$(MAKE) --no-print-directory -j2 types pytest

types: .venv/dev
	mypy

pytest: .venv/dev .env
	$(PYTEST)

test-long: .venv/dev .env ## The tests that take minutes by nature, which make test leaves out
	$(PYTEST) -m long

test-all: test test-long ## All of them

coverage: .venv/dev .env ## What make test runs of the products, branches included
	$(PYTEST) --cov --cov-report=term:skip-covered

stop: ## Stop the local SageMaker and the jobs it runs
	@if [ -x .venv/bin/ml-pipeline ]; then ml-pipeline local stop; fi

clean: stop ## Delete what was installed, run and stored here
	rm -rf .venv .venv-* .env .ml_pipeline build *.egg-info .mypy_cache .ruff_cache .pytest_cache .coverage*
	find dagster_home -mindepth 1 ! -name dagster.yaml -delete

comma := ,
# uv does not read pip's settings: it is told which index they name. Where it fails, pip is asked.
define install
	@echo 'Installing $(1) into .venv; the log is $(INSTALL_LOG)'
	@index=$$(.venv/bin/python -m pip config list | sed -n "s/^[^=]*\.index-url='\(.*\)'$$/\1/p" | head -1); \
	if [ -n '$(UV)' ] && $(PIP) $(UV) >$(INSTALL_LOG) 2>&1 && \
		.venv/bin/uv pip install --python .venv/bin/python $${index:+--index-url "$$index"} \
			-c constraints.txt -e '.[$(1)]' >>$(INSTALL_LOG) 2>&1; then exit 0; fi; \
	[ -z '$(UV)' ] || echo 'uv could not install it: trying pip, which takes longer'; \
	$(PIP) -e '.[$(1)]' >>$(INSTALL_LOG) 2>&1 || { cat $(INSTALL_LOG); exit 1; }
endef

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.10, 3.11 or 3.12 is needed: PYTHON=/path/to/it make"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/local: .venv/bin/python pyproject.toml setup.py constraints.txt
	$(call install,pipeline$(comma)local)
	@touch $@

.venv/dev: .venv/bin/python pyproject.toml setup.py constraints.txt
	$(call install,pipeline$(comma)local$(comma)dev)
	@touch $@ .venv/local

.env:
	@printf 'DAGSTER_HOME=%s\nML_PIPELINE_HOME=%s\n' "$(DAGSTER_HOME)" "$(ML_PIPELINE_HOME)" > $@
