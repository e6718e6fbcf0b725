#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh: the main job on this machine.  Makes a site with a dozen fictional
# patients (once), serves it on loopback, and says what to try.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/${BUILD:-build}/release/bin
demo=${DEMO:-$PWD/demo/data}
port=${PORT:-8443}
export PATH=$bin:$PATH
umask 077
mkdir -p "$demo"

serve() {
	tacendad serve --data "$demo/data" --keys "$demo/keys" --root-passphrase-file "$demo/root.passphrase" \
		>>"$demo/tacendad.log" 2>&1 &
	daemon=$!
	trap 'kill "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null || true' EXIT
	# Ready is an event that the control socket tells; no guessing.
	tacendad status --data "$demo/data" --wait 30 >/dev/null || { tail -n 5 "$demo/tacendad.log" >&2; exit 1; }
}

secret_file() { head -c 18 /dev/urandom | base64 | tr '+/' 'xY' | sed 's/$/!9a/' >"$1"; }

person() { # person LOGIN INVITATION-FILE: enrol one person of the demo
	local home=$demo/home-$1
	mkdir -p "$home"
	secret_file "$home/password"
	secret_file "$home/passphrase"
	tacenda --home "$home" enrol --invitation-file "$2" --password-file "$home/password" --passphrase-file "$home/passphrase"
}

if [ ! -e "$demo/complete" ]; then
	rm -rf "$demo"
	mkdir -p "$demo"
	echo "Making a demo site in $demo"
	secret_file "$demo/root.passphrase"
	tacendad init --data "$demo/data" --keys "$demo/keys" --site "Demo clinic" --region EU --admin admin --preset trial \
		--origin "https://localhost:$port" --listen "127.0.0.1:$port" --root-passphrase-file "$demo/root.passphrase" \
		--json >"$demo/init.json"
	python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["invitation"])' "$demo/init.json" >"$demo/invite-admin"
	serve
	person admin "$demo/invite-admin"
	for who in doctor:clinician assistant:assistant auditor:auditor; do
		login=${who%%:*}
		tacenda --home "$demo/home-admin" user add "$login" --profile "${who##*:}" --json |
			python3 -c 'import json,sys; print(json.load(sys.stdin)["invitation"])' >"$demo/invite-$login"
		person "$login" "$demo/invite-$login"
	done
	/usr/bin/python3 demo/patients.py "$demo/input"
	tacenda --home "$demo/home-doctor" import "$demo/input/fhir" "$demo/input/files"
	first=$(tacenda --home "$demo/home-doctor" patient list --json | head -n 1 |
		python3 -c 'import json,sys; print(json.loads(sys.stdin.readline())["id"])')
	tacenda --home "$demo/home-doctor" share "$first" assistant --allow identity,read,write
	touch "$demo/complete"
else
	serve
fi

cat <<EOF

Tacenda serves a demo clinic on https://localhost:$port   (banner: trial, loopback only)
Logins: admin, doctor, assistant, auditor. Each has a home with its password and passphrase files:
  $demo/home-doctor

Try in another terminal:
  export PATH=$bin:\$PATH TACENDA_HOME=$demo/home-doctor TACENDA_PASSPHRASE_FILE=$demo/home-doctor/passphrase
  tacenda login --password-file \$TACENDA_HOME/password
  tacenda patient find dupont
  tacenda log verify
Stop with Ctrl-C; the data stay.
EOF
[ "${1:-}" = --once ] && exit 0
wait "$daemon"
