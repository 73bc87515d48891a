# Each check is defined here once; people and .ci/run call the same targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
# More than cores: many tests wait.
WORKERS ?= 4
DEV := .venv/.ready
SAM := .venv-sam/.ready
CHECKOV := .venv-checkov/.ready
AUDIT := .venv-audit/.ready
CLOUDSPLAINING := .venv-cloudsplaining/.ready
UV := .venv-uv/.ready
AXE := node_modules/axe-core/axe.min.js
PINS := infrastructure/requirements
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
# uv takes a tenth of pip's time; where it reaches no package index (only pip was told of another one), pip does it.
# Modules are compiled when they are imported; most of them never are.
install = .venv-uv/bin/uv pip install --quiet --python $(1)/bin/python --requirement $(2) \
	|| $(1)/bin/python $(PIP_INSTALL) --requirement $(2)
SAM_CLI := PATH="$(CURDIR)/.venv-sam/bin:$$PATH" SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 sam
COMPILE := .venv-uv/bin/uv pip compile --quiet --universal --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-python-downloads

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(DEV) ## Make .venv with everything pinned (once; every other target does it by itself)

.PHONY: demo
demo: $(DEV) ## Tune the three examples on this machine, no AWS account
	.venv/bin/power-tuner demo

.PHONY: test
test: $(DEV) ## Run all tests
	.venv/bin/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: test-python
test-python: | $(UV) ## Run what needs no local AWS on another Python, in an environment of its own (PYTHON=python3.14)
	$(PYTHON) -m venv .venv-$(notdir $(PYTHON))
	$(call install,.venv-$(notdir $(PYTHON)),$(PINS)/dev.txt)
	.venv-$(notdir $(PYTHON))/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	.venv-$(notdir $(PYTHON))/bin/pytest --numprocesses $(WORKERS) tests/unit tests/contract $(TESTS)

.PHONY: axe
axe: $(AXE) ## Install axe-core, with which the browser tests look for barriers in the pages (needs npm)

.PHONY: check
check: style types imports template asl generated ## Run all checks that are not tests

.PHONY: style
style: $(DEV) ## ... ruff's rules and format
	.venv/bin/ruff check
	.venv/bin/ruff format --check

.PHONY: types
types: $(DEV) ## ... mypy, strict
	.venv/bin/mypy

.PHONY: imports
imports: $(DEV) ## ... who may import whom
	.venv/bin/lint-imports

.PHONY: template
template: $(DEV) ## ... cfn-lint with our own rules
	PYTHONPATH=infrastructure .venv/bin/cfn-lint --append-rules infrastructure/lint/rules -- template.yaml

.PHONY: asl
asl: $(DEV) ## ... the state machines
	PYTHONPATH=infrastructure .venv/bin/python -m lint.asl statemachine/*.asl.json

.PHONY: generated
generated: $(DEV) ## ... schemas and docs follow from the table of fields
	PYTHONPATH=infrastructure .venv/bin/python -m generate --check

.PHONY: generate
generate: $(DEV) ## Write the schemas and docs that follow from the table of fields (tuning/run_input.py)
	PYTHONPATH=infrastructure .venv/bin/python -m generate

.PHONY: validate
validate: $(SAM) ## Let SAM validate the template
	$(SAM_CLI) validate --lint

.PHONY: checkov
checkov: $(DEV) $(CHECKOV) ## Let checkov judge the expanded template; exceptions stand in .checkov.yaml, or beside the resource
	mkdir -p build
	PYTHONPATH=infrastructure .venv/bin/python -m lint.expanded template.yaml > build/expanded.json
	.venv-checkov/bin/checkov --config-file .checkov.yaml --file build/expanded.json

.PHONY: cloudsplaining
cloudsplaining: $(DEV) $(CLOUDSPLAINING) ## Let cloudsplaining judge the roles; what it finds must be explained in lint/risks.py
	mkdir -p build
	PYTHONPATH=infrastructure .venv/bin/python -m lint.expanded template.yaml > build/expanded.json
	PYTHONPATH=infrastructure .venv-cloudsplaining/bin/python -m lint.risks build/expanded.json

.PHONY: bandit
bandit: $(AUDIT) ## Let bandit judge the code; exceptions stand in pyproject.toml, or at the line
	.venv-audit/bin/bandit --quiet --configfile pyproject.toml --recursive handlers infrastructure setup.py

.PHONY: build
build: $(SAM) ## Build with SAM into .aws-sam/build (no Docker, no Python 3.13)
	find handlers -name __pycache__ -prune -exec rm -r {} +
	$(SAM_CLI) build --cached

.PHONY: dist
dist: $(DEV) ## Build the wheel into dist/, with its checksum: the command, with all that it deploys
	rm -rf build/lib dist
	.venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	cd dist && if command -v sha256sum >/dev/null; then sha256sum *.whl; else shasum -a 256 *.whl; fi > SHA256SUMS

.PHONY: sbom
sbom: $(AUDIT) ## Write build/layer.cdx.json: what ships in the layer, with hashes (CycloneDX)
	mkdir -p build
	.venv-audit/bin/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file build/layer.cdx.json infrastructure/layer/requirements.txt

.PHONY: deploy
deploy: $(DEV) ## Deploy to the AWS account of your credentials; asks before it acts (DEPLOY="--mode measure")
	.venv/bin/power-tuner deploy $(DEPLOY)

.PHONY: bench
bench: $(DEV) ## Measure the local AWS, the handlers and the largest run, against their bars
	PYTHONPATH=infrastructure .venv/bin/python -m bench $(BENCH)

.PHONY: bill
bill: $(DEV) ## Record what runs and checks use on the local AWS, and write the bill into docs/cost.md
	PYTHONPATH=infrastructure .venv/bin/python -m bill

.PHONY: verify-aws
verify-aws: $(DEV) ## Deploy to an account, ask what AWS answers, keep it as evidence, remove all (VERIFY="--local" here; --help)
	PYTHONPATH=infrastructure:handlers .venv/bin/python -W ignore -m verify $(VERIFY)

.PHONY: bench-decisions
bench-decisions: $(DEV) ## Play the decision engine on DATA=folder (or generated functions) and on hard functions
	PYTHONPATH=infrastructure .venv/bin/python -m bench_decisions $(if $(DATA),--data $(DATA)) $(BENCH)

.PHONY: bench-canary
bench-canary: $(DEV) ## Play canaries on DATA=folder (or generated functions): how they end (minutes; BENCH="--episodes 100")
	PYTHONPATH=infrastructure:handlers .venv/bin/python -m bench_canary $(if $(DATA),--data $(DATA)) $(BENCH)

.PHONY: survey-bench
survey-bench: $(DEV) ## Survey generated fleets (or of DATA=folder) whose best memory sizes are known, against the goals
	PYTHONPATH=infrastructure:handlers .venv/bin/python -m bench_survey $(if $(DATA),--data $(DATA)) $(BENCH)

.PHONY: smart-examples
smart-examples: $(DEV) ## Tune the examples without num and by num=50, and compare (minutes)
	PYTHONPATH=infrastructure .venv/bin/python -W ignore -m bench.smart_examples $(BENCH)

.PHONY: campaign
campaign: $(DEV) ## A run for every fault at every API call; goes on where it was interrupted (CAMPAIGN="--sample 200")
	PYTHONPATH=infrastructure:handlers .venv/bin/python -m campaign $(CAMPAIGN)

.PHONY: campaign-canaries
campaign-canaries: $(DEV) ## A canary for every fault at its API calls (hours; CAMPAIGN="--sample 100")
	PYTHONPATH=infrastructure:handlers .venv/bin/python -W ignore -m campaign.canary_campaign $(CAMPAIGN)

.PHONY: load
load: $(DEV) ## Tune 100 functions at once where the account has little room (minutes; LOAD="--runs 20 --concurrency 20")
	PYTHONPATH=infrastructure:handlers .venv/bin/python -W ignore -m campaign.load $(LOAD)

.PHONY: fleet
fleet: $(DEV) ## Check a fleet of 200 functions in one scheduled execution (minutes)
	POWER_TUNER_FLEET=200 .venv/bin/pytest tests/e2e/test_fleet.py

.PHONY: fuzz
fuzz: $(DEV) ## Give 10,000 hostile documents to each place that reads one (minutes; FUZZ=1000)
	POWER_TUNER_FUZZ=$(or $(FUZZ),10000) .venv/bin/pytest --numprocesses $(WORKERS) tests/security/test_fuzz_*.py

.PHONY: permissions
permissions: $(DEV) ## Take each permission of each role away in turn: some run must break (PERMISSIONS="Janitor --mode measure")
	PYTHONPATH=infrastructure:handlers .venv/bin/python -m campaign.proving $(PERMISSIONS)

.PHONY: pins
pins: $(UV) ## Write the pins anew from pyproject.toml's ranges
	$(COMPILE) --python-version 3.11 --upgrade --all-extras --group dev pyproject.toml --output-file $(PINS)/dev.txt
	$(COMPILE) --python-version 3.11 --upgrade --group sam --output-file $(PINS)/sam.txt
	$(COMPILE) --python-version 3.11 --upgrade --group checkov --output-file $(PINS)/checkov.txt
	$(COMPILE) --python-version 3.11 --upgrade --group audit --output-file $(PINS)/audit.txt
	$(COMPILE) --python-version 3.11 --upgrade --group cloudsplaining --output-file $(PINS)/cloudsplaining.txt
	$(COMPILE) --python-version 3.13 --upgrade --constraint $(PINS)/dev.txt --group layer --generate-hashes --output-file infrastructure/layer/requirements.txt

.PHONY: clean
clean: ## Remove what was built; environments stay
	rm -rf .aws-sam build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find handlers infrastructure tests -name __pycache__ -prune -exec rm -r {} +

$(DEV): $(PINS)/dev.txt pyproject.toml | $(UV)
	$(PYTHON) -m venv .venv
	$(call install,.venv,$(PINS)/dev.txt)
	.venv/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(AXE): Makefile
	npm install --prefix . --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --silent axe-core@4.14.1
	@touch $@

$(SAM): $(PINS)/sam.txt | $(UV)
	$(PYTHON) -m venv .venv-sam
	$(call install,.venv-sam,$(PINS)/sam.txt)
	@touch $@

$(CHECKOV): $(PINS)/checkov.txt | $(UV)
	$(PYTHON) -m venv .venv-checkov
	$(call install,.venv-checkov,$(PINS)/checkov.txt)
	@touch $@

$(AUDIT): $(PINS)/audit.txt | $(UV)
	$(PYTHON) -m venv .venv-audit
	$(call install,.venv-audit,$(PINS)/audit.txt)
	@touch $@

$(CLOUDSPLAINING): $(PINS)/cloudsplaining.txt | $(UV)
	$(PYTHON) -m venv .venv-cloudsplaining
	$(call install,.venv-cloudsplaining,$(PINS)/cloudsplaining.txt)
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv-uv
	.venv-uv/bin/python $(PIP_INSTALL) uv==0.13.9
	@touch $@
