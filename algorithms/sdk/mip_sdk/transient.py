"""Faults of the services that a worker depends on, as opposed to faults of a job."""

import traceback

from botocore.exceptions import ClientError, HTTPClientError, NoCredentialsError, ReadTimeoutError
from botocore.exceptions import ConnectionError as NoConnection

from mip_sdk.answer import Down

_CODES = {
    "RequestTimeout",
    "SlowDown",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ExpiredToken",
    "ExpiredTokenException",
}


def is_transient(error: BaseException) -> bool:
    """True where the same call may work later: no connection, a timeout, throttling, an error of the service itself."""
    if isinstance(error, (Down, NoConnection, HTTPClientError, ReadTimeoutError, NoCredentialsError)):
        return True
    if not isinstance(error, ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or error.response.get("Error", {}).get("Code") in _CODES


def pause_s(failures: int, longest: float = 30.0) -> float:
    """How long to wait after so many failures in a row: 0.5 s, doubled each time, at most ``longest``."""
    return min(longest, 0.5 * 2.0 ** min(failures - 1, 10))


def where(error: BaseException) -> str:
    """The innermost place of an error, ``file.py:line``, for the log: an error's words may quote what must not be logged."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "unknown"
