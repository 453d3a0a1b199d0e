"""A function's AWS_LAMBDA_EXEC_WRAPPER gets the interpreter's command line, and counts as init."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from importcost.app.profile.measured import measure_billed, profile_handler
from importcost.app.profile.report import report_on
from importcost.app.profile.request import ProfileRequest
from importcost.errors import HandlerError, MeasurementError, UsageError
from importcost.measure.runners import local
from importcost.measure.runners.private_folders import NotPrivateError
from tests.app.profile.test_rehearsal import Notes
from tests.harness import write_files

pytestmark = [
    pytest.mark.usefixtures("few_launches"),
    pytest.mark.skipif(
        (sys.platform != "linux" or os.geteuid() != 0 or not Path("/opt").is_dir())
        and not os.environ.get("IMPORTCOST_REQUIRE_ALL"),
        reason="showing layers at /opt takes mount namespaces",
    ),
]

SCRIPT = (
    "#!/bin/sh\n"
    'export PYTHONPATH="/opt/python/hooks:/opt/python"\n'
    'export ORIG_HANDLER="$_HANDLER"\n'
    "export _HANDLER=fakewrap.handler\n"
    "python3 -c 'sum(range(2000000))'\n"
    'exec "$@"\n'
)
WRAP = (
    "import importlib, os, graphlib\n"
    "module, _, name = os.environ['ORIG_HANDLER'].rpartition('.')\n"
    "handler = getattr(importlib.import_module(module), name)\n"
)
OWN = "import sqlite3\n\n\ndef handler(event, context):\n    return 'own'\n"
CHECKS = (
    "import os\n"
    "assert 'IMPORTCOST_CLOCKS' not in os.environ\n"
    "assert os.environ['_HANDLER'] == 'fakewrap.handler'\n"
    "assert os.listdir('/opt') == ['python', 'trace-it'], os.listdir('/opt')\n"
)


def request(root, script: str = SCRIPT, own: str = OWN, **options):
    write_files(
        root,
        {
            "app/orders.py": own,
            "layer/trace-it": script,
            "layer/python/fakewrap.py": WRAP,
            "layer/python/hooks/sitecustomize.py": "import zoneinfo\n",
        },
    )
    (root / "layer/trace-it").chmod(0o755)
    values = {"runner": "local", "python": sys.executable, "runs": 5, "boto3": "none"}
    return ProfileRequest(
        target=str(root / "app/orders.py"),
        layers=(str(root / "layer"),),
        environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/trace-it"},
        **{**values, **options},
    )


@pytest.mark.unhurried
def test_the_program_starts_the_interpreter_and_its_handler_and_hooks_count(tmp_path):
    billed = measure_billed(request(tmp_path, own=CHECKS + OWN), Notes())
    profile = billed.profile
    tree = profile.tree
    roots = [tree.name(node) for node in tree.roots()]
    inside = [name for name in roots if name in ("/opt/trace-it", "sitecustomize", "fakewrap")]
    assert inside == ["/opt/trace-it", "sitecustomize", "fakewrap"]
    program = tree.self_us[list(tree.roots())[roots.index("/opt/trace-it")]]
    assert program > 10_000  # an interpreter of its own is in it
    timed = [run for run in profile.runs if run.kind.value == "timed"]
    assert all(run.function_init.cpu_us > 10_000 for run in timed)
    assert all(run.interpreter_start.cpu_us < run.function_init.cpu_us for run in timed)
    parts = report_on(billed).facts.wrapped
    own = {tree.name(node) for node in parts.own_nodes}
    wrapper = {tree.name(node) for node in parts.nodes}
    assert "sqlite3" in own
    assert {"zoneinfo", "graphlib", "/opt/trace-it"} <= wrapper
    assert profile.target.wrapper.program == "/opt/trace-it"


@pytest.mark.unhurried
def test_without_it_the_program_is_left_out_too(tmp_path):
    found = profile_handler(request(tmp_path, without_wrapper=True), Notes()).without_wrapper
    assert {"sitecustomize", "fakewrap"} <= set(found.gone)
    assert found.saving_us.value > 10_000


@pytest.mark.unhurried
def test_a_program_that_puts_options_before_the_last_word_works(tmp_path):
    # As in AWS's documentation: everything but the last word, the option, the last word.
    script = (
        "#!/bin/bash\n"
        'args=("$@")\n'
        'args=("${args[@]:0:$#-1}" "-B" "${args[@]: -1}")\n'
        'exec "${args[@]}"\n'
    )
    own = "import sys\nassert sys.flags.dont_write_bytecode\n" + OWN
    profile = profile_handler(request(tmp_path, script, own), Notes())
    assert "orders" in profile.tree.names


@pytest.mark.unhurried
def test_a_program_that_starts_the_interpreter_as_a_child_is_measured_too(tmp_path):
    script = SCRIPT.replace('exec "$@"', '"$@"')
    profile = profile_handler(request(tmp_path, script), Notes())
    assert "fakewrap" in profile.tree.names
    assert all(phase.cpu_us >= 0 for phase in profile.phases)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\necho no licence >&2\nexit 3\n", "ended with exit code 3"),
        ("#!/bin/sh\necho no licence >&2\nexit 1\n", "(no licence)"),
    ],
)
def test_a_program_that_fails_is_named_with_its_words(tmp_path, script, said):
    with pytest.raises(HandlerError) as caught:
        profile_handler(request(tmp_path, script), Notes())
    message = str(caught.value)
    assert message.startswith("/opt/trace-it, the AWS_LAMBDA_EXEC_WRAPPER of")
    assert said in message


@pytest.mark.unhurried
def test_a_failure_behind_the_program_names_it(tmp_path):
    with pytest.raises(HandlerError, match="behind the exec wrapper /opt/trace-it raised"):
        profile_handler(request(tmp_path, own="raise RuntimeError('no')\n" + OWN), Notes())


def test_a_program_in_no_layer_or_without_its_mode_is_told_before_any_launch(tmp_path):
    asked = request(tmp_path)
    (tmp_path / "layer/trace-it").chmod(0o644)
    with pytest.raises(MeasurementError, match="is not executable"):
        profile_handler(asked, Notes())
    (tmp_path / "layer/trace-it").unlink()
    with pytest.raises(MeasurementError, match="is in none of its layers"):
        profile_handler(asked, Notes())


@pytest.mark.unhurried
def test_a_program_of_the_task_root_is_found_there(tmp_path):
    asked = request(tmp_path)
    file = tmp_path / "app/start.sh"
    file.write_text('#!/bin/sh\nexec "$@"\n')
    file.chmod(0o755)
    changed = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/start.sh"}
    profile = profile_handler(replace_environment(asked, changed), Notes())
    assert "orders" in profile.tree.names


def replace_environment(asked, environment):
    import dataclasses

    return dataclasses.replace(asked, environment=environment)


def test_a_file_without_a_function_does_not_say_what_to_start(tmp_path):
    with pytest.raises(UsageError, match=r"write FILE\.py:function"):
        profile_handler(request(tmp_path, own="VALUE = 1\n"), Notes())


def test_a_machine_without_namespaces_says_so(tmp_path, monkeypatch):
    def refuse():
        raise NotPrivateError("this machine has no mount namespaces")

    monkeypatch.setattr(local, "enter_command", refuse)
    with pytest.raises(MeasurementError) as caught:
        profile_handler(request(tmp_path), Notes())
    message = str(caught.value)
    assert "/opt/trace-it, the function's AWS_LAMBDA_EXEC_WRAPPER, cannot be run" in message
    assert "this machine has no mount namespaces" in message
    assert "--runner" in message
