"""The opinion of lifeguard, from a stand-in that writes what its version 0.6.0 writes."""

import stat
import sys

import pytest

from importcost.processes import lifeguard
from importcost.processes.lifeguard import LifeguardDoubt, ask_lifeguard, lifeguard_program

REPORT = """# Lifeguard Verbose Output:
------
## part.safe
### Lazy imports incompatibilities were not detected

## part.table
### Errors
UnsafeFunctionCall (2)
  Line 18 - core.registry.register
  Line 19 - core.registry.register
ImportedModuleAssignment (1)
  Line 3 - sys

### Implicit Imports
  json.decoder
"""
SCRIPT = """#!{python}
import json, sys
from pathlib import Path
words = sys.argv[1:]
assert words[0] == "analyze" and words[-2:] == ["--python-version", "3.12"], words
asked = json.loads(Path(words[1]).read_text())["build_map"]
assert sorted(asked) == ["part/__init__.py", "part/safe.py", "part/table.py"], asked
{body}
"""
ANSWER = """
Path(words[2]).write_text(json.dumps({{"LAZY_ELIGIBLE": {{"part": [], "part.safe": []}}}}))
Path(words[words.index("--verbose-output") + 1]).write_text({report!r})
"""
FILES = {
    "part": "/x/part/__init__.py",
    "part.safe": "/x/part/safe.py",
    "part.table": "/x/part/table.py",
}


@pytest.fixture
def program(tmp_path):
    def write(body):
        path = tmp_path / "lifeguard"
        path.write_text(SCRIPT.format(python=sys.executable, body=body))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return write


def test_unsafe_modules_come_with_the_first_reason(program):
    path = program(ANSWER.format(report=REPORT))
    opinion = ask_lifeguard(path, "0.6.0", FILES, (3, 12))
    assert opinion.version == "0.6.0"
    assert opinion.unsafe == {"part.table": LifeguardDoubt("part.table", "UnsafeFunctionCall", 18)}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("sys.exit(3)", "failed with exit code 3"),
        ("", "the answer of lifeguard 0.6.0 cannot be read"),
        ("Path(words[2]).write_text('[')", "cannot be read"),
        ("Path(words[2]).write_text('[]')", "cannot be read"),
    ],
)
def test_no_answer_is_a_reason(program, body, reason):
    assert reason in ask_lifeguard(program(body), "0.6.0", FILES, (3, 12))


def test_a_program_that_hangs_is_ended(program, monkeypatch):
    monkeypatch.setattr(lifeguard, "TIMEOUT_S", 0.2)
    path = program("import time\ntime.sleep(600)")
    assert "took more than" in ask_lifeguard(path, "0.6.0", FILES, (3, 12))


def test_a_program_that_is_not_there(tmp_path):
    assert "cannot be started" in ask_lifeguard(tmp_path / "none", "0.6.0", FILES, (3, 12))


def test_only_the_installed_distribution_counts(tmp_path, monkeypatch):
    """Other programs have the name lifeguard, too."""
    (tmp_path / "lifeguard").write_text("")
    monkeypatch.setattr(lifeguard.sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(lifeguard, "DISTRIBUTION", "no-such-distribution")
    assert lifeguard_program() is None
    monkeypatch.setattr(lifeguard, "DISTRIBUTION", "packaging")
    program, version = lifeguard_program()
    assert program == tmp_path / "lifeguard"
    assert version
