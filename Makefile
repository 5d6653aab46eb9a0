# make run: start the app.  make test: run every test.  Both set everything up first.
PORT ?= 8501
VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= python3

.PHONY: run test setup setup-test check clean

run: setup
	$(VENV)/bin/streamlit run app.py --server.port $(PORT)

setup: .setup-run
setup-test: .setup-test

.setup-run: requirements.txt
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.setup-test: .setup-run tests/requirements.txt tests/install_browser.sh
	$(PY) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	sh tests/install_browser.sh $(PY)
	touch $@

test: .setup-test check
	$(PY) -m pytest tests

check: .setup-test
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

clean:
	rm -rf $(VENV) .setup-run .setup-test .runs
