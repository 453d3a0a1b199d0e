"""A command ends within its bounds, and so does everything that it starts."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from importcost.processes import bounded

SOON_S, LATE_S = 0.3, 60.0


def python(text, **options):
    return bounded.run([sys.executable, "-c", text], **{"timeout_s": LATE_S, **options})


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_both_streams_and_the_exit_code_come_back():
    finished = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")
    assert (finished.exit_code, finished.out, finished.error) == (7, b"out\n", b"err\n")
    assert not finished.timed_out
    assert not finished.is_cut


def test_a_signal_is_a_negative_exit_code():
    assert python("import os; os.kill(os.getpid(), 9)").exit_code == -signal.SIGKILL


def test_streams_can_be_merged_in_their_order():
    text = "import sys; print('a', flush=True); print('b', file=sys.stderr)"
    assert python(text, merges_streams=True).out == b"a\nb\n"


def test_lines_are_told_as_they_come_and_the_last_needs_no_end():
    lines = []
    python("print('one'); print('two\\r'); print('three', end='')", on_line=lines.append)
    assert lines == ["one", "two", "three"]


def test_a_megabyte_on_each_stream_does_not_block():
    text = "import sys; sys.stderr.write('e' * 10**6); sys.stdout.write('o' * 10**6)"
    finished = python(text)
    assert (len(finished.out), len(finished.error)) == (10**6, 10**6)


def test_only_the_end_of_an_endless_output_is_kept(monkeypatch):
    monkeypatch.setattr(bounded, "OUTPUT_LIMIT_BYTES", 100)
    finished = python("for n in range(20000): print(n)")
    assert finished.is_cut
    assert len(finished.out) == 100
    assert finished.out.endswith(b"19999\n")


@pytest.mark.unhurried
@pytest.mark.parametrize(
    "text",
    [
        "import time; time.sleep(600)",
        "import os, time; os.close(1); os.close(2); time.sleep(600)",
        "while True: print('x' * 1000)",
        "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)",
    ],
    ids=["silent", "closed", "endless", "stubborn"],
)
def test_the_deadline_ends_what_waits_what_writes_and_what_refuses(text):
    finished = python(text, timeout_s=SOON_S, grace_s=0.1)
    assert finished.timed_out
    assert finished.exit_code < 0


def test_a_child_goes_with_a_command_past_its_deadline(tmp_path, hurry):
    file = tmp_path / "pid"
    text = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(file)!r}, 'w').write(str(child.pid))\n"
        "print('ready', flush=True); time.sleep(600)"
    )
    assert python(text, on_line=hurry).timed_out
    pid = int(file.read_text())
    while is_alive(pid):  # the kernel has the signal, and takes a moment
        time.sleep(0.01)


def test_a_child_that_keeps_the_pipe_does_not_keep_the_caller():
    text = (
        "import os, sys, time\n"
        "print('done', flush=True)\n"
        "if os.fork() == 0:\n"
        "    os.setsid(); time.sleep(8); os._exit(0)\n"
    )
    finished = python(text, timeout_s=LATE_S)
    assert (finished.exit_code, finished.timed_out, finished.out) == (0, False, b"done\n")


@pytest.mark.unhurried
def test_a_child_that_writes_on_does_not_make_its_command_late():
    text = (
        "import os\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    while True: os.write(1, b'x' * 4096)\n"  # ends with the pipe
    )
    finished = python(text, timeout_s=LATE_S)
    assert (finished.exit_code, finished.timed_out) == (0, False)


@pytest.mark.parametrize("leaves_children", [False, True])
def test_what_a_finished_command_leaves_goes_unless_it_leaves_it_on_purpose(leaves_children):
    text = (
        "import os, time\n"
        "child = os.fork()\n"
        "if child: print(child)\n"
        "else: os.close(1); os.close(2); time.sleep(600)\n"
    )
    pid = int(python(text, leaves_children=leaves_children).out)
    if leaves_children:
        assert is_alive(pid)
        os.kill(pid, signal.SIGKILL)
    while is_alive(pid):
        time.sleep(0.01)


def test_a_command_asked_to_end_may_clean_up_first(tmp_path, hurry):
    file = tmp_path / "cleaned"
    text = (
        "import signal, sys, time\n"
        f"def clean(*_): open({str(file)!r}, 'w').close(); sys.exit(3)\n"
        "signal.signal(signal.SIGTERM, clean)\n"
        "print('ready', flush=True)\n"
        "for _ in range(12_000): time.sleep(0.05)"  # a signal right before one long sleep waits
    )
    finished = python(text, on_line=hurry, grace_s=LATE_S)
    assert finished.timed_out
    assert finished.exit_code == 3
    assert file.exists()


def test_an_interruption_ends_the_command_first(monkeypatch):
    pids = []

    def interrupt(line):
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        python("import os, time; print(os.getpid(), flush=1); time.sleep(600)", on_line=interrupt)
    assert not is_alive(pids[0])


def test_a_command_that_is_not_there_raises():
    with pytest.raises(FileNotFoundError):
        bounded.run(["importcost-has-no-such-command"], timeout_s=1)


def test_nothing_is_inherited_but_what_was_given():
    finished = python("import os; print(sorted(os.environ))", env={"ONLY": "this"})
    assert b"'ONLY'" in finished.out
    assert b"HOME" not in finished.out


def test_no_descriptor_stays_open():
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        python("print('x')")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
