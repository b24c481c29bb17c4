# Each target makes its own virtual environment and installs what it needs.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test lint docs gpu wheel clean

demo: $(VENV)/installed
	$(BIN)/python docs/demo.py

# The last line runs in the foreground: it prints what importing the package costs.
test: $(VENV)/installed lint
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)
	$(BIN)/python -m pytest -q tests/test_import.py

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# The pages, in docs/_build/html; a warning is an error.
docs: $(VENV)/installed-docs
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html

# torch first and by itself: the pinned version is known to come as one wheel.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

$(VENV)/installed-docs: $(VENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@

# What there is to measure on a GPU, in under seven minutes; without one, the short form
# on the CPU. OUTPUT is a folder for the results.
gpu: $(VENV)/installed
	$(BIN)/python docs/benchmarks/gpu.py $(if $(OUTPUT),--output $(OUTPUT))

# The distributions, in dist, and a test of the wheel in an environment without extras.
wheel:
	rm -rf dist $(VENV)-wheel
	$(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/pip install --quiet --disable-pip-version-check build twine
	$(VENV)-wheel/bin/python -m build --outdir dist
	$(VENV)-wheel/bin/twine check --strict dist/*
	rm -rf $(VENV)-wheel && $(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(VENV)-wheel/bin/pip install --quiet --disable-pip-version-check -c constraints.txt dist/*.whl
	$(VENV)-wheel/bin/python -P tests/wheel_smoke.py

clean:
	rm -rf $(VENV) $(VENV)-wheel demo-output gpu-output dist docs/_build docs/api docs/gallery
