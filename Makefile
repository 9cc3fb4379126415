# The tools' versions are pinned only here. The go command fetches them through the module proxy.
export GOTESTSUM       = v1.13.0
export ACTIONLINT      = v1.7.12
export CYCLONEDX_GOMOD = v1.10.0
export PYTHON_BUILD    = 1.6.1
export AUDITWHEEL      = 6.8.2
export WHEEL           = 0.48.0
export HUGO            = v0.165.0
GOLANGCI_LINT          = v2.15.0

# The versions of Go that have to make the same module. Tests use the one at hand, and then the others for the compiler.
export GO_VERSIONS = go1.26.8 go1.27.4

# Where make install installs. DESTDIR is put before it, for packages.
PREFIX  ?= /usr/local
DESTDIR ?=

# How long each target is fuzzed.
FUZZTIME ?= 5m

# Which part of a long check runs: 2/8 is the second of eight. What a part finds is kept in .cache, and a part that was stopped goes on there.
SHARD ?= 1/1

# What benchmarks are compared with, how often each side is run, and which are run.
BASE   ?= origin/main
ROUNDS ?= 5
ONLY   ?= engine,wasm,hostsdk

.DEFAULT_GOAL := help
.PHONY: help run build install install-check image test hosts hosts-conformance docs dashboard dashboard-full screenshots wasm bench bench-compare golden lint fmt check fuzz differential programs mutants rivals verify-imports figures release release-check release-draft clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and start the control plane on 127.0.0.1:8080, with its data in ./data (ARGS="--listen …")
	@bin/gonfalon serve $(ARGS)

build: ## build bin/gonfalon
	@go build -buildvcs=auto -o bin/gonfalon ./cmd/gonfalon

install: ## install gonfalon into PREFIX (/usr/local), below DESTDIR if that is set: the command, completions, the systemd unit
	@scripts/install-command "$(DESTDIR)" "$(PREFIX)"

install-check: ## install the command and the SDKs as docs/howto/install.md says, in a fresh clone, and time each first decision
	@scripts/install-check

image: ## write the container image for amd64 and arm64 to dist/gonfalon-image.tar, without a daemon
	@scripts/image

test: ## run every test, and install what it needs; REQUIRE_ALL=1 fails if anything can't be run
	@scripts/test

docs: ## build the documentation's pages into docs/site/dist, which is checked in
	@docs/site/build docs/site/dist

dashboard: ## build the dashboard's page into controlplane/dashboard/dist, which is checked in
	cd controlplane/dashboard/ui && npm ci --no-audit --no-fund && npm run build

dashboard-full: build ## test the dashboard in every theme and size
	cd controlplane/dashboard/ui && npm ci --no-audit --no-fund && DASHBOARD_FULL=1 npm test

screenshots: build ## write the pictures that the pages of documentation show
	cd controlplane/dashboard/ui && npm ci --no-audit --no-fund && npm run screenshots

golden: ## write what tests compare (snapshots, explanations, recordings, numbers in pages), and show what changed
	@scripts/golden

wasm: ## compile the engine to wasm/engine.wasm and translate that to C, and check its exports, imports and size
	go run ./cmd/compile-wasm
	@hostsdk/c/translate.sh || [ $$? -eq 3 ] # 3: its translator isn't installed, which it said

hosts: ## ask every host at length, and install what that needs: all cases, sanitizers, Rust's other engine, a million random pairs
	@scripts/hosts all

hosts-conformance: ## have each host answer the cases of FILES, vectors or what gonfalon conformance --emit-cases wrote; a line each
	@scripts/hosts conformance $(FILES)

bench: ## run the benchmarks, which check their answers; results go to benchmarks/results
	@scripts/bench

lint: ## run the linters of Go (.golangci.yml) and of Python (hostsdk/python/pyproject.toml)
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT) run ./...
	@$(MAKE) --no-print-directory -C hostsdk/python check

fmt: ## format all Go code
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

check: lint ## lint, and check that generated files are up to date
	go mod verify
	go mod tidy -diff
	@$(MAKE) --no-print-directory wasm
	@git diff --exit-code -- wasm hostsdk/c || { echo "the module, or its C, is not made from these sources: commit what 'make wasm' wrote"; exit 1; }

fuzz: ## fuzz every target for FUZZTIME (5m), and compare builds and random programs at length
	scripts/fuzz $(FUZZTIME) ./...
	go test -timeout 3h ./cmd/compile-wasm/internal/torture -long
	go test -timeout 3h -v -run BuildsAgree ./cmd/compile-wasm/internal/differential -cases 1000000
	go test -timeout 3h -v -run TestPrograms ./cmd/compile-wasm/internal/programs -programs 1000

differential: ## compare five builds of the engine on 10,000,000 random cases; SHARD=2/8 runs a part, and goes on where it was stopped
	go test -timeout 12h -v -run TestParts ./cmd/compile-wasm/internal/differential -cases 10000000 -keep -shard $(SHARD)

programs: ## compare 10,000 random programs of two generators with Go; SHARD=2/8 runs a part, and goes on where it was stopped
	go test -timeout 12h -v -run TestPrograms ./cmd/compile-wasm/internal/programs -programs 10000 -keep -shard $(SHARD)

mutants: ## break the compiler in many small ways, and check that the tests notice; SHARD=2/8 runs a part, and goes on where it was stopped
	go test -tags mutants -timeout 12h -v ./cmd/compile-wasm/internal/mutants -shard $(SHARD)

bench-compare: ## compare benchmarks with those of BASE (origin/main), and fail at a loss; ROUNDS=5, ONLY=engine,wasm,hostsdk
	go run ./benchmarks/compare -base $(BASE) -rounds $(ROUNDS) -only $(ONLY)

rivals: ## run the same workloads on other flag libraries
	cd benchmarks/rivals && go run .

verify-imports: ## lay down every vector in each store that flags are moved in from, and ask for a million actors before and after
	go test -count=1 -timeout 2h -v -run '^Test(VectorsInEveryStore|NobodyMoves)$$' ./migrate/elixir -vectors 0 -actors 1000000

figures: ## count files, long functions, names without comment, examples and arrows; AT=349a167 counts another commit
	@go run ./scripts/figures $(AT)

release: ## build a release into dist: the command for five platforms, the module, packages, bills of materials, checksums
	@scripts/release

release-check: ## build a release and check it: the same bytes again, each part by itself, the workflows
	@scripts/release-check

release-draft: ## make a draft of the release of TAG on GitHub from dist; the release workflow does
	@scripts/release-draft

clean: ## delete built and installed files, but no data
	git clean -qfdX hostsdk
	rm -rf bin dist controlplane/dashboard/ui/node_modules $(wildcard $(addprefix controlplane/httpapi/testdata/*/,node_modules .venv lib target))
