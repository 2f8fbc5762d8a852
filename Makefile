# make run   installs what is missing, builds, opens the window with the sample case
#            (without a display: writes the headless report instead)
# make test  runs every test
# Further:   make run BUNDLE=path   make build   make check   make bench (make bench-stages)   make clean
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export LANG ?= C.UTF-8

BUNDLE ?=
REPORT ?= faultline-report.html

# What the window needs on Debian to build, and what its end-to-end test needs.
# Everything else is pure Go and needs no C library.
APT_BUILD = gcc pkg-config libc6-dev libgl-dev libegl-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev libwayland-dev libxkbcommon-dev
APT_TEST  = libgl1-mesa-dri xvfb xdotool xclip

# A caret that fades draws the whole window 60 times a second for as long as an
# entry has the keyboard: a fifth of a processor without a graphics card.
WINDOW = CGO_ENABLED=1 go build -tags no_animations -o bin/faultline ./cmd/faultline

HEADLESS = $(shell go list ./... | grep -v '/cmd/faultline$$')

.PHONY: help
help:
	@sed -n 's/^# \?//p' Makefile | head -5

.PHONY: run
run: deps-build build
	@if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ] || [ "$$(uname)" = Darwin ]; then \
	  if [ -n "$(BUNDLE)" ]; then exec bin/faultline "$(BUNDLE)"; else exec bin/faultline --sample; fi; \
	else \
	  echo "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so the window cannot open."; \
	  echo "Running the headless analysis instead."; \
	  bin/faultline-cli analyze $(if $(BUNDLE),"$(BUNDLE)",testdata/sample) --report "$(REPORT)"; \
	  echo "The report is in $(REPORT)."; \
	fi

.PHONY: build
build:
	@mkdir -p bin
	CGO_ENABLED=0 go build -o bin/faultline-cli ./cmd/faultline-cli
	$(WINDOW)

# Tests of processes that are killed and of files that are damaged: the race
# detector learns nothing from them and takes ten times as long.
APART = Kill|Mutations|Faults|FullDisk|Hostile|KnownContent|Resume

.PHONY: test
test: deps-test check
	CGO_ENABLED=0 go test $(HEADLESS)
	CGO_ENABLED=1 go test -race -short -timeout 20m -skip '$(APART)' ./analysis/ingest ./index
	CGO_ENABLED=1 go test -race -timeout 20m -run "Filter|Benign|Import|Cancel|Job" ./app
	$(WINDOW)
	FAULTLINE_WINDOW=$(CURDIR)/bin/faultline go test -count=1 ./cmd/faultline/...

# The rules of the house that a tool can hold.
.PHONY: check
check:
	@out=$$(go tool gofumpt -l .); if [ -n "$$out" ]; then echo "gofumpt would change:"; echo "$$out"; exit 1; fi
	CGO_ENABLED=0 go vet $(HEADLESS)
	CGO_ENABLED=0 go tool staticcheck $(HEADLESS)
	CGO_ENABLED=0 go tool errcheck -ignoretests -exclude .errcheck $(HEADLESS)

# One table: every figure of the engine beside lnav's and ripgrep's of the same
# run, answers compared. make bench CORPUS=folder measures on other logs.
.PHONY: bench
bench:
	@./.ci/bench $(CORPUS)

# The stages one by one, for benchstat.
.PHONY: bench-stages
bench-stages:
	CGO_ENABLED=0 go test -run '^$$' -bench . -benchmem $(HEADLESS)

.PHONY: clean
clean:
	rm -rf bin

# deps-build and deps-test install the system packages that are missing; where
# that cannot be done they say which packages are needed.
.PHONY: deps-build deps-test
deps-build:
	@./.ci/deps $(APT_BUILD)
deps-test:
	@./.ci/deps $(APT_BUILD) $(APT_TEST)
