"""`importcost defer --record` as a user types it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests.harness import PATIENCE_S, write_files

HANDLER = '''"""A handler that says who it is."""

import botocore.session
import heavy


def handler(event, context):
    sts = botocore.session.get_session().create_client("sts")
    who = sts.get_caller_identity()["Account"]
    if event.get("body"):
        return {"account": who, "answer": heavy.answer()}
    return {"account": who}
'''
HEAVY = "TOTAL = sum(range(3_000_000))\n\n\ndef answer():\n    return 42\n"


@pytest.fixture
def folder(tmp_path):
    files = {"handler.py": HANDLER, "heavy.py": HEAVY, "requirements.txt": "boto3\n"}
    return write_files(tmp_path, files)


def command(*args):
    fixed = ("handler.py:handler", "--runner", "local", "--no-install", "--no-progress")
    return [sys.executable, "-m", "importcost", "defer", *fixed, *args]


@pytest.mark.slow
def test_the_headline_counts_the_same_calls_of_made_up_events_that_reach_the_change(folder):
    done = subprocess.run(
        command("--record", "--no-diff", "-o", "out.json"),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    # The empty event does not reach what waits, so it proves nothing of it.
    assert "the same 1 AWS call over 1 event" in said
    assert "an empty event answers" in said
    assert "a made-up HTTP API event answers" in said
    assert "1 AWS call compared: sts GetCallerIdentity" in said
    report = json.loads((folder / "out.json").read_text())
    proofs = report["advice"]["best_set"]["behaviour"]["proofs"]
    assert {"kind": "calls", "count": 1, "events": 1}.items() <= proofs[-1].items()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--record", "--no-verify"), "--record compares calls, which --no-verify leaves out"),
        (("--recor",), "No such option"),
    ],
)
def test_options_that_rule_each_other_out_are_refused(folder, args, said):
    done = subprocess.run(
        command(*args), cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.unhurried
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_an_interrupt_leaves_nothing_of_the_endpoint(folder, sent, code):
    # The endpoint's folder is made when it starts, before the handler is measured.
    scratch = folder / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        command("--record", "-v"),
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        line = next(line for line in process.stdout if "Recording AWS calls" in line)
        assert "127.0.0.1" in line
        process.send_signal(sent)
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code
    assert list(scratch.glob("importcost-record-*")) == []
    running = subprocess.run(
        ["ps", "-A", "-o", "args"], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    assert str(folder) not in running.stdout
