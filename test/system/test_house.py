"""The source's folders: what each may use. The order stands in docs/architecture.md."""

import collections
import re
import runpy

import pytest

from servers import REPO

SRC = REPO / "src"

# From the bottom up. Folders of one line do not know each other.
STOREYS = [["base"], ["json", "fleet"], ["identity"], ["summary"], ["activity", "list"], ["admin"], ["http", "import"]]
HEIGHT = {folder: height for height, storey in enumerate(STOREYS) for folder in storey}


def unit(path):
    """A file and its header are one: base/text."""
    return str(path.relative_to(SRC).with_suffix(""))


def included(path):
    names = re.findall(r'^#include "([^"]+)\.h"', path.read_text(), re.M)
    return [name for name in names if name.split("/")[0] in HEIGHT]


FILES = sorted(SRC.glob("*/*.[ch]"))
USES = collections.defaultdict(set)
for file in FILES:
    USES[unit(file)] |= {name for name in included(file) if name != unit(file)}


def test_every_file_stands_in_a_folder_with_a_place():
    assert [path.name for path in SRC.iterdir() if path.is_file()
            and path.suffix in (".c", ".h", ".sql")] == ["session_group.c"]
    assert {path.parent.name for path in FILES} == set(HEIGHT)


@pytest.mark.parametrize("folder", HEIGHT)
def test_calls_go_down_only(folder):
    for name, uses in USES.items():
        if name.split("/")[0] != folder:
            continue
        for used in uses:
            below = used.split("/")[0]
            assert below == folder or HEIGHT[below] < HEIGHT[folder], f"src/{name} uses {used}.h"


def test_no_circle_of_files():
    done, path = set(), []

    def visit(name):
        assert name not in path, " → ".join([*path[path.index(name):], name])
        if name in done:
            return
        path.append(name)
        for used in sorted(USES[name]):
            visit(used)
        path.pop()
        done.add(name)

    for name in sorted(USES):
        visit(name)
    assert len(done) > 50


def test_a_function_is_declared_in_the_header_of_its_file():
    """Else a header would hide who calls whom."""
    for header in SRC.glob("*/*.h"):
        source = header.with_suffix(".c")
        for name in re.findall(r"^(?:\w+ )?extern [^;()]*?\b(sg_\w+)\(", header.read_text(), re.M):
            assert source.exists() and re.search(rf"^{name}\(", source.read_text(),
                                                 re.M), f"{name}() of {unit(header)}.h"


def test_guards_that_are_broken_on_purpose_are_found():
    """check-mutations is run by hand: that an entry followed its guard is seen here, too."""
    guards = runpy.run_path(REPO / "test/mutations/guards.py")["GUARDS"]
    assert len(guards) > 200
    assert {guard.name: guard.file for guard in guards if not (REPO / guard.file).is_file()} == {}
