#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# reproducible.sh: build the last commit twice, in folders of different names, and compare the binaries (PROMISES#K1).
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sums() { # sums NAME: build a clone in a folder of that name; print the hash of each program
	git clone -q . "$work/$1/source"
	meson setup "$work/$1/source/out" "$work/$1/source" -Dbuildtype=release -Ddebug=true >"$work/setup.log" || { tail -n 5 "$work/setup.log" >&2; return 1; }
	ninja -C "$work/$1/source/out" --quiet bin/tacenda bin/tacendad bin/tacenda-keyd bin/tacenda-courier
	(cd "$work/$1/source/out/bin" && sha256sum tacenda tacendad tacenda-keyd tacenda-courier)
}
sums one >"$work/one.sums"
sums another-and-much-longer/path >"$work/other.sums"
cat "$work/one.sums"
diff "$work/one.sums" "$work/other.sums" && echo "two builds in different paths are equal"
