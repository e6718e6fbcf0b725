#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh [SECONDS] [SEED] [TARGET...]: run each libFuzzer target for SECONDS, starting from the corpus in
# the tree and keeping what it finds in the build folder. Fails on the first finding of any target.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
seed=${2:-$RANDOM}
shift $(($# > 2 ? 2 : $#))
folder=${BUILD:-build}/fuzz

scripts/build.sh fuzz build.ninja >/dev/null
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
	mapfile -t targets < <(ninja -C "$folder" -t targets all | sed -nE 's,^tests/fuzz/fuzz_([a-z0-9_]+): .*,\1,p' | sort -u)
fi
ninja -C "$folder" --quiet "${targets[@]/#/tests/fuzz/fuzz_}"

echo "fuzz: ${#targets[@]} targets, $seconds s each, seed $seed"
found=$folder/findings
mkdir -p "$found"
passed=0
failed=()
one() { # one TARGET: 0 when nothing was found; prints one line
	local name=$1 kept=$folder/corpus/$1 log=$folder/$1.log
	mkdir -p "$kept"
	if "$folder/tests/fuzz/fuzz_$name" -seed="$seed" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="$found/$name-" "$kept" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
		echo "ok   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions"
	else
		echo "FAIL $name: see $log"
		grep -m 3 -E 'ERROR|SUMMARY|runtime error' "$log" || true
		return 1
	fi
}
export -f one
export folder seed seconds found
# As many at once as there are processors.
while read -r line; do
	echo "$line"
	case $line in
	ok*) passed=$((passed + 1)) ;;
	FAIL*) failed+=("$line") ;;
	esac
done < <(printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'one {} || true')
echo "$passed passed, ${#failed[@]} failed"
[ ${#failed[@]} -eq 0 ] && [ "$passed" -eq "${#targets[@]}" ]
