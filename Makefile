# make run: the main job.  make test: lint, the documentation, all tests.  Both set up all they need.
# make docs: the documentation as a site, in site/.  make docs-publish: the same, published.
# make soak: the tests of faults, for an hour or more.
# make notebooks: runs the notebooks in colabs/ anew and keeps what they print and draw; NAMES="..." chooses some.
# make oldest: the quick tests with the oldest Python and packages that are supported.
PYTHON ?= $(or $(shell .ci/find_python newest),python3)
OLDEST ?= $(or $(shell .ci/find_python oldest),python3)
BIN := .venv/bin

# In pytest every warning is an error, see pyproject.toml. In the commands that the tests start,
# those that announce a removal are, but for one: ml_collections reads a configuration with
# `load_module`, which Python 3.15 removed (setup.py excludes it until ml_collections changes).
REMOVALS := error::DeprecationWarning,error::PendingDeprecationWarning,error::FutureWarning
REMOVALS := $(REMOVALS),ignore:the load_module() method:DeprecationWarning

.PHONY: run test soak oldest lint format docs docs-publish notebooks clean chromium slurm torch
.DELETE_ON_ERROR:

run: .venv/run
	$(BIN)/python -m pruning_jax.run --config=configs/digits.py --workdir=runs/digits
	$(BIN)/python -m pruning_jax.report --workdir=runs/digits
	@echo "Open runs/digits/report.html in a browser. For other commands: source $(BIN)/activate"

test: lint docs chromium slurm
	PYTHONWARNINGS="$(REMOVALS)" $(BIN)/python -m pytest -n auto --dist loadfile -rfEs

# Faults, looked for much longer than the tests have time for: an hour or more.
soak: .venv/test
	SOAK=1 $(BIN)/python -m pytest -n auto --dist loadfile -rfEs tests/faults

# Old packages use what newer ones among them have deprecated. That tells nothing about us. XLA
# compiles in haste, and types are not checked: `make test` looks at both.
oldest: .venv-oldest/test
	PRUNING_JAX_TYPES_UNCHECKED=1 XLA_FLAGS=--xla_backend_optimization_level=0 .venv-oldest/bin/python -m pytest -n auto --dist loadfile -rfEs -m "not slow" \
	  -W default::DeprecationWarning -W default::FutureWarning

lint: .venv/lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --warnings

format: .venv/lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# It fails if a link leads nowhere, a page is not in the navigation, or something that the API's pages
# name is no longer in the code.
docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "The documentation is in site/: open site/index.html. To search in it, too, it needs a server:"
	@echo "$(BIN)/python -m http.server -d site"

# The branch gh-pages of `origin` is the site then, which code hosts can show.
docs-publish: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs gh-deploy --quiet

# A notebook is stored with its outputs; a test finds out when these are no longer what it gives.
notebooks: .venv/test
	$(BIN)/python colabs/renew.py $(NAMES)

# The page's tests need a browser; without one they are skipped and say so.
chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  command -v apt-get >/dev/null && { \
	    root=; [ "$$(id -u)" = 0 ] || root="sudo -n"; \
	    $$root apt-get update -qq && $$root apt-get install -y -qq chromium; }; } || \
	  echo "no chromium: the tests of the page in a browser will be skipped"

# The launchers' tests need a SLURM, which they bring up themselves, and shellcheck; that of a clock
# that jumps needs faketime. The same holds.
slurm:
	@export PATH="$$PATH:/usr/sbin"; command -v slurmctld >/dev/null && command -v slurmd >/dev/null && \
	  command -v munged >/dev/null && command -v shellcheck >/dev/null && \
	  command -v faketime >/dev/null || { \
	  command -v apt-get >/dev/null && { \
	    root=; [ "$$(id -u)" = 0 ] || root="sudo -n"; \
	    $$root apt-get update -qq && $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	      --no-install-recommends slurm-wlm munge shellcheck faketime; }; } || \
	  echo "no SLURM, shellcheck or faketime: tests that need them will be skipped"

# The networks are compared with the same ones in PyTorch, which is heavy: once, beside the oldest
# packages. Without it that is skipped, too, and pytest's status 5 says that no test was run.
torch: .venv-oldest/test
	@.venv-oldest/bin/python -c "import torch" 2>/dev/null || \
	  .venv-oldest/bin/pip install -q -e '.[torch]' 2>.venv-oldest/torch.log || \
	  echo "no PyTorch, see .venv-oldest/torch.log: what needs it will be skipped"
	PRUNING_JAX_TYPES_UNCHECKED=1 XLA_FLAGS=--xla_backend_optimization_level=0 .venv-oldest/bin/python -m pytest -n auto -rs \
	  tests/models/test_torch.py tests/exchange/test_torch.py -W default::DeprecationWarning -W default::FutureWarning || \
	  { [ $$? = 5 ] && ! .venv-oldest/bin/python -c "import torch" 2>/dev/null; }

.venv/bin/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed: make PYTHON=python3.11"'
	$(PYTHON) -m venv .venv || { apt-get update && apt-get install -y python3-venv && $(PYTHON) -m venv .venv; }

.venv/run: .venv/bin/python setup.py
	@echo "Installing, which takes some minutes"
	$(BIN)/pip install -q -e .
	touch $@

.venv/test: .venv/bin/python setup.py
	$(BIN)/pip install -q -e '.[test]'
	touch $@ .venv/run

.venv/lint: .venv/test
	$(BIN)/pip install -q -e '.[lint]'
	touch $@

.venv/docs: .venv/bin/python setup.py
	$(BIN)/pip install -q -e '.[docs]'
	touch $@ .venv/run

# The lower bounds of setup.py, all at once; what they depend on is as new as they allow.
.venv-oldest/test: setup.py
	$(OLDEST) -m venv .venv-oldest
	.venv-oldest/bin/pip install -q uv
	.venv-oldest/bin/uv pip compile -q --resolution lowest-direct --extra test setup.py \
	  --python .venv-oldest/bin/python -o .venv-oldest/versions.txt
	.venv-oldest/bin/uv pip install -q --python .venv-oldest/bin/python -r .venv-oldest/versions.txt
	.venv-oldest/bin/pip install -q --no-deps -e .
	touch $@

clean:
	rm -rf .venv .venv-oldest site .pytest_cache .ruff_cache .hypothesis *.egg-info
