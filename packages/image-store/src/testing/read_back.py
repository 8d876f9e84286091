"""Reads stored files back through dicomweb_client, and compares them with the files themselves.

Reads JSON lines ``{"url", "key", "path"}`` and prints for each ``{"refused": null or text, "problems": [text, ...]}``: ``refused``
is what the server said to the retrieval in Explicit VR Little Endian.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from dicomweb_client import DICOMwebClient
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import get_decoder
from requests import HTTPError, Response, Session
from same_dataset import differences

warnings.simplefilter("ignore")

EXPLICIT = "1.2.840.10008.1.2.1"
LOSSY = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"}
# Decoders of one JPEG differ in how they interpolate colours.
TOLERANCE = 3
DESCRIBES_PIXELS = {
    "PixelData",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
}


class Case:
    """One file, and what is read of it."""

    def __init__(self, url: str, key: str, path: str) -> None:
        self.session = Session()
        self.session.headers["x-api-key"] = key
        self.client = DICOMwebClient(url, session=self.session)
        self.client.set_http_retry_params(retry=False)
        self.path = Path(path)
        self.source = pydicom.dcmread(path)
        self.uids = (self.source.StudyInstanceUID, self.source.SeriesInstanceUID, self.source.SOPInstanceUID)
        self.syntax = self.source.file_meta.TransferSyntaxUID
        self.tag = next((t for t in ("PixelData", "FloatPixelData", "DoubleFloatPixelData") if t in self.source), None)
        self.problems: list[str] = []

    def run(self) -> dict[str, Any]:
        """Asks for everything."""
        self.as_stored()
        self.metadata()
        self.search()
        refused = None
        try:
            self.explicit()
        except HTTPError as error:
            refused = f"{status_of(error)} {detail_of(error)}"
        if self.tag:
            self.frames(refused)
            self.rendered(refused)
        return {"refused": refused, "problems": self.problems}

    def expect(self, holds: bool, what: str) -> None:
        """Notes what does not hold."""
        if not holds:
            self.problems.append(what)

    def as_stored(self) -> None:
        """The bytes of the file."""
        url = "{}/studies/{}/series/{}/instances/{}".format(self.client.base_url.rstrip("/"), *self.uids)
        accept = "application/dicom; transfer-syntax=*"
        answer = self.session.get(url, headers={"Accept": accept})
        self.expect(answer.content == self.path.read_bytes(), "as stored: other bytes")
        # Its own way of asking for the same.
        dataset = self.client.retrieve_instance(*self.uids)
        self.expect(dataset.SOPInstanceUID == self.uids[2], "as stored: another instance")

    def explicit(self) -> None:
        """Explicit VR Little Endian: the same attributes, the same pixels."""
        result = self.client.retrieve_instance(*self.uids, media_types=(("application/dicom", EXPLICIT),))
        self.expect(result.file_meta.TransferSyntaxUID == EXPLICIT, "explicit: another transfer syntax")
        ignore = DESCRIBES_PIXELS if self.tag else set()
        self.problems += [f"explicit: {one}" for one in differences(self.source, result, ignore)]
        for index in range(self.count()):
            self.same_pixels(self.pixels(self.source, index), self.pixels(result, index), f"explicit, frame {index + 1}")

    def count(self) -> int:
        """Frames, of which the first three are looked at."""
        if not self.tag:
            return 0
        try:
            number = int(self.source.get("NumberOfFrames") or 1)
        except ValueError:
            number = 1
        return min(number, 3)

    def pixels(self, dataset: Dataset, index: int) -> np.ndarray | None:
        """One frame as pydicom decodes it, without a change of colours; None where it cannot."""
        try:
            syntax = dataset.file_meta.TransferSyntaxUID
            return get_decoder(syntax).as_array(dataset, index=index, raw=True)[0]
        except Exception:
            return None

    def same_pixels(self, one: np.ndarray | None, other: np.ndarray | None, where: str) -> None:
        """Equal, or as near as lossy decoders are."""
        if one is None:
            return
        if other is None or one.shape != other.shape:
            self.problems.append(f"{where}: other pixels")
            return
        difference = np.max(np.abs(one.astype(np.int64) - other.astype(np.int64)))
        allowed = TOLERANCE if self.syntax in LOSSY else 0
        self.expect(bool(difference <= allowed), f"{where}: pixels differ by {difference}")

    def frames(self, refused: str | None) -> None:
        """The last of the first frames alone, decoded and as stored; one too many."""
        number = self.count()
        try:
            media = (("application/octet-stream", EXPLICIT),)
            [frame] = self.client.retrieve_instance_frames(*self.uids, [number], media_types=media)
            self.same_frame(frame, number - 1)
        except HTTPError as error:
            self.expect(refused is not None and status_of(error) == 406, f"frames: {status_of(error)}")
        if self.syntax.is_encapsulated:
            frames = list(generate_frames(self.source.PixelData, number_of_frames=int(self.source.get("NumberOfFrames") or 1)))
            media = (("application/octet-stream", "*"),)
            [frame] = self.stored_frame(number)
            self.expect(frame == frames[number - 1], "frames: other bytes than stored")
        try:
            self.client.retrieve_instance_frames(*self.uids, [100_000])
            self.problems.append("frames: 100000 is there")
        except HTTPError as error:
            self.expect(status_of(error) == 404, f"frames: 100000 gives {status_of(error)}")

    def stored_frame(self, number: int) -> list[bytes]:
        """As stored: dicomweb_client does not let a client ask so."""
        url = "{}/studies/{}/series/{}/instances/{}/frames/{}".format(self.client.base_url.rstrip("/"), *self.uids, number)
        accept = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
        answer = self.session.get(url, headers={"Accept": accept})
        answer.raise_for_status()
        return parts_of(answer)

    def same_frame(self, frame: bytes, index: int) -> None:
        """The bytes of a decoded frame."""
        expected = self.pixels(self.source, index)
        if expected is None:
            return
        if self.source.BitsAllocated == 1:
            got = np.unpackbits(np.frombuffer(frame, np.uint8), bitorder="little")[: expected.size]
        else:
            got = np.frombuffer(frame, expected.dtype.newbyteorder("<"))
        unused = self.source.BitsAllocated - self.source.get("BitsStored", self.source.BitsAllocated)
        if unused and self.source.BitsAllocated > 1:
            got = (got << unused) >> unused
        planar = self.source.get("PlanarConfiguration") == 1 and not self.syntax.is_encapsulated
        if planar:
            got = got.reshape(3, *expected.shape[:2]).transpose(1, 2, 0)
        if self.source.PhotometricInterpretation == "YBR_FULL_422" and not self.syntax.is_encapsulated:
            self.expect(len(frame) == self.source.Rows * self.source.Columns * 2, "frames: not subsampled")
            return
        self.same_pixels(expected, got.reshape(expected.shape), f"frame {index + 1}")

    def metadata(self) -> None:
        """Attributes, and pixels by a URL."""
        metadata = self.client.retrieve_instance_metadata(*self.uids)
        self.expect(metadata["00080018"]["Value"] == [self.uids[2]], "metadata: another instance")
        if self.tag:
            tag = {"PixelData": "7FE00010", "FloatPixelData": "7FE00008", "DoubleFloatPixelData": "7FE00009"}[self.tag]
            uri = metadata[tag].get("BulkDataURI", "")
            self.expect(uri.startswith("http") and self.uids[2] in uri, "metadata: no URL for the pixels")

    def search(self) -> None:
        """Found by its UID, at every level."""
        study, series, instance = self.uids
        found = self.client.search_for_instances(study, series, search_filters={"SOPInstanceUID": instance})
        self.expect([one["00080018"]["Value"] for one in found] == [[instance]], "search: instance not found")
        found = self.client.search_for_studies(search_filters={"StudyInstanceUID": study})
        self.expect([one["0020000D"]["Value"] for one in found] == [[study]], "search: study not found")

    def rendered(self, refused: str | None) -> None:
        """A picture of the right size."""
        for media, form in (("image/png", "PNG"), ("image/jpeg", "JPEG")):
            try:
                content = self.client.retrieve_instance_rendered(*self.uids, media_types=(media,))
            except HTTPError as error:
                detail = detail_of(error)
                self.expect(status_of(error) == 406, f"rendered: {status_of(error)} {detail}")
                self.expect(refused is not None, f"rendered: {detail}")
                continue
            picture = Image.open(io.BytesIO(content))
            self.expect(picture.format == form, f"rendered: {picture.format}")
            self.expect(picture.size == (self.source.Columns, self.source.Rows), "rendered: another size")


def status_of(error: HTTPError) -> int | None:
    """What the server answered, if it did."""
    return None if error.response is None else error.response.status_code


def detail_of(error: HTTPError) -> str | None:
    """What its problem says."""
    return None if error.response is None else error.response.json().get("detail")


def parts_of(answer: Response) -> list[bytes]:
    """The bodies of a multipart answer."""
    boundary = answer.headers["Content-Type"].partition("boundary=")[2].strip('"').encode()
    parts = (b"\r\n" + answer.content).split(b"\r\n--" + boundary)
    return [part.partition(b"\r\n\r\n")[2] for part in parts[1:-1]]


def main() -> None:
    """Answers each line of standard input with one line."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = Case(**request).run()
        except Exception as error:
            answer = {"refused": None, "problems": [f"{type(error).__name__}: {error}"]}
        sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
