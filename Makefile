# `make help` lists the targets. Everything lives in .venv and .tools; nothing needs root.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := .tools
# A worker takes whole files, in the order of tests/conftest.py rather than by their number of tests.
# One worker more than cores: many tests wait for a server half of their time.
WORKERS := $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
PYTEST_ARGS ?= --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
BENCH_ARGS ?=
VALIDATOR := $(TOOLS)/focus-validator
AUDIT := $(TOOLS)/audit
UPGRADE ?=

PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PIP_COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes \
	--no-emit-index-url --no-emit-find-links --exclude-newer "7 days" \
	--custom-compile-command "make requirements" $(UPGRADE)

.DELETE_ON_ERROR:
.PHONY: help demo test test-long coverage audit sbom bench bench-large check format requirements docs picture golden clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

demo: $(VENV)/.installed ## run the whole job on sample data into ./infer-focus-demo
	@$(BIN)/infer-focus demo

test: $(VENV)/.installed-dev $(TOOLS)/.ready $(VALIDATOR)/.ready $(AUDIT)/.ready ## run every test, with real Prometheus and S3 servers
	INFER_FOCUS_REQUIRE_TOOLS=1 $(BIN)/python -m pytest $(PYTEST_ARGS)

test-long: $(VENV)/.installed-dev $(TOOLS)/.ready ## kills, random fleets and hostile input by the hundreds; notes their figures
	INFER_FOCUS_MEASURE=1 INFER_FOCUS_REQUIRE_TOOLS=1 $(BIN)/python -m pytest -m long $(PYTEST_ARGS)

coverage: $(VENV)/.installed-dev $(TOOLS)/.ready $(VALIDATOR)/.ready $(AUDIT)/.ready ## run every test and show the lines none reaches
	INFER_FOCUS_REQUIRE_TOOLS=1 $(BIN)/python -m pytest --cov $(PYTEST_ARGS)

bench: $(VENV)/.installed-dev $(TOOLS)/.ready ## how fast a day of a small and a medium fleet is, under ten minutes
	@$(BIN)/python -m bench small medium $(BENCH_ARGS)

bench-large: $(VENV)/.installed-dev $(TOOLS)/.ready ## the same of 4,000 GPUs, and of a month; half an hour
	@$(BIN)/python -m bench large month $(BENCH_ARGS)

check: $(VENV)/.installed-dev ## lint, format, types and import directions
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## mend what can be mended by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# A package that cannot be looked up is a failure too: silence is no all-clear.
audit: $(AUDIT)/.ready ## look the pinned dependencies up among known vulnerabilities
	$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.txt

sbom: $(VENV)/.installed $(AUDIT)/.ready ## write what is shipped into infer-focus.cdx.json (CycloneDX)
	@$(BIN)/python -W ignore -m scripts.make_sbom $(AUDIT)/bin infer-focus.cdx.json

# Pins stay where they are unless UPGRADE=--upgrade; a version is taken once it is a week old.
requirements: $(VENV)/.installed-dev ## re-make the pinned requirements after a change of pyproject.toml
	$(PIP_COMPILE) --python-version 3.11 pyproject.toml --output-file requirements.txt
	$(PIP_COMPILE) --python-version 3.11 pyproject.toml --group dev --constraints requirements.txt --output-file requirements-dev.txt
	$(PIP_COMPILE) --python-version 3.11 --group audit --output-file requirements-audit.txt
	$(PIP_COMPILE) --python-version 3.12 --group focus-validator --output-file requirements-focus-validator.txt

docs: $(VENV)/.installed-dev ## re-make the generated parts of README and docs
	$(BIN)/python -m scripts.make_docs
	$(BIN)/python -m scripts.make_chart_docs
	$(BIN)/python -m scripts.make_dashboard

picture: $(VENV)/.installed-dev $(TOOLS)/.ready ## re-make the README's picture of the chargeback page
	$(BIN)/python -m scripts.make_picture

golden: $(VENV)/.installed-dev $(TOOLS)/.ready $(VALIDATOR)/.ready ## re-make the files that the tests compare with
	$(BIN)/python -m scripts.make_golden

clean: ## remove everything that was made here
	rm -rf $(VENV) $(TOOLS) .bench build dist *.egg-info infer-focus-demo infer-focus.cdx.json .coverage
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find bench exporter scripts tests -name __pycache__ -prune -exec rm -rf {} +

# Stamps, so that a second run starts at once.
$(VENV)/.made:
	@$(PYTHON) -m scripts.make_venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml requirements.txt
	@echo "Installing infer-focus into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes --requirement requirements.txt
	@$(PIP_INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	@echo "Installing the development tools into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes --requirement requirements-dev.txt
	@touch $@

$(TOOLS)/.ready: $(VENV)/.made scripts/get_tools.py scripts/chromium.py scripts/debian.py scripts/helm.py
	@$(BIN)/python -m scripts.get_tools $(TOOLS)
	@touch $@

$(AUDIT)/.ready: $(VENV)/.made requirements-audit.txt
	@echo "Installing pip-audit and cyclonedx-bom into $(AUDIT) ..."
	@$(PYTHON) -m scripts.make_venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-audit.txt
	@touch $@

# Made by the script itself, and only where there is a Python for it: else it is tried every time.
$(VALIDATOR)/.ready: scripts/get_focus_validator.py scripts/make_venv.py requirements-focus-validator.txt
	@$(PYTHON) -m scripts.get_focus_validator $(VALIDATOR)
