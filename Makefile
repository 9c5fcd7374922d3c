# Everything here runs on a machine that has Go and make: what else is missing is
# installed with the system's package manager, saying so.

SHELL       := /usr/bin/env bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

ARGS      ?=
PKG       ?= ./...
TIMEOUT   ?= 20m
FUZZTIME  ?= 30s
DOCUMENTS ?= 100000
HOLD      ?= 20s

.PHONY: help
help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: dev
dev: ## Run everything with demo data on http://127.0.0.1:8080 (ARGS="--fresh")
	@.ci/install postgres redis
	@exec go run . dev $(ARGS)

# The proofs attack the whole server, and take its walls away one by one. Most
# run without the race detector, which makes them several times as slow; random
# queries, which have found a race, run with it too.
SLOW   := TestMatrix|TestAPolicyGoesItsWay|TestTheStoryInTheDocsHolds|TestAHundredActivationsUnderLoad|TestTheOtherWallsHold|TestEveryMutantOf.*|TestNothingIsWrongWhateverBreaks
PROOFS := ^($(SLOW)|TestRandomQueries)$$

.PHONY: test
test: ## Run every test on a real Postgres and a real Redis (PKG=./graph/...)
	@.ci/install cc postgres redis
	@start=$$SECONDS; \
	if go test -race -timeout $(TIMEOUT) -skip '^($(SLOW))$$' $(PKG) && $(MAKE) --no-print-directory proofs; then \
	  echo "test: all passed in $$((SECONDS - start)) s"; \
	else \
	  echo "test: failed after $$((SECONDS - start)) s"; exit 1; \
	fi

.PHONY: proofs
proofs: ## Prove the isolation: attack matrix, walls away, mutants, random queries, faults
	@.ci/install postgres redis
	@echo "proofs: attacking from every side, for some minutes"
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	if go test -count 1 -v -timeout $(TIMEOUT) -run '$(PROOFS)' $(PKG) >"$$log" 2>&1; then \
	  grep -ohE '(matrix|mutation|random queries|activations): .*|[0-9]+ clinics, .* wrong.*' "$$log"; \
	else \
	  grep -vE '^(=== |ok |\?|testing: warning)' "$$log" | tail -400; exit 1; \
	fi

.PHONY: check
check: generated vet lint rego ## What a change must pass, beside the tests
	@echo "check: passed"

.PHONY: generate
generate: ## Make ent and graph/generated from their schemas
	cd ent && go run -mod=mod entc.go
	go run github.com/99designs/gqlgen generate

# generated fails when generating changes or adds a file. It compares trees made
# in an index of its own, so that work in progress is neither in the way nor
# touched.
snapshot = export GIT_INDEX_FILE=$$(mktemp -u); git add --all -- ent graph gqlgen.yml go.mod go.sum; git write-tree; rm -f "$$GIT_INDEX_FILE"

.PHONY: generated
generated:
	@.ci/install git
	@before=$$($(snapshot)); \
	$(MAKE) --no-print-directory generate; \
	after=$$($(snapshot)); \
	if ! git diff --exit-code --stat "$$before" "$$after"; then \
	  echo "generated: the files above were not up to date; keep what make generate made of them"; exit 1; \
	fi

.PHONY: vet
vet:
	go vet ./...

.PHONY: lint
lint: bin/golangci-lint ## Lint the Go code, formatting included
	bin/golangci-lint run --allow-parallel-runners $(PKG)

.PHONY: rego
rego: bin/regal ## Check, lint, format and test the policies, and the rules that lint them
	go build -o bin/cascade .
	bin/cascade policy fmt --diff policy/rego
	bin/cascade policy check policy/rego
	bin/cascade policy lint policy/rego
	bin/cascade policy test policy/rego
	bin/regal lint policy/review/lint/rules

.PHONY: format
format: bin/golangci-lint bin/regal ## Format Go code and policies
	bin/golangci-lint fmt
	go run . policy fmt --write policy/rego
	bin/regal fix --disable directory-package-mismatch policy/rego policy/review/lint/rules

.PHONY: fuzz
fuzz: ## Send DOCUMENTS random queries, then fuzz every parser for FUZZTIME each
	@.ci/install postgres redis
	go test -timeout 2h -count 1 -v -run '^TestRandomQueries$$' ./server/random -args -documents $(DOCUMENTS)
	@grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed -E 's/^(.*)\/[^\/]*:[0-9]+:func (.*)/\1 \2/' | \
	while read -r package name; do \
	  echo "fuzz: $$package $$name"; \
	  go test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) "$$package"; \
	done

.PHONY: chaos
chaos: ## Break what the server stands on under load for HOLD each fault (HOLD=20s)
	@.ci/install cc postgres redis
	go test -count=1 -v -timeout 2h ./server/chaos -args -hold $(HOLD)

# What make test mutates (policies, database, rules) must score 100 %; this
# mutates the Go around them, one build for each mutant.
.PHONY: mutate
mutate: ## Take each condition of the envelope and the rules away and see which tests notice
	@.ci/install postgres redis
	go run ./policy/mutation/source policy/envelope.go=./policy policy/scope.go=./policy \
	  ent/rule/rule.go=./ent/rule ent/rule/platform.go=./ent/rule ent/rule/mask.go=./ent/rule

.PHONY: bench
bench: ## Measure Cascade beside the floor and its peers, and write bench/results
	@.ci/install postgres redis
	go run ./bench $(ARGS)

.PHONY: clean
clean: ## Remove what make built, and the data of make dev
	rm -rf bin .dev

# Tools are pinned by the go.sum of a module of their own.
bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	go build -C tools/lint -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

bin/regal: tools/regal/go.mod tools/regal/go.sum
	go build -C tools/regal -o ../../$@ github.com/open-policy-agent/regal
