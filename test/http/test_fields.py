"""src/summary/fields.h and fields.c against what SQL and the description say of the same fields."""

import json
import re

import pytest

from servers import REPO

SUMMARY = REPO / "src" / "summary"
SCHEMAS = json.loads((REPO / "deploy" / "openapi.json").read_text())["components"]["schemas"]
SQL_TYPES = {"TEXT": "text", "SESSIONS": "text[]", "PATTERNS": "jsonb", "OBJECT": "jsonb"}
JSON_TYPES = {"TEXT": "string", "SESSIONS": "array", "OBJECT": "object"}
TABLE, VIEW = "session_group.summaries", "session_group_api.session_group_summaries"


class Field:
    def __init__(self, row, limits):
        self.name, self.kind = re.search(r'"(\w+)", SG_ROW_\w+, SG_KIND_(\w+)', row).groups()
        self.nullable, self.required = ".nullable = true" in row, ".required = true" in row
        symbol = re.search(r"\.max_chars = (\w+)", row)
        self.max_chars = symbol and int(limits.get(symbol[1], symbol[1]))
        default = re.search(r'\.default_text = "(.*)"', row)
        self.default = default[1] if default else [] if self.kind == "SESSIONS" else None


LIMITS = dict(re.findall(r"#define (SG_\w+) (\d+)", (REPO / "src" / "base" / "session_group.h").read_text()))
COLUMNS = re.findall(r"^\t(?:COLUMN|FIELD)\(\w+, (\w+)\)", (SUMMARY / "fields.h").read_text(), re.M)
LISTED = re.findall(r"^\tFIELD\(\w+, (\w+)\)", (SUMMARY / "fields.h").read_text(), re.M)
FIELDS = [Field(row, LIMITS) for row in
          re.findall(r"\[SG_FIELD_\w+\] = \{(.*?)\n\t\}", (SUMMARY / "fields.c").read_text(), re.S)]
by_field = pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)


def columns(world, relation):
    return {row["name"]: row for row in world.sql(
        """SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
                  col_description(a.attrelid, a.attnum) AS said, pg_get_expr(d.adbin, d.adrelid) AS default,
                  array(SELECT verb FROM unnest('{INSERT,SELECT,UPDATE}'::text[]) verb
                        WHERE has_column_privilege('session_group_api', a.attrelid, a.attnum, verb)) AS verbs
           FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
           WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum""", relation)}


def test_the_tables_have_the_same_fields():
    assert [field.name for field in FIELDS] == LISTED and len(LISTED) >= 5


@pytest.mark.parametrize("relation", [TABLE, VIEW])
def test_columns(world, relation):
    found = columns(world, relation)
    assert list(found) == COLUMNS and all(column["said"] for column in found.values())
    writable = {name: [verb for verb in column["verbs"] if verb != "SELECT"] for name, column in found.items()}
    assert {name: verbs for name, verbs in writable.items() if verbs} == {
        "project_id": ["INSERT"], **dict.fromkeys(LISTED, ["INSERT", "UPDATE"])}
    assert all("SELECT" in column["verbs"] for column in found.values())


@by_field
def test_type_and_default(world, field):
    in_table, in_view = columns(world, TABLE)[field.name], columns(world, VIEW)[field.name]
    assert (in_table["type"], in_table["required"]) == (SQL_TYPES[field.kind], not field.nullable)
    assert in_table["default"] == in_view["default"]
    assert (world.one(f"SELECT {in_table['default']}") if in_table["default"] else None) == field.default


@by_field
def test_constraints_repeat_the_bounds(world, field):
    """For the case that somebody disables the trigger."""
    values = {"TEXT": ["", "x" * ((field.max_chars or 0) + 1)], "OBJECT": ["[]"],
              "SESSIONS": [["s"] * (int(LIMITS["SG_SESSION_IDS_MAX"]) + 1), [None]], "PATTERNS": []}[field.kind]
    good = {"TEXT": ["x" * (field.max_chars or 0)], "OBJECT": ["{}"],
            "SESSIONS": [["s"] * int(LIMITS["SG_SESSION_IDS_MAX"])], "PATTERNS": ["1"]}[field.kind]
    with world.stack.connect() as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN; ALTER TABLE session_group.summaries DISABLE TRIGGER summaries_before_write")
        for value, fits in [(value, False) for value in values] + [(value, True) for value in good]:
            cursor.execute(
                f"""DO $$ BEGIN INSERT INTO {TABLE} (project_id, {field.name})
                    SELECT {world.names['a']}, %s::{SQL_TYPES[field.kind]}; RAISE SQLSTATE '00FIT';
                    EXCEPTION WHEN check_violation THEN PERFORM set_config('tests.fits', 'false', true);
                              WHEN SQLSTATE '00FIT' THEN PERFORM set_config('tests.fits', 'true', true); END $$""",
                (value,))
            cursor.execute("SELECT current_setting('tests.fits')::bool")
            assert cursor.fetchone() == (fits,), str(value)[:40]
        cursor.execute("ROLLBACK")


def test_create_summary_takes_the_fields(world):
    names = world.one("SELECT proargnames FROM pg_proc WHERE oid = 'session_group.create_summary'::regproc")
    assert names == ["project_id", *LISTED]
    (row,) = world.sql("SELECT * FROM session_group.create_summary(%s)", world.names["a"])
    assert {field.name: row[field.name] for field in FIELDS} == {field.name: field.default for field in FIELDS}


@by_field
def test_description(world, field):
    created, replaced = SCHEMAS["Created"]["properties"], SCHEMAS["Replaced"]
    assert [name for name in created if name != "personal_api_key"] == LISTED
    assert [name for name in SCHEMAS["Object"]["properties"] if name in LISTED] == LISTED
    schema = created[field.name]
    assert schema["default"] == field.default and schema.get("maxLength") == field.max_chars
    assert (field.name in replaced["required"]) == field.required
    if "type" in schema:
        assert schema["type"] == ([JSON_TYPES[field.kind], "null"] if field.nullable else JSON_TYPES[field.kind])
