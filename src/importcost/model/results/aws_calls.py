"""The AWS calls that a handler makes, as a recording endpoint receives them."""

from __future__ import annotations

from dataclasses import dataclass

SET_ASIDE = "(set aside)"
"""Replaces a value that is new at each call by design, such as an idempotency token."""


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One call: who makes it where, with which parameters, and the status of its answer.

    `service` is the name that `boto3.client` takes. `key` is the access key id that signs (of one
    that AWS issued, the call that did), empty for an unsigned call. `parameters` are pairs of a
    path, such as `Item/id/S`, and its value as text, sorted by path. `is_answered` is False if the
    endpoint does not implement the operation and answered with an error of its own.
    """

    service: str
    operation: str
    region: str
    key: str
    parameters: tuple[tuple[str, str], ...]
    status: int
    is_answered: bool = True

    @property
    def name(self) -> str:
        """Return service and operation, such as `s3 PutObject`."""
        return f"{self.service} {self.operation}"


@dataclass(frozen=True, slots=True)
class CallSummary:
    """The recording of one event on the original, in short.

    `compared` is the number of its calls that each version must make; `varying` that of the others,
    which differ from call to call by themselves. `names` are the calls' names with their numbers,
    `unanswered` the names of those that the endpoint does not implement. `unrecorded` are places
    beside the endpoint that the handler tried to reach, as `host:port`. `supplied` are the
    resources that were made for the calls to find, such as `dynamodb orders`.
    """

    compared: int
    varying: int
    names: tuple[tuple[str, int], ...]
    unanswered: tuple[str, ...]
    unrecorded: tuple[str, ...]
    supplied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """The calls of one launch, in the order of their arrival.

    `unrecorded` are the other places that the handler tried to reach, as `host:port`.
    """

    calls: tuple[AwsCall, ...] = ()
    unrecorded: tuple[str, ...] = ()
