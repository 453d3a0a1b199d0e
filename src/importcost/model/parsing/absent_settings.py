"""The settings that a platform does not have: null in what is saved.

Measuring needs some value in their place. Readers of a null take that value, and older files have
it themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ABSENT_SETTINGS: Mapping[str, frozenset[str]] = {
    "agentcore": frozenset({"memory_mb", "package_type", "region"}),
    "cloudrun": frozenset({"package_type", "region"}),
    "azure-flex": frozenset({"arch", "package_type", "region"}),
    "generic": frozenset({"memory_mb", "arch", "package_type", "region"}),
}
"""The names of the fields by platform, as `billing/data/platforms.json` implies them."""
STAND_IN = "stand_in"
"""The key of a field's metadata that holds the value which is measured with instead."""


STANDS_FOR_MEMORY: Mapping[str, object] = {STAND_IN: 128}
STANDS_FOR_ARCH: Mapping[str, object] = {STAND_IN: "x86_64"}
STANDS_FOR_PACKAGE_TYPE: Mapping[str, object] = {STAND_IN: "image"}
STANDS_FOR_REGION: Mapping[str, object] = {STAND_IN: "us-east-1"}


def absent_settings(platform: object) -> frozenset[str]:
    """Return the names of the settings that a platform does not have."""
    return ABSENT_SETTINGS.get(platform, frozenset()) if isinstance(platform, str) else frozenset()


def setting_or_none(owner: Any, name: str) -> Any:
    """Return a setting of what has a `platform`, None if that platform does not have it."""
    return None if name in absent_settings(owner.platform) else getattr(owner, name)
