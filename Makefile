.DEFAULT_GOAL := help
.PHONY: help venv demo serve test chaos soak lint docs screenshots dist bench-admin bench bench-peers bench-limits bench-docs messages

PYTHON := .venv/bin/python
# Where it is set, every process that a test starts compiles all of the package anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 20

venv: ## make .venv with everything below
	@sh .ci/bootstrap

demo: venv ## run the example site and watch jobs work
	@$(PYTHON) example_project/demo.py

serve: venv ## run the example site with a worker until Ctrl+C; PORT=8000 chooses its port
	@$(PYTHON) example_project/serve.py

test: lint ## lint, then every test on every database and Django there is
	@$(PYTHON) -m tests.matrix

chaos: venv ## disturb real workers and PostgreSQL for ten minutes, and count the damage; SEED=1
	@$(PYTHON) -m tests.faults $(if $(SEED),--seed $(SEED))

soak: venv ## run JOBS=200000 jobs through 4 workers on PostgreSQL, and watch their memory
	@$(PYTHON) -m benchmarks.soak $(if $(JOBS),--jobs $(JOBS))

docs: ## build docs/ into build/docs, warnings as errors
	@sh .ci/bootstrap docs
	@$(PYTHON) -m docs.generators
	$(PYTHON) -m sphinx -q -n -W --keep-going docs build/docs

screenshots: venv ## take a picture of every page into docs/img; PAGES="job-list workers" only of these
	@$(PYTHON) -m docs.screenshots $(PAGES)

bench-admin: venv ## time the admin's pages on 5,000,000 jobs; ARGS="--jobs 100000" on fewer
	@$(PYTHON) -m benchmarks.admin $(ARGS)

messages: venv ## gather the strings to translate into locale/, and compile them (needs gettext)
	cd pyjobkit_django && ../$(PYTHON) -m django makemessages --all --no-location --no-wrap --no-obsolete
	cd pyjobkit_django && ../$(PYTHON) -m django compilemessages

dist: venv ## build the sdist and the wheel into dist/, and check them
	@rm -rf dist
	$(PYTHON) -m build --no-isolation
	$(PYTHON) -m twine check --strict dist/*

bench: venv ## measure our queue, 3 minutes; FULL=1 measures all that is promised
	@$(PYTHON) -m benchmarks ours $(if $(FULL),--full)

bench-peers: venv ## measure it beside other queues, 25 minutes; ALL=1 takes every one
	@$(PYTHON) -m benchmarks peers $(if $(ALL),--all)

bench-limits: venv ## measure what psycopg, the ORM and asyncio allow at best
	@$(PYTHON) -m benchmarks limits

bench-docs: venv ## write the last runs' figures and charts into the docs
	@$(PYTHON) -m benchmarks publish

lint: venv ## style, types, layers, Django's checks, migrations
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	.venv/bin/lint-imports --no-logo
	$(PYTHON) -m django check --fail-level WARNING --settings tests.settings
	$(PYTHON) -m django makemigrations --check --dry-run --settings tests.settings
	$(PYTHON) example_project/manage.py check --fail-level WARNING
