SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

EMBERLAKE_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/emberlake
export EMBERLAKE_CACHE
export KUBECONFIG := $(CURDIR)/.build/kubeconfig
BIN := .build/venv/bin

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: venv
venv: ## The Python environment of requirements.lock, at .build/venv
	@hack/venv.sh

.PHONY: lock
lock: ## Resolve the dependencies anew: requirements.lock and the images' parts of it
	@hack/lock.sh

.PHONY: preflight
preflight:
	@hack/preflight.sh

.PHONY: tools
tools: preflight ## The programs that this machine lacks
	@hack/tools.sh

.PHONY: cluster
cluster: preflight ## The local kind cluster; kubeconfig in .build/kubeconfig
	@hack/cluster.sh up

.PHONY: images
images: preflight ## Build what changed and load it into the cluster; sizes and times
	@hack/images.sh

.PHONY: down
down: ## Remove the cluster and its containers
	@hack/cluster.sh down
