"""The container runner without an engine: argv, choices, sentences, merged layers."""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from importcost.errors import MeasurementError, UsageError
from importcost.measure import session
from importcost.measure.runners import engines, launcher
from importcost.measure.runners.container.command import mount_flags, run_argv, user_flags
from importcost.measure.runners.container.host_folder import merge_layers
from importcost.measure.runners.container.inside import ContainerOptions
from importcost.measure.runners.container.runner import ContainerRunner, job_basis
from importcost.measure.runners.engines import (
    ENGINE_NAMES,
    EngineState,
    choose,
    decide,
    find_engine,
    image_facts,
    look,
    pull,
    reason_in,
)

IMAGE = "public.ecr.aws/lambda/python:3.12"


def state(name: str, **changes) -> EngineState:
    facts = {"installed": True, "running": True, "has_image": True, **changes}
    return EngineState(find_engine(name), **facts)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Put an engine command on an otherwise empty PATH: a shell script's body."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def make(name: str, body: str) -> engines.Engine:
        path = folder / name
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")
        path.chmod(0o755)
        return find_engine(name)

    return make


def values(argv: list[str], flag: str) -> list[str]:
    return [after for item, after in itertools.pairwise(argv) if item == flag]


@pytest.mark.parametrize("name", ENGINE_NAMES)
def test_every_engine_gets_lambdas_limits(name, tmp_path):
    options = ContainerOptions(IMAGE, tmp_path, memory_mb=256, env={"SECRET": "hidden"})
    argv = run_argv(state(name), options, "importcost-1", "/var/lang/bin/python3", None)
    assert argv[:5] == [name, "run", "--rm", "--interactive", "--name"]
    assert {"--read-only", "importcost-1"} <= set(argv)
    assert values(argv, "--pull") == ["never"]
    assert values(argv, "--network") == ["none"]
    assert values(argv, "--memory") == values(argv, "--memory-swap") == ["256m"]
    assert values(argv, "--cpu-period") == ["20000"]
    assert values(argv, "--cpu-quota") == ["40000"]
    assert values(argv, "--cap-drop") == ["ALL"]
    assert "size=512m" in values(argv, "--tmpfs")[0]
    assert values(argv, "--mount") == [f"type=bind,source={tmp_path},target=/var/task,readonly"]
    assert argv[argv.index(IMAGE) - 1] == "/var/lang/bin/python3"
    # Variables go in with each job: not to be read in the host's process list.
    assert "hidden" not in " ".join(argv)
    assert "--env" not in argv


def test_what_only_one_engine_needs(tmp_path):
    options = ContainerOptions(IMAGE, tmp_path)

    def argv(name: str) -> list[str]:
        return run_argv(state(name), options, "importcost-1", "python3", None)

    assert "--http-proxy=false" in argv("podman")
    assert "--read-only-tmpfs=false" in argv("podman")
    assert "notmpcopyup" in values(argv("podman"), "--tmpfs")[0]
    assert "label=disable" in argv("docker")
    for name in ("docker", "finch", "nerdctl"):
        assert not any("proxy" in item or "notmpcopyup" in item for item in argv(name))


@pytest.mark.parametrize(
    ("cpus", "quota"), [(2.0, "40000"), (1.0, "20000"), (128 / 1769, "1447"), (0.001, "1000")]
)
def test_the_quota_is_counted_in_lambdas_periods(cpus, quota):
    options = ContainerOptions(IMAGE, None, cpus=cpus)
    argv = run_argv(state("docker"), options, "importcost-1", "python3", None)
    assert values(argv, "--cpu-quota") == [quota]


def test_paths_that_engines_would_split():
    comma, colon, both = Path("/a,b"), Path("/a:b"), Path("/a,b:c")
    assert mount_flags(comma, "/x") == ("--volume", "/a,b:/x:ro")
    assert mount_flags(colon, "/x") == ("--mount", "type=bind,source=/a:b,target=/x,readonly")
    with pytest.raises(UsageError, match="both a comma and a colon"):
        mount_flags(both, "/x")


def test_the_user_inside_owns_the_task_root(tmp_path):
    owner = f"{os.getuid()}:{os.getgid()}"
    assert user_flags(state("docker"), tmp_path) == ("--user", owner)
    assert user_flags(state("podman", rootless=True), tmp_path) == ()
    assert user_flags(state("docker"), None) == ()


def test_auto_takes_the_first_running_engine_that_has_the_image():
    states = [state("docker", has_image=False), state("podman"), state("finch")]
    choice = decide(states, IMAGE)
    assert (choice.engine, choice.reason) == (find_engine("podman"), f"podman has {IMAGE}")
    assert choice.name == "podman"


def test_auto_without_the_image_is_local_and_names_the_pull():
    down = state("docker", running=False, has_image=False, reason="no socket")
    choice = decide([down, state("podman", has_image=False)], IMAGE)
    assert choice.name == "local"
    assert choice.reason == f"podman does not have {IMAGE}"
    assert choice.hint == f"podman pull {IMAGE}"


def test_auto_without_a_running_engine_says_why():
    absent = state("docker", installed=False, running=False, has_image=False)
    down = state("nerdctl", running=False, has_image=False, reason="no socket")
    choice = decide([absent, down], IMAGE)
    assert (choice.name, choice.reason) == ("local", "nerdctl is not running")
    assert choice.full_reason == "nerdctl is not running (no socket)"
    assert choice.tried == ("docker: not installed", "nerdctl: not running: no socket")
    assert choice.hint == f"nerdctl pull {IMAGE}"


def test_auto_without_any_engine(fake):
    choice = choose("auto", IMAGE)
    assert (choice.name, choice.reason) == ("local", "no container engine was found")
    assert choice.hint == f"docker pull {IMAGE}"


def test_local_asks_no_engine(fake, tmp_path):
    fake("docker", f"touch {tmp_path}/called")
    assert choose("local", IMAGE).engine is None
    assert not (tmp_path / "called").exists()


def test_unknown_and_absent_engines(fake):
    with pytest.raises(UsageError, match="choose one of docker, podman, finch, nerdctl"):
        choose("lxc", IMAGE)
    with pytest.raises(MeasurementError, match=r"finch is not installed .* --runner local"):
        choose("finch", IMAGE)


def test_naming_an_engine_pulls_the_missing_image(fake, tmp_path):
    engine = fake(
        "docker",
        f"""
        case "$1" in
        info) echo '["name=seccomp"]';;
        image) test -e {tmp_path}/pulled && echo '[{{}}]';;
        pull) echo "Pulling $2"; echo "Done"; touch {tmp_path}/pulled;;
        esac
        """,
    )
    lines: list[str] = []
    assert not look(engine, IMAGE).has_image
    assert choose("docker", IMAGE, lines.append, lambda: lines.append("now")).engine == engine
    assert lines == ["now", f"Pulling {IMAGE}", "Done"]
    assert choose("auto", IMAGE).engine == engine


def test_a_failed_pull_gives_the_engines_reason(fake):
    engine = fake("podman", "echo 'Trying to pull'; echo 'Error: no route to host' >&2; exit 125")
    with pytest.raises(MeasurementError) as caught:
        pull(engine, IMAGE)
    assert f"podman could not pull {IMAGE} (no route to host):" in str(caught.value)


def test_an_engine_that_hangs_is_given_up_with_its_children(fake, monkeypatch):
    monkeypatch.setattr(engines, "PROBE_TIMEOUT_S", 0.2)
    engine = fake("docker", "sleep 600 & sleep 600")
    started = time.monotonic()
    answer = engines.call(engine, "info", timeout_s=0.2)
    assert time.monotonic() - started < 60
    assert answer.error == "docker did not answer within 0.2 s"


def test_rootless_engines_are_recognised(fake):
    docker = fake("docker", """test "$1" = info && echo '["name=rootless"]'""")
    podman = fake("podman", """test "$1" = info && echo true""")
    assert look(docker, IMAGE).rootless
    assert look(podman, IMAGE).rootless


NO_IMAGE = (
    "Error: No such image: any:1",
    "Error response from daemon: No such image: any:1",
    "Error: inspecting object: any:1: image not known",
    'time="1" level=fatal msg="1 errors: [no such image: any:1]"',
)
NO_SERVER = (
    "Cannot connect to the Docker daemon at unix:///run/docker.sock. Is it running?",
    "failed to connect to the docker API at unix:///run/docker.sock",
    'level=fatal msg="cannot access containerd socket: no such file or directory"',
)


@pytest.mark.parametrize(
    ("said", "is_running"),
    [*((one, True) for one in NO_IMAGE), *((one, False) for one in NO_SERVER)],
)
def test_an_engine_whose_answer_is_clear_is_asked_once(fake, tmp_path, said, is_running):
    script = f"echo \"$1\" >> {tmp_path}/asked; echo '{said}' >&2; exit 1"
    found = look(fake("docker", script), IMAGE)
    assert (found.running, found.has_image, found.installed) == (is_running, False, True)
    assert (tmp_path / "asked").read_text().split() == ["image"]
    assert is_running or (found.reason and found.said.strip() == said)


def test_a_client_that_prints_null_for_a_missing_server_is_down(fake):
    docker = fake(
        "docker", "test \"$1\" = info && echo null && echo 'Cannot connect: no socket' >&2"
    )
    assert look(docker, IMAGE).reason == "Cannot connect: no socket"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Error: no such image\n", "no such image"),
        ("WARNING: swap\ndocker: Error response from daemon: pull access denied.\nSee help.\n",
         "pull access denied"),
        ('time="1" level=fatal msg="cannot access \\"/x.sock\\""\n', 'cannot access "/x.sock"'),
        ("ERROR: Cannot connect to the daemon\nerrors pretty printing info\n",
         "Cannot connect to the daemon"),
        ("just this\n", "just this"),
        ("", "it gave no reason"),
    ],
)  # fmt: skip
def test_the_telling_line_of_an_engines_complaint(text, reason):
    assert reason_in(text) == reason


def test_what_an_image_sets(fake):
    config = {"Env": ["PATH=/bin", "A=b=c"], "WorkingDir": "/var/task"}
    engine = fake("docker", f"echo '{json.dumps([{'Config': config}])}'")
    facts = image_facts(engine, IMAGE)
    assert facts.environment == (("PATH", "/bin"), ("A", "b=c"))
    assert facts.working_dir == "/var/task"


@pytest.mark.parametrize("answer", ["[]", "{}", "nonsense"])
def test_an_unknown_description_of_an_image_is_refused(fake, answer):
    engine = fake("docker", f"echo '{answer}'")
    with pytest.raises(MeasurementError, match="in a form that is not known"):
        image_facts(engine, IMAGE)


def test_a_container_that_cannot_start_gives_the_engines_reason(fake, tmp_path):
    fake(
        "docker",
        """
        case "$1" in
        info) echo '["name=seccomp"]';;
        image) echo '[{"Config": {}}]';;
        run) echo 'docker: Error response from daemon: no space left on device.' >&2; exit 125;;
        esac
        """,
    )
    runner = ContainerRunner(find_engine("docker"), ContainerOptions(IMAGE, tmp_path))
    with pytest.raises(MeasurementError) as caught:
        runner.__enter__()
    assert f"could not start a container of {IMAGE} (no space left on device)" in str(caught.value)
    assert runner.container_name is None


def test_later_layers_win_and_no_layer_is_touched(tmp_path):
    one, two, target = tmp_path / "one", tmp_path / "two", tmp_path / "merged"
    for layer in (one, two):
        (layer / "python/pkg").mkdir(parents=True)
        (layer / "python/pkg/who.py").write_text(layer.name)
    (one / "python/only.py").write_text("one")
    (one / "file-then-folder").write_text("one")
    (two / "file-then-folder").mkdir()
    (two / "file-then-folder/inside").write_text("two")
    (one / "folder-then-file").mkdir()
    (one / "folder-then-file/inside").write_text("one")
    (two / "folder-then-file").write_text("two")
    (one / "link").symlink_to("python")
    (two / "link").symlink_to("python/pkg")
    merge_layers((one, two), target)
    assert (target / "python/pkg/who.py").read_text() == "two"
    assert (target / "python/only.py").read_text() == "one"
    assert (target / "file-then-folder/inside").read_text() == "two"
    assert (target / "folder-then-file").read_text() == "two"
    assert (target / "link").readlink() == Path("python/pkg")
    assert (one / "python/pkg/who.py").read_text() == "one"
    assert (one / "file-then-folder").read_text() == "one"


def test_the_launcher_keeps_the_sessions_bytecode_between_runs():
    assert f"/tmp/{launcher.KEPT_IN_TMP}" == session.BYTECODE_DIR


def in_a_thread(work):
    """Run `work` in a thread of its own: which cores it may use is then lost with it."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def clock(*steps_ms):
    """Return a clock that moves on by these steps, then by a tenth of a millisecond at a time."""
    times = itertools.accumulate(step / 1000 for step in (*steps_ms, *[0.1] * 20_000))
    return lambda: next(times)


@pytest.mark.parametrize("steps_ms", [(0, 1, 14, 1, 14, 500), (0, 14, 1, 2.9, 2.9, 8.4, 500)])
def test_a_throttled_start_waits_until_it_was_held_back_twice(monkeypatch, steps_ms):
    now = clock(*steps_ms)
    monkeypatch.setattr(launcher, "time", SimpleNamespace(monotonic=now))
    in_a_thread(launcher.await_period)
    assert now() == pytest.approx(sum(steps_ms) / 1000)  # the next step was not taken yet


def test_a_start_that_nothing_holds_back_does_not_wait_for_ever(monkeypatch):
    now = clock()
    monkeypatch.setattr(launcher, "time", SimpleNamespace(monotonic=now))
    in_a_thread(launcher.await_period)
    assert now() == pytest.approx(launcher.THROTTLED_WAIT_S, rel=0.01)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux pins threads")
def test_a_throttled_start_keeps_to_one_core(monkeypatch):
    monkeypatch.setattr(launcher, "THROTTLED_WAIT_S", 0.01)

    def cores():
        launcher.await_period()
        return os.sched_getaffinity(0)

    assert in_a_thread(cores) == {max(os.sched_getaffinity(0))}


@pytest.mark.parametrize(("cpus", "is_throttled"), [(0.145, True), (0.58, True), (1.0, False)])
def test_only_a_small_quota_is_waited_for(cpus, is_throttled):
    basis = job_basis(ContainerOptions(IMAGE, None, cpus=cpus), {})
    assert basis["throttled"] is is_throttled
