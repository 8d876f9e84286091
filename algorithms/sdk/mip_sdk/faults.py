"""The ways a job can go wrong, by what follows from each.

The words of a fault are stored in the job's record and shown to the client: they carry no UIDs, no values of the image and no
patient data, only what is wrong and where (a position in the series, the name of an attribute).
"""

from typing import Any, Literal

Code = Literal[
    "invalid-input",
    "image-not-found",
    "image-unreadable",
    "image-gone",
    "delivery-refused",
    "result-too-large",
    "version-withdrawn",
    "internal",
    "timeout",
    "out-of-memory",
    "worker-lost",
]


class SettingsFault(Exception):
    """The environment lacks a variable, or one has no sense. Names the variable, never its value."""


class JobFault(Exception):
    """The job cannot succeed, however often it is tried: it fails at once, with this code and these words.

    ``record`` holds further attributes that the job's record gets beside the error.
    """

    code: Code = "internal"

    def __init__(self, words: str, record: dict[str, Any] | None = None) -> None:
        super().__init__(words)
        self.record: dict[str, Any] = record or {}


class InvalidInput(JobFault):
    """The image or the parameters do not fit the algorithm."""

    code: Code = "invalid-input"


class ImageNotFound(JobFault):
    """Neither the image store nor the PACS asked has such an instance, series or study."""

    code: Code = "image-not-found"


class ImageUnreadable(InvalidInput):
    """The bytes are not DICOM, are cut short, or cannot be decoded."""

    code: Code = "image-unreadable"


class ImageGone(JobFault):
    """An image of a conformance case is not where the platform keeps it."""

    code: Code = "image-gone"


class DeliveryRefused(JobFault):
    """The PACS took not all of the results. They stay in the results bucket, and the record lists them."""

    code: Code = "delivery-refused"


class ResultConflict(JobFault):
    """A result with other bytes is already stored under the key of this one. The first stays."""


class ResultTooLarge(JobFault):
    """The files of a result are together more than the platform takes."""

    code: Code = "result-too-large"


class VersionWithdrawn(JobFault):
    """The job was validated for a major version that no worker runs any more."""

    code: Code = "version-withdrawn"


def is_fault(error: BaseException) -> bool:
    """False for what asks the process to end. A panic of a decoder written in Rust is a fault, though it is no ``Exception``."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


class MalformedMessage(Exception):
    """A message that is no job. Its words name the field at fault, never a value."""
