# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

PYTHON ?= python3
VENV := .cache/venv
STAMP := $(VENV)/.stamp
SCENARIOS ?= bgp containers sites mesh # the longest first
MORE_SCENARIOS := vrrp mixed install star two-networks # other tests have most of what they show
JOBS ?= 4 # integration tests side by side, where they mostly wait
COUNTING_JOBS ?= 2 # of those that count seconds without an answer: more disturb them
INTEGRATION := --dist loadfile --no-loadscope-reorder --durations 12
COLLECTION := ansible_collections/meshwork/wireguard
LINK := .cache/collections/$(COLLECTION)
DOCS := .cache/docs
DOCS_VENV := .cache/docs-venv
DOCUMENTED := plugins/modules plugins/filter roles $(wildcard plugins/modules/*.py plugins/filter/*.py plugins/doc_fragments/*.py \
	roles/*/meta/*.yml) galaxy.yml meta/runtime.yml docs/docsite/links.yml docs/docsite/extra-docs.yml
COPY := .cache/copy/$(COLLECTION)
LAB_PACKAGES := podman crun runc netavark aardvark-dns iptables uidmap mmdebstrap wireguard-tools wireguard-go zbar-tools
STORE_PACKAGES := postgresql git
STORE_ALL_PACKAGES := $(STORE_PACKAGES) pgbouncer etcd-server
MONITORING_PACKAGES := prometheus prometheus-alertmanager prometheus-node-exporter
KERNEL_PACKAGES := gcc libc6-dev make flex bison bc xz-utils e2fsprogs openssh-client iproute2 procps

export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
export ANSIBLE_CONNECTION_PLUGINS := $(CURDIR)/tests/lab/connection
export LC_ALL := C.UTF-8
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
unexport PYTHONDONTWRITEBYTECODE # each process of pytest would compile all tests

.NOTPARALLEL:
.PHONY: help graphviz able-demo able-test packages kernel venv demo demo-down test test-all lint generate unit unit-plain hostile browser matrix matrix-fast long bench build sanity integration integration-all molecule molecule-all drills stores stores-all monitoring docs links release-check sign publish clean

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*  ## (.*)/\1\t\2/p' Makefile | expand -t 17

able-demo able-test:
	@tests/bin/able $(@:able-%=%)

packages:  ## install the system packages of the test hosts (apt)
	@tests/bin/packages $(LAB_PACKAGES) $(KERNEL_PACKAGES)

kernel: packages venv  ## build the kernel and the root file system of hosts with a kernel of their own
	@tests/lab/lab image --backend kernel bookworm-wireguard

venv: $(STAMP) $(LINK)  ## make .cache/venv with Ansible and the development tools

$(STAMP): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or later is needed: make PYTHON=...") if sys.version_info < (3, 10) else 0'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || tests/bin/packages python3-venv
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

# Through this link Ansible and the tools see the working tree as an installed collection.
$(LINK):
	@mkdir -p $(@D)
	@ln -s ../../../.. $@

demo: able-demo packages venv  ## start test hosts, build a network between them, show it
	@tests/demo/run

demo-down: venv  ## stop what `demo` started
	@tests/demo/down

test: able-test venv  ## what must never break, cheapest first
	@python tests/bin/stages.py lint+sanity=4 docs=1 unit-plain=1 matrix-fast=5 stores=1 monitoring=1 build=0 integration=16 molecule=4

test-all: able-test venv  ## `test`, and what takes longer
	@python tests/bin/stages.py lint+sanity=3 docs=1 unit=2 hostile=2 browser=2 matrix=30 stores-all=5 monitoring=1 build=0 integration-all=90 molecule-all=6 drills=40 bench=20 long=10

lint: venv  ## ruff, mypy, yamllint, ansible-lint, docs, changelog, licences, Galaxy's importer
	ruff check
	ruff format --check
	mypy
	yamllint --strict .
	ansible-lint --offline
	antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self --skip-rstcheck .
	antsibull-changelog lint
	tests/bin/tool reuse reuse lint --lines
	tests/bin/tool ansible-builder tests/bin/execution_environment
	tests/bin/importer .cache/importer/$(COLLECTION)

graphviz:
	@command -v dot >/dev/null || tests/bin/packages graphviz

generate: venv  ## write what is generated anew: docs/reference.md, the JSON Schema, the list of variables
	python tests/bin/reference.py
	python tests/bin/network_schema.py
	python tests/bin/variable_names.py

unit: venv graphviz  ## pytest, no host touched
	pytest -n 2 tests/unit

unit-plain: venv  ## the unit tests that need no Ansible; `matrix-fast` has the others
	pytest -n 2 tests/unit/plugins/module_utils tests/unit/plugins/plugin_utils/_plan

$(DOCS_VENV)/.stamp: docs/docsite/requirements.txt
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || tests/bin/packages python3-venv
	$(PYTHON) -m venv --clear $(DOCS_VENV)
	$(DOCS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(DOCS)/collection/.stamp: $(DOCUMENTED) $(STAMP)
	@rm -rf $(@D) && mkdir -p $(@D)
	antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --no-add-antsibull-docs-version --dest-dir $(@D) meshwork.wireguard
	@touch $@

docs: venv $(DOCS_VENV)/.stamp $(DOCS)/collection/.stamp  ## the documentation site, into .cache/docs/html
	@tests/bin/site $(DOCS)/collection $(DOCS)/source
	$(DOCS_VENV)/bin/sphinx-build --builder html --doctree-dir $(DOCS)/doctrees --nitpicky --fail-on-warning --keep-going --quiet \
	  $(DOCS)/source $(DOCS)/html
	@echo "The site is in $(DOCS)/html/index.html"

hostile: venv  ## fake hosts that lie to the real controller
	pytest -n 2 --dist loadfile -m 'not long' tests/hostile

browser: venv graphviz  ## pages with 20, 100 and 500 nodes in headless Chromium
	@tests/bin/packages chromium fonts-dejavu-core
	pytest -rP tests/browser

matrix-fast: venv graphviz  ## what runs in ansible-core itself, with the oldest and the newest that are supported
	@tests/bin/matrix fast

matrix: packages venv graphviz  ## unit tests and scenario mesh with each Python and its ansible-core
	@tests/bin/matrix all

stores: venv  ## stores of the registry: a directory, git and PostgreSQL, four writers at once
	@tests/bin/packages --stopped $(STORE_PACKAGES)
	pytest -n 2 -m 'not long' tests/stores

stores-all: venv  ## all stores, also PgBouncer, etcd and S3, eight writers at once
	@tests/bin/packages --stopped $(STORE_ALL_PACKAGES)
	MESHWORK_WRITERS=8 pytest -n 2 tests/stores

monitoring: venv  ## metrics of hosts: alerts and dashboard with Prometheus, its Alertmanager and node_exporter
	@tests/bin/packages --stopped $(MONITORING_PACKAGES)
	pytest tests/monitoring

long: venv  ## the properties among the unit tests, with many more examples
	HYPOTHESIS_PROFILE=long pytest tests/unit -m hypothesis

bench: packages venv  ## time the planner and whole runs, count lost packets; ROLE=PATH: against another role, too
	python tests/bench/mesh_configs.py
	python tests/bench/planner_scale.py
	python tests/bench/render_inventory.py
	python tests/bench/throughput.py
	python tests/bench/probe_loss.py
	python tests/bench/rotation_loss.py
	python tests/bench/rotation_throughput.py
	python tests/bench/live_peers.py
	python tests/bench/fake_fleet.py
	python tests/bench/fleet_runs.py $(if $(ROLE),--role "$(ROLE)")

build: venv  ## the collection's artifact, into .cache/
	@tests/bin/copy $(COPY)
	ansible-galaxy collection build --force --output-path .cache $(COPY)

release-check: venv  ## whether the tree is the release that TAG names
	python tests/bin/release.py check "$$TAG"

sign: venv  ## sign the artifact of `build` with the key in SIGNING_KEY
	python tests/bin/release.py sign

publish: venv  ## give the artifact to Galaxy, with the token in GALAXY_TOKEN
	python tests/bin/release.py publish

links: venv  ## ask the servers that the documents link to; needs the network
	python tests/bin/links.py

sanity: venv  ## ansible-test sanity with every Python that is here
	@tests/bin/copy $(COPY)
	@tests/sanity/run $(COPY)

integration: kernel graphviz  ## pytest against real hosts
	pytest -n $(JOBS) $(INTEGRATION) -m 'not long and not counting' tests/integration
	pytest -n $(COUNTING_JOBS) $(INTEGRATION) -m 'not long and counting' tests/integration

integration-all: kernel graphviz  ## the same on both kinds of hosts, and five times what has to hold each time
	@tests/bin/packages --stopped $(MONITORING_PACKAGES)
	MESHWORK_REPEAT=5 pytest -n $(JOBS) $(INTEGRATION) -m 'not counting' tests/integration
	MESHWORK_REPEAT=5 pytest -n $(COUNTING_JOBS) $(INTEGRATION) -m counting tests/integration

molecule: packages venv  ## the roles on systemd hosts with real tunnels, two scenarios at a time
	@printf '%s\n' $(SCENARIOS) | xargs -P 2 -I NAME tests/bin/scenario NAME || tests/bin/scenario --failures

molecule-all:  ## all scenarios
	@$(MAKE) --no-print-directory molecule SCENARIOS="$(SCENARIOS) $(MORE_SCENARIOS)"

drills: packages venv  ## hubs that are broken in every way, five rounds each; the outages in a table
	@export MESHWORK_REPEAT=5; printf '%s\n' vrrp bgp | xargs -P 2 -I NAME tests/bin/scenario NAME || tests/bin/scenario --failures

clean:  ## remove .cache/
	rm -rf .cache
