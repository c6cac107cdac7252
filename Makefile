# Every target sets up what it needs in .venv, and does it again when pyproject.toml changes. The
# environment is made by PYTHON, else by the first of the machine's own that will do.

VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
FILES ?=
EXPLORE_STATES ?= 20000
# Where `make explore` and `make symbolic` leave their figures: docs/safety/evidence.
EVIDENCE ?=
FUZZ_S ?= 60
SOAK_H ?= 240
MUTANTS ?= 12
RUNS ?= 5000
# What `make bench` compares the image with: a commit, or a .uf2; nothing where there is no history.
AGAINST ?= $(shell git rev-parse --verify --quiet HEAD^ 2>/dev/null)
SEED ?= 1
# The moment of the last commit: what is built of it does not depend on when.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
# What long runs are made on, where it has been built; what is older than the sources is built anew.
FAST := build/fast/.done
COMPILED := $(wildcard $(FAST))
ON_FAST := $(if $(COMPILED),PYTHONPATH=build/fast)
# The tests of the release image take ten minutes and its toolchain: they are part of `make test`
# where the image has been built, or where they are required.
IMAGE := build/poultice-pico.uf2
EMULATED := $(or $(findstring emulator,$(POULTICE_REQUIRE_TIERS)),$(wildcard $(IMAGE)))
ALL_TESTS := tests --ignore=tests/benchmarks --ignore=tests/hardware

empty :=
space := $(empty) $(empty)

.DEFAULT_GOAL := help
.PHONY: help demo test test-quick lint format test-protocols bench firmware images test-emulator
.PHONY: release explore symbolic mutation coverage campaign compare fast fuzz soak browser docs clean
.PHONY: catalogues evidence npm

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

# Its record stays in the tree, and nobody's settings are asked.
demo: $(VENV)/.installed  ## a whole session on a simulated device
	POULTICE_DATA_DIR=build/demo POULTICE_CONFIG=/dev/null \
		$(BIN)/poultice run arthritis --device sim: --yes
	@echo "to look at it: POULTICE_DATA_DIR=build/demo $(BIN)/poultice report 1"

test: lint coverage $(if $(EMULATED),images)  ## ruff, mypy, and every test that this machine can run
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(if $(EMULATED),$(ALL_TESTS))

test-quick: lint  ## the same without the emulated chip
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

lint: $(VENV)/.developed  ## ruff, mypy --strict and the arrows between modules, on core and host
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.developed  ## ruff's formatter over everything
	$(BIN)/ruff format .

test-protocols: $(VENV)/.developed  ## your protocols against the simulated device: FILES="a.toml b.toml"
	POULTICE_PROTOCOL_FILES="$(subst $(space),:,$(abspath $(FILES)))" \
		$(BIN)/python -m pytest -n $(JOBS) tests/protocols

bench: $(VENV)/.developed images  ## the benchmarks, and what the image does on the emulated chip
	$(BIN)/python -m pytest --benchmark-only -o addopts="--import-mode=importlib" tests/benchmarks
	$(BIN)/python -m tests.benchmarks.chip $(if $(AGAINST),--against $(AGAINST))

firmware: $(VENV)/.installed  ## build/poultice-pico.uf2, the image for the device
	@$(BIN)/python firmware/build.py

test-emulator: $(VENV)/.developed images  ## the release image on an emulated chip: about 10 minutes
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal tests/emulator

images: $(VENV)/.installed
	@$(BIN)/python firmware/build.py pico stock pico2

explore: $(VENV)/.developed  ## every state of the guard near ordinary sessions: some 10 minutes
	$(BIN)/python -m tests.explore --whole --states $(EXPLORE_STATES) --jobs $(JOBS) $(if $(EVIDENCE),--evidence $(EVIDENCE)/exploration.json)

symbolic: $(VENV)/.evidenced  ## CrossHair over the integer functions: under a minute
	$(BIN)/python -m tests.symbolic $(if $(EVIDENCE),--evidence $(EVIDENCE)/symbolic.json)

docs: npm $(VENV)/.documented  ## the documentation site and the safety case, into build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --config-file docs/site/mkdocs.yml
	@echo build/site/index.html

# Asked for before anything is installed: npm fetches the interpreter of the page with the guard.
npm:
	@command -v npm >/dev/null || ls build/cache/micropython-webassembly-*.tgz build/cache/web-serial-*.tgz >/dev/null 2>&1 \
		|| .ci/apt "make docs needs npm" npm

evidence: $(VENV)/.evidenced  ## the packages of the tests that `make test` leaves out without them

browser: $(VENV)/.evidenced  ## the browser tests' driver, and Chromium where there is none: apt-get, as root
	@.ci/browser

fast: $(FAST)  ## the core and the simulated body as machine code, for long runs: 2 minutes, once

$(FAST): $(VENV)/.developed $(shell find firmware/core host/poultice -name '*.py') \
		tests/compiled/__main__.py
	@$(BIN)/python -m tests.compiled

campaign: $(VENV)/.evidenced $(COMPILED)  ## 5000 simulated sessions, each with a fault; sooner after `make fast`
	@mkdir -p build
	$(ON_FAST) $(BIN)/poultice campaign --runs $(RUNS) --seed $(SEED) --jobs $(JOBS) \
		--output build/campaign.jsonl --plot build/campaign.svg >build/campaign.txt
	$(BIN)/python docs/campaign_evidence.py build/campaign.jsonl build/campaign.evidence.json
	@cat build/campaign.txt

compare: $(VENV)/.installed $(COMPILED)  ## ours against others' published rules: docs/safety, 2 minutes
	$(ON_FAST) $(BIN)/python -m tests.rivals --jobs $(JOBS) --markdown docs/safety/against-the-others.md \
		--plot docs/safety/against-the-others.svg --evidence docs/safety/evidence/comparison.json

catalogues: $(VENV)/.developed  ## what is new in the sources, into the catalogues of the translations
	$(BIN)/python -m pip install --quiet --group translate
	$(BIN)/python docs/catalogues.py

fuzz: $(VENV)/.developed  ## coverage-guided fuzzing of the link, FUZZ_S seconds a target; grows the corpus
	$(BIN)/python -m pip install --quiet --group fuzz
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_S)

soak: $(VENV)/.developed $(COMPILED)  ## months in virtual time, and every power cut followed by every other
	$(ON_FAST) $(BIN)/python -m tests.soak --hours $(SOAK_H)
	$(BIN)/python -m tests.flash

coverage: $(VENV)/.developed
	POULTICE_REQUIRE_TIERS= $(BIN)/python -m pytest -q -n $(JOBS) --cov --cov-report=term tests/core

mutation: $(VENV)/.evidenced  ## so many MUTANTS of each module, a seeded sample, killed: under an hour
	$(BIN)/python -m tests.mutation --jobs $(JOBS) --most $(MUTANTS) --evidence

release: $(VENV)/.installed  ## sdist, wheel with both images, manual pages and SBOM, into dist
	$(BIN)/python -m pip install --quiet --group release
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet .github/workflows
	$(BIN)/python firmware/build.py pico pico2
	rm -rf dist build/man build/from-wheel
	SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) $(BIN)/python docs/manual_pages.py build/man
	$(BIN)/python -m build --no-isolation --sdist --wheel
	$(BIN)/twine check --strict dist/*
	$(BIN)/python docs/check_wheel.py dist/*.whl
	$(BIN)/python -m venv build/from-wheel
	build/from-wheel/bin/python -m pip install --quiet dist/*.whl
	build/from-wheel/bin/poultice firmware info --board pico2
	$(BIN)/cyclonedx-py environment --output-reproducible --of JSON -o dist/poultice.cdx.json \
		build/from-wheel/bin/python
	cd dist && sha256sum * >SHA256SUMS && cat SHA256SUMS

clean:  ## the environment and every cache, gone
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is missing for an environment is installed where that is allowed, else the command is named.
$(VENV)/.installed: pyproject.toml
	@.ci/environment $(VENV)
	@echo "$(VENV): what poultice runs on, 8 MB to download, a minute"
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.developed: $(VENV)/.installed
	@echo "$(VENV): what the tests run on, 60 MB to download, some minutes"
	@$(BIN)/python -m pip install --quiet --group test
	@touch $@

$(VENV)/.evidenced: $(VENV)/.developed
	@echo "$(VENV): browser driver, CrossHair, Cosmic Ray, Dask, pyarrow, matplotlib, 180 MB to download, some minutes"
	@$(BIN)/python -m pip install --quiet --group evidence
	@touch $@

$(VENV)/.documented: $(VENV)/.developed
	@echo "$(VENV): what the site is made with, 30 MB to download, a minute"
	@$(BIN)/python -m pip install --quiet --group docs
	@touch $@
