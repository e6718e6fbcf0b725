#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh FLAVOUR [TARGET...]: configure (once) and build into build/FLAVOUR; "programs" are the four of bin/.
# Flavours: release, check (gcc, ASan+UBSan), thread (TSan), clang, valgrind, fuzz (clang, libFuzzer).
set -euo pipefail
cd "$(dirname "$0")/.."
flavour=${1:-release}
shift || true
targets=("$@")
[ "${targets[*]}" = programs ] && targets=(bin/tacenda bin/tacendad bin/tacenda-keyd bin/tacenda-courier)
folder=${BUILD:-build}/$flavour

options=()
compiler=gcc
case $flavour in
release) options+=(-Dbuildtype=release -Ddebug=true) ;;
check) options+=("-Db_sanitize=address,undefined") ;;
thread) options+=(-Db_sanitize=thread) ;;
valgrind) ;;
clang) compiler=clang-14 ;;
fuzz) # The libraries are instrumented too, else the engine is blind inside of them.
	compiler=clang-14 options+=("-Db_sanitize=address,undefined" -Db_lundef=false
		-Dc_args=-fsanitize=fuzzer-no-link -Dc_link_args=-fsanitize=fuzzer-no-link) ;;
*) echo "build.sh: unknown flavour '$flavour'" >&2; exit 2 ;;
esac

mkdir -p "${BUILD:-build}"
if [ ! -f "$folder/build.ninja" ]; then
	CC=$compiler meson setup "$folder" "${options[@]}" >"$folder.setup.log" 2>&1 || {
		mkdir -p "$folder"; CC=$compiler meson setup "$folder" "${options[@]}"; exit 1; }
	rm -f "$folder.setup.log"
fi
if [ -t 1 ]; then ninja -C "$folder" "${targets[@]}"; else ninja -C "$folder" --quiet "${targets[@]}"; fi
