# Two commands do the work: `make run` and `make test`. `make help` lists the others.

SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: run test test-slow fit-report calibration check format lock help

# Every Python that may be there, the preferred version first. Each is tried, because a name on the PATH may stand
# for a Python that is not installed (the shims of pyenv do), or for one that cannot make an environment.
PYTHONS = $(PYTHON) .venv/bin/python \
  $$(type -ap python3.13 python3.12 python3.14 python3 python) \
  $$(for root in "$$(pyenv root 2>/dev/null)" "$$HOME/.pyenv"; do \
       for version in 3.13 3.12 3.14; do compgen -G "$$root/versions/$$version*/bin/python"; done; done)
USABLE = import ensurepip, sys, venv; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 14))
PIP = .venv/bin/python -m pip --disable-pip-version-check -qq install

run: .venv/installed  ## fit the model to the evidence, then run the scenario of the European Union
	.venv/bin/costmodel fit
	.venv/bin/costmodel run scenarios/eu27.toml

# Two at a time, each file in one process: its fixtures are made once. Threads of libraries would fight for the cores.
test: .venv/installed  ## run every test that does not take minutes of its own
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest -n 2 --dist loadfile -m "not slow"

test-slow: .venv/installed  ## run the tests that take minutes each
	.venv/bin/python -m pytest -m slow

fit-report: .venv/installed  ## judge the fit: checks, hold-outs, each study left out in turn -> docs/fit/report
	.venv/bin/costmodel fit-report --refit --out docs/fit/report

calibration: .venv/installed  ## simulate and fit each sub-model many times, and write docs/fit: a quarter of an hour
	.venv/bin/python docs/fit/calibration.py

check: .venv/installed  ## format, lint, types, and the shape of the repository: the gate of every commit
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/python -m pytest --quiet tests/test_architecture.py tests/test_repository.py

format: .venv/installed  ## format the code and mend what can be mended without thinking
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

lock: .venv/bin/uv  ## pin what pyproject.toml asks for; what is pinned already stays as it is
	.venv/bin/uv --no-config pip compile --quiet --no-python-downloads --universal --python-version 3.12 \
	  --all-extras --generate-hashes --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

# The environment. The libraries are installed when the lock changes, the package when its own description does.
.venv/locked: requirements.lock
	@for python in $(PYTHONS); do \
	  if "$$python" -c '$(USABLE)' 2>/dev/null; then found="$$python"; break; fi; \
	done; \
	if [ -z "$${found-}" ]; then \
	  echo "No usable Python 3.12, 3.13 or 3.14 was found: install one with its venv module, or name it:" >&2; \
	  echo "make PYTHON=/path/to/python3.13 $(MAKECMDGOALS)" >&2; \
	  exit 1; \
	fi; \
	if [ "$$found" != .venv/bin/python ]; then \
	  echo "Making .venv with $$found"; \
	  "$$found" -m venv --clear .venv; \
	fi
	@echo "Installing the libraries of requirements.lock (a minute or two, once)"
	@$(PIP) --require-hashes --requirement requirements.lock
	@touch $@

.venv/installed: .venv/locked pyproject.toml costmodel/__init__.py
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/bin/uv:
	@$(MAKE) --no-print-directory .venv/locked
