"""The images of a job: where they come from, in what order, and whether they are the ones that were asked for."""

import hashlib
import hmac
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from pydicom import Dataset

from mip_sdk.faults import InvalidInput, JobFault
from mip_sdk.message import Pacs
from mip_sdk.progress import UNHEARD, Stretch
from mip_sdk.reading import read_header
from mip_sdk.values import frame_group, number

MOST_INSTANCES = 10_000
"""Of one job: as many as a record can list results."""


@dataclass(frozen=True)
class StoredImage:
    """One instance as imported: ``octets`` are the Part 10 file, ``sha256`` is of them, in hexadecimal."""

    octets: bytes
    sha256: str


class Source(Protocol):
    """Where images are kept: the platform's own store, or a PACS."""

    def fetch(self, pacs: Pacs, progress: Stretch = UNHEARD) -> list[StoredImage]:
        """All instances that a job is about, in the order of the series. ``progress`` is told of each that is there.

        Raises
        ------
        ImageNotFound
            Naming the level at which nothing was found.
        InvalidInput
            When they are more, or larger together, than the platform takes.
        """
        ...


def stored_image(octets: bytes) -> StoredImage:
    """These bytes with their digest."""
    return StoredImage(octets, hashlib.sha256(octets).hexdigest())


def hashed(secret: str, level: str, uid: str) -> str:
    """The name of a UID in a key: 32 hexadecimal digits of HMAC-SHA256 over level, NUL, UID. ``level``: study, series, instance."""
    return hmac.new(secret.encode(), f"{level}\0{uid}".encode(), hashlib.sha256).hexdigest()[:32]


def check_count(instances: int) -> None:
    """Raise ``InvalidInput`` for more instances than a job may be about."""
    if instances > MOST_INSTANCES:
        raise InvalidInput(f"the job is about {instances} instances; at most {MOST_INSTANCES} are taken")


def check_bytes(size: int, most_bytes: int | None) -> None:
    """Raise ``InvalidInput`` for images that are together larger than is taken here."""
    if most_bytes is not None and size > most_bytes:
        raise InvalidInput(f"the images have {size} bytes together; at most {most_bytes} are taken here")


class Budget:
    """How many bytes may still be read, by all threads together."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._read = 0
        self._lock = threading.Lock()

    def count(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks, as long as they fit; then ``InvalidInput``."""
        for chunk in chunks:
            with self._lock:
                self._read += len(chunk)
                check_bytes(self._read, self._most)
            yield chunk


def check_identity(header: Dataset, pacs: Pacs) -> None:
    """What was fetched has to be what was asked for: a mix-up in a store must not become a result of the wrong patient.

    Raises
    ------
    JobFault
        Naming the attribute that differs, never its value.
    """
    asked = {
        "StudyInstanceUID": pacs.study_uid,
        "SeriesInstanceUID": pacs.series_uid,
        "SOPInstanceUID": pacs.instance_uid,
    }
    for name, uid in asked.items():
        if uid is not None and str(header.get(name) or uid) != uid:
            raise JobFault(f"the stored image is not the one that was asked for: its {name} differs")


def in_series_order(images: list[StoredImage]) -> list[StoredImage]:
    """By position along the normal where every instance has one, else by InstanceNumber; ties by SOP Instance UID."""
    if len(images) < 2:
        return images
    headers = [read_header(image.octets, pixels=False) for image in images]
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
