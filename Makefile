# session_group: PGXS builds and installs the extension; the targets that run
# servers live in deploy/ and test/ and are only named here.

EXTENSION    = session_group
EXTVERSION   = $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" $(EXTENSION).control)
MODULE_big   = $(EXTENSION)
OBJS         = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
DATA         = $(wildcard upgrade/$(EXTENSION)--*.sql)
DATA_built   = $(EXTENSION)--$(EXTVERSION).sql $(EXTENSION)--$(RELEASED)--$(EXTVERSION).sql
C_HEADERS    = $(wildcard src/*/*.h)
PG_CPPFLAGS  = -I$(srcdir)/src

# The install script, in the order in which its parts build on each other.
SQL_PARTS    = identity/schema identity/identity identity/tables identity/login fleet/directory \
               summary/summaries summary/recheck list/listing http/native summary/pattern_rows summary/patterns \
               summary/make_rows list/find list/title_rows activity/activity summary/counts \
               admin/projects admin/stats admin/retention admin/erase admin/repair http/idempotency admin/nodes http/gateway import/import \
               admin/monitor admin/objects admin/made admin/posture_objects admin/posture_outside \
               admin/posture_rights admin/posture admin/statistics identity/grants
SQL_SOURCES  = $(SQL_PARTS:%=src/%.sql)

# The version that was released last, and the parts that are not new since. An update from it
# runs again what can be run again of these, and the whole of the others (upgrade/README.md).
RELEASED       = 0.2.0
PARTS_RELEASED = $(filter-out fleet/directory admin/nodes admin/erase admin/repair summary/recheck summary/counts summary/pattern_rows summary/make_rows list/title_rows admin/monitor admin/objects \
                   admin/made admin/posture_% admin/statistics,$(SQL_PARTS))

REGRESS      = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
REGRESS_OPTS = --inputdir=. --outputdir=.

EXTRA_CLEAN  = $(DATA_built)


# Targets that run servers. They need no pg_config yet: they install what is
# missing and call make again for the build. (PGXS has a check of its own.)
RUNNERS        = check-regress check-isolation check-pgtap check-http check-front check-system check-clients check-page check-fuzz check-sanitizers
SERVER_TARGETS = quickstart fleet stop clean-run check $(RUNNERS) \
                 check-mutations made check-majors check-packages check-static deb dist docs format format-check check-concurrency check-soak check-crash check-fleet bench bench-age bench-growth

ifneq ($(filter $(SERVER_TARGETS),$(MAKECMDGOALS)),)

.PHONY: $(SERVER_TARGETS)

quickstart:
	@deploy/quickstart

# Three nodes with an nginx in front of them; one is a Patroni cluster of three members.
fleet:
	@deploy/fleet/quickstart

stop:
	@deploy/stack stop .run && deploy/fleet/quickstart stop

clean-run:
	@deploy/stack remove .run && deploy/fleet/quickstart remove && rm -rf .run

check:
	@test/run

$(RUNNERS): check-%:
	@test/run $*

check-mutations:
	@deploy/install build test && test/mutations/run

# src/admin/made.sql, from what CREATE EXTENSION makes: needed after a change of the SQL parts.
made:
	@deploy/install build serve && deploy/build && test/made && deploy/build

# The suite here, and on the PostgreSQL majors that other Debians ship; and pg_upgrade to one of them.
check-majors: check
	@status=0; test/majors/run || status=$$?; test/majors/upgrade && exit $$status

# Debian packages, in dist/; and what they do in bare Debians.
deb:
	@deploy/install package && deploy/package dist

check-packages:
	@test/packages/run

# What PGXN takes: what is committed.
dist:
	@mkdir -p dist && git archive --format=zip --prefix=$(EXTENSION)-$(EXTVERSION)/ -o dist/$(EXTENSION)-$(EXTVERSION).zip HEAD

# docs/sql.md, from the functions' comments.
docs:
	@deploy/docs

# Compilers and checkers, each of their warnings an error.
check-static:
	@test/static/run

# src/ in the form that PostgreSQL's pgindent gives it.
format:
	@test/majors/format

format-check:
	@test/majors/format --check

# The long forms of what make check does for some seconds.
check-concurrency:
	@SESSION_GROUP_OPERATIONS=$${SESSION_GROUP_OPERATIONS:-20000} PYTEST_ARGS='-k test_model -s' test/run isolation system

check-soak:
	@SESSION_GROUP_REQUESTS_SOAKED=$${SESSION_GROUP_REQUESTS_SOAKED:-200000} PYTEST_ARGS='-k test_soak -s' test/run system

# CRASH_ARGS: see test/crash.py --help.
check-crash:
	@deploy/install build serve test && deploy/build && test/crash.py $(CRASH_ARGS)

# Twenty leaders killed, twenty moves of a project, under writers.
check-fleet:
	@SESSION_GROUP_KILLS=$${SESSION_GROUP_KILLS:-20} SESSION_GROUP_MOVES=$${SESSION_GROUP_MOVES:-20} PYTEST_ARGS='-k test_fleet -s' test/run system

# BENCH_ARGS: see bench/run --help.
bench:
	@bench/run $(BENCH_ARGS)

# A year of traffic, compressed, against a database that was loaded just now: ten minutes. SIZE: its requests.
bench-age:
	@bench/age $(BENCH_ARGS)

# What an operation costs as projects and connections grow. BENCH_ARGS: see bench/growth --help.
bench-growth:
	@bench/growth $(BENCH_ARGS)

else

# Bitcode is for a JIT that inlines C functions into expressions: none of ours is worth it.
override with_llvm = no

PG_CONFIG   ?= pg_config
PGXS        := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifeq ($(wildcard $(PGXS)),)
$(error $(PG_CONFIG) knows of no headers of a PostgreSQL server. On Debian 13: apt-get install postgresql-server-dev-17 gcc; elsewhere name its pg_config in PG_CONFIG. "make quickstart" installs what it needs by itself)
endif
include $(PGXS)

$(OBJS): $(C_HEADERS) $(EXTENSION).control

$(EXTENSION)--$(EXTVERSION).sql: $(SQL_SOURCES) $(EXTENSION).control
	cat $(SQL_SOURCES) > $@

$(EXTENSION)--$(RELEASED)--$(EXTVERSION).sql: $(SQL_SOURCES) $(wildcard upgrade/*) $(EXTENSION).control
	{ cat upgrade/$(RELEASED).sql; \
	  $(foreach part,$(SQL_PARTS),$(if $(filter $(part),$(PARTS_RELEASED)), \
	    awk -f upgrade/repeatable.awk, cat) src/$(part).sql;) } > $@

endif
