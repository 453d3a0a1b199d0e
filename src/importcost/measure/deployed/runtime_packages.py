"""The packages of Lambda's runtime: boto3 and its dependencies, from a dated file."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

NO_BOTO3 = "none"
"""The reason given for a function that is measured without the runtime's packages."""


@dataclass(frozen=True, slots=True)
class RuntimePackages:
    """The packages of one runtime, as pins that an installer reads.

    `certainty` is how boto3's version is known: "read" from a call on Lambda, "inferred", or "asked
    for". `date` is the data file's.
    """

    pins: tuple[str, ...]
    boto3: str
    certainty: str
    date: str

    @property
    def key(self) -> str:
        """Return the key that tells these packages from those of another runtime or version."""
        return "runtime packages: " + " ".join(self.pins)


@functools.cache
def _data() -> Mapping[str, Any]:
    text = resources.files("importcost.measure").joinpath("data", "runtime-packages.json")
    data: Mapping[str, Any] = json.loads(text.read_text(encoding="utf-8"))
    return data


def runtime_packages(python_version: str, boto3: str | None = None) -> RuntimePackages:
    """Return the packages of the runtime of a Python like `3.12`.

    `boto3` is another version than the data file's. A Python without an entry uses that of the
    newest runtime.
    """
    data = _data()
    runtimes = data["runtimes"]
    newest = max(runtimes, key=lambda version: tuple(map(int, version.split("."))))
    facts = runtimes.get(python_version, runtimes[newest])
    versions = dict(data["packages"])
    if not facts["snapshot-restore-py"]:
        versions.pop("snapshot-restore-py")
    certainty = facts["boto3"] if python_version in runtimes else "inferred"
    if boto3 is not None and boto3 != versions["boto3"]:
        # The dependencies of another boto3 are given by its own metadata.
        for name in ("botocore", "s3transfer", "jmespath"):
            versions.pop(name)
        versions["boto3"] = boto3
        certainty = "asked for"
    pins = tuple(f"{name}=={version}" for name, version in versions.items())
    return RuntimePackages(pins, versions["boto3"], certainty, data["date"])


def runtime_modules_brought() -> frozenset[str]:
    """Return the top-level modules that the runtime offers for functions to import."""
    return frozenset(_data()["modules"])


def runtime_distributions() -> frozenset[str]:
    """Return the runtime's distributions, by canonical name."""
    return frozenset(_data()["distributions"])
