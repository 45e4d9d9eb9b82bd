# `make help` lists the targets. Only Python 3.11 or newer (with venv) and make are needed:
# everything else is installed into .venv, in the versions and with the hashes of requirements/.

PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	"$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && command -v "$$name" && break; done)

VENV    := .venv
BIN     := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input install --no-deps

SERVER  ?= http://localhost:3000
NPM      = BACKCHANNEL_SERVER=$(SERVER) $(BIN)/python web/npm.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: run web build-web web-tests pictures test quick coverage lint types format docs lock bench bench-peers torture nightly clean help

run: $(VENV)/.installed ## start the server on http://localhost:3000; pass options in ARGS
	@$(BIN)/python web/build.py || true # the server runs without its web client, too
	@exec $(BIN)/backchannel serve $(ARGS)

# Of GNU make 4 and newer: the output of each of several jobs comes at its end.
WHOLE_OUTPUTS := $(if $(filter output-sync,$(.FEATURES)),--output-sync)

# Each test has ports and folders of its own, so they can run beside each other. Many of them wait
# for servers, clients and clocks: more processes than cores keep the cores busy.
test: $(VENV)/.installed-dev ## everything a change must pass
	+@$(MAKE) --no-print-directory --jobs=2 $(WHOLE_OUTPUTS) lint types web-tests
	$(BIN)/pytest --numprocesses=4 $(ARGS)

quick: $(VENV)/.installed-dev ## the fast tests only
	$(BIN)/pytest -m "not slow and not service and not nightly" $(ARGS)

coverage: $(VENV)/.installed-dev ## the tests, with a report of what they reach in coverage/
	$(BIN)/pytest --numprocesses=4 --cov --cov-report= --cov-fail-under=0 $(ARGS)
	@$(BIN)/coverage combine --append --quiet || true # of processes that ended after the tests
	$(BIN)/coverage html --quiet --fail-under=0
	$(BIN)/coverage report --skip-covered

lint: $(VENV)/.installed-dev ## style, formatting and the import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

types: $(VENV)/.installed-dev ## both type checkers, strict
	$(BIN)/mypy
	$(BIN)/basedpyright

format: $(VENV)/.installed-dev ## put the code into its format
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

docs: $(VENV)/.installed ## write docs/settings.md anew, and the pages below /docs
	$(BIN)/backchannel config docs > docs/settings.md.new
	@mv docs/settings.md.new docs/settings.md
	$(BIN)/python -m tests.docs.pages

build-web: $(VENV)/.installed ## build the web client into the package, if it has changed
	@$(BIN)/python web/build.py

web: $(VENV)/.installed ## change the web client: reloads itself, over the server at SERVER
	@$(BIN)/python web/build.py --install
	@$(NPM) run dev

web-tests: $(VENV)/.installed build-web ## style, types, sizes and tests of the web client and the SDK
	@$(BIN)/python web/build.py --install
	$(NPM) run lint
	$(NPM) run types
	$(NPM) run test

pictures: $(VENV)/.installed-dev build-web ## pictures of each page of the web client in build/pictures
	@$(BIN)/python -m tests.web.pictures $(ARGS)

# A lock holds no address of a registry, so it is good behind any mirror.
LOCK = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade)

lock: $(VENV)/.installed-dev ## choose the versions in requirements/ anew (UPGRADE=1: the newest)
	$(LOCK) pyproject.toml --all-extras -o requirements/runtime.lock
	$(LOCK) --group build -c requirements/runtime.lock -o requirements/build.lock
	$(LOCK) pyproject.toml --all-extras --group dev -c requirements/runtime.lock \
		-c requirements/build.lock -o requirements/dev.lock
	$(LOCK) --group node -o requirements/node.lock
	$(LOCK) --group generator -o requirements/generator.lock
	$(LOCK) --group peers -c requirements/dev.lock -o requirements/peers.lock

bench: $(VENV)/.installed-dev ## measure this machine; see benchmarks/
	$(BIN)/python -m benchmarks $(ARGS)

bench-peers: $(VENV)/.installed-peers ## measure other stacks beside ours (ARGS="--only NAME")
	@$(BIN)/python -m benchmarks.peers $(ARGS)

torture: $(VENV)/.installed-dev ## many users, every fault, and whether anything was lost
	@$(BIN)/python -m torture $(ARGS)

nightly: $(VENV)/.installed-dev ## what takes long: the tests of the night, and half an hour of torture
	@.ci/nightly $(ARGS)

clean: ## remove what was built and installed; never the data
	rm -rf $(VENV) dist build web/node_modules src/backchannel/dialects/web_client/built coverage .coverage* .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache
	find src tests -name __pycache__ -prune -exec rm -rf {} +

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Backchannel needs Python 3.11 or newer with venv, and none was found." >&2; \
		echo "Install it (Debian: apt install python3-venv), or name one:" >&2; \
		echo "  make PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@echo "making $(VENV) with $(PYTHON)"
	@"$(PYTHON)" -m venv $(VENV)

# The stamps make a second start immediate; a changed lock installs again.
$(VENV)/.installed: requirements/runtime.lock requirements/build.lock pyproject.toml | $(BIN)/python
	@echo "installing what the server needs (once)"
	@$(INSTALL) --require-hashes -r requirements/runtime.lock -r requirements/build.lock
	@SKIP_WEB_CLIENT=1 $(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements/dev.lock $(VENV)/.installed
	@echo "installing what the tests need (once)"
	@$(INSTALL) --require-hashes -r requirements/dev.lock
	@touch $@

$(VENV)/.installed-peers: requirements/peers.lock $(VENV)/.installed-dev
	@echo "installing what the other stacks need (once)"
	@$(INSTALL) --require-hashes -r requirements/peers.lock
	@touch $@
