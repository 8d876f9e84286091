"""The same anatomy, stored in another way, gives the same result in the patient: medical images come in all of these."""

import os
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from made import parsed, processed, processed_series, written
from mip_sdk import BaseProcessor, InvalidInput
from mip_sdk.processing import Processed
from phantom import make
from segs import marked, measured, same_places, seg_of
from shipped import image

Pixels = NDArray[np.int16]
IMAGES = ["CT_small.dcm", "explicit_VR-UN.dcm"] if os.environ.get("MIP_TEST_FULL") == "1" else ["CT_small.dcm"]


def hu_of(source: Dataset) -> Pixels:
    return (source.pixel_array * float(source.RescaleSlope) + float(source.RescaleIntercept)).astype(np.int16)


def bare(name: str) -> tuple[Dataset, Pixels]:
    """The image, uncompressed, of 16 signed bits whose samples are HU."""
    source = parsed(image(name))
    hu = decoded(name)
    return stored(source, hu), hu


@cache
def decoded(name: str) -> Pixels:
    return hu_of(parsed(image(name)))


def stored(source: Dataset, samples: NDArray[Any], **attributes: Any) -> Dataset:
    source.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    source.Rows, source.Columns = samples.shape
    source.BitsAllocated, source.BitsStored, source.HighBit, source.PixelRepresentation = 16, 16, 15, 1
    source.RescaleSlope, source.RescaleIntercept, source.RescaleType = 1, 0, "HU"
    for name in ("PixelPaddingValue", "SmallestImagePixelValue", "LargestImagePixelValue"):
        source.pop(name, None)
    for name, value in attributes.items():
        setattr(source, name, value)
    source.PixelData = samples.astype("<i2").tobytes()
    source["PixelData"].VR = "OW"
    source["PixelData"].is_undefined_length = False
    return source


def axes(source: Dataset) -> tuple[NDArray[np.float64], ...]:
    both = np.array(source.ImageOrientationPatient, float)
    return np.array(source.ImagePositionPatient, float), both[:3], both[3:], np.array(source.PixelSpacing, float)


def placed(position: Any, across: Any, down: Any, spacing: Any) -> dict[str, Any]:
    return {
        "ImagePositionPatient": [round(float(one), 6) for one in position],
        "ImageOrientationPatient": [float(one) for one in (*across, *down)],
        "PixelSpacing": [float(one) for one in spacing],
    }


def upside_down(source: Dataset, hu: Pixels) -> bytes:
    position, across, down, spacing = axes(source)
    position = position + down * spacing[0] * (len(hu) - 1)
    return written(stored(source, hu[::-1], **placed(position, across, -down, spacing)))


def mirrored(source: Dataset, hu: Pixels) -> bytes:
    position, across, down, spacing = axes(source)
    position = position + across * spacing[1] * (hu.shape[1] - 1)
    return written(stored(source, hu[:, ::-1], **placed(position, -across, down, spacing)))


def turned(source: Dataset, hu: Pixels) -> bytes:
    """Rows become columns."""
    position, across, down, spacing = axes(source)
    return written(stored(source, hu.T, **placed(position, down, across, spacing[::-1])))


def feet_first(source: Dataset, hu: Pixels) -> bytes:
    """Turned by half, as a scanner stores a patient who lies the other way round."""
    position, across, down, spacing = axes(source)
    position = position + down * spacing[0] * (len(hu) - 1) + across * spacing[1] * (hu.shape[1] - 1)
    return written(stored(source, hu[::-1, ::-1], **placed(position, -across, -down, spacing), PatientPosition="FFS"))


def rescaled(source: Dataset, hu: Pixels) -> bytes:
    return written(stored(source, (hu.astype(np.int32) + 1024) * 2, RescaleSlope="0.5", RescaleIntercept="-1024"))


def compressed(syntax: str) -> Callable[[Dataset, Pixels], bytes]:
    def change(source: Dataset, hu: Pixels) -> bytes:
        # JPEG-LS and JPEG 2000 want unsigned samples of few bits.
        source = stored(source, hu + 1024, RescaleIntercept="-1024")
        source.PixelRepresentation, source.BitsStored, source.HighBit = 0, 13, 12
        file = dcmread(BytesIO(written(source)))
        file.compress(syntax, generate_instance_uid=False)
        buffer = BytesIO()
        file.save_as(buffer, enforce_file_format=True)
        return buffer.getvalue()

    return change


def big_endian(source: Dataset, hu: Pixels) -> bytes:
    file = Dataset()
    for element in dcmread(BytesIO(written(source))):
        if not element.tag.is_private and element.VR != "UN":  # those are of an unknown byte order
            file.add(element)
    file.PixelData = hu.astype(">i2").tobytes()
    file.file_meta = FileMetaDataset()
    file.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    buffer = BytesIO()
    dcmwrite(buffer, file, enforce_file_format=True)
    return buffer.getvalue()


def private(source: Dataset, hu: Pixels) -> bytes:
    block = source.private_block(0x0029, "SOMEBODY", create=True)
    block.add_new(1, "LO", "words")
    block.add_new(2, "OB", bytes(1000))
    return written(source)


def padded(source: Dataset, hu: Pixels) -> bytes:
    """Air becomes padding, as scanners fill what lies outside their field of view."""
    return written(stored(source, np.where(hu < -500, -2000, hu), PixelPaddingValue=-2000))


def padded_by_a_range(source: Dataset, hu: Pixels) -> bytes:
    return written(stored(source, np.where(hu < -500, -1990, hu), PixelPaddingValue=-2000, PixelPaddingRangeLimit=-1500))


def with_overlay_bits(source: Dataset, hu: Pixels) -> bytes:
    """13 bits for the image, rubbish in those above."""
    source = stored(source, ((hu + 1024) & 0x1FFF) | 0x2000, RescaleIntercept="-1024")
    source.PixelRepresentation, source.BitsStored, source.HighBit = 0, 13, 12
    return written(source)


CHANGES: dict[str, Callable[[Dataset, Pixels], bytes]] = {
    "upside down": upside_down,
    "mirrored": mirrored,
    "turned": turned,
    "feet first": feet_first,
    "another rescale": rescaled,
    "RLE": compressed(RLELossless),
    "JPEG-LS": compressed(JPEGLSLossless),
    "JPEG 2000": compressed(JPEG2000Lossless),
    "big endian": big_endian,
    "private elements": private,
    "padding": padded,
    "padding of a range": padded_by_a_range,
    "bits above": with_overlay_bits,
}


def check_same(one: Processed, other: Processed) -> None:
    assert same_places(marked(seg_of(one)), marked(seg_of(other)))
    [before], [after] = (measured(done)["segments"] for done in (one, other))
    assert before["count"] == after["count"]
    for first, second in zip(before["components"], after["components"], strict=True):
        assert first["centroid_lps_mm"] == pytest.approx(second["centroid_lps_mm"], abs=2e-3)
        for end in ("minimum", "maximum"):
            assert first["box_lps_mm"][end] == pytest.approx(second["box_lps_mm"][end], abs=2e-3)
        values = [[measure["value"] for measure in component["measurements"]] for component in (first, second)]
        assert values[0] == pytest.approx(values[1], abs=1e-3)


@pytest.fixture(scope="module")
def plain(processors: dict[str, BaseProcessor]) -> dict[str, Processed]:
    return {name: processed(processors, "threshold-ccl", image(name)) for name in IMAGES}


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("change", CHANGES)
def test_the_same_anatomy_stored_in_another_way_gives_the_same_result_in_the_patient(
    processors: dict[str, BaseProcessor], plain: dict[str, Processed], name: str, change: str
) -> None:
    octets = CHANGES[change](*bare(name))
    assert octets != image(name)
    check_same(plain[name], processed(processors, "threshold-ccl", octets))


SLICES = 12


def volume(
    changed: Callable[[Dataset, Pixels], bytes] | None = None, slope_of: Callable[[int], float] = lambda _: 1.0
) -> list[bytes]:
    """A part of the real slice, pushed and shrunk through the patient, so that no two slices are alike."""
    octets: list[bytes] = []
    for index in range(SLICES):
        source, hu = bare("explicit_VR-UN.dcm")
        hu = np.roll(hu[100:292, 130:322], 2 * index, axis=1) - np.int16(4 * index)
        _, across, down, spacing = axes(source)
        source.SOPInstanceUID, source.InstanceNumber = f"1.2.3.{index}", index + 1
        where = placed([0, 0, -100 + 2.5 * index], across, down, spacing)
        slope = slope_of(index)
        source = stored(source, np.round(hu / slope), RescaleSlope=str(slope), **where)
        octets.append(changed(source, (np.round(hu / slope)).astype(np.int16)) if changed else written(source))
    return octets


VOLUMES: dict[str, Callable[[], list[bytes]]] = {
    "shuffled": lambda: [one for _, one in sorted(zip(np.random.default_rng(3).permutation(SLICES), volume(), strict=True))],
    "upside down": lambda: volume(upside_down),
    "turned": lambda: volume(turned),
    "feet first": lambda: volume(feet_first)[::-1],
    "padding": lambda: volume(padded),
    "slopes that differ": lambda: volume(slope_of=lambda index: 0.5 if index % 2 else 1.0),
}


@pytest.fixture(scope="module")
def plain_volume(processors: dict[str, BaseProcessor]) -> Processed:
    return processed_series(processors["threshold-ccl"], "threshold-ccl", volume())


@pytest.mark.parametrize("change", VOLUMES)
def test_a_volume_stored_in_another_way_gives_the_same_result_in_the_patient(
    processors: dict[str, BaseProcessor], plain_volume: Processed, change: str
) -> None:
    done = processed_series(processors["threshold-ccl"], "threshold-ccl", VOLUMES[change]())
    check_same(plain_volume, done)


SKIN: dict[str, Any] = {"threshold": -550, "low": -1000, "high": -100}


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[bytes]]:
    """A very small phantom's files by its variant."""

    def series(variant: str) -> list[bytes]:
        folder = tmp_path_factory.mktemp("phantom") / variant
        make(variant, folder, (20, 64, 64))
        return [file.read_bytes() for file in sorted(folder.glob("*.dcm"))]

    return series


def test_a_phantom_stored_in_another_way_gives_the_same_result_in_the_patient(
    processors: dict[str, BaseProcessor], phantom: Callable[[str], list[bytes]]
) -> None:
    done = {
        variant: processed_series(processors["threshold-ccl"], "threshold-ccl", phantom(variant), SKIN)
        for variant in ("standard", "feet-first", "mirrored")
    }
    assert done["standard"].outcome == "found"
    check_same(done["standard"], done["feet-first"])
    check_same(done["standard"], done["mirrored"])


@pytest.mark.parametrize(
    ("variant", "says"), [("missing-slice", "a slice may be missing"), ("duplicate-slice", "have the same position")]
)
def test_a_phantom_that_is_no_volume_is_refused_in_words(
    processors: dict[str, BaseProcessor], phantom: Callable[[str], list[bytes]], variant: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        processed_series(processors["threshold-ccl"], "threshold-ccl", phantom(variant))
