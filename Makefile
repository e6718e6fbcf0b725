# Tacenda: a thin front for meson and the scripts.  `make help` lists the targets.
PREFIX ?= /usr/local
BUILD ?= build

.DEFAULT_GOAL := all
.PHONY: all help run install check check-all soak bench bench-scale fuzz lint format clean

all: ## build everything (release) in build/release
	@scripts/need.sh build
	@scripts/build.sh release programs
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14
run: ## the main job: build, make a demo site, serve it, say what to try
	@scripts/need.sh build run
	@scripts/build.sh release programs
	@exec scripts/run.sh
install: ## bin/, systemd units, man pages under PREFIX
	@scripts/need.sh build
	@scripts/build.sh release programs
	@meson configure $(BUILD)/release -Dprefix="$(abspath $(PREFIX))"
	@scripts/build.sh release programs
	@meson install -C $(BUILD)/release --destdir "$(abspath $(DESTDIR)/)" --no-rebuild --quiet
check: ## what CI runs, 15 minutes at most
	@scripts/need.sh build run check
	@scripts/check.sh
check-all: ## everything, 90 minutes at most
	@scripts/need.sh build run check check-all
	@scripts/check-all.sh
soak: ## long campaigns by name and seed: make soak CAMPAIGN=kills SEED=1
	@scripts/need.sh build run check check-all
	@scripts/soak.sh $(CAMPAIGN) $(SEED)
bench: ## figures against nginx, in one run
	@scripts/need.sh build run bench
	@scripts/build.sh release
	@scripts/bench.sh
bench-scale: ## the same work at 1 k and at 100 k patients
	@scripts/need.sh build run bench
	@scripts/build.sh release
	@scripts/bench-scale.sh
fuzz: ## every fuzz target: make fuzz SECONDS=600
	@scripts/need.sh build fuzz
	@scripts/fuzz.sh $(SECONDS)
lint: ## format, house rules, clang-tidy, shell, promises
	@scripts/need.sh build lint
	@scripts/lint.sh
format: ## rewrite sources in the house format
	@scripts/need.sh lint
	@git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]' | xargs clang-format-14 -i
clean: ## remove build/
	@rm -rf $(BUILD)
