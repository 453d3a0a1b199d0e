"""Find another server for a web app, or install the one that was assumed, if it is not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from importcost.app.profile.bench import Bench
from importcost.app.profile.extra_packages import Extra, with_missing
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.errors import NoServerError
from importcost.targets.dockerfile import installing_dockerfile
from importcost.targets.web_app import choose_server, names_serving


def with_server(
    bench: Bench, error: NoServerError, listener: Listener
) -> tuple[ProfileRequest, Extra]:
    """Return the request with a server that is deployed, or the packages with the assumed one.

    Raises `error` if run.sh or the user's command starts a program that is neither deployed nor
    installed by the Dockerfile: Lambda would not find it either. So it does if nothing may be
    installed.
    """
    request, target = bench.request, bench.subject.target
    start = choose_server(request.server, target, request.target)
    if not start.is_assumed:
        file = installing_dockerfile(target.task_root, error.distribution)
        if file is None or not request.installs:
            raise error
        listener.note(f"{file} installs {error.distribution}.")
        place = bench.prepared.place.install_target()
        wanted = {error.module: error.distribution}
        return request, with_missing(bench.extra, wanted, place, listener.note)
    layout = bench.runner.layout
    folders = [Path(layout.on_host(one)) for one in layout.search_path]
    deployed = [
        name
        for name in names_serving(start.kind)
        if any((folder / name / "__init__.py").is_file() for folder in folders)
    ]
    if request.server is None and deployed:
        listener.note(f"Server: {deployed[0]} (it is deployed, and {start.name} is not).")
        return replace(request, server=deployed[0]), bench.extra
    if not request.installs:
        raise error
    wanted = {error.module: error.distribution}
    place = bench.prepared.place.install_target()
    return request, with_missing(bench.extra, wanted, place, listener.note)
