"""Paths inside and on the host, back and forth."""

from __future__ import annotations

import pytest

from importcost.measure.runners.base import Layout

LAYOUT = Layout("/var/task", (), None, (("/var/task", "/home/me/app/"), ("/opt", "/layers/one")))


@pytest.mark.parametrize(
    ("inside", "host"),
    [
        ("/var/task/a/b.py", "/home/me/app/a/b.py"),
        ("/opt/python/x.py", "/layers/one/python/x.py"),
        ("/var/tasks/a.py", "/var/tasks/a.py"),
        ("/usr/lib/x.py", "/usr/lib/x.py"),
    ],
)
def test_a_path_is_named_as_each_side_sees_it(inside, host):
    assert LAYOUT.on_host(inside) == host
    assert LAYOUT.inside(host) == inside
