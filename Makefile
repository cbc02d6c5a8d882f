# Every developer habit is a target. `make demo` and `make test` each set up all they need in .venv.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export KERAS_BACKEND := tensorflow

.PHONY: help demo test test-slow browser-tools faults fuzz lint format docs accuracy sweep scaling lecture-pictures homework \
	bench drawn-digits wheel-test clean

help:
	@echo "make demo        train the lecture's cnn on the embedded digits, draw it, export it"
	@echo "make test        the tests that take minutes at most"
	@echo "make test-slow   the long trainings on MNIST (needs KCNN_DATA_HOME)"
	@echo "make browser-tools  install axe-core with npm; with it, Chromium and Node no test of the pages is skipped"
	@echo "make faults      kill trainings, fail their writes, fill their disk (15 minutes; the full disk needs root)"
	@echo "make fuzz        change valid files at random for SECONDS=600 and look for any crash in what reads them"
	@echo "make lint        ruff and mypy"
	@echo "make format      let ruff rewrite the code"
	@echo "make docs        write the help texts, tables and pictures of README and docs anew"
	@echo "make accuracy    measure README's table of accuracies (MNIST; three seeds in minutes, five of best_cnn in an hour)"
	@echo "make scaling     measure what workers of one training cost (docs/scaling.md, MNIST; about six minutes)"
	@echo "make sweep       run the sweep of docs/scaling.md on MNIST anew (about five minutes)"
	@echo "make bench       measure docs/performance.md against Keras and PyTorch (MNIST; about half an hour)"
	@echo "make drawn-digits  measure docs/page.md: the live page, and drawn digits (MNIST; twenty minutes)"
	@echo "make homework    measure docs/grading.md: the grader's own test, the attacks, a class of 100 (about half an hour)"
	@echo "make lecture-pictures  train docs/lecture.md's networks on MNIST and draw them anew (about six minutes)"
	@echo "make wheel-test  install the wheel into a fresh environment and test it from another folder"
	@echo "make clean       remove what the targets built"

$(VENV)/.demo: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	@result=$$($(BIN)/kcnn train --recipe cnn) && run=$$(tail -n 1 <<< "$$result") && \
	$(BIN)/kcnn plot "$$run" && $(BIN)/kcnn filters "$$run" && $(BIN)/kcnn export "$$run" && echo "$$result"

# One process a core, since most tests wait for a process that starts; a module's tests share what it trained.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile

test: $(VENV)/.dev
	$(BIN)/python -m pytest $(PARALLEL)

test-slow: $(VENV)/.dev
	$(BIN)/python -m pytest -m slow

# The tests of the pages need Node and Chromium, which only the system's own package manager can install.
browser-tools: $(VENV)/.dev
	npm install --silent --no-save --no-audit --no-fund --prefix $(VENV) axe-core@4

# Another KCNN_FAULT_SEED tries other moments.
faults: $(VENV)/.dev
	KCNN_KILLS=60 KCNN_WRITE_FAULTS=1000 $(BIN)/python -m pytest -v -m "slow or not slow" tests/faults

SECONDS ?= 600
fuzz: $(VENV)/.dev
	$(BIN)/python tests/fuzz/fuzz.py --seconds $(SECONDS) --seed $$RANDOM --keep fuzz-findings

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev
	$(BIN)/python docs/regenerate.py

accuracy: $(VENV)/.dev
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/accuracy.py --recipes best_cnn --datasets mnist --seeds 5

scaling: $(VENV)/.dev
	$(BIN)/python benchmarks/scaling.py

sweep: $(VENV)/.dev
	$(BIN)/python benchmarks/sweep.py

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/operations.py
	$(BIN)/python benchmarks/speed.py

drawn-digits: $(VENV)/.dev
	$(BIN)/python benchmarks/drawn_digits.py
	$(BIN)/python benchmarks/page.py

homework: $(VENV)/.dev
	$(BIN)/python benchmarks/homework.py

lecture-pictures: $(VENV)/.dev
	$(BIN)/python benchmarks/lecture_demo.py

# A stale build/ would ship files that were deleted, so the wheel is built from the source archive.
wheel-test: $(VENV)/.dev
	rm -rf build dist
	$(BIN)/python -m build --outdir dist
	@set -e; place=$$(mktemp -d); trap 'rm -rf "$$place"' EXIT; \
	$(PYTHON) -m venv "$$place/venv"; \
	"$$place/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$$(ls $$PWD/dist/*.whl)[test]"; \
	cp -r tests setup.cfg "$$place"; cd "$$place"; \
	venv/bin/kcnn --version; \
	venv/bin/python -m pytest $(PARALLEL) --ignore tests/test_docs.py

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
