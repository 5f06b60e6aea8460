SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export EMBERLAKE_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/emberlake
export KUBECONFIG := $(CURDIR)/.build/kubeconfig
export PATH := $(CURDIR)/.build/venv/bin:$(EMBERLAKE_CACHE)/tools/bin:$(PATH)
STAGE := @hack/stage.sh

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- what everything else stands on

.PHONY: preflight
preflight:
	@hack/preflight.sh

.PHONY: tools
tools: preflight ## Get the programs that this machine lacks
	@hack/tools.sh

.PHONY: venv
venv: preflight ## The Python environment of requirements.lock, at .build/venv
	@hack/venv.sh

.PHONY: lock
lock: ## Resolve the dependencies anew: requirements.lock and the images' parts of it
	@hack/lock.sh

.PHONY: generate
generate: venv tools ## Write what is generated from the code: CRDs and manifests/install
	@hack/generate.sh

.PHONY: goldens
goldens: venv ## Record anew what the real spark-submit sends to the API, or only CASES="a b"
	@hack/goldens.sh $(CASES)

# ---- the local platform

.PHONY: cluster
cluster: preflight ## The local kind cluster; its kubeconfig is .build/kubeconfig
	@hack/cluster.sh up

.PHONY: images
images: cluster ## Build what changed and load it into the cluster; prints sizes
	@hack/images.sh

.PHONY: up
up: preflight ## Cluster, images, tools and venv, side by side
	$(STAGE) up hack/up.sh

.PHONY: deploy
deploy: up ## Install or upgrade the chart on the local cluster
	$(STAGE) deploy hack/deploy.sh

.PHONY: demo
demo: deploy ## Run the main job on real data and print what it did
	$(STAGE) demo python -m demo

.PHONY: down
down: ## Remove the cluster and its containers
	@hack/cluster.sh down

.PHONY: clean
clean: down ## Remove the caches, the built images and .build too
	@hack/clean.sh

# ---- checks and tests

.PHONY: check
check: venv tools ## Everything that needs no cluster: style, types, imports, shell, chart, generated files
	$(STAGE) check hack/check.sh

.PHONY: check-cluster
check-cluster: deploy ## The rendered manifests and the samples, judged by the API server
	$(STAGE) check-cluster hack/check.sh cluster

PYTEST := $(STAGE) tests python -m pytest -p tiers

.PHONY: test-unit
test-unit: venv ## Unit tests: seconds, no cluster
	$(PYTEST) tests/unit

.PHONY: test-cluster
test-cluster: deploy ## Tests against the real API server
	$(PYTEST) tests/cluster

.PHONY: test-e2e
test-e2e: deploy ## Tests on the whole stack
	$(PYTEST) tests/e2e

FAULTS := env PYTHONPATH=operator:tests:hack python -m faults

.PHONY: test-faults
test-faults: deploy ## The operator under every fault; results add up; PLAN=id replays one
	$(STAGE) test-faults $(FAULTS) $(if $(PLAN),--plan $(PLAN)) $(FAULTS_ARGS)

WALKS ?= 300
WALKS_SEED := $(or $(SEED),$(shell date +%s))

.PHONY: test-walks
test-walks: deploy ## Good and bad specs by the thousand: WALKS=how-many SEED=which; PAGE=1 writes the counts into the docs
	$(STAGE) test-walks env WALKS=$(WALKS) SEED=$(WALKS_SEED) WALKS_PAGE=$(PAGE) \
	  python -m pytest -p tiers tests/faults/walks --hypothesis-seed=$(WALKS_SEED) $(ARGS)

.PHONY: reliability
reliability: venv ## Write what test-faults found into docs/reliability.md
	$(STAGE) reliability $(FAULTS) --docs

.PHONY: compat
compat: venv ## Compare Sail with Spark value by value; writes verified.json and docs/reference/engines.md; COMPAT_ARGS="--only abs"
	$(STAGE) compat hack/compat.sh $(COMPAT_ARGS)

.PHONY: compat-gateway
compat-gateway: venv ## The same for Sail behind the gateway of a job, with Auto and with Sail; COMPAT_ARGS="--keep spark sail"
	$(STAGE) compat-gateway hack/compat.sh gateway $(COMPAT_ARGS)

.PHONY: compat-lake
compat-lake: venv ## The same for reads of Iceberg tables in the metastore and store of the installed platform
	$(STAGE) compat-lake hack/compat.sh lake

.PHONY: compat-shown
compat-shown: venv ## Record what Spark prints for show(), for tests/unit/sail/test_show.py
	$(STAGE) compat-shown hack/compat.sh shown

.PHONY: compat-suites
compat-suites: venv ## The same for TPC-H, TPC-DS and the demo's job, after make demo; COMPAT_ARGS="--only tpch"
	$(STAGE) compat-suites env PYTHONPATH=tests python -m compat.suites $(COMPAT_ARGS)

.PHONY: test
test: up check deploy check-cluster ## All checks and tests, as CI runs them
	$(PYTEST) tests/unit tests/cluster tests/faults tests/e2e

BENCH := PYTHONPATH=tests python -m bench

.PHONY: bench
bench: deploy ## Measure the installed platform's speed; asserts nothing
	$(STAGE) bench env $(BENCH).platform

.PHONY: bench-scale
bench-scale: cluster venv ## Measure replicas, quiet times and 20,000 pods, on a control plane of its own; BENCH_ARGS="--part idle"
	$(STAGE) bench-scale env $(BENCH).scale $(BENCH_ARGS)

.PHONY: bench-submission
bench-submission: cluster venv ## Measure jobs a minute and start-up, with fake nodes; BENCH_ARGS='--operator …'
	@hack/tools.sh kwok
	$(STAGE) bench-submission env $(BENCH).submission $(BENCH_ARGS)
