# make run        install what the app needs and start it on port 8501 (PORT=8502 changes it)
# make dev        the same; the app reloads when a file changes
# make test       install what the tests need, a browser included, and run the main tests
# make test-slow  the slow tests: clusters, load, faults, PostgreSQL, sign-in, benchmarks, what ships
# make test-all   both
# make check      format, lint, types and imports only; installs what the tests need
# make test-js    the JavaScript tests only (Node.js 20.19 or newer with npm)
# make setup      install what the app needs; setup-test and setup-test-slow: what tests need
# make audit      look installed and locked packages up among known vulnerabilities (needs a network)
# make lock       resolve the versions that deploy/ installs (LOCK_FLAGS=--upgrade: newest)
# make clean      remove what these installed; make clean-data removes learners' runs
#
# GPU=1 installs PyTorch's CUDA build, GPU=0 its CPU build. With neither, an installed build
# is kept, and a fresh environment gets the CPU build where TORCH_INDEX can be reached.
# PYTHON=python3.12 makes the environment with another Python than python3.
PORT ?= 8501
PYTHON ?= python3
ifneq ($(GPU),1)
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
endif
# tests/conftest.py makes the groups, the longest first.
TEST_FLAGS ?= -rs -m "not slow" -n 2 --dist loadgroup --no-loadscope-reorder
SLOW_FLAGS ?= -rs -m slow

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
RUN_READY := $(VENV)/ready-to-run$(addprefix -gpu-,$(GPU))
TEST_READY := $(VENV)/ready-to-test
SLOW_READY := $(VENV)/ready-to-test-slow
JS := tests/js
NPM := $(shell command -v npm 2>/dev/null)
JS_READY := $(if $(NPM),$(JS)/node_modules/.package-lock.json)

.PHONY: run dev setup setup-test setup-test-slow test test-js test-slow test-all check \
	audit lock clean clean-data

run: $(RUN_READY)
	$(VENV)/bin/streamlit run app.py --server.port $(PORT)

dev: $(RUN_READY)
	$(VENV)/bin/streamlit run app.py --server.port $(PORT) --server.fileWatcherType auto \
		--server.runOnSave true --client.showErrorDetails full

setup: $(RUN_READY)
setup-test: $(TEST_READY)
setup-test-slow: $(SLOW_READY)

# venv makes bin/python before it can fail for want of pip: a failed one is removed.
$(PY):
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "Python 3.11 or newer is needed; there is no $(PYTHON) here." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is" \
			"$$("$(PYTHON)" --version 2>&1): try make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv module is needed (apt install python3-venv)." >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# The stamps of other values of GPU go, so that a later change of it installs again.
$(RUN_READY): requirements.txt deploy/install_torch.py | $(PY)
	$(PY) deploy/install_torch.py --gpu "$(GPU)" --index "$(TORCH_INDEX)"
	$(PIP) -r requirements.txt
	rm -f $(VENV)/ready-to-run*
	touch $@

$(TEST_READY): $(RUN_READY) tests/requirements.txt requirements-accounts.txt \
		tests/install_browser.sh
	$(PIP) -r tests/requirements.txt
	sh tests/install_browser.sh $(PY)
	touch $@

$(SLOW_READY): $(TEST_READY) tests/requirements-slow.txt requirements-cluster.txt \
		tests/install_postgres.sh
	$(PIP) -r tests/requirements-slow.txt
	sh tests/install_postgres.sh
	touch $@

$(JS)/node_modules/.package-lock.json: $(JS)/package-lock.json
	npm --prefix $(JS) ci --no-audit --no-fund
	touch $@

# One thread for each process of pytest: they would wait for each other otherwise.
test: export OMP_NUM_THREADS = 1
# Tests start many processes of Python: compiled files make each start faster.
test test-slow: export PYTHONDONTWRITEBYTECODE =
test: $(TEST_READY) check test-js
	$(PY) -m pytest tests $(TEST_FLAGS)

test-slow: $(SLOW_READY)
	$(PY) -m pytest tests $(SLOW_FLAGS)

test-all: test test-slow

check: $(TEST_READY) $(JS_READY)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo
	$(if $(NPM),npm --prefix $(JS) run lint)

test-js: $(JS_READY)
	$(if $(NPM),npm --prefix $(JS) test,@echo "JavaScript tests skipped: no npm here.")

# Tools that work on packages live in an environment of their own.
.tools/ready: Makefile | $(PY)
	test -x .tools/bin/pip || $(PY) -m venv .tools || { rm -rf .tools; exit 1; }
	.tools/bin/python -m pip install --quiet --disable-pip-version-check \
		"pip-audit>=2.9,<3" "uv>=0.9,<1"
	touch $@

# Strict: a package that cannot be looked up fails, too. PyPI knows no local versions (+cpu).
audit: setup .tools/ready
	$(PY) -m pip list --format=freeze > .tools/installed.txt
	sed -i.all 's/+[^+]*$$//' .tools/installed.txt
	.tools/bin/pip-audit --strict --progress-spinner off --disable-pip --no-deps \
		-r .tools/installed.txt
	.tools/bin/pip-audit --strict --progress-spinner off --disable-pip --no-deps \
		-r deploy/torch-gpu.lock -r deploy/requirements-cluster.lock

lock: .tools/ready
	sh deploy/lock.sh .tools/bin/uv $(LOCK_FLAGS)

clean:
	rm -rf $(VENV) .tools $(JS)/node_modules test-results \
		.pytest_cache .mypy_cache .ruff_cache .import_linter_cache

clean-data:
	@echo "Removing .runs: all runs, uploads and accounts' progress of this checkout"
	rm -rf .runs
