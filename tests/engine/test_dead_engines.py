"""Real clients without a server behind them."""

from __future__ import annotations

import socket
import time

import pytest

from importcost.errors import MeasurementError
from importcost.measure.runners.container.inside import ContainerOptions
from importcost.measure.runners.container.runner import ContainerRunner
from importcost.measure.runners.engines import choose, find_engine, look
from tests.engine.fixtures import docker_client

pytestmark = pytest.mark.engine
DOCKER = find_engine("docker")


@pytest.fixture(autouse=True)
def _docker_client():
    docker_client()


def test_a_docker_that_is_down_is_told_in_one_sentence(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    with pytest.raises(MeasurementError, match="docker is not running") as caught:
        choose("docker", "any:1")
    assert "unix:///nonexistent/docker.sock" in str(caught.value)
    assert "--runner local" in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(MeasurementError, match="docker is not running"):
        ContainerRunner(DOCKER, ContainerOptions("any:1", None)).__enter__()


@pytest.mark.unhurried
def test_a_docker_that_never_answers_is_given_up(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.getsockname()[1]}")
        started = time.monotonic()
        state = look(DOCKER, "any:1")
    assert time.monotonic() - started < 60
    assert not state.running
    assert state.reason == "docker did not answer within 3 s"
