"""The door to AWS: one boto3 session, its clients, and a count of what was asked."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from importcost.account.troubles import told
from importcost.errors import UsageError

TRIES = 8
"""Tries of a request that AWS throttles or that fails on the way, with a growing pause between."""
CONNECTIONS = 16
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 10, 60


class AccountDoor:
    """Reads one account with one set of credentials; safe to share between threads.

    Raises UsageError if boto3 is not installed or the profile does not exist.
    """

    def __init__(self, profile: str | None = None) -> None:
        try:
            import boto3
            from botocore.exceptions import BotoCoreError, ProfileNotFound
        except ImportError:
            raise UsageError(
                "Reading an AWS account needs boto3: pip install 'importcost-lambda[aws]'."
            ) from None
        try:
            self._session: Any = boto3.Session(profile_name=profile)
        except ProfileNotFound:
            known = ", ".join(sorted(boto3.Session().available_profiles)[:10]) or "none"
            raise UsageError(
                f"There is no AWS profile {profile}: name one of those in the AWS configuration"
                f" ({known})."
            ) from None
        except BotoCoreError as error:
            raise UsageError(f"The AWS configuration cannot be read ({error}).") from None
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.calls: Counter[str] = Counter()
        """Requests by operation, retries not counted."""

    @property
    def region(self) -> str | None:
        """The region of the profile or the environment, None if neither names one."""
        found = self._session.region_name
        return str(found) if found else None

    def ask(
        self, service: str, operation: str, region: str, what: str, **parameters: Any
    ) -> dict[str, Any]:
        """Return AWS's answer to one request.

        `operation` is AWS's name (`ListFunctions`); `what` is asked for, in an error's words.
        Raises AccountError of the kind that happened.
        """
        from botocore import xform_name

        if self._stopped.is_set():
            raise KeyboardInterrupt
        with told(service, operation, region, what):
            client = self._client(service, region)
            with self._lock:
                self.calls[f"{service}:{operation}"] += 1
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        return answer

    def pause(self, seconds: float) -> None:
        """Wait; ends at once, with KeyboardInterrupt, where the command is being stopped."""
        if self._stopped.wait(seconds):
            raise KeyboardInterrupt

    def stop(self) -> None:
        """Let no thread ask for anything more."""
        self._stopped.set()

    def _client(self, service: str, region: str) -> Any:
        from botocore.config import Config

        with self._lock:
            key = (service, region)
            if key not in self._clients:
                config = Config(
                    retries={"mode": "standard", "total_max_attempts": TRIES},
                    max_pool_connections=CONNECTIONS,
                    connect_timeout=CONNECT_TIMEOUT_S,
                    read_timeout=READ_TIMEOUT_S,
                    user_agent_extra="importcost",
                )
                self._clients[key] = self._session.client(
                    service, region_name=region, config=config
                )
            return self._clients[key]
