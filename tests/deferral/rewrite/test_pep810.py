"""Styles `lazy` and `lazy-modules`, run by every interpreter here that knows PEP 810."""

import subprocess
import sys

import pytest

from importcost.model.advice import DeferStyle
from tests.deferral.rewrite.cases import rewritten
from tests.harness import PATIENCE_S, interpreter_facts, interpreters, write_files

FILES = {
    "plain.py": "def hi():\n    return 3\n",
    "pk/__init__.py": "",
    "pk/sub.py": "X = 1\n",
    "pk/other.py": "def y():\n    return 2\n",
    "task/__init__.py": "",
    "task/near.py": "N = 4\n",
}
# The imports, the reads one after the other, and what has been loaded before and after each.
CASES = {
    "import": ("import plain", ["plain.hi()"], ["", "plain"]),
    "renamed": ("import pk.sub as s", ["s.X"], ["", "pk pk.sub"]),
    "dotted": ("import pk.sub", ["pk.sub.X"], ["", "pk pk.sub"]),
    "from a module": ("from plain import hi", ["hi()"], ["", "plain"]),
    "from a package": (
        "from pk import sub, other as o",
        ["o.y()", "sub.X"],
        ["", "pk pk.other", "pk pk.other pk.sub"],
    ),
    "several aliases": (
        "import plain, pk.other",
        ["plain.hi()", "pk.other.y()"],
        ["", "plain", "pk pk.other plain"],
    ),
    "several lines": (
        "import plain\nfrom pk import (\n    sub,  # why\n)",
        ["sub.X", "plain.hi()"],
        ["", "pk pk.sub", "pk pk.sub plain"],
    ),
    "relative": ("from . import near", ["near.N"], ["", "task.near"]),
    "relative to a module": ("from .near import N", ["N"], ["", "task.near"]),
    "a ; line": ("x = 1; import plain; y = 2", ["plain.hi()"], ["", "plain"]),
}
STYLES = (DeferStyle.LAZY, DeferStyle.LAZY_MODULES)
KNOWN = ("plain", "pk", "pk.sub", "pk.other", "task.near")
DRIVER = """
import sys
def loaded():
    return " ".join(sorted(name for name in sys.modules if name in {known!r}))
import task.handler as handler
print(loaded())
for read in handler.READS:
    read()
    print(loaded())
"""


def handler_of(case):
    """Return a file that imports, and reads in functions that its READS call in order."""
    statements, reads, _ = case
    defs = [f"def f{number}():\n    return {read}\n" for number, read in enumerate(reads)]
    names = ", ".join(f"f{number}" for number in range(len(reads)))
    return "\n".join([statements, *defs, f"READS = ({names},)\n"])


def loads(python, folder, text):
    """Import the text and do its reads; return what had been loaded by each step."""
    write_files(folder, {**FILES, "task/handler.py": text, "run.py": DRIVER.format(known=KNOWN)})
    done = subprocess.run(
        [python, "run.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


def knows_pep810(python):
    return tuple(map(int, interpreter_facts(python).minor_version.split("."))) >= (3, 15)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_import_turns_lazy_and_loads_when_it_is_read(case, style, tmp_path):
    """Every interpreter that knows PEP 810 runs the file; older ones run it without laziness."""
    text = handler_of(case)
    after = rewritten(text, style, module="task.handler")
    imports = [line for line in after.split("\n") if "import" in line]
    assert all("lazy " in line for line in imports) == (style is DeferStyle.LAZY)
    assert ("__lazy_modules__ = [" in after) == (style is DeferStyle.LAZY_MODULES)
    if style is DeferStyle.LAZY:
        assert after.replace("lazy ", "") == text
    else:
        assert text in after.replace(after[after.index("__lazy") : after.index("\n") + 1], "")
    for python in filter(knows_pep810, interpreters()):
        assert loads(python, tmp_path, after) == case[2], after


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_older_versions_load_what_is_listed_at_once(case, tmp_path):
    if sys.version_info >= (3, 15):
        expected = case[2]
    else:
        expected = [case[2][-1]] * len(case[2])
    after = rewritten(handler_of(case), DeferStyle.LAZY_MODULES, module="task.handler")
    assert loads(sys.executable, tmp_path, after) == expected
