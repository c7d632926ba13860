# AION Explorer. `make app` and `make test` are all a newcomer needs;
# both prepare .venv first, and at once when nothing changed.

PYTHON ?= python3
ARGS ?=
# The versions that are installed: those that the tests of every change ran with.
# `make lowest` and `make newest` put others in their place.
PINS ?= constraints.txt
TORCH ?= $(shell grep '^torch' requirements.txt)
# On Linux the registry's torch brings gigabytes of CUDA along,
# which a machine without an NVIDIA card has no use for.
TORCH_INDEX ?= $(shell [ "$$(uname -s)" = Linux ] && ! nvidia-smi -L >/dev/null 2>&1 && echo https://download.pytorch.org/whl/cpu)

VENV ?= .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check --constraint $(PINS)
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
READY_TRAINING := $(VENV)/.ready-training
READY_DOCS := $(VENV)/.ready-docs
# The published package, for the parity tests and the benchmark only.
# Beside the environment, because both are named `aion`.
UPSTREAM := .cache/upstream/polymathic_aion-0.0.2.dist-info/METADATA

.PHONY: help app test test-live quick check format docs lock lowest newest catalog embedded benchmark contention interaction screenshots browser clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

app: $(READY)  ## install what is missing and open the explorer on the embedded model
	$(RUN) -m streamlit run app.py $(ARGS)

test: $(READY_DEV) $(UPSTREAM) browser  ## install what is missing and run every test; ARGS="-k redshift" chooses
	$(RUN) -m pytest -n 2 --dist worksteal --max-worker-restart 0 $(ARGS)

quick: $(READY_DEV)  ## the tests that neither train nor open a browser
	$(RUN) -m pytest -n 2 --dist worksteal -m "not slow and not browser" $(ARGS)

test-live: $(READY_DEV)  ## the tests that ask the real archives of the sky; skipped where these cannot be reached
	AION_TEST_LIVE=yes $(RUN) -m pytest tests/sky/test_live.py $(ARGS)

check: $(READY_DEV)  ## format, lint and types
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy

format: $(READY_DEV)  ## bring the code into the form that `make check` expects
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

docs: $(READY_DOCS)  ## the documentation site in build/docs, its notebooks executed; no network is needed
	rm -rf build/docs
	$(RUN) -m sphinx --builder html --fresh-env --fail-on-warning --keep-going --quiet --doctree-dir .cache/doctrees --conf-dir docs/site . build/docs
	@echo "open build/docs/index.html"

lock:  ## renew constraints.txt: the newest versions that requirements*.txt admit; run the tests before you commit it
	rm -rf .venv-lock
	$(MAKE) .venv-lock/.ready-dev .venv-lock/.ready-training VENV=.venv-lock PINS=.cache/none.txt
	{ echo "# Every package, as the tests ran with it; \`make lock\` renews this file."; \
	  .venv-lock/bin/python -m pip freeze --disable-pip-version-check | sed 's/+cpu$$//'; } > constraints.txt
	rm -rf .venv-lock

lowest: .cache/lowest.txt  ## every test with the lowest versions that requirements.txt admits, in .venv-lowest
	$(MAKE) test VENV=.venv-lowest PINS=$<

newest: .cache/none.txt  ## every test with the newest versions, in .venv-newest
	$(MAKE) test VENV=.venv-newest PINS=$<

.cache/lowest.txt: requirements.txt
	@mkdir -p .cache
	sed -nE 's/^([A-Za-z_-]+)>=([0-9.]+),.*/\1==\2/p' $< > $@

.cache/none.txt:
	@mkdir -p .cache && touch $@

embedded: $(READY_TRAINING)  ## make assets/models/aion-sim from nothing: simulate, codecs, tokenize, model, evaluate
	$(RUN) -m aion.training all --config embedded $(ARGS)

catalog: $(READY_TRAINING)  ## rebuild assets/catalog and assets/examples with the embedded model
	$(RUN) -m aion.training catalog $(ARGS)

benchmark: $(READY_DEV) $(UPSTREAM)  ## speed and memory, beside the published package in one run
	$(RUN) benchmarks/run.py $(ARGS)

contention: $(READY_DEV)  ## what an analysis loses beside other work, on one processor and while a catalog is made
	$(RUN) benchmarks/contention.py $(ARGS)

interaction: $(READY_DEV) browser  ## what a person waits for on the pages, measured in the browser
	$(RUN) benchmarks/interaction.py $(ARGS)

screenshots: $(READY_DEV) browser  ## the pictures of README and docs, taken from the running application
	$(RUN) benchmarks/screenshots.py $(ARGS)

clean:  ## remove the environment and every cache
	rm -rf $(VENV) .venv-* .cache .pytest_cache .mypy_cache .ruff_cache

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "python3 -m venv failed; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

# torch first, by itself: any other package that asks for it would choose its own build.
# Where the index of CPU builds cannot be reached, the registry's serves as well.
$(READY): requirements.txt $(PINS) | $(RUN)
	$(if $(TORCH_INDEX),@$(PIP) --no-deps --retries 1 --timeout 15 --index-url $(TORCH_INDEX) "$(TORCH)" \
	  || echo "the CPU build of torch cannot be had from $(TORCH_INDEX); the ordinary one comes instead")
	$(PIP) "$(TORCH)" -r requirements.txt
	@touch $@

$(READY_DEV): requirements-dev.txt requirements-training.txt requirements-docs.txt requirements-survey.txt $(READY)
	$(PIP) -r requirements-dev.txt
	@touch $@

$(READY_TRAINING): requirements-training.txt requirements-map.txt $(READY)
	$(PIP) -r requirements-training.txt -r requirements-map.txt
	@touch $@

$(READY_DOCS): requirements-docs.txt $(READY)
	$(PIP) -r requirements-docs.txt
	@touch $@

$(UPSTREAM): | $(RUN)
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target .cache/upstream polymathic-aion==0.0.2

# Chromium comes from the system: playwright's own download is not needed.
# Without it the browser tests say so and are skipped.
browser:
	@{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && echo "installing chromium for the browser tests" && apt-get -qq update \
	       && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium >/dev/null; } \
	  || echo "no chromium here: the browser tests will be skipped (Debian: apt-get install chromium)"
