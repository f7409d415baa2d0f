# The commands of this project. `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help up down setup test check bench docs clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
CLUSTER ?= inventories/local

# What a Debian machine needs: containers that behave like machines, the lab package's compiler.
PACKAGES := podman runc netavark debootstrap openssh-client iproute2 iptables g++ binutils python3-venv
# What the tests use beside that: a real ZooKeeper, the libraries that Mesos links to, HAProxy and dnsmasq, load,
# Prometheus and Alertmanager, a browser.
TEST_PACKAGES := zookeeper default-jdk-headless libsvn1 libapr1 libsasl2-2 libsasl2-modules libcurl4 \
  haproxy dnsmasq-base bind9-dnsutils openssh-server wrk curl prometheus prometheus-alertmanager openssl \
  chromium chromium-driver libjs-chart.js fonts-dejavu-core

# What disturbs nobody, and is not disturbed: two at a time. Of what starts processes once for a file,
# two files at a time. The rest is of whole clusters: one after the other.
SIDE_BY_SIDE := tests/unit tests/cli tests/contract tests/molecule
BY_FILE := tests/alerts tests/dashboards tests/integration tests/lab \
  $(addprefix tests/services/,app aws balancer dns exporter libcloud marathon monitoring reach)

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

up: setup ## set up what is missing and bring the local cluster up
	$(BIN)/mesosdeploy up -i $(CLUSTER)

down: setup ## remove the local cluster with all that belongs to it
	$(BIN)/mesosdeploy down -i $(CLUSTER)

setup: $(VENV)/.runtime ## set up system packages and the virtual environment
	@$(call ensure_packages,$(PACKAGES))

test: setup $(VENV)/.dev ## run everything: style, types, layers, unit, real clusters, molecule
	@$(call ensure_packages,$(TEST_PACKAGES))
	$(MAKE) --no-print-directory check
	$(BIN)/python -m tests.services.openstack.control_plane.installation
	$(BIN)/pytest -n 2 $(SIDE_BY_SIDE)
	$(BIN)/pytest -n 2 --dist loadfile $(BY_FILE)
	$(BIN)/pytest $(SIDE_BY_SIDE:%=--ignore=%) $(BY_FILE:%=--ignore=%)

check: $(VENV)/.dev ## style, types and import layers only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup $(VENV)/.dev ## measure, and write benchmarks/results/
	$(BIN)/python -m benchmarks.run
	$(BIN)/python -m benchmarks.machines

docs: $(VENV)/.dev ## write the generated documents again
	$(BIN)/python -m mesosdeploy.spec.reference > docs/spec.md
	$(BIN)/python -m mesosdeploy.dashboards
	$(BIN)/python tests/contract/role_docs.py

clean: ## remove the virtual environment and build products, never a cluster
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache

$(VENV)/bin/python:
	@$(call ensure_packages,$(PACKAGES))
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/.runtime: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.runtime
	$(BIN)/pip install --quiet --group dev
	@touch $@

# Install those of the named Debian packages that are missing; elsewhere say what is needed.
define ensure_packages
missing=""; \
if command -v dpkg-query >/dev/null; then \
  for package in $(1); do \
    dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q 'ok installed' \
      || missing="$$missing $$package"; \
  done; \
  if [ -n "$$missing" ]; then \
    echo "installing$$missing"; \
    $(SUDO) apt-get -qq update; \
    $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes $$missing >/dev/null; \
  fi; \
else \
  echo "not a Debian system: these are needed: $(1)"; \
fi
endef
