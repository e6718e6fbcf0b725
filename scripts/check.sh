#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check.sh: what CI runs.  Every suite under ASan+UBSan, then the flows; the last
# line reads "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/lint.sh --quick
scripts/build.sh check
exec /usr/bin/env python3 tests/run.py --build build/check "$@"
