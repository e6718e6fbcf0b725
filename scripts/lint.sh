#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lint.sh [--quick]: house rules; the full run adds formatter, clang-tidy, cppcheck, shellcheck, spelling.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 scripts/house.py
python3 scripts/callers.py
python3 scripts/promises.py
[ "${1:-}" = --quick ] && exit 0

mapfile -t sources < <(git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]')
clang-format-14 --dry-run -Werror "${sources[@]}"
scripts/build.sh clang
mapfile -t units < <(git ls-files 'src/*.c')
printf '%s\n' "${units[@]}" | xargs -P 2 -n 8 clang-tidy-14 -p build/clang --quiet
mapfile -t scripts_sh < <(git ls-files '*.sh' .ci/run)
shellcheck -x "${scripts_sh[@]}"
mapfile -t written < <(git ls-files | grep -vE 'corpus/|\.(png|jpg|bin)$|\.lock$|package-lock\.json$')
codespell --ignore-words scripts/words.txt "${written[@]}"
echo "lint clean"
