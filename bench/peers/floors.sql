-- What PostgREST itself costs: a function that does nothing, and functions that
-- return prepared bytes (bench/runner.py makes those), through the same domain.

CREATE SCHEMA bench_floor;
CREATE DOMAIN bench_floor."*/*" AS bytea;

CREATE FUNCTION bench_floor.noop() RETURNS void LANGUAGE plpgsql STABLE AS 'BEGIN END';

-- PL/pgSQL keeps the constant between calls; an SQL function would parse it each time.
CREATE FUNCTION bench_floor.prepare(name text, body bytea) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE FUNCTION bench_floor.%I() RETURNS bench_floor."*/*" LANGUAGE plpgsql STABLE AS %L',
				   name, format('BEGIN RETURN %L::bytea; END', body));
END
$$;

CREATE ROLE bench_anon NOLOGIN;
GRANT USAGE ON SCHEMA bench_floor TO bench_anon;
