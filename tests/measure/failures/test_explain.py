"""A launch that went wrong becomes one sentence with what to do next."""

from __future__ import annotations

import pytest

from importcost.errors import HandlerError, MeasurementError
from importcost.measure.failures.explain import raise_for_failure
from importcost.measure.runners.base import Launch
from importcost.model.profile import Target
from importcost.targets.handler import target_in_image
from tests.harness import write_files

FILE = "/srv/orders/create.py"
TARGET = Target("orders.create", "handler", "/srv/orders", FILE)


def launch(result=None, **fields) -> Launch:
    values = {
        "exit_code": 0,
        "timed_out": False,
        "out_of_memory": False,
        "total_wall_us": 1,
        "rows_text": b"",
        "result": result,
        "output_tail": "",
        "output_bytes": 0,
    }
    return Launch(**{**values, **fields})


def error(**fields):
    values = dict.fromkeys(
        ("missing_variable", "missing_module", "file", "line", "exit_code", "message")
    )
    return {"error": {**values, "type": "ValueError", "traceback": "the trace", **fields}}


def failure(broken: Launch) -> HandlerError:
    with pytest.raises(HandlerError) as caught:
        raise_for_failure(broken, TARGET, 2.5)
    return caught.value


def test_a_launch_that_went_well_raises_nothing():
    raise_for_failure(launch({"error": None}), TARGET, 1)


@pytest.mark.parametrize(
    ("broken", "happened", "next_step"),
    [
        (launch(timed_out=True), "did not end within 2.5 s", "--timeout"),
        (launch(out_of_memory=True), "more memory than the function has", "--memory"),
        (launch(exit_code=-11), "crashed with SIGSEGV", "faulthandler"),
        (launch(exit_code=-123), "ended with signal 123", "os.kill"),
        (launch(exit_code=7), "exit code 7", "remove the call"),
        (launch(error(missing_variable="TABLE")), "TABLE, which is not set", "--env TABLE=VALUE"),
        (launch(error(missing_module="boto3")), "needs the module boto3", "--requirements FILE"),
        (launch(error(file="a.py", line=3, message="bad")), "a.py line 3", "--python"),
        (launch(error(type="SystemExit", exit_code="4")), "sys.exit(4)", "keep the call out"),
        (launch(error(type="SystemExit")), "sys.exit(0)", "keep the call out"),
        (launch(error(message="no table")), "ValueError: no table", "traceback shows the line"),
        (launch(error(message="")), "raised ValueError;", "traceback shows the line"),
    ],
)
def test_every_failure_says_what_happened_where_and_what_to_do_next(broken, happened, next_step):
    sentence = str(failure(broken))
    assert happened in sentence
    assert next_step in sentence
    assert "\n" not in sentence
    assert FILE in sentence or "a.py line 3" in sentence


@pytest.mark.parametrize(
    ("streams", "happened", "next_step"),
    [
        (
            {"output_tail": "x\nimportcost-probe-failed: OSError: full\n"},
            "(OSError: full)",
            "hooks",
        ),
        ({"rows_text": b"importcost-probe-failed: OSError: full\n"}, "(OSError: full)", "hooks"),
        (
            {"rows_text": b"no libraries\nFatal Python error: init_fs: no codec\nx\n"},
            "did not start",
            "PYTHONHOME first",
        ),
        (
            {"rows_text": b"Traceback (most recent call last):\n  x\nImportError: no site\n"},
            "outside of it (ImportError: no site)",
            "--env-file",
        ),
    ],
)
def test_a_failure_that_is_not_the_handlers_is_not_called_its_exit(streams, happened, next_step):
    with pytest.raises(MeasurementError) as caught:
        raise_for_failure(launch(exit_code=1, **streams), TARGET, 2.5)
    assert not isinstance(caught.value, HandlerError)
    assert happened in str(caught.value)
    assert next_step in str(caught.value)
    assert FILE in str(caught.value)
    assert "os._exit" not in str(caught.value)


def test_what_a_handler_prints_before_it_ends_the_process_is_no_failed_start():
    text = "Traceback (most recent call last):\nValueError: mine\n"
    assert "os._exit, exit code 1" in str(failure(launch(exit_code=1, output_tail=text)))


@pytest.mark.parametrize(
    ("module", "files", "root"),
    [
        ("shared", ("shared/__init__.py",), "."),
        ("shared.db", ("shared/db.py",), "."),
        ("settings", ("src/settings.py",), "src"),
        ("shared", ("src/shared/x.py", "shared/x.py"), "src"),
        ("shared", ("shared/readme.txt",), None),
        ("shared", ("shared/x.py", "src/pyproject.toml"), None),
        ("shared", ("src/orders/shared.txt",), None),
    ],
)
def test_a_module_above_the_task_root_names_the_option(tmp_path, module, files, root):
    write_files(tmp_path, {"src/orders/c.py": "", "pyproject.toml": "", **dict.fromkeys(files, "")})
    target = Target("create", None, str(tmp_path / "src/orders"), str(tmp_path / "src/orders/c.py"))
    with pytest.raises(HandlerError) as caught:
        raise_for_failure(launch(error(missing_module=module)), target, 1)
    told = f"name it with --task-root {tmp_path / root if root else ''}."
    assert (told in str(caught.value)) == (root is not None)
    assert ("--requirements" in str(caught.value)) == (root is None)


def test_a_handler_that_removed_its_file_is_told_apart_from_one_in_an_image(tmp_path):
    removed = Target("c", None, str(tmp_path), str(tmp_path / "c.py"))
    with pytest.raises(HandlerError, match="was removed while it was measured"):
        raise_for_failure(launch(error()), removed, 1)
    with pytest.raises(HandlerError, match="ValueError") as caught:
        raise_for_failure(launch(error()), target_in_image("c.py"), 1)
    assert "removed" not in str(caught.value)


def test_a_failure_to_measure_never_passes():
    assert failure(launch(exit_code=1)).exit_code == 3


def test_the_handlers_own_traceback_comes_along():
    assert failure(launch(error())).traceback_text == "the trace"


def test_a_crash_keeps_the_handlers_frames_and_drops_ours():
    stack = [
        '  File "/srv/orders/create.py", line 2 in <module>',
        '  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed',
        '  File "/tmp/x/probe.py", line 500 in main',
        '  File "<string>", line 1 in <module>',
    ]
    text = failure(launch(exit_code=-11, output_tail="\n".join(stack))).traceback_text
    assert text == stack[0]


def test_of_megabytes_of_output_only_the_end_is_kept():
    broken = launch(timed_out=True, output_tail="\n".join(map(str, range(1000))))
    lines = failure(broken).traceback_text.splitlines()
    assert lines == [str(number) for number in range(980, 1000)]
