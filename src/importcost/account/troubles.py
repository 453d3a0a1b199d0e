"""The ways in which a request to AWS goes wrong, as values with what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from importcost.errors import MeasurementError, Trouble, remedy

_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"}
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN_KEYS = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_THROTTLED = frozenset(
    {
        "LimitExceededException",
        "RequestLimitExceeded",
        "ServiceQuotaExceededException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
    }
)
_GONE = frozenset({"ResourceNotFoundException", "ResourceNotFound", "NotFoundException"})
_SERVICES = {"CloudWatch Logs": "logs", "CloudWatch": "cloudwatch", "Lambda": "lambda"}


class AccountError(MeasurementError):
    """AWS did not give something that was asked for."""


class NoCredentialsGivenError(AccountError):
    """The session has no credentials, or some that AWS takes no more: no request will succeed."""


class DeniedError(AccountError):
    """The credentials may not do this; others of the requests may succeed.

    `permission` is the one that lacks, such as `logs:StartQuery`.
    """

    def __init__(self, permission: str, region: str) -> None:
        super().__init__(
            f"The credentials may not do {permission} in {region}",
            remedy("add what `importcost account --policy` prints to their policy"),
        )
        self.permission = permission


class ThrottledError(AccountError):
    """AWS took no more requests for a while, after several tries."""


class GoneError(AccountError):
    """The thing does not exist, or exists no more. `said` are AWS's words."""

    def __init__(self, what: str, said: str) -> None:
        super().__init__(
            f"{what} does not exist", remedy("look at its name, its account and its region")
        )
        self.said = said


class RefusedError(AccountError):
    """AWS refused a request for another reason. `code` is AWS's name of it."""

    def __init__(self, trouble: Trouble, code: str) -> None:
        super().__init__(trouble.what, trouble.remedy)
        self.code = code


def wanted(answer: Mapping[str, Any], key: str, operation: str, region: str) -> Any:
    """Return a part of an answer. Raises RefusedError if it is not there: no AWS has answered."""
    if key not in answer:
        raise RefusedError(
            Trouble(
                f"The answer to {operation} in {region} is not one of AWS's (it lacks {key})",
                remedy("look at the proxy and at AWS_ENDPOINT_URL"),
            ),
            "Malformed",
        )
    return answer[key]


@contextmanager
def told(service: str, operation: str, region: str, what: str) -> Iterator[None]:
    """Turn what botocore raises inside into one of the errors above.

    `service` and `operation` as the policy spells them (`logs`, `StartQuery`); `what` is asked for.
    """
    from botocore import exceptions

    permission = f"{service}:{operation}"
    try:
        yield
    except exceptions.ClientError as error:
        raise _answered(error, permission, region, what) from None
    except _without_credentials(exceptions) as error:
        raise no_credentials(str(error)) from None
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        raise RefusedError(
            Trouble(
                f"{service} in {region} did not answer {operation} ({type(error).__name__})",
                remedy("look at the network and at the name of the region", "run it once more"),
            ),
            "Connection",
        ) from None
    except exceptions.BotoCoreError as error:
        raise RefusedError(
            Trouble(
                f"{permission} in {region} could not be asked ({_short(str(error))})",
                remedy("look at the settings of the AWS profile"),
            ),
            type(error).__name__,
        ) from None


def no_credentials(said: str) -> NoCredentialsGivenError:
    """Return the error of a session whose credentials are missing or past their time."""
    return NoCredentialsGivenError(
        f"There are no AWS credentials to read the account with ({_short(said)})",
        remedy("log in (`aws sso login`)", "name a profile that has some with --profile"),
    )


def _without_credentials(exceptions: object) -> tuple[type[Exception], ...]:
    names = (
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "SSOError",
        "TokenRetrievalError",
        "NoAuthTokenError",
    )
    found = (getattr(exceptions, name, None) for name in names)
    return tuple(one for one in found if one is not None)


def _answered(error: object, permission: str, region: str, what: str) -> AccountError:
    """Return the error for AWS's own answer."""
    response = getattr(error, "response", None) or {}
    answer = response.get("Error") or {}
    code = str(answer.get("Code") or "").rpartition("#")[2]
    said = _short(str(answer.get("Message") or ""))
    if code in _DENIED:
        return DeniedError(permission, region)
    if code in _EXPIRED:
        return NoCredentialsGivenError(
            f"The AWS credentials have expired ({code})",
            remedy("log in again (`aws sso login`), and run the same command: it goes on"),
        )
    if code in _UNKNOWN_KEYS:
        return NoCredentialsGivenError(
            f"AWS does not take the credentials ({code})",
            remedy("look at the profile that --profile or AWS_PROFILE names"),
        )
    if code in _THROTTLED:
        return ThrottledError(
            f"AWS took no more {permission} requests in {region} for a while ({code})",
            remedy("run it again later: it goes on where it stopped"),
        )
    if code in _GONE:
        return GoneError(what, str(answer.get("Message") or ""))
    return RefusedError(
        Trouble(
            f"AWS refused {permission} in {region} ({code or 'no reason'}: {said})",
            remedy("look at what it was asked for"),
        ),
        code,
    )


def _short(text: str) -> str:
    one_line = " ".join(text.split()).rstrip(".")
    return one_line if len(one_line) <= 200 else one_line[:199] + "…"
