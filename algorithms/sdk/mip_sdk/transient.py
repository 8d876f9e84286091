"""Faults of the services that a worker depends on, as opposed to faults of a job."""

import traceback
from typing import Literal

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError, NoCredentialsError
from botocore.exceptions import ConnectionError as NoConnection

from mip_sdk.answer import Down

Event = Literal["pacs-down", "pacs-denied", "pacs-unexpected"]
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

    def down(self) -> Down:
        """As a child tells it to its parent."""
        fields: dict[str, str | int] = {"pacs": self.pacs, "status": self.status, "reason": str(self)}
        return Down(type(self).__name__, where(self), self.event, fields, self.retry_after_s)


def is_transient(error: BaseException) -> bool:
    """True where the same call may work later: no connection, a timeout, throttling, an error of the service itself."""
    if isinstance(error, (Down, Unavailable, NoConnection, HTTPClientError, IncompleteReadError, NoCredentialsError)):
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
