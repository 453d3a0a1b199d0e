"""One recording endpoint for all tests of a worker: starting it takes seconds."""

import pytest

from importcost.measure.recording.endpoint import open_recorder


@pytest.fixture(scope="session")
def endpoint():
    with open_recorder() as recorder:
        yield recorder


@pytest.fixture
def recorder(endpoint):
    endpoint.begin()
    return endpoint
