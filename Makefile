# make help prints what there is to make.

GO       ?= go
TOOLS    := .tools
PROGRAMS := $(notdir $(wildcard cmd/*))

# A clone that git doesn't trust (another owner) must build too.
export GOFLAGS := -buildvcs=false $(filter-out -buildvcs=%,$(GOFLAGS))

.DEFAULT_GOAL := help
.PHONY: help run build test check race fuzz differential bench bench-scale bench-sim pgo generate clean tools

help:           ## print this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

run: build      ## build the server and start it on port 6379 (ARGS="--port 7000" adds arguments)
	bin/sleipnir-server $(ARGS)

build:          ## build all programs into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./cmd/...

test: tools     ## everything: check, unit and process tests, race, fuzz, differential
	$(TOOLS)/verify

check: tools    ## format, vet for all systems, staticcheck, gosec
	$(TOOLS)/verify check

unit: tools     ## all tests once, without the race detector
	$(TOOLS)/verify unit

race: tools     ## the tests under the race detector and with invariants
	$(TOOLS)/verify race

fuzz: tools     ## each fuzz target for FUZZTIME (5s); FUZZ=pattern chooses
	$(TOOLS)/verify fuzz

differential: tools ## STREAMS (400) random streams against the reference
	$(TOOLS)/verify differential

bench: build    ## compare with the reference (REFERENCE=path), write BENCHMARKS.md
	$(GO) run ./bench/compare $(ARGS)

bench-scale: build ## the curve over 1, 2, 4 … loops on this machine
	$(GO) run ./bench/scale $(ARGS)

bench-sim:      ## predict the curve for machines that are not at hand
	$(GO) run ./bench/sim $(ARGS)

pgo:            ## record anew the profile that the server is built with
	$(GO) run -trimpath ./bench/pgo $(ARGS)

generate:       ## run go generate
	$(GO) generate ./...

clean:          ## remove what was built
	rm -rf bin $(TOOLS)

# The linters are pinned in a module of their own, so that the server's module stays small.
tools:
	@$(GO) -C .ci/tools build -o ../../$(TOOLS)/ ./verify honnef.co/go/tools/cmd/staticcheck github.com/securego/gosec/v2/cmd/gosec
