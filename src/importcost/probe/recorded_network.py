"""Runs inside the measured interpreter: send AWS calls to the recording endpoint, and none beyond.

Read by the probe as text (`recording` of its spec) before anything of the handler's is imported.
Standard library only, Python 3.9 to 3.15, and only what is loaded already: what this imported, the
handler would get for free.
"""

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

LOCAL = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - compared, not bound
MAX_PLACES = 100
EAI_AGAIN = -3
# Their values could send calls elsewhere, whatever AWS_ENDPOINT_URL says.
DROPPED_STARTS = ("AWS_ENDPOINT_URL_", "AWS_CONTAINER_", "AWS_WEB_IDENTITY_", "AWS_ROLE_")
DROPPED = (
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def install(recording: "Any") -> "list[str]":
    """Set the environment, watch the network, and return the list that other places go to."""
    for name in list(os.environ):
        is_proxy = name.lower() in PROXIES
        if is_proxy or name in DROPPED or name.startswith(DROPPED_STARTS):
            del os.environ[name]
    os.environ.update(recording["environment"])
    found: list[str] = []
    sys.addaudithook(_hook(recording["port"], found))
    return found


def _hook(port: int, found: "list[str]") -> "Any":
    """Return an audit hook that refuses connections as a machine without a network does."""
    unreachable = OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))

    def note(host: object, other: object) -> None:
        text = str(host) if other is None else str(host) + ":" + str(other)
        if text not in found and len(found) < MAX_PLACES:
            found.append(text)

    def watch(event: str, args: "tuple[Any, ...]") -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = args[1]
            if not isinstance(address, tuple) or len(address) < 2:
                return  # a path, or a connected socket
            if not str(address[0]).startswith(LOCAL):
                note(address[0], address[1])
                raise OSError(*unreachable.args)
            if event == "socket.connect" and address[1] != port:
                note(address[0], address[1])
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = args[0].decode("ascii", "replace") if isinstance(args[0], bytes) else args[0]
            if host is None or _is_number(str(host)) or str(host).startswith(LOCAL):
                return
            note(host, args[1] if len(args) > 1 else None)
            error = getattr(sys.modules.get("_socket"), "gaierror", OSError)
            raise error(EAI_AGAIN, "Temporary failure in name resolution")

    return watch


def _is_number(host: str) -> bool:
    """Return True for an address: looking it up asks nobody."""
    return ":" in host or host.replace(".", "").isdigit() or host == ""
