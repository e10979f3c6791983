# A thin face of meson. `make demo` and `make check` are the two to know.
BUILD ?= build
SOURCE ?= csv
PREFIX ?= /usr/local

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

# The release build.
$(BUILD)/build.ninja: | deps
	meson setup $(BUILD) --buildtype=release --prefix=$(PREFIX) >/dev/null

# Everything that is installed or fetched; seconds when nothing is missing.
deps:
	@deps/install.sh
	@deps/oracles.sh

debug: | deps
	test -f build-debug/build.ninja || meson setup build-debug --buildtype=debug -Db_sanitize=address,undefined >/dev/null
	ninja -C build-debug

demo: all
	@BUILD=$(BUILD) examples/flights/demo.sh $(SOURCE)

check: | deps
	@dev/check

check-long: all debug
	S3_OPERATIONS=10000 TEGARU=$(CURDIR)/$(BUILD)/src/cli/tegaru TG_SOURCE_DIR=$(CURDIR) python3 tests/e2e/s3_faults.py
	AWS_OPERATIONS=10000 TEGARU=$(CURDIR)/$(BUILD)/src/cli/tegaru TG_SOURCE_DIR=$(CURDIR) python3 tests/e2e/athena_faults.py
	FAULTS=150 TEGARU=$(CURDIR)/$(BUILD)/src/cli/tegaru TG_SOURCE_DIR=$(CURDIR) python3 tests/e2e/load_failing_calls.py
	TEGARU_FAULT_ROUNDS=200 TEGARU=$(CURDIR)/$(BUILD)/src/cli/tegaru TG_SOURCE_DIR=$(CURDIR) python3 tests/e2e/load_database_faults.py
	KILLS=100 TEGARU=$(CURDIR)/$(BUILD)/src/cli/tegaru TG_SOURCE_DIR=$(CURDIR) python3 tests/e2e/kill.py
	KILLS_PER_CALL=all TEGARU=$(CURDIR)/$(BUILD)/src/cli/tegaru TG_SOURCE_DIR=$(CURDIR) python3 tests/e2e/publish_crash_matrix.py
	$(BUILD)/tests/sim/sim 1 1000000
	dev/fuzz 300
	test -z "$(ORACLE)" || tests/differential/differential.py $(ORACLE) $(BUILD)/src/cli/tegaru --count 1000

bench: all
	@tests/bench/run.py $(BUILD)

format:
	git ls-files '*.c' '*.h' | xargs clang-format-14 -i

lint: debug
	@dev/lint build-debug

install: all
	meson configure $(BUILD) --prefix=$(PREFIX)
	meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf build build-debug build-fuzz

.PHONY: all deps debug demo check check-long bench format lint install clean
