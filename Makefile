# The tools' versions are pinned only here. The go command fetches them through the module proxy.
export GOTESTSUM = v1.13.0
GOLANGCI_LINT    = v2.15.0

# How long each target is fuzzed.
FUZZTIME ?= 5m

.DEFAULT_GOAL := help
.PHONY: help run build test wasm bench lint fmt check fuzz mutants rivals clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and start the control plane on 127.0.0.1:8080, with its data in ./data (ARGS="--listen …")
	@bin/gonfalon serve $(ARGS)

build: ## build bin/gonfalon
	@go build -buildvcs=auto -o bin/gonfalon ./cmd/gonfalon

test: ## run every test, and install what it needs; REQUIRE_ALL=1 fails if anything can't be run
	@scripts/test

wasm: ## compile the engine to wasm/engine.wasm, and check its exports, imports and size
	go run ./cmd/compile-wasm

bench: ## run the benchmarks, which check their answers; results go to benchmarks/results
	@scripts/bench

lint: ## run the linters (.golangci.yml)
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT) run ./...

fmt: ## format all Go code
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

check: lint ## lint, and check that generated files are up to date
	go mod verify
	@$(MAKE) --no-print-directory wasm
	@git diff --exit-code -- wasm || { echo "the module is not made from these sources: commit what 'make wasm' wrote"; exit 1; }

fuzz: ## fuzz every target for FUZZTIME (5m), and compare builds, hosts and random programs at length
	scripts/fuzz $(FUZZTIME) ./...
	go test -timeout 3h ./cmd/compile-wasm/internal/torture -long
	go test -timeout 3h -v -run BuildsAgree ./cmd/compile-wasm/internal/differential -cases 1000000
	go test -timeout 3h -v -count=1 -tags hosts -run HostsAgree ./cmd/compile-wasm/internal/differential -pairs 1000000
	go test -timeout 3h -v ./cmd/compile-wasm/internal/randprog -programs 1000

mutants: ## break the compiler in many small ways, and check that the tests notice
	go test -tags mutants -timeout 2h -v ./cmd/compile-wasm/internal/mutants

rivals: ## run the same workloads on other flag libraries
	cd benchmarks/rivals && go run .

clean: ## delete built and installed files, but no data
	rm -rf bin hostsdk/js/node_modules hostsdk/js/dist hostsdk/python/.venv controlplane/httpapi/testdata/ofrepweb/node_modules
