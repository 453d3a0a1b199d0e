"""An installer that hangs or cannot be started ends in one sentence, and leaves nothing."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from importcost.errors import MeasurementError, remedy
from importcost.processes import installer
from importcost.processes.failed_installs import failing_once
from importcost.processes.installer import ToInstall, install
from importcost.processes.wheels import InstallTarget
from tests.harness import write_files

WANTED = ToInstall("requirements.txt", remedy("correct its lines"), lines=("any-package==1",))
SOON_S = 0.3
# The child holds the output open, too.
HANGS = """#!/bin/sh
case "$*" in
*"pip --version") echo pip;;
*) sleep 600 & echo $! > {pids}; echo $$ >> {pids}; echo ready; sleep 600;;
esac
"""
FAILS = """#!/bin/sh
case "$*" in
*"pip --version") echo pip;;
*) echo 'ERROR: no space left'; exit 1;;
esac
"""
VERSION_HANGS = "#!/bin/sh\nsleep 600 & sleep 600\n"


@pytest.fixture
def python(tmp_path, monkeypatch):
    """Return a function that makes an interpreter whose pip is a shell script's text."""
    monkeypatch.setattr(installer, "find_uv", lambda: None)  # it would be taken first

    def made(text: str) -> InstallTarget:
        path = write_files(tmp_path, {"python": text}) / "python"
        path.chmod(0o755)
        return InstallTarget(str(path), "3.12", "x86_64")

    return made


def failure(tmp_path, target, on_line=lambda line: None) -> str:
    """Install, and return the sentence that says why that failed; nothing may be left."""
    cache = tmp_path / "cache"
    with pytest.raises(MeasurementError) as caught:
        install(WANTED, cache / "key" / "site-packages", target, on_line)
    assert list(cache.iterdir()) == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


def is_alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_pip_that_hangs_with_its_output_open_is_ended_with_its_child(tmp_path, python, hurry):
    pids = tmp_path / "pids"
    said = failure(tmp_path, python(HANGS.format(pids=pids)), hurry)
    assert said == (
        "Installing requirements.txt for Python 3.12 failed: the installer did not end within "
        "900 s. Correct its lines."
    )
    child, pip = pids.read_text().split()
    assert not is_alive(pip)
    while is_alive(child):  # the kernel has the signal, and takes a moment
        time.sleep(0.01)


@pytest.mark.unhurried
def test_a_pip_that_does_not_say_its_version_is_named(tmp_path, python, monkeypatch):
    monkeypatch.setattr(installer, "PIP_TIMEOUT_S", SOON_S)
    target = python(VERSION_HANGS)
    assert failure(tmp_path, target) == (
        f"`{target.python} -m pip --version` did not answer within 0.3 s: find out why it waits, "
        "or name another interpreter with --python."
    )


def test_an_interpreter_that_is_gone_is_named(tmp_path, python):
    target = python("")
    Path(target.python).unlink()
    assert failure(tmp_path, target).startswith(
        f"{target.python} cannot be started (No such file or directory): "
    )


@pytest.mark.unhurried
def test_a_compilation_that_hangs_is_ended(tmp_path, python, monkeypatch):
    monkeypatch.setattr(installer, "INSTALL_TIMEOUT_S", SOON_S)
    target = python(VERSION_HANGS)
    with pytest.raises(MeasurementError, match=r"did not compile .* within 0\.3 s"):
        installer._compile(tmp_path, target.python)


def test_an_installer_that_fails_gives_its_own_reason(tmp_path, python):
    assert failure(tmp_path, python(FAILS)) == (
        "Installing requirements.txt for Python 3.12 failed: no space left. Correct its lines."
    )


BUILDS = """#!/bin/sh
case "$*" in
*"pip --version") echo pip;;
*) echo 'Collecting any-package==1'; echo 'error: subprocess-exited-with-error'; exit 1;;
esac
"""
CONFLICT = """#!/bin/sh
case "$*" in
*"pip --version") echo pip;;
*) echo 'ERROR: Cannot install a==1 and b==2.'; echo 'ERROR: ResolutionImpossible: see x'; exit 1;;
esac
"""


def test_a_package_without_any_wheel_is_named(tmp_path, python, monkeypatch):
    monkeypatch.setattr(installer, "versions_with_wheel", lambda requirement, target: ())
    assert failure(tmp_path, python(BUILDS)) == (
        "Installing requirements.txt for Python 3.12 failed: any-package==1 has no wheel for it on "
        "x86_64, nor for another Python from 3.9 to 3.14, and could not be built. Name another "
        "version of the package."
    )


def test_a_conflict_is_told_once(tmp_path, python):
    assert failure(tmp_path, python(CONFLICT)) == (
        "Installing requirements.txt for Python 3.12 failed: Cannot install a==1 and b==2. Correct "
        "its lines."
    )


COUNTS = """#!/bin/sh
case "$*" in
*"pip --version") echo pip; exit 0;;
esac
echo once >> {calls}
while [ "$1" != --target ]; do shift; done
mkdir -p "$2"
{ends}
"""
FAILS_AFTER = "echo 'ERROR: there is no such release'; exit 1"


def entry_of(tmp_path):
    return tmp_path / "cache" / "key" / "site-packages"


def side_by_side(count, work):
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: work(), range(count)))


def test_one_install_is_made_for_all_that_ask_for_it_at_the_same_time(tmp_path, python):
    calls = tmp_path / "calls"
    target = python(COUNTS.format(calls=calls, ends=""))
    side_by_side(4, lambda: install(WANTED, entry_of(tmp_path), target, print))
    assert calls.read_text().split() == ["once"]
    assert [one.name for one in (tmp_path / "cache").iterdir()] == ["key"]


def test_an_install_that_fails_is_tried_once_in_a_run_and_again_in_the_next(tmp_path, python):
    calls = tmp_path / "calls"
    target = python(COUNTS.format(calls=calls, ends=FAILS_AFTER))

    def failing(run):
        with failing_once(run), pytest.raises(MeasurementError) as caught:
            install(WANTED, entry_of(tmp_path), target, lambda line: None)
        return str(caught.value)

    said = side_by_side(3, lambda: failing("first"))
    sentence = "Installing requirements.txt for Python 3.12 failed: there is no such release."
    assert set(said) == {f"{sentence} Correct its lines."}
    assert calls.read_text().split() == ["once"]
    failing("second")
    failing("")
    assert calls.read_text().split() == ["once"] * 3
