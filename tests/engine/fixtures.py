"""Real container engines for tests: one that answers, or one started for the session.

`tests/conftest.py` gives the fixtures to every test folder: imported by a module of its own, a
session's fixture would be another one, with another Docker daemon.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from importcost.measure.runners.engines import Engine, engine_is_running, find_engine
from tests.engine import image
from tests.harness import PATIENCE_S

REQUIRED = os.environ.get("IMPORTCOST_REQUIRE_ALL") == "1"
ENGINES = ("podman", "docker")
BOTO3_AND_NEEDS = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3")
ULIMITS = "nofile=1024:4096"
PODMAN_CONFIG = """\
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def wait_until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Poll for something that only an engine or another process can bring about."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s} s"
        time.sleep(0.05)


def _lacking(reason: str) -> None:
    if REQUIRED:
        pytest.fail(f"IMPORTCOST_REQUIRE_ALL is set, but {reason}")
    pytest.skip(reason)


@contextlib.contextmanager
def _podman() -> Iterator[None]:
    """Make podman work as root on hosts with hybrid cgroups.

    There crun refuses to start and podman's default limits and cgroup manager fail.
    """
    if os.geteuid() != 0 or "CONTAINERS_CONF" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="importcost-podman-") as folder:
        config = PODMAN_CONFIG + ('runtime = "runc"\n' if shutil.which("runc") else "")
        path = Path(folder, "containers.conf")
        path.write_text(config)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CONTAINERS_CONF", str(path))
            yield


@contextlib.contextmanager
def _dockerd() -> Iterator[None]:
    """Start a Docker daemon with everything of its own, so that it disturbs no other."""
    with tempfile.TemporaryDirectory(prefix="importcost-docker-") as folder:
        address = f"unix://{folder}/socket"
        # Ends with this process even if that is killed.
        leash = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
        argv = [
            *leash,
            *("dockerd", "--host", address, "--pidfile", f"{folder}/pid"),
            *("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"),
            *("--iptables=false", "--ip6tables=false", "--bridge=none"),
            *("--exec-opt", "native.cgroupdriver=cgroupfs", "--default-ulimit", ULIMITS),
        ]
        log = Path(folder, "log")
        with log.open("wb") as stream, pytest.MonkeyPatch.context() as patch:
            daemon = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
            )
            patch.setenv("DOCKER_HOST", address)
            docker = find_engine("docker")
            try:
                wait_until(
                    lambda: daemon.poll() is not None or engine_is_running(docker).running,
                    PATIENCE_S,
                    "dockerd answers",
                )
                assert daemon.poll() is None, log.read_text()[-4000:]
                yield
            finally:
                daemon.terminate()
                daemon.wait(timeout=PATIENCE_S)
                # What was mounted for containers on the host's network outlives the daemon.
                for mounted in Path(folder, "exec", "netns").glob("*"):
                    subprocess.run(["umount", str(mounted)], check=False, capture_output=True)


@contextlib.contextmanager
def running(name: str) -> Iterator[Engine]:
    """Yield the engine, started for the session where it may be; skip or fail without one."""
    engine = find_engine(name)
    with contextlib.ExitStack() as stack:
        if name == "podman":
            stack.enter_context(_podman())
        state = engine_is_running(engine)
        startable = name == "docker" and os.geteuid() == 0 and shutil.which("dockerd")
        if state.installed and not state.running and startable and REQUIRED:
            stack.enter_context(_dockerd())
            state = engine_is_running(engine)
        if not state.running:
            _lacking(f"{name} does not run here: {state.reason}")
        if image.missing_tools():
            _lacking(image.missing_tools())
        yield engine


@pytest.fixture(scope="session", params=ENGINES)
def running_engine(request) -> Iterator[tuple[Engine, Mapping[str, str]]]:
    """Each real engine in turn, with the variables by which its command finds it."""
    with running(request.param) as found:
        names = ("CONTAINERS_CONF", "DOCKER_HOST")
        variables = {name: os.environ[name] for name in names if name in os.environ}
        with pytest.MonkeyPatch.context() as patch:
            for name in variables:
                patch.delenv(name)  # other tests of this process know of no engine
            yield found, variables


@pytest.fixture
def engine(running_engine, monkeypatch) -> Engine:
    """Each real engine in turn, in reach for one test."""
    found, variables = running_engine
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def lambda_image(engine) -> str:
    """The tag of an image laid out like AWS's, in each engine."""
    return image.load(engine.command)


@pytest.fixture
def image_without_boto3(engine, lambda_image) -> str:
    """The tag of the same image without boto3 and what it needs, as images of one's own are."""
    tag = lambda_image.replace("lambda-python", "python-without-boto3")
    # From the image's id, so that one made from an older recipe is made again.
    wanted = _asked(engine, "image", "inspect", "--format", "{{.Id}}", lambda_image)
    with image._locked(image.cache_folder() / "load-lock"):
        label = "importcost.from"
        template = f'{{{{index .Config.Labels "{label}"}}}}'
        if _asked(engine, "image", "inspect", "--format", template, tag) != wanted:
            name = f"importcost-image-{uuid.uuid4().hex}"
            script = "cd /var/runtime && rm -r " + " ".join(f"{part}*" for part in BOTO3_AND_NEEDS)
            shell = ("--network", "none", "--entrypoint", "/bin/sh", lambda_image, "-c", script)
            try:
                subprocess.run([engine.command, "run", "--name", name, *shell], check=True)
                change = ("--change", f"LABEL {label}={wanted}")
                subprocess.run([engine.command, "commit", *change, name, tag], check=True)
            finally:
                subprocess.run([engine.command, "rm", "--force", name], check=True)
    return tag


def _asked(engine: Engine, *words: str) -> str:
    """Return what an engine's command prints, empty if it fails."""
    done = subprocess.run([engine.command, *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def docker_client() -> None:
    """Skip, or fail where nothing may be skipped, without docker's command."""
    if shutil.which("docker") is None:
        _lacking("no command docker is on the PATH")
