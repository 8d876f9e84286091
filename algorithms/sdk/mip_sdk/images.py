"""Where the images of a job come from: the images bucket, under keys that tell nothing about the patient."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from botocore.exceptions import ClientError
from pydicom import Dataset

from mip_sdk.faults import ImageNotFound
from mip_sdk.message import Pacs
from mip_sdk.reading import read_header
from mip_sdk.values import frame_group, number


@dataclass(frozen=True)
class StoredImage:
    """One instance as imported: ``octets`` are the Part 10 file, ``sha256`` is of them, in hexadecimal."""

    octets: bytes
    sha256: str


def hashed(secret: str, level: str, uid: str) -> str:
    """The name of a UID in a key: 32 hexadecimal digits of HMAC-SHA256 over level, NUL, UID. ``level``: study, series, instance."""
    return hmac.new(secret.encode(), f"{level}\0{uid}".encode(), hashlib.sha256).hexdigest()[:32]


class Images:
    """The images bucket, read only."""

    def __init__(self, s3: Any, bucket: str, secret: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._secret = secret

    def fetch(self, pacs: Pacs) -> list[StoredImage]:
        """All instances that a job is about, in the order of the series.

        Raises
        ------
        ImageNotFound
            Naming the level at which nothing was found.
        """
        prefix = f"instances/{hashed(self._secret, 'study', pacs.study_uid)}/"
        if pacs.series_uid is not None:
            prefix += f"{hashed(self._secret, 'series', pacs.series_uid)}/"
        if pacs.instance_uid is not None:
            return [self._get(f"{prefix}{hashed(self._secret, 'instance', pacs.instance_uid)}.dcm")]
        images = [self._get(key) for key in self._list(prefix)]
        if not images:
            raise ImageNotFound(f"no images of this {'series' if pacs.series_uid else 'study'} are in the image store")
        return in_series_order(images)

    def _list(self, prefix: str) -> Iterator[str]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            yield from (item["Key"] for item in page.get("Contents", []))

    def _get(self, key: str) -> StoredImage:
        try:
            octets = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                raise ImageNotFound("the instance is not in the image store") from error
            raise
        return StoredImage(octets, hashlib.sha256(octets).hexdigest())


def in_series_order(images: list[StoredImage]) -> list[StoredImage]:
    """By position along the normal where every instance has one, else by InstanceNumber; ties by SOP Instance UID."""
    headers = [read_header(image.octets) for image in images]
    positions = [_along_normal(header) for header in headers]
    placed = all(position is not None for position in positions)

    def key(index: int) -> tuple[float, float, str]:
        order = number(headers[index].get("InstanceNumber"))
        position = positions[index]
        place = position if placed and position is not None else 0.0
        return place, float("inf") if order is None else order, str(headers[index].get("SOPInstanceUID", ""))

    return [images[index] for index in sorted(range(len(images)), key=key)]


def _along_normal(header: Dataset) -> float | None:
    position = (frame_group(header, 0, "PlanePositionSequence") or header).get("ImagePositionPatient")
    orientation = (frame_group(header, 0, "PlaneOrientationSequence") or header).get("ImageOrientationPatient")
    if not position or not orientation or len(position) != 3 or len(orientation) != 6:
        return None
    axes = np.array(orientation, dtype=np.float64)
    return float(np.dot(np.array(position, dtype=np.float64), np.cross(axes[:3], axes[3:])))
