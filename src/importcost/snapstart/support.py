"""SnapStart's conditions on a function: its image, its Python version, its other settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from importcost.billing.figures.assumptions import load_snapstart_limits

_AWS_BASE = re.compile(r"(?:^|/)(?:lambda/python|aws-lambda-python):(\d+)\.(\d+)")
HOOKS_SINCE = 3
"""Major version of awslambdaric that calls the snapshot's interfaces (its pull request 176)."""


class Acceptance(str, Enum):
    """The answer to whether SnapStart takes something."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SupportFact:
    """One condition of SnapStart: `about` names it, `says` is a sentence."""

    about: str
    taken: Acceptance
    says: str


@dataclass(frozen=True, slots=True)
class ImageTraits:
    """The facts of an image. `is_aws_base` is None if that is not known.

    `python` is its Python, such as (3, 12); `client` the major version of awslambdaric in it, None
    if it has none or it is not known.
    """

    name: str
    is_aws_base: bool | None
    labels: Mapping[str, str]
    python: tuple[int, int] | None = None
    client: int | None = None


@dataclass(frozen=True, slots=True)
class FunctionTraits:
    """Settings of a function in its template; None for what it does not say."""

    tmp_mb: int | None = None
    uses_efs: bool = False
    is_provisioned: bool = False
    applies: str | None = None
    """SnapStart's ApplyOn."""


NO_TRAITS = FunctionTraits()


def aws_base(name: str) -> tuple[int, int] | None:
    """Return the Python version of an AWS base image by its name, None for another image."""
    found = _AWS_BASE.search(name)
    return None if found is None else (int(found[1]), int(found[2]))


def image_support(image: ImageTraits) -> SupportFact:
    """Return whether SnapStart takes an image, by base, label and runtime client."""
    limits = load_snapstart_limits()
    key, _, wanted = limits.image_label.partition("=")
    label = image.labels.get(key)
    if label is not None and label == wanted.strip('"'):
        return SupportFact("image", Acceptance.YES, f"{image.name} has LABEL {limits.image_label}.")
    said = f" Its label {key} is {label}, which allows nothing." if label is not None else ""
    if image.is_aws_base:
        return _base_support(image, limits.minimum_python, limits.image_label, said)
    if image.client is not None and image.client >= HOOKS_SINCE:
        return SupportFact(
            "image",
            Acceptance.YES,
            f"{image.name} has no AWS base image; its awslambdaric {image.client} implements the "
            f"runtime hooks.{said}",
        )
    if image.is_aws_base is None:
        return SupportFact(
            "image",
            Acceptance.UNKNOWN,
            f"The base of {image.name} is not known before it is built.",
        )
    return SupportFact(
        "image",
        Acceptance.NO,
        f"{image.name} is not on an AWS base image of Python: it needs LABEL {limits.image_label}, "
        f"or a runtime client with hooks (awslambdaric {HOOKS_SINCE} or later).{said}",
    )


def _base_support(image: ImageTraits, minimum: int, label: str, said: str) -> SupportFact:
    if image.python is None:
        return SupportFact(
            "image", Acceptance.UNKNOWN, f"{image.name} is an AWS base image of an unknown Python."
        )
    version = "{}.{}".format(*image.python)
    if image.python >= (3, minimum):
        return SupportFact(
            "image",
            Acceptance.YES,
            f"{image.name} is on AWS's base image of Python {version}.{said}",
        )
    return SupportFact(
        "image",
        Acceptance.NO,
        f"{image.name} is on AWS's base image of Python {version}, and as it is SnapStart takes 3."
        f"{minimum} and later: take a newer base, or LABEL {label}.{said}",
    )


def function_support(traits: FunctionTraits) -> Iterator[SupportFact]:
    """Yield what a template's settings mean for SnapStart."""
    limits = load_snapstart_limits()
    if traits.tmp_mb is not None and traits.tmp_mb > limits.tmp_limit_mb:
        yield SupportFact(
            "tmp",
            Acceptance.NO,
            f"EphemeralStorage makes /tmp {traits.tmp_mb} MB, and SnapStart takes "
            f"{limits.tmp_limit_mb} MB at most.",
        )
    if traits.uses_efs:
        yield SupportFact(
            "efs", Acceptance.NO, "It mounts EFS (FileSystemConfigs), which rules it out."
        )
    if traits.is_provisioned:
        yield SupportFact(
            "provisioned",
            Acceptance.NO,
            "It has provisioned concurrency: Lambda allows one of the two for a version.",
        )
    if traits.applies is not None and traits.applies != "PublishedVersions":
        yield SupportFact(
            "setting", Acceptance.NO, f"SnapStart.ApplyOn is {traits.applies}: it is switched off."
        )
    elif traits.applies is not None:
        yield SupportFact("setting", Acceptance.YES, "SnapStart.ApplyOn is PublishedVersions.")
