"""Where results go: the results bucket, at keys that derive from the algorithm, the job and the image that ran it."""

import hashlib
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from mip_sdk.faults import ResultConflict
from mip_sdk.progress import UNHEARD, Stretch


@dataclass(frozen=True)
class ResultFile:
    """One file to store. ``name`` is unique within the job."""

    name: str
    media_type: str
    octets: bytes

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hexadecimal."""
        return hashlib.sha256(self.octets).hexdigest()


class Results:
    """The results bucket, of which a worker may write its algorithm's two prefixes only: one for results, and its quarantine.

    Parameters
    ----------
    quarantined
        Whether the results are those of conformance jobs, which nobody is to take for a client's.
    """

    def __init__(self, s3: Any, bucket: str, algorithm: str, image_digest: str, quarantined: bool = False) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = f"quarantine/{algorithm}" if quarantined else f"algorithms/{algorithm}/jobs"
        self._image = image_digest.removeprefix("sha256:")[:16]

    def store(self, job_key: str, files: list[ResultFile], progress: Stretch = UNHEARD) -> list[dict[str, Any]]:
        """Store all files of a job; what is there already with the same bytes stays.

        Returns
        -------
        The job record's ``results``: name, key, media_type, size, sha256 of each file.

        Raises
        ------
        ResultConflict
            When other bytes are stored under a file's key.
        """
        stored: list[dict[str, Any]] = []
        for file in files:
            stored.append(self._store(f"{self._prefix}/{job_key}/{self._image}/{file.name}", file))
            progress.reached(len(stored), len(files))
        return stored

    def _store(self, key: str, file: ResultFile) -> dict[str, Any]:
        try:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=file.octets, ContentType=file.media_type, IfNoneMatch="*")
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") not in (409, 412):
                raise
            if self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read() != file.octets:
                raise ResultConflict("a result with other bytes is already stored for this job; it was left as it is") from error
        return {
            "name": file.name,
            "key": key,
            "media_type": file.media_type,
            "size": len(file.octets),
            "sha256": file.sha256,
        }
