# make run: start the app.  make test: run every test.  Both set everything up first.
# make audit: look the app's packages up among known vulnerabilities; needs the network.
# make clean: remove what these made, the learners' runs and uploads (.runs) included.
PORT ?= 8501
VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= python3

.PHONY: run test setup setup-test check audit clean

run: setup
	$(VENV)/bin/streamlit run app.py --server.port $(PORT)

setup: $(VENV)/set-up-to-run
setup-test: $(VENV)/set-up-to-test

$(VENV)/set-up-to-run: requirements.txt
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/set-up-to-test: $(VENV)/set-up-to-run tests/requirements.txt requirements-cluster.txt \
		tests/install_browser.sh tests/install_postgres.sh
	$(PY) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	sh tests/install_browser.sh $(PY)
	sh tests/install_postgres.sh
	touch $@

test: $(VENV)/set-up-to-test check
	$(PY) -m pytest tests

check: $(VENV)/set-up-to-test
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

# In an environment of its own: its packages are none of the app's. What could not be
# looked up fails the audit, too: nothing found is not the same as nothing asked.
audit: setup
	test -x .audit/bin/pip-audit || $(PYTHON) -m venv .audit
	.audit/bin/python -m pip install --quiet --disable-pip-version-check "pip-audit>=2.9,<3"
	.audit/bin/pip-audit --strict --progress-spinner off --path \
		"$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

clean:
	rm -rf $(VENV) .audit .runs
