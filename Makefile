# One line per thing you can do here. The shell behind each is in .ci/.
.DEFAULT_GOAL := help
.PHONY: help demo serve test check bench coverage lock readme clean

DEMO ?= demo

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## one donor, one recipient, two doses: the whole chain, into the folder demo/
	@.ci/venv run
	@.venv/bin/mfg demo --at $(DEMO)

serve: ## the application on this machine, with the data of the demo
	@.ci/venv run
	@test -e $(DEMO)/mfg.db || .venv/bin/mfg demo --at $(DEMO)
	@.venv/bin/mfg serve --at $(DEMO)

test: ## everything: style, types, import laws, every test on SQLite and PostgreSQL, the browser
	@.ci/venv test
	@.ci/test $(ARGS)

check: ## the fast loop, about a minute: rules, files, paper; no database, no browser, no slow test
	@.ci/venv test
	@.ci/check

bench: ## speed and memory, as ratios measured in one run
	@.ci/venv bench
	@.venv/bin/python -m bench.run $(ARGS)

coverage: ## which lines of mfg/ and tests/ no test reaches (in one process, without the browser)
	@.ci/venv test
	@.venv/bin/coverage erase
	@.venv/bin/coverage run -m pytest -q -m "not browser" $(ARGS); .venv/bin/coverage combine -q && .venv/bin/coverage report

lock: ## pin every dependency again, after a change of setup.cfg
	@.ci/lock

readme: ## write the tables and diagrams of README.md again from the code
	@.ci/venv run
	@.venv/bin/python .ci/readme.py --write

clean: ## remove what the other commands made (.venv, demo/, caches)
	rm -rf .venv $(DEMO) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.*
