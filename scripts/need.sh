#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# need.sh PURPOSE...: make sure that the Debian packages for these purposes are
# installed.  Installs what is missing when that needs no password, otherwise
# prints the one command and stops.
set -euo pipefail

packages_for() {
	case $1 in
	build) echo gcc libc6-dev meson ninja-build pkg-config git libsodium-dev libssl-dev libsqlite3-dev \
		libnghttp2-dev libjansson-dev libcurl4-openssl-dev libseccomp-dev zlib1g-dev libexpat1-dev libqrencode-dev libcbor-dev libutf8proc-dev libcmocka-dev ;;
	run) echo python3 python3-pil espeak-ng curl ca-certificates openssl ;;
	check) echo python3-yaml sqlite3 nghttp2-client faketime chromium nodejs npm rsyslog rsyslog-gnutls ;;
	check-all) echo clang-14 libclang-rt-14-dev valgrind strace testssl.sh sslscan slowhttptest wrk hydra cppcheck \
		clang-format-14 clang-tidy-14 shellcheck codespell exim4-daemon-light ;;
	bench) echo nginx-light wrk nghttp2-client ;;
	fuzz) echo clang-14 libclang-rt-14-dev llvm-14 ;;
	lint) echo clang-format-14 clang-tidy-14 clang-14 shellcheck codespell cppcheck python3-yaml ;;
	*) echo "need.sh: unknown purpose '$1'" >&2; exit 2 ;;
	esac
}

installed() {
	# A tool that is there from elsewhere will do as well as Debian's package.
	case $1 in
	gcc | git | curl | openssl | python3 | npm | meson) command -v "$1" >/dev/null && return 0 ;;
	ninja-build) command -v ninja >/dev/null && return 0 ;;
	nodejs) command -v node >/dev/null && return 0 ;;
	esac
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for purpose in "$@"; do
	for package in $(packages_for "$purpose"); do
		installed "$package" || missing+=("$package")
	done
done
[ ${#missing[@]} -eq 0 ] && exit 0

install=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" = 0 ]; then
	as_root=()
elif sudo -n true 2>/dev/null; then
	as_root=(sudo -n)
else
	echo "These Debian packages are missing. Install them, then try again:" >&2
	echo "  sudo apt-get update && sudo ${install[*]}" >&2
	exit 1
fi
echo "Installing ${missing[*]}" >&2
log=$(mktemp)
# A package that starts a service by itself must not: the policy file says so.
quiet=(env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1)
if ! { "${as_root[@]}" "${quiet[@]}" apt-get update -qq && "${as_root[@]}" "${quiet[@]}" "${install[@]}"; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "Could not install the packages above; the command was: ${install[*]}" >&2
	exit 1
fi
rm -f "$log"
