#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bench-scale.sh: the same work at 1,000 and at 100,000 patients with ten records each; writes docs/BENCHMARKS.md.
# SMALL, LARGE: how many patients; RECORDS: of each.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$PWD/${BUILD:-build}/release
ninja -C "$build" --quiet bench/bench_prepare
TACENDA_BUILD=$build exec python3 bench/scale.py
