"""Packages that an installer could not get or build are found in its words."""

from __future__ import annotations

import pytest

from importcost.processes.wheels import lacking_wheel

OLDER_PIP = """\
Collecting boto3==1.26.137 (from -r requirements.txt (line 1))
  Downloading boto3-1.26.137-py3-none-any.whl (135 kB)
Collecting PyYAML==6.0 (from -r requirements.txt (line 2))
  Downloading PyYAML-6.0.tar.gz (124 kB)
  Getting requirements to build wheel: finished with status 'error'
  error: subprocess-exited-with-error

  Getting requirements to build wheel did not run successfully.
Collecting later==1.0
"""
UNAVAILABLE = """\
Collecting numpy==1.21.0 (from -r requirements.txt (line 1))
  Downloading numpy-1.21.0.zip (10.3 MB)
  Getting requirements to build wheel: finished with status 'done'
ERROR: Exception:
pip._vendor.pyproject_hooks._impl.BackendUnavailable: Traceback (most recent call last):
"""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (OLDER_PIP, "PyYAML==6.0"),
        (UNAVAILABLE, "numpy==1.21.0"),
        ("ERROR: No matching distribution found for six==99.0", "six==99.0"),
        ("ERROR: Failed building wheel for lxml", "lxml"),
        ("error: subprocess-exited-with-error", None),
        ("Collecting six\nERROR: Cannot install six and six", None),
    ],
)
def test_the_package_that_failed_is_named(said, expected):
    assert lacking_wheel(said.splitlines()) == expected
