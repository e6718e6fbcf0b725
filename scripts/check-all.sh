#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check-all.sh: everything that fits into 90 minutes on two cores. Each step is one line, its log is kept, a step
# that fails does not stop the others; the last line reads "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit
build=$PWD/${BUILD:-build}
logs=$build/check-all
seed=${SEED:-$RANDOM}
mkdir -p "$logs"
results=$logs/results
: >"$results"
began=$SECONDS

step() { # step NAME COMMAND...: run it, write down how it went; in one piece, for others may end at the same moment
	local name=$1 from=$SECONDS
	shift
	if "$@" >"$logs/$name.log" 2>&1; then
		echo "ok   $name ($((SECONDS - from)) s): $(tail -n 1 "$logs/$name.log" | cut -c1-120)"
	else
		echo "FAIL $name ($((SECONDS - from)) s): see $logs/$name.log
$(grep -E '^(not ok|FAIL|failed:|.*(WARNING: ThreadSanitizer|ERROR SUMMARY: [1-9]))' "$logs/$name.log" | head -n 5)"
	fi | tee -a "$results"
}

threads() { # every unit test, and the flows that load the threads, under ThreadSanitizer
	scripts/build.sh thread &&
		TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 meson test -C "$build/thread" --no-rebuild --print-errorlogs \
			--num-processes 2 --timeout-multiplier 10 --suite unit &&
		TSAN_OPTIONS=halt_on_error=1 KILLS=3 python3 tests/run.py --build "$build/thread" main_job hostile kill sessions
}
memory() { # the unit tests under valgrind, but for those that need system calls it does not know
	scripts/build.sh valgrind &&
		meson test -C "$build/valgrind" --no-rebuild --print-errorlogs --num-processes 2 --setup valgrind --suite unit --no-suite kernel
}
other_compiler() { # clang: builds without a warning, and its binaries pass the same tests
	scripts/build.sh clang && python3 tests/run.py --build "$build/clang" --no-flows
}
flow() { # flow NAME
	TACENDA_BUILD=$build/release SEED=$seed python3 "tests/flow/$1.py"
}

echo "check-all: seed $seed"
step lint scripts/lint.sh
step check scripts/check.sh
step release scripts/build.sh release
ATTEMPTS=2000 step attack flow attack # alone: it measures
# These wait as much as they work: two lines of them side by side.
{
	KILLS=200 step kills flow test_kill
	SAMPLES=all step samples flow test_import
	PRESET=standard step contract-standard flow test_contract
} &
{
	DAMAGES=200 step damages flow test_damage
	step delivery flow test_delivery # confined, as builds with sanitizers are not
	step scan flow scan
	step faults flow faults
} &
wait
step threads threads
step clang other_compiler
step valgrind memory
step fuzz scripts/fuzz.sh 10 "$seed" # 600 s a target: make fuzz SECONDS=600
step reproducible scripts/reproducible.sh
echo "took $(((SECONDS - began) / 60)) min; logs in $logs"
passed=$(grep -c '^ok ' "$results")
failed=$(grep -c '^FAIL' "$results")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
