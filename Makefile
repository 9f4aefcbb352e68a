# Everything runs from .venv, which is created from the lock on first use; see `make help`.
PYTHON ?= python3
VENV := .venv/bin
# dbt has its own environment; Airflow's tasks run it as a command.
BOTH := .venv/.installed .venv-dbt/.installed
COMPILE := $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
	--generate-hashes --no-annotate --custom-compile-command "make lock"

# Passed as environment variables, so that the shell never interprets their values.
export DAY
export PROJECT
export FROM
export TO
export JSON
export CLEAN
export Q
export A
# uv installs no bytecode: without a cache, each process that imports Airflow compiles it again (3 s).
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run up down sql airflow verify doctor inventory networks test soak check bench lock

help:  ## list all commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F'|' '{printf "make %-9s %s\n", $$1, $$2}'

run: $(BOTH)  ## load one day through a real Airflow and compare the counts (PROJECT=app DAY=YYYY-MM-DD)
	@$(VENV)/python -m local run $${PROJECT:+--project "$$PROJECT"} $${DAY:+--day "$$DAY"}

up: $(BOTH)  ## start Airflow with its UI and load the last two weeks of two projects, except one day
	@$(VENV)/python -m local up

down: .venv/.installed  ## end the stack that `make up` left running
	@$(VENV)/python -m local down

sql: .venv/.installed  ## query the warehouse (Q="select …")
	@$(VENV)/python -m local sql -- "$$Q"

airflow: .venv/.installed  ## run one of Airflow's commands on the running stack (A="dags list", or paste it)
	@$(VENV)/python -m local airflow -- "$$A"

verify: .venv/.installed  ## compare a loaded day with its export, event by event (PROJECT=app DAY=YYYY-MM-DD)
	@$(VENV)/python -m local verify $${PROJECT:+--project "$$PROJECT"} $${DAY:+--day "$$DAY"}

doctor: .venv/.installed  ## check the accounts of .env, or of the local stack (JSON=1: as JSON)
	@$(VENV)/python -m local doctor $${JSON:+--json}

inventory: .venv/.installed  ## name every object in the bucket and file on the volume (PROJECT= FROM= TO= JSON=1; CLEAN=1: remove from the volume what is safe)
	@$(VENV)/python -m local inventory $${PROJECT:+--project "$$PROJECT"} $${FROM:+--from "$$FROM"} $${TO:+--to "$$TO"} $${JSON:+--json} $${CLEAN:+--clean}

networks: .venv/.installed  ## load the owners of IP networks, into the local stack or with the accounts of .env
	@$(VENV)/python -m local networks

# Tests wait for servers more than they compute: three processes fill two cores.
test: $(BOTH)  ## run all tests
	@echo "Each of three processes imports Airflow and collects the tests: the first dot comes after a minute or so."
	$(VENV)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

soak: $(BOTH)  ## load 30 days by a backfill while 5 % of all requests fail, and test mutated archives and random orders
	@$(VENV)/python -m local soak
	@PYTHONPATH=plugins $(VENV)/python -m tests.fuzz --seconds 60
	@ORDERS=3000 $(VENV)/python -m pytest tests/crashes/test_orders.py
	@$(VENV)/python -m tools.mutants

check: $(BOTH)  ## check style, types, layers, SQL, documents, the CloudFormation template and the compose files
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(VENV)/mypy
	PYTHONPATH=plugins $(VENV)/lint-imports --no-cache
	$(VENV)/sqlfluff lint include/sql
	$(VENV)/sqlfluff lint --templater jinja include/dbt
	$(VENV)/python -m tools.tables --check
	$(VENV)/python -m tools.docs
	PYTHONPATH=plugins $(VENV)/python -m tools.schema --check
	PYTHONPATH=plugins $(VENV)/python -m amplitude_export.projects
	$(VENV)/check-jsonschema --default-filetype yaml --schemafile include/amplitude.schema.json include/amplitude.yaml.example
	$(VENV)/cfn-lint include/aws/stack.yaml
	$(VENV)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yaml docker-compose.celery.yaml
	$(VENV)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yaml
	$(VENV)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(VENV)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(VENV)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yaml .github/ISSUE_TEMPLATE/idea.yaml

bench: $(BOTH)  ## measure speed and memory beside the script this replaces, and the cost of the transform
	@$(VENV)/python -m bench
	@PYTHONPATH=plugins $(VENV)/python -m bench.transform

lock: .venv/.installed  ## pin all dependencies of pyproject.toml
	$(COMPILE) --group uv --output-file requirements-uv.txt
	$(COMPILE) --group dbt --output-file requirements-dbt.txt
	$(COMPILE) pyproject.toml --group servers --group extra --output-file requirements.txt
	$(COMPILE) pyproject.toml --group dev --output-file requirements-dev.txt

.venv/.installed: requirements-uv.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit("Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is " + sys.version.split()[0] + ": name another one with make PYTHON=…")'
	@echo "Installing the locked dependencies into .venv (once, about a minute) …"
	@$(PYTHON) -m venv .venv
	@$(VENV)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@$(VENV)/uv pip install --quiet --python $(VENV)/python --require-hashes -r requirements-dev.txt
	@touch $@

.venv-dbt/.installed: requirements-dbt.txt .venv/.installed
	@$(PYTHON) -m venv .venv-dbt
	@$(VENV)/uv pip install --quiet --python .venv-dbt/bin/python --require-hashes -r requirements-dbt.txt
	@touch $@
