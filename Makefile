PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check format bench faults fuzz openapi clean

# A stamp per lock file: the environment is rebuilt when the lock changes, and only then.
.venv/runtime: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the runtime environment (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/develop: requirements-dev.lock .venv/runtime
	@echo "Installing the development environment (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

run: .venv/runtime
	@$(BIN)/kundentakt run

# A file stays with one process, because its tests share what they set up. Three processes keep two
# cores busy, because each waits now and then: for a server, for a program that starts, for a lease
# that ends; a fourth costs more than it gives. In the order of their names the longest do not come
# last, when the other processes have nothing left.
test: .venv/develop
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: .venv/develop
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@# vulture ends with 3 where it found something; any other code but 0 means that it did not look.
	@found=$$($(BIN)/vulture); code=$$?; test $$code -eq 0 || test $$code -eq 3 || exit $$code; \
	  ! printf '%s\n' "$$found" | grep -E 'unused (function|method|class|property)|unreachable'
	@$(BIN)/kundentakt openapi --check
	@$(BIN)/kundentakt migrate --check

format: .venv/develop
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

openapi: .venv/develop
	@$(BIN)/kundentakt openapi
	@$(BIN)/python -m kundentakt.reference

bench: .venv/develop
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

# What takes longer than a test may: a year of an agency, day by day, and every process killed.
faults: .venv/develop
	@KUNDENTAKT_LIVED_DAYS=250 $(BIN)/python -m pytest -n 2 --dist loadfile tests/faults tests/journeys/test_lived_quarter.py $(ARGS)

# Sixty examples for each operation, with all checks of schemathesis; `make test` asks a few of them.
fuzz: .venv/develop
	@$(BIN)/python -m tests.fuzz $(if $(ONLY),--only $(ONLY)) $(ARGS)

# The data of embedded servers may lie outside of the checkout: see supervisor/installation.py.
# Tokens in use are worth nothing without the signing key, and nobody can make it again.
clean:
	@$(PYTHON) -c "import fcntl, os; os.path.isdir('var/services') and fcntl.flock(os.open('var/services', os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)" 2>/dev/null \
	  || { echo "Kundentakt runs from this checkout. End it first: its databases would be deleted under it."; exit 1; }
	@data=$$($(PYTHON) -c "from kundentakt.supervisor.installation import Installation; print(Installation.of_checkout().data)") \
	  && rm -rf "$$data" .venv
	@test ! -d var || find var -mindepth 1 -maxdepth 1 ! -name secrets -exec rm -rf {} +
	@if [ "$(SECRETS)" = delete ]; then rm -rf var; \
	elif [ -d var/secrets ]; then echo "var/secrets (signing key) stays; 'make clean SECRETS=delete' removes it too."; fi
