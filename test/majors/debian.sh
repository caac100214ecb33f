# shellcheck shell=bash
# Debians of their own beside this one, each with the PostgreSQL that it ships:
# made by debootstrap, kept for a week in the cache of deploy/install. To be
# sourced, after deploy/lib.sh.
#
# It needs root, a mount namespace and a process namespace, in which everything
# that is started ends with it. DEBIAN_MIRROR: where Debian comes from, if not
# from where this system's own packages do.

ME=$(realpath "$0")
CA_CERTIFICATES=/etc/ssl/certs/ca-certificates.crt
KEPT_DAYS=7

# What the programs here end with where a Debian could not be made: the network,
# a mirror, a suite that is in a broken state today. Nothing was tested then.
UNAVAILABLE=75

# unavailable MESSAGE
unavailable()
{
	warn "$1"
	exit "$UNAVAILABLE"
}

# The Debian that ships a major.
suite_of()
{
	case $1 in
		17) say trixie ;;
		18) say forky ;;
		*) die "no Debian is known that ships PostgreSQL $1" ;;
	esac
}

# debootstrap may be older than the suite; the script of sid fits what comes next.
script_of()
{
	local script=/usr/share/debootstrap/scripts/$1
	[[ -e $script ]] || script=/usr/share/debootstrap/scripts/sid
	say "$script"
}

# The mirror that this system's own packages come from.
mirror()
{
	local release found
	if [[ -n ${DEBIAN_MIRROR:-} ]]; then
		say "$DEBIAN_MIRROR"
		return
	fi
	release=$(. /etc/os-release && say "${ID:-} ${VERSION_CODENAME:-}")
	if [[ $release == debian\ ?* ]]; then
		# shellcheck disable=SC2016  # apt-get's own variable
		found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Release: ${release#* }" | sed -n 1p)
	fi
	[[ -n ${found:-} ]] || die "where does Debian come from? Name a mirror in DEBIAN_MIRROR"
	say "$found"
}

# twice COMMAND…: once more if it failed, because it depends on a network.
twice()
{
	local status=0
	"$@" || { warn "again: $1"; "$@" || status=$?; }
	return "$status"
}

# Runs a command inside, with nothing of this environment but what is named.
inside()
{
	chroot "$ROOT" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
		CI="${CI:-}" PYTEST_ARGS="${PYTEST_ARGS:-}" "$@"
}

bootstrap()
{
	local suite=$1 from
	from=$(mirror) || return
	rm -rf --one-file-system -- "$ROOT"
	mkdir -p "$ROOT"
	debootstrap --variant=minbase --include=ca-certificates "$suite" "$ROOT" "$from" \
		"$(script_of "$suite")" >"$WORK/debootstrap.log" 2>&1
}

# A suite that is still being tested may be announced as expired on a slow mirror; and a Debian
# that is thrown away needs no disk that waits.
configure_apt()
{
	cat >"$ROOT/etc/apt/apt.conf.d/80session_group" <<-'TEXT'
		Acquire::Check-Valid-Until "false";
		Acquire::Retries "3";
	TEXT
	say force-unsafe-io >"$ROOT/etc/dpkg/dpkg.cfg.d/80session_group"
}

# What the Debian shares with this system: processes, devices, trust, what npm fetched.
connect()
{
	mount -t proc proc "$ROOT/proc"
	mount --rbind /dev "$ROOT/dev"
	[[ ! -f $CA_CERTIFICATES ]] || cp "$CA_CERTIFICATES" "$ROOT$CA_CERTIFICATES"
	cp --dereference /etc/resolv.conf /etc/hosts "$ROOT/etc/"
	mkdir -p "$ROOT/root/.cache/session_group"
	cp -a "$CACHE"/{node,postgrest,page} "$ROOT/root/.cache/session_group/" 2>/dev/null || true
}

copy_source()
{
	rm -rf -- "$ROOT/root/session_group"
	mkdir "$ROOT/root/session_group"
	git -C "$REPO" archive HEAD | tar -x -C "$ROOT/root/session_group"
}

kept_file() { say "$CACHE/majors/$1-$(dpkg --print-architecture).tar"; }

# bare_root SUITE: nothing but the base of the Debian, from the cache or anew.
bare_root()
{
	local suite=$1 kept
	kept=$(kept_file "bare-$suite")
	mkdir -p "${kept%/*}" "$ROOT"
	find "${kept%/*}" -name '*.tar' -mtime "+$KEPT_DAYS" -delete
	if [[ -s $kept ]]; then
		take_kept "$kept"
	else
		say "making a Debian $suite"
		twice bootstrap "$suite" || { tail -n 20 "$WORK/debootstrap.log" >&2 || true; unavailable "debootstrap $suite failed"; }
		configure_apt
		keep_root "$kept"
	fi
}

take_kept() { tar -x --numeric-owner -f "$1" -C "$ROOT"; }

# Written beside its place first: others may take it at any moment.
keep_root()
{
	tar -c --numeric-owner --one-file-system --exclude=./root/session_group --exclude=./var/cache/apt/archives/*.deb -f "$1.$$" -C "$ROOT" .
	mv "$1.$$" "$1"
}

# root_with SUITE NAME PURPOSE…: the Debian with what deploy/install installs for some purposes,
# with the source as it is committed.
root_with()
{
	local suite=$1 kept
	kept=$(kept_file "$2-$suite")
	mkdir -p "$ROOT"
	if [[ -s $kept ]]; then
		take_kept "$kept"
	else
		bare_root "$suite"
	fi
	connect
	copy_source
	twice inside /root/session_group/deploy/install "${@:3}" || unavailable "installing into $suite failed"
	[[ -s $kept ]] || keep_root "$kept"
}

# in_namespaces COMMAND…: no mount and no process of it is left when it has ended.
in_namespaces()
{
	unshare --mount --pid --fork --kill-child --propagation private "$@"
}

# in_debian MAJOR ARGUMENT…: runs this program again, as "--within MAJOR ARGUMENT…", where
# ROOT is a Debian with that major and with the source as it is committed.
in_debian()
{
	local status=0
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/session_group-debian.XXXXXX")
	chmod 755 "$WORK"
	in_namespaces env DEBIAN_WORK="$WORK" "$ME" --within "$@" || status=$?
	remove_debian
	return "$status"
}

# The other half of in_debian: what it runs begins with this.
enter_debian()
{
	local suite found
	WORK=$DEBIAN_WORK ROOT=$DEBIAN_WORK/root
	suite=$(suite_of "$1")
	root_with "$suite" all build serve test
	# shellcheck disable=SC2016  # expanded inside
	found=$(inside bash -c '. /root/session_group/deploy/lib.sh; major_of "$(find_pg_config)"')
	((found == $1)) || die "Debian $suite has PostgreSQL $found, not $1"
}

remove_debian() { [[ -z ${WORK:-} ]] || rm -rf --one-file-system -- "$WORK"; }

# become_root ARGUMENT…: this program, as root, with the arguments it had; and what it needs.
become_root()
{
	if [[ $(id -u) -ne 0 ]]; then
		exec sudo --preserve-env=CI,PYTEST_ARGS,MAJORS_SUITES,DEBIAN_MIRROR SESSION_GROUP_CACHE="$CACHE" "$ME" "$@"
	fi
	"$DEPLOY/install" serve test majors
	in_namespaces mount -t proc proc /proc 2>/dev/null ||
		die "this system lets root mount nothing, so no Debian with another PostgreSQL can be made"
	trap remove_debian EXIT
	trap 'exit 130' INT TERM
}

# in_each KIND NAME…: in the Debian of each name; fails if one failed, and ends with
# UNAVAILABLE if one could not be made and none failed.
in_each()
{
	local kind=$1 name status failed=() missing=()
	shift
	for name in "$@"; do
		say "$kind $name, at $(git -C "$REPO" describe --always --dirty=', without what is not committed')"
		status=0
		in_debian "$name" || status=$?
		case $status in
			0) ;;
			"$UNAVAILABLE") missing+=("$name") ;;
			*) failed+=("$name") ;;
		esac
	done
	((${#failed[@]} == 0)) || die "failed: $kind ${failed[*]}"
	((${#missing[@]} == 0)) || unavailable "NOT TESTED, for want of a Debian: $kind ${missing[*]}"
}
