# Two commands do everything: `make run` and `make test`. Both install what is missing and build first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# An import of a module that is not among the target's dependencies is an error: the arrows between targets hold.
SWIFT_FLAGS := --explicit-target-dependency-import-check error

BUILD_PACKAGES := libncurses-dev
TEST_PACKAGES := tmux curl

# Folders are among them, so that a removed file counts too.
SOURCES := Package.swift $(shell find Sources)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: bin/beaver-tui ## the console over ./data; without a terminal the jobs of test/jobs.json, to their end
	@can_draw() { [ -t 0 ] && [ -t 1 ] && [ -n "$${TERM:-}" ] && [ "$$TERM" != dumb ]; }
	# A terminal whose kind this machine does not know would be refused by the console.
	if can_draw && { ! command -v tput >/dev/null || tput cup 0 0 >/dev/null 2>&1; }; then
	    exec bin/beaver-tui
	fi
	exec bin/beaver-tui --no-ui run --jobs test/jobs.json --until-idle

.PHONY: test
test: ## every test that fits in minutes: of the parts, then of the built binary
	@.ci/need --swift $(BUILD_PACKAGES) $(TEST_PACKAGES)
	failed=0
	rm -rf .build/log
	test/unit tests || failed=$$?
	# Without a build there is no binary to try.
	if [ $$failed -ne 2 ]; then
	    BEAVER_TUI=.build/debug/beaver-tui test/run || failed=1
	fi
	cat .build/log/tests.total
	exit $$failed

.PHONY: test-all
test-all: test sanitize bin/beaver-tui ## also sanitizers on the engine, long crash tests, the API fuzzed, a real Prometheus
	@BEAVER_TUI=.build/debug/beaver-tui BEAVER_TEST_LONG=1 test/run crash all/
	first=$$(($$(date +%s) * 100000))
	echo "torture: new seeds from $$first on"
	bin/beaver-tui torture --time 2m --seeds "$$first..$$((first + 99999))"

.PHONY: sanitize
sanitize: ## the engine's tests under ThreadSanitizer and AddressSanitizer
	@.ci/need --swift
	export BEAVER_ENGINE_ONLY=1 BEAVER_TEST_DEPTH=short
	failed=0
	test/unit ThreadSanitizer --scratch-path .build-tsan --sanitize=thread || failed=1
	ASAN_OPTIONS=detect_leaks=0 test/unit AddressSanitizer --scratch-path .build-asan --sanitize=address || failed=1
	exit $$failed

.PHONY: install
install: ## the prerequisites (Debian packages), only what is missing
	@.ci/need --swift $(BUILD_PACKAGES) $(TEST_PACKAGES)

.PHONY: build
build: bin/beaver-tui ## the optimised program, bin/beaver-tui
	@:

# The program gets the time at which its build began, so that a source saved meanwhile counts as newer.
bin/beaver-tui: $(SOURCES)
	@.ci/need --swift $(BUILD_PACKAGES)
	mkdir -p bin .build
	new=$$(mktemp -d bin/.new.XXXXXX)
	trap 'rm -rf "$$new"' EXIT
	touch "$$new/began"
	if [ -e bin/beaver-tui ]; then
	    echo "building bin/beaver-tui"
	else
	    echo "building bin/beaver-tui; the first time takes minutes"
	fi
	# What was fetched is of no interest, not even if the build fails, unless it is all there is to read.
	swift build -q -c release --product beaver-tui $(SWIFT_FLAGS) >"$$new/log" 2>&1 || {
	    grep -vE '^(Fetch|Comput|Creating working copy|Working copy)' "$$new/log" || cat "$$new/log"
	    exit 1
	}
	built=$$(swift build -q -c release --show-bin-path)/beaver-tui
	strip -o "$$new/beaver-tui" "$$built" 2>/dev/null || cp "$$built" "$$new/beaver-tui"
	touch -r "$$new/began" "$$new/beaver-tui"
	mv -f "$$new/beaver-tui" bin/beaver-tui

.PHONY: demo
demo: bin/beaver-tui ## 200 commands, kill -9 in the middle, and the count of what was lost; no keys
	@BEAVER_TUI=bin/beaver-tui test/demo

.PHONY: bench
bench: bin/beaver-tui ## throughput and recovery, measured here in some minutes
	@bin/beaver-tui bench

.PHONY: bench-all
bench-all: bin/beaver-tui ## also other queues, ten million jobs, and how cost grows; installs those queues
	@.ci/need redis-server beanstalkd postgresql postgresql-contrib
	bin/beaver-tui bench --compare
	bin/beaver-tui bench --only pending --pending 10000000 --runs 3
	bin/beaver-tui bench --growth --pending 10000000

.PHONY: torture
torture: bin/beaver-tui ## the simulator, seed after seed (SEEDS=1..1000)
	@bin/beaver-tui torture --seeds $(or $(SEEDS),1..1000)

.PHONY: coverage
coverage: ## how much of the engine and of the console's pure part the tests run, in lines
	@.ci/need --swift $(BUILD_PACKAGES)
	BEAVER_ENGINE_ONLY=1 test/unit coverage-engine --scratch-path .build-coverage-engine --enable-code-coverage
	test/coverage .build-coverage-engine engine Sources/BeaverQueue
	BEAVER_TEST_FILTER=BeaverConsoleTests test/unit coverage-console --scratch-path .build-coverage --enable-code-coverage
	# Its edges act: test/console tries them in a real terminal.
	test/coverage .build-coverage console Sources/BeaverConsole/ '/(Terminal/.*|Console|ConsoleLoop|EffectPerformer)\.swift$$'

.PHONY: lint
lint: ## the format, checked
	@.ci/need --swift
	swift format lint --strict --recursive Sources Tests Package.swift

.PHONY: fix
fix: ## the format, applied
	@.ci/need --swift
	swift format --in-place --recursive Sources Tests Package.swift

.PHONY: docs
docs: ## the library's reference, as a site in .build/docs
	@.ci/need --swift
	export BEAVER_ENGINE_ONLY=1
	# Symbols stay where they are: a build that finds nothing to do does not write them again.
	symbols=.build-docs/symbols
	mkdir -p "$$symbols" .build
	swift build -q --target BeaverQueue -Xswiftc -emit-symbol-graph -Xswiftc -emit-symbol-graph-dir \
	    -Xswiftc "$$symbols" --scratch-path .build-docs >.build/docs.log 2>&1 || { cat .build/docs.log; exit 1; }
	find "$$symbols" -name '*.json' ! -name 'BeaverQueue.symbols.json' -delete
	rm -rf .build/docs
	"$$(dirname "$$(readlink -f "$$(command -v swift)")")/docc" convert Sources/BeaverQueue/BeaverQueue.docc \
	    --additional-symbol-graph-dir "$$symbols" --warnings-as-errors --fallback-display-name BeaverQueue \
	    --fallback-bundle-identifier BeaverQueue --output-path .build/docs
	echo "open .build/docs/index.html through any web server"

.PHONY: clean
clean: ## everything that was built; never ./data
	@rm -rf .build .build-* bin coverage
