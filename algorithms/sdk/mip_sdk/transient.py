"""Faults of the services that a worker depends on, as opposed to faults of a job."""

import traceback
from typing import Literal

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError, NoCredentialsError, ReadTimeoutError
from botocore.exceptions import ConnectionError as NoConnection

from mip_sdk.log import Log

Event = Literal["pacs-down", "pacs-denied", "pacs-unexpected"]
_LONGEST_PAUSE_S = 30.0
_LONGEST_ASKED_PAUSE_S = 300.0
_CODES = {
    "RequestTimeout",
    "SlowDown",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ExpiredToken",
    "ExpiredTokenException",
}


class Unavailable(Exception):
    """A PACS did not answer, or not in a way that can be used: the job waits for it.

    Parameters
    ----------
    words
        What is wrong, without UIDs, values of the image or what the PACS said.
    event
        In the log: ``pacs-down``, ``pacs-denied`` (the credentials are not taken), ``pacs-unexpected`` (no DICOMweb answer).
        The last two need a person, so they are logged as errors.
    pacs
        The name of the PACS in the platform file.
    status
        The HTTP status, 0 when there was none.
    retry_after_s
        How long the PACS asked to be left alone, in seconds.
    """

    def __init__(self, words: str, event: Event, pacs: str, status: int = 0, retry_after_s: float | None = None) -> None:
        super().__init__(words, event, pacs, status, retry_after_s)  # all of them, so that it can be pickled
        self.event: Event = event
        self.pacs = pacs
        self.status = status
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return str(self.args[0])


def log_transient(log: Log, error: BaseException) -> None:
    """One line about a dependency that is down: a warning, or an error when waiting alone will not help."""
    if not isinstance(error, Unavailable):
        log.warn("dependency-failed", fault=type(error).__name__, where=where(error))
        return
    write = log.warn if error.event == "pacs-down" else log.error
    write(error.event, pacs=error.pacs, status=error.status, reason=str(error), where=where(error))


def is_transient(error: BaseException) -> bool:
    """True where the same call may work later: no connection, a timeout, throttling, an error of the service itself."""
    if isinstance(error, (Unavailable, NoConnection, HTTPClientError, IncompleteReadError, ReadTimeoutError, NoCredentialsError)):
        return True
    if not isinstance(error, ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or error.response.get("Error", {}).get("Code") in _CODES


def pause_s(failures: int, error: BaseException | None = None) -> float:
    """How long to wait after so many failures in a row: 0.5 s, doubled each time, at most 30 s; or as long as a PACS asks."""
    pause = min(_LONGEST_PAUSE_S, 0.5 * 2.0 ** min(failures - 1, 10))
    asked = error.retry_after_s if isinstance(error, Unavailable) else None
    return pause if asked is None else max(pause, min(asked, _LONGEST_ASKED_PAUSE_S))


def where(error: BaseException) -> str:
    """The innermost place of an error, ``file.py:line``, for the log: an error's words may quote what must not be logged."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "unknown"
