#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# soak.sh CAMPAIGN [SEED]: one long campaign; docs/CAMPAIGNS.md says what each does and what it found.
set -euo pipefail
cd "$(dirname "$0")/.."
campaign=${1:-}
seed=${2:-$RANDOM}
build=$PWD/${BUILD:-build}
flow() { # flow FLAVOUR NAME [PART]: one flow against the build of that flavour
	scripts/build.sh "$1"
	SEED=$seed TACENDA_BUILD=$build/$1 python3 "tests/flow/$2.py" "${@:3}"
}
echo "campaign ${campaign:-none}, seed $seed"
case $campaign in
kills) KILLS=${KILLS:-2000} flow release test_kill ;;
kills-sanitized) KILLS=${KILLS:-500} flow check test_kill ;;
damages) DAMAGES=${DAMAGES:-5000} flow release test_damage ;;
faults) flow release faults ;;
timing) ATTEMPTS=${ATTEMPTS:-20000} flow release attack timing ;;
fuzz) scripts/fuzz.sh "${SECONDS_EACH:-3600}" "$seed" ;;
*)
	echo "usage: make soak CAMPAIGN=kills|kills-sanitized|damages|faults|timing|fuzz SEED=N" >&2
	exit 2
	;;
esac
