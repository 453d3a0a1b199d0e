"""A function's AWS_LAMBDA_EXEC_WRAPPER is run in the container, with its layers at /opt."""

from __future__ import annotations

import pytest

from importcost.app.profile.measured import profile_handler
from importcost.app.profile.request import ProfileRequest
from importcost.errors import HandlerError
from tests.app.profile.test_exec_wrapper import OWN, SCRIPT, WRAP
from tests.app.profile.test_rehearsal import Notes
from tests.harness import write_files

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def request(root, engine, image, script=SCRIPT):
    write_files(
        root,
        {
            "app/orders.py": OWN,
            "layer/trace-it": script,
            "layer/python/fakewrap.py": WRAP,
            "layer/python/hooks/sitecustomize.py": "import zoneinfo\n",
        },
    )
    (root / "layer/trace-it").chmod(0o755)
    return ProfileRequest(
        target=str(root / "app/orders.py"),
        layers=(str(root / "layer"),),
        environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/trace-it"},
        runner=engine.name,
        image=image,
        runs=5,
        memory_mb=512,
        boto3="none",
        installs=False,
    )


def test_the_program_starts_the_images_interpreter(tmp_path, engine, lambda_image):
    profile = profile_handler(request(tmp_path, engine, lambda_image), Notes())
    tree = profile.tree
    roots = [tree.name(node) for node in tree.roots()]
    inside = [name for name in roots if name in ("/opt/trace-it", "sitecustomize", "fakewrap")]
    assert inside == ["/opt/trace-it", "sitecustomize", "fakewrap"]
    assert profile.environment.runtime_source.startswith("awslambdaric ")
    assert profile.function_init.cpu_us.value > 10_000
    assert {"zoneinfo", "sqlite3"} <= set(tree.names)


def test_a_program_that_fails_inside_is_named(tmp_path, engine, lambda_image):
    script = "#!/bin/sh\necho no licence >&2\nexit 3\n"
    with pytest.raises(HandlerError, match="/opt/trace-it, the AWS_LAMBDA_EXEC_WRAPPER") as caught:
        profile_handler(request(tmp_path, engine, lambda_image, script), Notes())
    assert "ended with exit code 3 before init was done (no licence)" in str(caught.value)
