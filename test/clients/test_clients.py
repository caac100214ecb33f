"""Clients that nobody here wrote, each the real package, against real servers. docs/clients.md has the lines that
their users type; test/http/test_docs.py runs those."""

import json
import pathlib
import shutil

import pytest

from conftest import HERE

REPO = HERE.parent.parent
DESCRIPTION = REPO / "deploy" / "openapi.json"


@pytest.mark.parametrize("script", ["supabase.mjs", "toolkit.mjs", "admin.mjs", "mcp.mjs"])
def test_client(node, script):
    node.checks(script)


def test_browser(node):
    """Chromium, without its window, at a page of another origin."""
    chromium = shutil.which("chromium")
    assert chromium, "chromium is missing; deploy/install test installs it"
    node.checks("browser.mjs", CHROMIUM=chromium)


def compile(node, file, **options):
    """By TypeScript, strictly."""
    options |= {"strict": True, "target": "es2022", "module": "node16", "moduleResolution": "node16", "lib": ["es2022", "dom"], "types": [], "skipLibCheck": True}
    (node.directory / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": [file]}))
    node.run("node_modules/typescript/bin/tsc", "-p", ".")


def test_generated_client(node, world):
    """Types of the description that is served, checked by TypeScript, and run."""
    directory = node.directory
    schema = world.call("GET", "/api/schema/", key=None)
    (directory / "openapi.json").write_bytes(schema.body)
    node.run("node_modules/openapi-typescript/bin/cli.js", "openapi.json", "-o", "schema.d.ts")
    shutil.copy(HERE / "generated.ts", directory)
    compile(node, "generated.ts", noEmitOnError=True)
    source = (directory / "generated.ts").read_text()
    assert node.run("generated.js").splitlines() == [line.split('"')[-2] for line in source.splitlines() if line.startswith("  must(")]


def test_a_client_that_is_wrong_does_not_compile(node):
    """The types say no as well."""
    directory = node.directory
    shutil.copy(DESCRIPTION, directory / "openapi.json")
    node.run("node_modules/openapi-typescript/bin/cli.js", "openapi.json", "-o", "schema.d.ts")
    (directory / "wrong.ts").write_text(
        'import type { components } from "./schema";\nexport const a: components["schemas"]["Object"]["title"] = 1;\n'
    )
    with pytest.raises(AssertionError, match="not assignable"):
        compile(node, "wrong.ts", noEmit=True)


def test_description_by_the_rules_of_redocly(node):
    lint = node.directory / "lint.cjs"
    shutil.copy(HERE / "lint.cjs", lint)
    assert node.run(lint, DESCRIPTION) == ""
    # It says no as well.
    broken = json.loads(DESCRIPTION.read_text())
    operation = broken["paths"]["/api/users/@me/"]["get"]
    operation["responses"] = {"5XX": operation["responses"]["500"]}
    del operation["summary"]
    (node.directory / "broken.json").write_text(json.dumps(broken))
    said = node.run(lint, pathlib.Path("broken.json").name)
    assert "operation-summary" in said
