"""botocore's data files by AWS service, and which of the services a function uses."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable

from importcost.files.read import read_found
from importcost.model.package.size import ServiceData

_OWNER = "botocore"
_PARTS = ("botocore", "data")
_MAKERS = frozenset({"client", "resource"})
_MENTIONS = (b"boto", b"session")
MOST_SOURCE_BYTES = 1_000_000


def service_of(path: str) -> str | None:
    """Return the service whose data a file holds: botocore/data/SERVICE/VERSION/FILE."""
    parts = path.split("/")
    if len(parts) < 5 or tuple(parts[-5:-3]) != _PARTS:
        return None
    return parts[-3]


class ServiceFiles:
    """Collects the data files of services while a package is walked."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = defaultdict(int)
        self._loaded: set[str] = set()

    def add(self, path: str, size_bytes: int, *, is_loaded: bool) -> None:
        """Take a file into account if it holds a service's data."""
        service = service_of(path)
        if service is not None:
            self._sizes[service] += size_bytes
            if is_loaded:
                self._loaded.add(service)

    def result(self, own_sources: Iterable[str]) -> ServiceData | None:
        """Return the services' data, None if the package holds none.

        `own_sources` are the function's own files, which may name services.
        """
        if not self._sizes:
            return None
        named, is_certain = services_named(own_sources)
        known = named & self._sizes.keys()
        return ServiceData(
            distribution=_OWNER,
            services=len(self._sizes),
            size_bytes=sum(self._sizes.values()),
            loaded=tuple(sorted(self._loaded)),
            named=tuple(sorted(known)),
            used_bytes=sum(self._sizes[one] for one in known | self._loaded),
            is_certain=is_certain,
        )


def services_named(sources: Iterable[str]) -> tuple[set[str], bool]:
    """Return the services that sources pass to `client` or `resource`, and if those are all.

    A service that is named by anything but a string is not known before a run.
    """
    found: set[str] = set()
    is_certain = True
    for source in sources:
        for call in _calls(source):
            name = _first_argument(call)
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                found.add(name.value)
            elif name is not None:
                is_certain = False
    return found, is_certain


def _calls(source: str) -> list[ast.Call]:
    """Return the calls of a file that make clients; a file that does not parse has none."""
    try:
        text = read_found(source, MOST_SOURCE_BYTES + 1)
        if len(text) > MOST_SOURCE_BYTES or not any(word in text for word in _MENTIONS):
            return []
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if _called(call) in _MAKERS]


def _called(call: ast.Call) -> str | None:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return None


def _first_argument(call: ast.Call) -> ast.expr | None:
    if call.args:
        return call.args[0]
    names = {keyword.arg: keyword.value for keyword in call.keywords}
    return names.get("service_name")
