# Every command first installs what it needs into .venv, once. Requires python3 (3.11 to 3.13) and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: app test test-slow test-range test-newest check bench pictures readme clean

app: $(VENV)/app.stamp ## run the app on http://127.0.0.1:7860
	$(BIN)/python app.py

test: $(VENV)/dev.stamp ## run the tests; those in a browser need Chromium
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-slow: $(VENV)/dev.stamp ## run the tests that take minutes
	$(BIN)/python -m pytest -m slow

test-range: $(VENV)/dev.stamp ## run the tests with the lowest and with the highest releases in the dependencies' ranges
	$(BIN)/python tests/ranges.py lowest highest

test-newest: $(VENV)/dev.stamp ## run the tests with the newest releases; names those outside their range
	$(BIN)/python tests/ranges.py newest --within torch

check: $(VENV)/dev.stamp ## check lint, format, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_imports.py

bench: $(VENV)/dev.stamp ## run the benchmarks, best on an idle machine; they take most of an hour
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.pictures

pictures: $(VENV)/dev.stamp ## take the README's pictures of the bundled models in Chromium
	$(BIN)/python -m pytest -m pictures tests/ui

readme: $(VENV)/dev.stamp ## update the numbers and outputs in README.md and README.zh.md, and docs/api.md
	$(BIN)/python docs/readme.py
	$(BIN)/python docs/api.py

clean:
	rm -rf $(VENV) $(VENV)-* .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v <= (3, 13) and f"$(PYTHON) is Python {v[0]}.{v[1]}; 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/app.stamp: requirements.txt $(VENV)/python.stamp
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: pyproject.toml $(VENV)/app.stamp
	$(PIP) --editable '.[dev]'
	@touch $@
