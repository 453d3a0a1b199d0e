"""The one line of another tool's output that says why it failed."""

from __future__ import annotations

import pytest

from importcost.errors import MeasurementError, remedy
from importcost.measure.runners.local import inspect_interpreter
from importcost.processes.installer import ToInstall, install
from importcost.processes.wheels import InstallTarget
from tests.harness import write_files

SHIM = """#!/bin/sh
cat >&2 <<'END'
pyenv: python3.7: command not found

The `python3.7' command exists in these Python versions:
  3.7.17

Note: See 'pyenv help global' for tips on allowing both
      python2 and python3 to be found.
END
exit 127
"""
BROKEN = """#!/bin/sh
cat >&2 <<'END'
Could not find platform independent libraries <prefix>
Fatal Python error: init_fs_encoding: failed to get the Python codec
Python runtime state: core initialized
END
exit 1
"""
TRACEBACK = """#!/bin/sh
cat >&2 <<'END'
Traceback (most recent call last):
  File "sitecustomize.py", line 1, in <module>
ImportError: no module _socket
END
exit 1
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SHIM, "(pyenv: python3.7: command not found)"),
        (BROKEN, "(Fatal Python error: init_fs_encoding: failed to get the Python codec)"),
        (TRACEBACK, "(ImportError: no module _socket)"),
        ("#!/bin/sh\nexit 1\n", "as Python does: name another"),
    ],
)
def test_an_interpreter_that_fails_says_why_in_one_line(tmp_path, text, reason):
    python = write_files(tmp_path, {"python": text}) / "python"
    python.chmod(0o755)
    with pytest.raises(MeasurementError) as caught:
        inspect_interpreter(str(python))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("name another with --python.")


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (("1.0", "1.1"), "(from versions: 1.0, 1.1)"),
        ([f"1.{n}" for n in range(200)], "(from versions: ..., 1.197, 1.198, 1.199)"),
    ],
)
def test_pips_list_of_versions_is_cut(tmp_path, monkeypatch, versions, expected):
    pip = f"""#!/bin/sh
echo 'ERROR: Could not find a version that satisfies the requirement x==9 (from versions: {
        ", ".join(versions)
    })'
echo 'ERROR: No matching distribution found for x==9'
exit 1
"""
    python = write_files(tmp_path, {"python": pip, "requirements.txt": "x==9\n"}) / "python"
    python.chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")  # no uv
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    target = InstallTarget(str(python), "3.12", "x86_64")
    file = str(tmp_path / "requirements.txt")
    with pytest.raises(MeasurementError) as caught:
        install(ToInstall(file, remedy("correct it"), file), tmp_path / "cache/a/b", target, print)
    assert f"requirement x==9 {expected}; No matching distribution" in str(caught.value)
