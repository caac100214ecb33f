# shellcheck shell=bash
# PostgreSQL as a Patroni cluster of several members with etcd, all on this machine: what
# deploy/stack runs for --members. To be sourced by it. From three members on etcd has three, too.
#
# Each member has a directory servers/member-N, a member-N.pid, and a log in logs/; etcd the same.

# check_members: chooses the ports, unless they are known from an earlier start.
check_members()
{
	local member number
	command -v patroni etcd >/dev/null ||
		die "patroni or etcd is missing; \"deploy/install fleet\" installs them"
	[[ -z ${MEMBER_PORTS:-} ]] || return 0
	MEMBER_PORTS='' MEMBER_API_PORTS='' ETCD_PORTS='' ETCD_PEER_PORTS=''
	for ((number = MEMBERS < 3 ? 1 : 3; number > 0; number--)); do
		ETCD_PORTS+="$(free_port) "
		ETCD_PEER_PORTS+="$(free_port) "
	done
	for ((member = 1; member <= MEMBERS; member++)); do
		MEMBER_PORTS+="$(free_port) "
		MEMBER_API_PORTS+="$(free_port) "
	done
}

# nth NUMBER WORD…
nth() { say "${@:$(($1 + 1)):1}"; }

# hosts PORT…: as an address in a URL names several servers.
hosts()
{
	local hosts=("${@/#/127.0.0.1:}")
	(IFS=,; say "${hosts[*]}")
}

# shellcheck disable=SC2086  # several numbers
member_hosts() { hosts $MEMBER_PORTS; }

# shellcheck disable=SC2086  # several numbers
etcd_hosts() { hosts $ETCD_PORTS; }

# What --set says, as parameters in patroni.yml.
patroni_settings()
{
	local line
	[[ -n $LIMITS ]] || say "        session_group.requests_at_once: 0"
	for line in "${SETTINGS[@]}"; do
		say "        ${line%% =*}: ${line#*= }"
	done
}

# All of etcd's members, by their names and the addresses at which they reach each other.
etcd_cluster()
{
	local port number=0 all=()
	for port in $ETCD_PEER_PORTS; do
		all+=("etcd-$((++number))=http://127.0.0.1:$port")
	done
	(IFS=,; say "${all[*]}")
}

# start_etcd NUMBER
start_etcd()
{
	local name=etcd-$1 client peer
	# shellcheck disable=SC2086  # several numbers
	client=http://127.0.0.1:$(nth "$1" $ETCD_PORTS) peer=http://127.0.0.1:$(nth "$1" $ETCD_PEER_PORTS)
	[[ -d $HOME_DIR/$name ]] || { mkdir -m 700 "$HOME_DIR/$name"; give_home; }
	spawn "$name" etcd --name "$name" --data-dir "$HOME_DIR/$name" --logger zap \
		--listen-client-urls "$client" --advertise-client-urls "$client" \
		--listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "$(etcd_cluster)"
}

# Starts those that do not run.
start_etcds()
{
	local number=0 port
	for port in $ETCD_PORTS; do
		number=$((number + 1))
		process_of "$HOME_DIR/etcd-$number.pid" >/dev/null || start_etcd "$number"
	done
	for port in $ETCD_PORTS; do
		wait_for 30 etcd_is_healthy "$port" || fail "etcd-1 etcd-2 etcd-3" "etcd does not start"
	done
}

etcd_is_healthy() { [[ $(curl -s --noproxy '*' -m 5 "http://127.0.0.1:$1/health" || true) == *true* ]]; }

# start_member NUMBER: Patroni makes the data directory, or takes the one that is there.
start_member()
{
	local home=$HOME_DIR/member-$1 port api
	# shellcheck disable=SC2086  # several numbers
	port=$(nth "$1" $MEMBER_PORTS) api=$(nth "$1" $MEMBER_API_PORTS)
	if [[ ! -d $home ]]; then
		mkdir -m 700 "$home"
		sed -e "s#/var/run/postgresql#$SOCKETS#" -e "$PATRONI_EDITS" "$DEPLOY/fleet/patroni.yml" >"$home/patroni.yml"
		patroni_settings >"$HOME_DIR/tmp/settings"
		sed -i -e "/^        shared_preload_libraries:/r $HOME_DIR/tmp/settings" "$home/patroni.yml"
		give_home
	fi
	spawn "member-$1" env \
		PATRONI_SCOPE=session_group PATRONI_NAME="member-$1" PATRONI_ETCD3_HOSTS="$(etcd_hosts)" \
		PATRONI_RESTAPI_LISTEN="127.0.0.1:$api" PATRONI_RESTAPI_CONNECT_ADDRESS="127.0.0.1:$api" \
		PATRONI_POSTGRESQL_LISTEN="127.0.0.1:$port" PATRONI_POSTGRESQL_CONNECT_ADDRESS="127.0.0.1:$port" \
		PATRONI_POSTGRESQL_DATA_DIR="$home/data" PATRONI_POSTGRESQL_BIN_DIR="$BIN" \
		PATRONI_POSTGRESQL_PGPASS="$home/pgpass" \
		PATRONI_SUPERUSER_USERNAME=postgres PATRONI_SUPERUSER_PASSWORD="$PASSWORD" \
		PATRONI_REPLICATION_USERNAME=replicator PATRONI_REPLICATION_PASSWORD="$PASSWORD" \
		patroni "$home/patroni.yml"
}

# Starts those that do not run. The first one makes the database cluster, the others copy it.
start_members()
{
	local member
	start_etcds
	for ((member = 1; member <= MEMBERS; member++)); do
		process_of "$HOME_DIR/member-$member.pid" >/dev/null || start_member "$member"
	done
	wait_for 120 members_follow || fail "member-1 member-2" "the members do not come together"
}

# One takes writes, all others follow it, and one of those has each write before it is acknowledged.
members_follow()
{
	[[ $(run_sql -d "$(server_url postgres)" -c "SELECT count(*), count(*) FILTER (WHERE sync_state = 'sync') FROM pg_stat_replication WHERE state = 'streaming'" \
		2>/dev/null) == "$((MEMBERS - 1))|1" ]]
}

# All are told at once: who is told first would hand its office to another one. What is
# to be removed has nothing to write before.
stop_members()
{
	local file pid
	if [[ $ACTION == remove ]]; then
		for file in "$HOME_DIR"/member-*.pid "$HOME_DIR"/member-*/data/postmaster.pid; do
			if pid=$(process_of "$file"); then
				kill "-$([[ $file == *postmaster.pid ]] && say QUIT || say KILL)" "$pid" 2>/dev/null || true
			fi
		done
	fi
	for file in "$HOME_DIR"/member-*.pid; do
		if pid=$(process_of "$file"); then
			kill -TERM "$pid" 2>/dev/null || true
		fi
	done
	for file in "$HOME_DIR"/member-*.pid "$HOME_DIR"/etcd-*.pid; do
		stop_process "$file"
	done
}

# members_run: there are some, and all run.
members_run()
{
	local file
	for file in "$HOME_DIR"/member-*.pid "$HOME_DIR"/etcd-*.pid; do
		process_of "$file" >/dev/null || return 1
	done
}
