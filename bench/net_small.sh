#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# net_small.sh [BUILD]: net against nginx static TLS in one run: one worker each on the same processor, the
# client on another, 64 connections, the same body, median of three interleaved rounds.  Prints a line for each
# figure: requests/s of both and their ratio, the floor, microseconds of processor a request of both and their ratio.
# Fails when the ratio of the rates misses its floor.  Processor time is there to explain it, and decides nothing:
# it hides waiting.  Other work on the machine falsifies rates: the load average is printed before and after.
#
#   small       a small answer over kept connections, HTTP/1.1
#   handshakes  full TLS 1.3 handshakes, each with one request
#   h2          small answers over HTTP/2, 64 connections with 8 streams
#   64k, 1m     larger bodies, HTTP/1.1
#   h2_64k      larger bodies, HTTP/2
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release}
seconds=${SECONDS_PER_ROUND:-4}
connections=${CONNECTIONS:-64}
rounds=${ROUNDS:-3}
body=${BODY:-300}
only=${ONLY:-small handshakes h2 64k 1m h2_64k}
server="$build/tests/unit/net/net_server"
work=$(mktemp -d)
pids=()
# shellcheck disable=SC2317
finish() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" \
	-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
mkdir "$work/www"
head -c "$body" /dev/zero | tr '\0' a >"$work/www/small"
head -c 65536 /dev/zero | tr '\0' a >"$work/www/whole64k"
head -c 1048576 /dev/zero | tr '\0' a >"$work/www/whole1m"
cat >"$work/nginx.conf" <<NGINX
daemon off; user root; worker_processes 1; pid $work/nginx.pid; error_log $work/error.log;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
	access_log off; default_type application/json; sendfile on; tcp_nopush on;
	keepalive_requests 1000000000; open_file_cache max=100; root $work/www;
	client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;
	uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
	ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
	server { listen 127.0.0.1:NGINX_PORT ssl http2 backlog=1024; }
}
NGINX
port=$((20000 + RANDOM % 20000))
sed -i "s/NGINX_PORT/$port/" "$work/nginx.conf"
taskset -c 0 nginx -c "$work/nginx.conf" -p "$work" 2>"$work/nginx.log" &
nginx_pid=$!
pids+=($!)
taskset -c 0 "$server" --listen 127.0.0.1:0 --cert "$work/cert.pem" --key "$work/key.pem" --loops 1 --body "$body" \
	>"$work/ours.out" &
server_pid=$!
pids+=($!)
for _ in $(seq 100); do
	grep -q ready "$work/ours.out" 2>/dev/null && curl -sk "https://127.0.0.1:$port/small" -o /dev/null && break
	sleep 0.1
done
ours="https://127.0.0.1:$(awk '/ready/ {print $2}' "$work/ours.out")"
theirs="https://127.0.0.1:$port"

requests_per_second() { awk '/^Requests\/sec/ {print $2}'; }
h2_per_second() { awk '/^finished in/ {sub(/,/, "", $4); print $4}'; }
client() { taskset -c 1 "$@"; }
url() { # url SIDE THING
	case $2 in
	small) echo "$1/small" ;;
	64k) [ "$1" = "$ours" ] && echo "$1/large?n=65536" || echo "$1/whole64k" ;;
	1m) [ "$1" = "$ours" ] && echo "$1/large?n=1048576" || echo "$1/whole1m" ;;
	esac
}
measure() { # measure SIDE FIGURE
	case $2 in
	small) client wrk -t1 -c"$connections" -d"${seconds}s" "$(url "$1" small)" | requests_per_second ;;
	handshakes) client "$build/tests/unit/net/net_handshake" 127.0.0.1 "${1##*:}" "$connections" "$seconds" ;;
	h2) client h2load -t1 -c"$connections" -m8 -D"$seconds" "$(url "$1" small)" | h2_per_second ;;
	64k | 1m) client wrk -t1 -c"$connections" -d"${seconds}s" "$(url "$1" "$2")" | requests_per_second ;;
	h2_64k) client h2load -t1 -c"$connections" -m4 -w20 -W24 -D"$seconds" "$(url "$1" 64k)" | h2_per_second ;;
	esac
}
# Processor time of a server's workers so far, in clock ticks.
ticks() { # ticks SIDE
	local pid=$server_pid
	[ "$1" = "$theirs" ] && pid=$(pgrep -P "$nginx_pid")
	awk '{print $14 + $15}' "/proc/$pid/stat"
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
declare -A floor=([small]=0.95 [handshakes]=0.95 [h2]=0.90 [64k]=0.80 [1m]=0.80 [h2_64k]=0.80)
failed=0
echo "load average before: $(cut -d' ' -f1-3 /proc/loadavg)"
printf '%-12s %10s %10s %7s %6s %10s %10s %7s\n' figure ours/s nginx/s ratio floor 'ours us' 'nginx us' nginx/ours
for figure in $only; do
	rm -f "$work"/{rate,cost}.*
	for _ in $(seq "$rounds"); do
		for side in "$ours" "$theirs"; do
			before=$(ticks "$side")
			rate=$(measure "$side" "$figure")
			echo "$rate" >>"$work/rate.${side##*:}"
			awk -v t=$(($(ticks "$side") - before)) -v n="$rate" -v s="$seconds" \
				'BEGIN {print t * 10000 / (n * s)}' >>"$work/cost.${side##*:}"
		done
	done
	a=$(median <"$work/rate.${ours##*:}") b=$(median <"$work/rate.${theirs##*:}")
	c=$(median <"$work/cost.${ours##*:}") d=$(median <"$work/cost.${theirs##*:}")
	awk -v f="$figure" -v a="$a" -v b="$b" -v c="$c" -v d="$d" -v least="${floor[$figure]}" 'BEGIN {
		printf "%-12s %10.1f %10.1f %7.2f %6.2f %10.1f %10.1f %7.2f%s\n", f, a, b, a / b, least, c, d, d / c,
			(a / b < least ? "  MISSED" : "")
		exit (a / b < least) }' || failed=1
done
echo "load average after: $(cut -d' ' -f1-3 /proc/loadavg)"
exit $failed
