"""The images of conformance jobs, which the platform keeps by the digest of their bytes: they are in no index and in no PACS."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from mip_sdk.faults import ImageGone, JobFault
from mip_sdk.images import Budget, StoredImage, in_series_order, stored_image
from mip_sdk.parallel import in_parallel
from mip_sdk.progress import UNHEARD, Stretch

_AT_ONCE = 8
_CHUNK = 1 << 20
# S3 says the last to whoever may read an object and not list the bucket, as a worker may.
_GONE = ("NoSuchKey", "404", "AccessDenied")


class ConformanceImages:
    """Reads ``conformance/{sha256}.dcm`` of the images bucket and nothing else. ``most_bytes`` is of one job's images together."""

    def __init__(self, s3: Any, bucket: str, most_bytes: int | None = None) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._most_bytes = most_bytes

    def fetch(self, digests: Sequence[str], progress: Stretch = UNHEARD) -> list[StoredImage]:
        """The images of these digests, in the order of the series.

        Raises
        ------
        ImageGone
            When one of them is not there, naming it by its place.
        InvalidInput
            When they are larger together than the platform takes.
        JobFault
            When the bytes are not those of the digest.
        """
        budget = Budget(self._most_bytes)

        def get(numbered: tuple[int, str]) -> StoredImage:
            number, digest = numbered
            return self._get(digest, f"conformance image {number} of {len(digests)}", budget)

        return in_series_order(in_parallel(get, list(enumerate(digests, start=1)), _AT_ONCE, progress))

    def _get(self, digest: str, what: str, budget: Budget) -> StoredImage:
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=f"conformance/{digest}.dcm")["Body"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                raise ImageGone(f"{what} is not in the images bucket, or the worker may not read it") from error
            raise
        image = stored_image(b"".join(budget.count(body.iter_chunks(_CHUNK))))
        if image.sha256 != digest:
            raise JobFault(f"the bytes of {what} are not those that were put there: their SHA-256 differs")
        return image
