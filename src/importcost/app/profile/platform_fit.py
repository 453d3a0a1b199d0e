"""Fit a request to its platform: refuse settings that it does not have, take its defaults."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from importcost.app.profile.request import ProfileRequest
from importcost.billing.figures.platforms import Platform, check_platform, check_size
from importcost.errors import UsageError, remedy, words
from importcost.parameters import Parameter
from importcost.targets.web_app import split_app

UNDER_ITS_SERVER = "server"
"""The adapter of a web app on a platform that asks its server itself."""

Refusal = Callable[[ProfileRequest, Platform], str | None]


def fit_platform(request: ProfileRequest, given: Collection[str]) -> ProfileRequest:
    """Return the request as its platform has it; `given` are the fields that the user set.

    Raises UsageError for a platform that is not known, and for a setting that it does not have.
    """
    platform = check_platform(request.platform)
    for name, (parameter, why) in _REFUSALS.items():
        reason = why(request, platform) if name in given else None
        if reason is not None:
            value = getattr(request, name)
            shown = f" is {value}" if isinstance(value, str | int) else " is given"
            raise UsageError(
                words(parameter, f"{shown}, and {reason}"),
                remedy(words("leave ", parameter, " out")),
            )
    if platform.memory is not None and "memory_mb" in given:
        check_size(platform.name, request.memory_mb)
    return _with_defaults(request, platform, given)


def _with_defaults(
    request: ProfileRequest, platform: Platform, given: Collection[str]
) -> ProfileRequest:
    if platform.arches and request.arch not in platform.arches:
        request = replace(request, arch=platform.arches[0])
    is_open = "memory_mb" not in given and not platform.is_modelled
    if platform.memory is not None and is_open:
        request = replace(request, memory_mb=platform.memory.usual)
    is_app = platform.server is not None and split_app(request.target) is not None
    return replace(request, adapter=UNDER_ITS_SERVER) if is_app else request


def _no_arch(request: ProfileRequest, platform: Platform) -> str | None:
    if not platform.arches:
        return f"{platform.title} has no architecture to choose"
    if request.arch in platform.arches:
        return None
    return f"{platform.title} runs {' or '.join(platform.arches)}"


def _no_package_type(request: ProfileRequest, platform: Platform) -> str | None:
    is_known = request.package_type in platform.package_types
    return None if is_known else f"{platform.title} has no package type to choose"


def _no_memory(request: ProfileRequest, platform: Platform) -> str | None:  # noqa: ARG001
    if platform.memory is not None:
        return None
    return f"{platform.title} has no memory size to choose"


def _no_region(request: ProfileRequest, platform: Platform) -> str | None:  # noqa: ARG001
    return None if platform.has_regions else f"no prices by region are known for {platform.title}"


def _no_runtime(request: ProfileRequest, platform: Platform) -> str | None:  # noqa: ARG001
    is_there = platform.runs_lambda_runtime
    return None if is_there else f"Lambda's runtime is not on {platform.title}"


def _no_adapter(request: ProfileRequest, platform: Platform) -> str | None:  # noqa: ARG001
    if platform.runs_lambda_runtime:
        return None
    return f"{platform.title} asks the server of a web app itself"


_REFUSALS: Mapping[str, tuple[Parameter, Refusal]] = {
    "arch": (Parameter.ARCH, _no_arch),
    "package_type": (Parameter.PACKAGE_TYPE, _no_package_type),
    "memory_mb": (Parameter.MEMORY, _no_memory),
    "region": (Parameter.REGION, _no_region),
    "boto3": (Parameter.BOTO3, _no_runtime),
    "layers": (Parameter.LAYERS, _no_runtime),
    "adapter": (Parameter.ADAPTER, _no_adapter),
}
"""The settings that not every platform has, and what says why one has it not."""
