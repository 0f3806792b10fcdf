# Everything a person does here, by name. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin

CLIENT_SOURCES := $(shell find client/src client/public -type f 2>/dev/null) \
	client/index.html client/vite.config.ts client/tsconfig.json

.PHONY: help install run dev test bench contract format screenshots clean

help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: .venv/.installed client/dist/.built ## Create the environment and build the client.

.venv/.installed: requirements.lock pyproject.toml
	@scripts/need venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

client/node_modules/.installed: client/package.json client/package-lock.json
	@scripts/need node
	cd client && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

client/dist/.built: client/node_modules/.installed $(CLIENT_SOURCES)
	cd client && npm run --silent build
	@touch $@

run: install ## Start Maane with two demo businesses.
	@$(BIN)/maane migrate --with-demo
	@exec $(BIN)/maane serve

dev: install ## Start Maane and reload it when its source changes.
	@$(BIN)/maane migrate --with-demo
	@exec $(BIN)/python scripts/dev

test: install ## Run everything that CI runs, in the same order.
	@scripts/test

bench: install ## Measure Maane beside its peers; results go to bench/results/.
	@scripts/bench

# Not the built client: a client that does not fit the contract any more is what this mends.
contract: .venv/.installed client/node_modules/.installed ## Write the OpenAPI document and the client's types from it.
	@scripts/contract

format: install ## Format everything.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	cd client && npm run --silent format

screenshots: install ## Make the pictures of the documentation.
	@scripts/screenshots

clean: ## Remove what was built; data in var/ stays.
	rm -rf .venv client/node_modules client/dist .mypy_cache .ruff_cache .pytest_cache
