"""The platform's own image store, read past its server: the index says which objects, S3 gives them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from mip_sdk.faults import ImageNotFound, JobFault
from mip_sdk.images import StoredImage, check_bytes, check_count, hashed, in_series_order, stored_image
from mip_sdk.message import Pacs
from mip_sdk.pacs_server import StoreTables
from mip_sdk.parallel import in_parallel
from mip_sdk.progress import UNHEARD, Stretch

_AT_ONCE = 8
# What else is in the bucket, like the images of conformance cases, is no client's.
_PREFIX = "instances/"


@dataclass(frozen=True)
class _Row:
    key: str
    size: int
    sha256: str


class BuiltInStore:
    """Reads the table ``mip-images`` (Query alone) and the images bucket. ``most_bytes`` is of one job's images together."""

    def __init__(self, dynamodb: Any, s3: Any, tables: StoreTables, most_bytes: int | None = None) -> None:
        self._dynamodb = dynamodb
        self._s3 = s3
        self._tables = tables
        self._most_bytes = most_bytes

    def fetch(self, pacs: Pacs, progress: Stretch = UNHEARD) -> list[StoredImage]:
        """As ``Source`` says. What is too large is refused before a byte of it is fetched."""
        rows = list(self._rows(pacs))
        if not rows:
            raise ImageNotFound(f"the {self._missing_level(pacs)} is not in the image store")
        check_count(len(rows))
        check_bytes(sum(row.size for row in rows), self._most_bytes)
        return in_series_order(in_parallel(self._get, rows, _AT_ONCE, progress))

    def _rows(self, pacs: Pacs) -> Iterator[_Row]:
        prefix = "instance/"
        if pacs.series_uid is not None:
            prefix += self._hashed("series", pacs.series_uid) + "/"
        if pacs.instance_uid is not None:
            prefix += self._hashed("instance", pacs.instance_uid)
        for item in self._query(pacs, prefix):
            yield _Row(item["key"]["S"], int(item["size"]["N"]), item["sha256"]["S"])

    def _query(self, pacs: Pacs, prefix: str, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Rows of the study whose ``row`` starts so; consistent, for a client processes what it has just stored."""
        call: dict[str, Any] = {
            "TableName": self._tables.table,
            "KeyConditionExpression": "#study = :study AND begins_with(#row, :prefix)",
            "ProjectionExpression": "#key, #size, #sha256",
            "ExpressionAttributeNames": {f"#{name}": name for name in ("study", "row", "key", "size", "sha256")},
            "ExpressionAttributeValues": {":study": {"S": self._hashed("study", pacs.study_uid)}, ":prefix": {"S": prefix}},
            "ConsistentRead": True,
        }
        if limit is not None:
            call["Limit"] = limit
        while True:
            answer = self._dynamodb.query(**call)
            yield from answer.get("Items", [])
            if "LastEvaluatedKey" not in answer or limit is not None:
                return
            call["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _missing_level(self, pacs: Pacs) -> str:
        """The first level of the request that the index does not have."""
        if pacs.series_uid is None or not any(self._query(pacs, "instance/", limit=1)):
            return "study"
        series = f"instance/{self._hashed('series', pacs.series_uid)}/"
        return "instance" if any(self._query(pacs, series, limit=1)) else "series"

    def _get(self, row: _Row) -> StoredImage:
        if not row.key.startswith(_PREFIX):
            raise JobFault("the image store lists an object of the bucket that is none of its instances")
        try:
            octets = self._s3.get_object(Bucket=self._tables.bucket, Key=row.key)["Body"].read()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                raise JobFault("the image store lists an instance whose bytes are gone") from error
            raise
        image = stored_image(octets)
        if image.sha256 != row.sha256:
            raise JobFault("the bytes of an instance in the image store are not those that were imported: their SHA-256 differs")
        return image

    def _hashed(self, level: str, uid: str) -> str:
        return hashed(self._tables.secret, level, uid)
