# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A thin front of noxfile.py. Everything is made inside the checkout: .venv (nox), .nox (linters), .cache (all the rest).

NOX := @./tests/support/nox.sh
SESSIONS := check sanity units integration playbooks conformance artifact browser guides eda chaos
LINTS := layers extra-checks docs-check license-check ansible-lint galaxy

# Extra arguments for one session: make units ARGS="--python 3.12", make integration ARGS=task_wait
ARGS ?=

.PHONY: help test demo tenant bench build changelog docs clean lint $(LINTS) $(SESSIONS)

help:
	@echo "make demo         wait for three aggregations of a stand-in tenant, then see one fail"
	@echo "make check        after a change: lint, and unit tests on one Python"
	@echo "make test         everything that must hold, several parts at a time"
	@echo
	@echo "Parts of make test:"
	@echo "make lint         formatting, types, YAML, imports (CI=false make lint: format)"
	@echo "make $(LINTS)"
	@echo "make sanity       ansible-test sanity                         ARGS: --core 2.16, its own"
	@echo "make units        modules and what they are made of           ARGS: test files, --python 3.X, --core 2.16"
	@echo "make integration  ansible-test integration, stand-in tenant   ARGS: names of targets, --python, --core"
	@echo "make playbooks    roles and playbooks, stand-in tenant        ARGS: test files"
	@echo "make conformance  SailPoint's own SDK against the stand-in tenant"
	@echo "make artifact     the built collection works on its own"
	@echo "make browser      the report in a headless browser, where there is one"
	@echo "make guides       run every playbook of the documentation, look at its pages   ARGS: test files"
	@echo "make eda          the event source and the rulebooks, by ansible-rulebook, where there is Java"
	@echo "make chaos        every module through every fault, secrets, the rate limit    ARGS: --long, test files"
	@echo
	@echo "make test-matrix  what may differ between versions of ansible-core and Python   ARGS: 2.16 2.18 ..."
	@echo "make tenant       serve the stand-in tenant until Ctrl-C      ARGS: its own, such as --port 8080"
	@echo "make bench        what the modules cost beside what users do today   ARGS: --full, --rounds N, --only PART"
	@echo "make docs         build the documentation into docs/build     ARGS: --update refreshes what playbooks print"
	@echo "make build        build the collection's artifact"
	@echo "make changelog    turn changelogs/fragments into CHANGELOG.md, for a release"
	@echo "make clean        remove all that the above have made"

test:
	$(NOX)

lint:
	$(NOX) --session lint layers

demo tenant bench build changelog docs $(LINTS) $(SESSIONS):
	$(NOX) --session $@ -- $(ARGS)

# "make test-units" is "make units"
test-%:
	$(NOX) --session $* -- $(ARGS)

clean:
	rm -rf .cache .venv .ansible .nox .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/output docs/build
	rm -f sailpoint-isc-*.tar.gz
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
