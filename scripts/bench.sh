#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bench.sh: the whole server against nginx static TLS in one run, on loopback; writes docs/BENCHMARKS.md.
# ROUNDS=5 SECONDS_PER_ROUND=3, ONLY="leaf read4k" for some rows (nothing is written then).
set -euo pipefail
cd "$(dirname "$0")/.."
build=$PWD/${BUILD:-build}/release
ninja -C "$build" --quiet bench/bench_prepare tests/unit/net/net_handshake
TACENDA_BUILD=$build exec python3 bench/server.py
