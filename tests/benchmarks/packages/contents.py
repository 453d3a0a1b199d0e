"""Runs inside an environment: print what its distributions consist of, as JSON.

    python contents.py

By name: `version`, `is_pure` (its wheel says that its root is for pure Python), and `module`, the
one to import: the one that is named like the distribution, else its first package or module that is
neither private nor of tests; None if it has none. Standard library only.
"""

import json
import re
import sys
from importlib.metadata import distributions

PASSED_OVER = frozenset(("tests", "test", "docs", "examples", "bin", "scripts"))


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def candidates(files):
    """Return the packages that lie in no other package, and modules that lie in none."""
    parts = [one.parts for one in files if one.suffix == ".py" and ".." not in one.parts]
    packages = {one[:-1] for one in parts if one[-1] == "__init__.py"}
    modules = {(*one[:-1], one[-1][:-3]) for one in parts if one[-1] != "__init__.py"}
    found = []
    for name in sorted(packages | modules, key=lambda one: (one not in packages, len(one), one)):
        above = {name[:length] for length in range(1, len(name))}
        if not above & packages and all(one.isidentifier() for one in name):
            found.append(name)
    return found


def module_of(distribution, files):
    found = [
        one for one in candidates(files) if not one[0].startswith("_") and one[0] not in PASSED_OVER
    ]
    named = [one for one in found if normalized(".".join(one)) == distribution]
    return ".".join((named or found)[0]) if found else None


def main():
    result = {}
    for one in distributions():
        name = normalized(one.metadata["Name"])
        wheel = one.read_text("WHEEL") or ""
        result[name] = {
            "version": one.version,
            "is_pure": "root-is-purelib: true" in wheel.lower(),
            "module": module_of(name, one.files or ()),
        }
    json.dump(result, sys.stdout)


main()
