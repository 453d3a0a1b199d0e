"""A deployed function's own files: its package and its layers, fetched into the cache."""

from __future__ import annotations

import base64
import hashlib
import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from importcost.account.door import AccountDoor
from importcost.account.functions import configured_function
from importcost.account.troubles import AccountError, RefusedError
from importcost.errors import Trouble, remedy
from importcost.files.cache import cache_folder
from importcost.files.replace import replace_file
from importcost.model.results.account import AccountFunction

LARGEST_BYTES = 300_000_000
"""Lambda takes packages of 250 MB unpacked, so a ZIP of more is not one."""
READ_TIMEOUT_S = 60
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class FetchedLayer(NamedTuple):
    """One layer: its ZIP in the cache, or the reason why it is not there."""

    arn: str
    path: Path | None
    reason: str | None = None


class FetchedFunction(NamedTuple):
    """A function with its files. `package` is its ZIP, `image` an image's address instead.

    `values` are those of its environment, to be given on and never kept.
    """

    function: AccountFunction
    package: Path | None
    image: str | None
    layers: tuple[FetchedLayer, ...]
    values: Mapping[str, str]


def fetch_function(
    door: AccountDoor, region: str, name: str, qualifier: str | None
) -> FetchedFunction:
    """Fetch a function's package and layers, each once by its checksum.

    `name` is a name or an ARN without a version. A layer that may not be read is left out with the
    reason. Raises AccountError.
    """
    version = {"Qualifier": qualifier} if qualifier else {}
    answer = door.ask(
        "lambda", "GetFunction", region, f"the function {name}", FunctionName=name, **version
    )
    item: Mapping[str, Any] = answer.get("Configuration") or {}
    code: Mapping[str, Any] = answer.get("Code") or {}
    function = configured_function(item, region)
    values = (item.get("Environment") or {}).get("Variables") or {}
    image = code.get("ImageUri") or None
    package = None
    if function.package_type != "image":
        package = _fetched(str(code.get("Location") or ""), function.code_sha256, function.name)
    layers = tuple(_layer(door, region, one.arn) for one in function.layers)
    return FetchedFunction(function, package, image, layers, values)


def _layer(door: AccountDoor, region: str, arn: str) -> FetchedLayer:
    name, _, version = arn.rpartition(":")
    if not version.isdecimal():
        return FetchedLayer(arn, None, f"its ARN has no version ({arn})")
    try:
        answer = door.ask(
            "lambda",
            "GetLayerVersion",
            region,
            f"the layer {arn}",
            LayerName=name,
            VersionNumber=int(version),
        )
        content: Mapping[str, Any] = answer.get("Content") or {}
        digest = str(content.get("CodeSha256") or "")
        return FetchedLayer(arn, _fetched(str(content.get("Location") or ""), digest, arn))
    except AccountError as error:
        return FetchedLayer(arn, None, str(error))


def _fetched(location: str, sha256: str, what: str) -> Path:
    """Return the file with a checksum, from the cache or from AWS's own address of it.

    The address is a key for some minutes, so no error repeats it. Raises RefusedError.
    """
    digest = _hex(sha256)
    target = cache_folder() / "account" / "packages" / f"{digest}.zip"
    if digest and target.is_file():
        return target
    data = _download(location, what)
    found = hashlib.sha256(data).hexdigest()
    if digest and found != digest:
        raise _refused(f"The package of {what} is not the one that Lambda describes")
    target = target.with_name(f"{found}.zip")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, data)
    except OSError as error:
        raise _refused(
            f"The package of {what} cannot be kept in {target.parent} ({error.strerror})"
        ) from None
    return target


def _hex(sha256: str) -> str:
    try:
        return base64.b64decode(sha256, validate=True).hex()
    except ValueError:
        return ""


def _download(location: str, what: str) -> bytes:
    address = urllib.parse.urlsplit(location)
    is_safe = address.scheme == "https" or (
        address.scheme == "http" and address.hostname in _LOOPBACK
    )
    if not is_safe:
        raise _refused(f"AWS gave no address for the package of {what}")
    try:
        with urllib.request.urlopen(location, timeout=READ_TIMEOUT_S) as stream:  # noqa: S310
            data: bytes = stream.read(LARGEST_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise _refused(f"The package of {what} was not given out (HTTP {error.code})") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = type(getattr(error, "reason", error)).__name__
        raise _refused(f"The package of {what} could not be fetched ({reason})") from None
    if len(data) > LARGEST_BYTES:
        raise _refused(f"The package of {what} is larger than {LARGEST_BYTES // 10**6} MB")
    return data


def _refused(what: str) -> RefusedError:
    return RefusedError(
        Trouble(what, remedy("run it once more", "profile what was deployed from its own folder")),
        "Download",
    )
