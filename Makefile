# Everything can be done with these. Each sets up what it needs: Python 3.11 or newer and make are enough.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The first of these that starts and is new enough; say PYTHON=… to choose another.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$python; break; }; done)

.PHONY: help setup demo demo-kafka kafka test test-kafka check lint types contracts wheel bench bench-kafka soak prove-rules chaos chaos-kafka compat lock clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## Make .venv with exactly what requirements-dev.lock says
	@echo "$(VENV) is ready"

$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer found; say make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "setting up $(VENV) with $$($(PYTHON) --version)" >&2; $(PYTHON) -m venv $(VENV); }
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet -r requirements-dev.lock
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --editable .
	@touch $@

demo: $(READY) ## Simulate a company, rebuild its journeys, show what they say
	@$(BIN)/sojourn demo

# A broker for one command: that of KAFKA_BOOTSTRAP_SERVERS, else one of its own.
BROKER = $(if $(KAFKA_BOOTSTRAP_SERVERS),,$(BIN)/python -m infra.kafka --port 0 --)

demo-kafka: $(READY) ## The same through Kafka: broker, topics, producer, two workers and a mart; then compared with the run without
	@$(BROKER) $(BIN)/sojourn demo --kafka

kafka: $(READY) ## Run Apache Kafka on 127.0.0.1:9092 until Ctrl-C (NODES=3 for a cluster)
	@$(BIN)/python -m infra.kafka --nodes $(or $(NODES),1) --port $(or $(PORT),9092) $(if $(SECURE),--secure)

# What the first half runs: about as long as all the rest.
HALF := tests/jobs/mart tests/jobs/journal tests/jobs/sources tests/chaos

test: $(READY) ## Run all tests that need no broker, in two halves at once (some minutes)
	@mkdir -p dist; $(BIN)/python -m pytest -q $(HALF) $(ARGS) > dist/tests-of-one-half.txt 2>&1 & half=$$!; \
	$(BIN)/python -m pytest -q $(HALF:%=--ignore=%) $(ARGS); rest=$$?; \
	wait $$half; half=$$?; cat dist/tests-of-one-half.txt; exit $$((rest + half))

test-kafka: $(READY) ## Run those that need one: KAFKA_BOOTSTRAP_SERVERS, else Apache Kafka is fetched and started (needs Java and Maven)
	@$(BIN)/python -m pytest -q -m broker

check: lint types contracts wheel test ## Everything that must hold before a change goes in

lint: $(READY) ## Style, and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted: run $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/lint-imports --no-logo

types: $(READY) ## Types, strictly
	@$(BIN)/mypy

contracts: $(READY) ## Whether the generated contracts are up to date
	@$(BIN)/python -m schemas --check

wheel: $(READY) ## Build the wheel, install it alone, and use it
	@BIN=$(BIN) sh tests/wheel.sh

bench: $(READY) ## Measure the run part by part (long)
	@$(BIN)/python -m tests.bench.whole
	@$(BIN)/python -m tests.bench.dfg
	@$(BIN)/python -m tests.bench.increments
	@$(BIN)/python -m tests.bench.skew
	@$(BIN)/python -m tests.bench.follow
	@$(BIN)/python -m tests.bench.latency
	@$(BIN)/python -m tests.bench.flood

prove-rules: $(READY) ## Whether each rule finds all that was planted, and nothing on a clean log (SEED=…; KAFKA=1: with two workers)
	@$(if $(KAFKA),$(BROKER)) $(BIN)/python -m tests.proof.rules --seed $(or $(SEED),1) $(if $(KAFKA),--kafka)

bench-kafka: $(READY) ## Delivery, sessions and the whole pipeline on one topic, beside others (SOJOURN_PEERS=…); restart with 1 M open customers
	@$(BIN)/python -m tests.bench.kafka
	@$(BIN)/python -m tests.bench.restart
	@$(BROKER) $(BIN)/python -m tests.bench.latency --kafka

soak: $(READY) ## Workers and a mart under an even load for half an hour: does anything grow?
	@$(BIN)/python -m tests.bench.soak

chaos: $(READY) ## Kill runs and compactions at random moments (long)
	@$(BIN)/python -m tests.chaos.kills
	@$(BIN)/python -m tests.chaos.compactions
	@$(BIN)/python -m tests.chaos.said

chaos-kafka: $(READY) ## Kill workers, the mart and the broker at random while a million events flow (a quarter of an hour; SEED=…)
	@$(BIN)/python -m tests.chaos.kafka --seed $(or $(SEED),1)

compat: $(READY) ## Read a snapshot with DuckDB 1.4 and 1.5, as analysts' tools do
	@rm -rf dist/compat && $(BIN)/sojourn demo --events 5000 --to dist/compat/demo > /dev/null
	@for version in 1.4 1.5; do \
		$(PYTHON) -m venv dist/compat/$$version && \
		dist/compat/$$version/bin/python -m pip --disable-pip-version-check install --quiet "duckdb==$$version.*" && \
		dist/compat/$$version/bin/python tests/compat/read_snapshot.py dist/compat/demo/serving/current.duckdb || exit 1; \
	done

lock: ## Write requirements-dev.lock anew from pyproject.toml
	@rm -rf dist/lock && $(PYTHON) -m venv dist/lock
	@dist/lock/bin/python -m pip --disable-pip-version-check install --quiet --upgrade 'pip>=25.1'
	@dist/lock/bin/python -m pip --disable-pip-version-check install --quiet --group dev --editable '.[kafka,notify,test-broker]'
	@dist/lock/bin/python -m pip --disable-pip-version-check freeze --exclude-editable > requirements-dev.lock
	@rm -rf dist/lock

clean: ## Remove what was made: .venv, caches, demo
	@rm -rf $(VENV) demo demo-kafka dist bench-work .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
