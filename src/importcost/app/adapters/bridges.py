"""Packages that make a handler of a web app, and the app laid out behind one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.app.profile.bench import Bench
from importcost.measure.session import Subject, Variant
from importcost.model.web import AppKind

FORM_FUNCTION = "importcost_handler_form"


@dataclass(frozen=True, slots=True)
class Bridge:
    """A package that makes a handler of an app: `line` does it, with the app for `{app}`."""

    package: str
    module: str
    kind: AppKind
    line: str


MANGUM = Bridge(
    "mangum", "mangum", AppKind.ASGI, "from mangum import Mangum\n{name} = Mangum({app})\n"
)
APIG_WSGI = Bridge(
    "apig-wsgi",
    "apig_wsgi",
    AppKind.WSGI,
    "from apig_wsgi import make_lambda_handler\n{name} = make_lambda_handler({app})\n",
)
BRIDGES: Mapping[str, Bridge] = {one.package: one for one in (MANGUM, APIG_WSGI)}


def has_bridge(bench: Bench, bridge: Bridge) -> bool:
    """Return True if the bench's packages have the bridge."""
    folders = [bench.runner.layout.on_host(one) for one in bench.runner.layout.search_path]
    return any(Path(folder, bridge.module).exists() for folder in folders)


def as_handler(opened: Bench, bridge: Bridge) -> Subject:
    """Return the app's module with the bridge's lines at its end, to be imported as a handler.

    Raises OSError if its file cannot be read.
    """
    target, server = opened.subject.target, opened.subject.server
    name = target.function or "app"
    is_factory = server is not None and server.is_factory
    line = bridge.line.format(name=FORM_FUNCTION, app=f"{name}()" if is_factory else name)
    source = Path(target.handler_file).read_bytes()
    text = source + b"\n\n" + line.encode()
    variant = Variant(f"handler-form-{bridge.package}", {target.handler_file: text})
    return replace(
        opened.subject,
        server=None,
        variant=variant,
        target=replace(target, function=FORM_FUNCTION),
    )
