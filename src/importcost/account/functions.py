"""The functions of a region, from Lambda's ListFunctions and ListTags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from importcost.account.door import AccountDoor
from importcost.account.troubles import GoneError, wanted
from importcost.model.results.account import AccountFunction, LayerVersion

PAGE = 50
"""The most functions that Lambda lists at once."""


def python_functions(
    door: AccountDoor, region: str, pattern: str | None, tags: Mapping[str, str]
) -> Iterator[AccountFunction]:
    """Yield a region's functions whose runtime is Python, and the images, in Lambda's order.

    `pattern` is a name with `*` and `?`. Of each function that it fits the tags are asked for, if
    `tags` is not empty. Raises AccountError.
    """
    marker: dict[str, str] = {}
    seen: set[str] = set()
    while True:
        answer = door.ask(
            "lambda", "ListFunctions", region, "the list of functions", MaxItems=PAGE, **marker
        )
        for item in wanted(answer, "Functions", "ListFunctions", region):
            function = configured_function(item, region)
            is_new = function.arn not in seen
            seen.add(function.arn)
            if is_new and _is_asked_for(function, pattern) and _has_tags(door, function, tags):
                yield function
        following = answer.get("NextMarker")
        if not following or following == marker.get("Marker"):
            return
        marker = {"Marker": following}


def configured_function(item: Mapping[str, Any], region: str) -> AccountFunction:
    """Return a function from its configuration as Lambda describes it."""
    name = str(item.get("FunctionName", ""))
    environment = (item.get("Environment") or {}).get("Variables") or {}
    logging = item.get("LoggingConfig") or {}
    snapstart = (item.get("SnapStart") or {}).get("ApplyOn")
    return AccountFunction(
        name=name,
        arn=str(item.get("FunctionArn", "")),
        region=region,
        version=str(item.get("Version") or "$LATEST"),
        runtime=item.get("Runtime") or None,
        package_type=str(item.get("PackageType") or "Zip").lower(),
        memory_mb=int(item.get("MemorySize") or 128),
        arch=str((item.get("Architectures") or ["x86_64"])[0]),
        timeout_s=int(item.get("Timeout") or 3),
        handler=item.get("Handler") or None,
        layers=tuple(
            LayerVersion(str(one.get("Arn", "")), int(one.get("CodeSize") or 0))
            for one in item.get("Layers") or ()
        ),
        variable_names=tuple(sorted(map(str, environment))),
        code_bytes=int(item.get("CodeSize") or 0),
        code_sha256=str(item.get("CodeSha256") or ""),
        modified=str(item.get("LastModified") or ""),
        log_group=str(logging.get("LogGroup") or f"/aws/lambda/{name}"),
        has_snapstart=snapstart == "PublishedVersions",
        logs_inits=str(logging.get("SystemLogLevel") or "INFO").upper() in ("INFO", "DEBUG"),
    )


def account_of(arn: str) -> str | None:
    """Return the account in an ARN."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 and parts[4].isdigit() else None


def _is_asked_for(function: AccountFunction, pattern: str | None) -> bool:
    is_python = function.package_type == "image" or (function.runtime or "").startswith("python")
    return is_python and (pattern is None or fnmatchcase(function.name, pattern))


def _has_tags(door: AccountDoor, function: AccountFunction, tags: Mapping[str, str]) -> bool:
    if not tags:
        return True
    try:
        answer = door.ask(
            "lambda",
            "ListTags",
            function.region,
            f"the function {function.name}",
            Resource=function.arn.removesuffix(f":{function.version}"),
        )
    except GoneError:  # deleted since it was listed
        return False
    own = answer.get("Tags") or {}
    return all(own.get(key) == value for key, value in tags.items())
