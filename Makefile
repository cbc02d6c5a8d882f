# Everything that developers do often is a target. `make demo` and `make test` each set up what they need in .venv.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= $(if $(filter Windows_NT,$(OS)),python,python3)
VENV ?= .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
export KERAS_BACKEND := tensorflow
# Hundreds of processes that the tests start would each compile the package again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-slow coverage windows browser-tools faults fuzz lint format docs site accuracy sweep scaling lecture-pictures homework \
	bench drawn-digits photographs wheel-test edges release clean

help:
	@echo "Start here:"
	@echo "  make demo              train the lecture's cnn on the embedded digits, draw it, export it"
	@echo "  make test              run the tests that are not slow (five minutes)"
	@echo "Develop:"
	@echo "  make lint              check the code with ruff and mypy"
	@echo "  make format            let ruff format the code"
	@echo "  make docs              regenerate the help texts, tables and pictures of README and docs"
	@echo "  make site              build the site in build/site (a minute; the trained networks are kept until make clean)"
	@echo "  make clean             remove everything that the targets built"
	@echo "Test more:"
	@echo "  make browser-tools     install axe-core; with it, Chromium and Node, no test of the pages is skipped"
	@echo "  make wheel-test        install the wheel into a fresh environment and test it from another folder"
	@echo "  make coverage          which lines no test runs, also in the processes that tests start (half an hour)"
	@echo "  make test-slow         run the slow tests (twenty minutes; those on MNIST need KCNN_DATA_HOME)"
	@echo "  make windows           run every command of README as on Windows, simulated (about a minute)"
	@echo "  make faults            kill trainings, fail their writes, fill their disk (15 minutes; the last needs root)"
	@echo "  make fuzz              read randomly damaged files and look for crashes (SECONDS=600)"
	@echo "Release:"
	@echo "  make edges             try the lowest and the newest versions of the dependencies (EDGES=...; five minutes)"
	@echo "  make release           build the source archive and the wheel, check them, test the wheel (ten minutes)"
	@echo "Measure again (all but homework need MNIST in KCNN_DATA_HOME):"
	@echo "  make accuracy          the accuracy of every recipe, for README and docs/performance.md (about four hours)"
	@echo "  make bench             the speed compared with Keras and PyTorch, for docs/performance.md (half an hour)"
	@echo "  make scaling           the cost of several workers, for docs/scaling.md (six minutes)"
	@echo "  make sweep             the sweep of docs/scaling.md (five minutes)"
	@echo "  make drawn-digits      the live page and drawn digits, for docs/page.md (twenty minutes)"
	@echo "  make photographs       photographs of digits, for docs/photographs.md (RUN=a run on mnist; an hour)"
	@echo "  make lecture-pictures  the networks of docs/lecture.md and their pictures (six minutes)"
	@echo "  make homework          the grader, the attacks and a class of 100, for docs/grading.md (half an hour)"

# On Windows, run make in Git Bash.
$(VENV)/.demo: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV): a few minutes, 2.4 GB on the disk."
	$(BIN)/python -m pip install --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	@# uv downloads and compiles on all cores: half of pip's time. pip also knows the package index of pip.conf.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --system-certs --python $(VENV) --compile-bytecode --editable ".[dev]" || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	@result=$$($(BIN)/kcnn train --recipe cnn) && run=$$(tail -n 1 <<< "$$result") && \
	$(BIN)/kcnn plot "$$run" && $(BIN)/kcnn filters "$$run" && $(BIN)/kcnn export "$$run" && echo "$$result"
	@echo "To use kcnn in this terminal: source $(BIN)/activate"

# One process per core. A process that has nothing left to do takes tests from another, so that all end together.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist worksteal

test: $(VENV)/.dev
	$(BIN)/python -m pytest $(PARALLEL)

test-slow: $(VENV)/.dev
	$(BIN)/python -m pytest $(PARALLEL) -m slow

# What no test runs is listed. The package as a whole needs 95%; the rooms on which the safety of data rests need all.
ALL_OF := keras_cnn_course/files/*,keras_cnn_course/training/checkpoint.py
coverage: $(VENV)/.dev
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest $(PARALLEL) -m "slow or not slow" --cov --cov-report=
	$(BIN)/python -m coverage report --fail-under=95
	$(BIN)/python -m coverage report --include='$(ALL_OF)' --fail-under=100

windows: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 -m "slow or not slow" tests/portability

# The tests of the pages also need Node and Chromium, which the system's package manager installs.
browser-tools: $(VENV)/.dev
	npm install --silent --no-save --no-audit --no-fund --prefix $(VENV) axe-core@4

# Set KCNN_FAULT_SEED to kill at other moments.
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

site: $(VENV)/.dev
	$(BIN)/python docs/build_site.py

accuracy: $(VENV)/.dev
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/accuracy.py --recipes best_cnn --datasets mnist --shifts
	$(BIN)/python benchmarks/accuracy.py --recipes best_cnn --datasets digits
	$(BIN)/python benchmarks/accuracy.py --recipes residual_cnn --datasets fashion_mnist --seeds 3 --shifts
	$(BIN)/python benchmarks/accuracy.py --recipes softmax,mlp,cnn,deep_cnn,fast_cnn --datasets mnist --seeds 3 --avx2
	$(BIN)/python benchmarks/accuracy.py --recipes best_cnn --datasets mnist --seeds 1 --avx2
	$(BIN)/python benchmarks/accuracy.py --recipes residual_cnn --datasets fashion_mnist --seeds 1 --avx2
	$(BIN)/python benchmarks/audit.py

scaling: $(VENV)/.dev
	$(BIN)/python benchmarks/scaling.py

sweep: $(VENV)/.dev
	$(BIN)/python benchmarks/sweep.py

# PyTorch and JAX take part if KCNN_PEERS_PYTHON names a Python that has them. To measure a part: BENCH="--models cnn"
bench: $(VENV)/.dev
	$(BIN)/python benchmarks/operations.py
	$(BIN)/python benchmarks/speed.py $(BENCH)
	$(BIN)/python benchmarks/fit.py
	$(BIN)/python benchmarks/first_cell.py

drawn-digits: $(VENV)/.dev
	$(BIN)/python benchmarks/drawn_digits.py
	$(BIN)/python benchmarks/page.py

# RUN is a run that was trained on MNIST. Fonts come from npm.
FONTS := architects-daughter caveat coming-soon covered-by-your-grace gochi-hand handlee indie-flower kalam \
	nothing-you-could-do patrick-hand reenie-beanie schoolbell shadows-into-light short-stack
photographs: $(VENV)/.dev
	npm install --silent --no-save --no-audit --no-fund --prefix $(VENV)/fonts $(addprefix @fontsource/,$(FONTS))
	$(BIN)/python benchmarks/photographs.py --fonts $(VENV)/fonts/node_modules/@fontsource $(RUN)

homework: $(VENV)/.dev
	$(BIN)/python benchmarks/homework.py

lecture-pictures: $(VENV)/.dev
	$(BIN)/python benchmarks/lecture_demo.py

# The wheel is built from the source archive: a stale build/ would ship files that were deleted.
wheel-test: $(VENV)/.dev
	rm -rf build dist
	$(BIN)/python -m build --outdir dist
	@set -e; place=$$(mktemp -d); trap 'rm -rf "$$place"' EXIT; \
	$(PYTHON) -m venv "$$place/venv"; \
	"$$place/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$$(ls $$PWD/dist/*.whl)[test]"; \
	cp -r tests setup.cfg "$$place"; cd "$$place"; \
	venv/bin/kcnn --version; \
	venv/bin/python -m pytest $(PARALLEL) --ignore tests/test_docs.py

EDGES := lowest newest
edges: $(VENV)/.dev
	$(BIN)/python tests/portability/dependency_edges.py $(EDGES)

# Leaves what is to be uploaded in dist/.
release: wheel-test
	$(BIN)/python -m twine check --strict dist/*
	@echo "Ready to upload: $$(echo dist/*)"

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
