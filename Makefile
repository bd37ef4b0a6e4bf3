# make run: the main job.  make test: lint and all tests.  Both set up all they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint format clean chromium torch
.DELETE_ON_ERROR:

run: .venv/run
	$(BIN)/python -m pruning_jax.run --config=configs/digits.py --workdir=runs/digits
	$(BIN)/python -m pruning_jax.report --workdir=runs/digits

test: lint chromium
	$(BIN)/python -m pytest -n auto --dist loadfile -rfEs

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --warnings

format: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The page's tests need a browser; without one they are skipped and say so.
chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  command -v apt-get >/dev/null && { \
	    root=; [ "$$(id -u)" = 0 ] || root="sudo -n"; \
	    $$root apt-get update -qq && $$root apt-get install -y -qq chromium; }; } || \
	  echo "no chromium: the tests of the page in a browser will be skipped"

# The networks are compared with the same ones in PyTorch; without it that is skipped, too.
torch: .venv/test
	@$(BIN)/python -c "import torch" 2>/dev/null || \
	  $(BIN)/pip install -q -e '.[torch]' 2>.venv/torch.log || \
	  echo "no PyTorch, see .venv/torch.log: tests/test_torch.py will be skipped"

.venv/bin/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed: make PYTHON=python3.11"'
	$(PYTHON) -m venv .venv || { apt-get update && apt-get install -y python3-venv && $(PYTHON) -m venv .venv; }

.venv/run: .venv/bin/python setup.py
	$(BIN)/pip install -q -e .
	touch $@

.venv/test: .venv/bin/python setup.py
	$(BIN)/pip install -q -e '.[test]'
	touch $@ .venv/run

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis *.egg-info
