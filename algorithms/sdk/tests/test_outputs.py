"""Derived objects, rule by rule of ``medical.md`` §3."""

import json
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import (
    CTImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
    VLEndoscopicImageStorage,
)

from made import ACCEPTED_AT, ct, parsed, run, written
from mip_sdk import BaseProcessor
from mip_sdk.classes import class_of
from mip_sdk.processor import Meaning
from shipped import image

RAMP = np.arange(64, dtype=np.int16).reshape(8, 8)
WINDOW: dict[str, Any] = {"center": 40.0, "width": 400.0}


def windowed(processors: dict[str, BaseProcessor], octets: bytes, **options: Any) -> Any:
    return parsed(run(processors, "window-level", octets, WINDOW, **options)[0].octets)


def grey(processors: dict[str, BaseProcessor], octets: bytes) -> Any:
    return parsed(run(processors, "grayscale", octets)[0].octets)


def notes(processors: dict[str, BaseProcessor], algorithm: str, octets: bytes) -> list[str]:
    parameters = WINDOW if algorithm == "window-level" else {}
    return json.loads(run(processors, algorithm, octets, parameters)[-1].octets)["notes"]


@pytest.mark.parametrize(
    ("meaning", "source", "frames", "bits", "expected"),
    [
        (Meaning.DISPLAY, CTImageStorage, 1, 8, SecondaryCaptureImageStorage),
        (Meaning.DISPLAY, CTImageStorage, 3, 8, MultiFrameGrayscaleByteSecondaryCaptureImageStorage),
        (Meaning.DISPLAY, CTImageStorage, 3, 16, MultiFrameGrayscaleWordSecondaryCaptureImageStorage),
        (Meaning.DISPLAY, UltrasoundMultiFrameImageStorage, 3, 8, UltrasoundMultiFrameImageStorage),
        (Meaning.SAME_UNITS, CTImageStorage, 1, 16, CTImageStorage),
        (Meaning.GREY, SecondaryCaptureImageStorage, 1, 8, SecondaryCaptureImageStorage),
        (Meaning.GREY, UltrasoundImageStorage, 1, 8, UltrasoundImageStorage),
        (Meaning.GREY, UltrasoundImageStorage, 1, 16, SecondaryCaptureImageStorage),
        (Meaning.GREY, VLEndoscopicImageStorage, 1, 8, VLEndoscopicImageStorage),
        (Meaning.GREY, MultiFrameTrueColorSecondaryCaptureImageStorage, 3, 8, MultiFrameGrayscaleByteSecondaryCaptureImageStorage),
        (Meaning.GREY, MultiFrameTrueColorSecondaryCaptureImageStorage, 3, 16, MultiFrameGrayscaleWordSecondaryCaptureImageStorage),
    ],
)
def test_the_class_follows_from_what_the_samples_mean(meaning: Meaning, source: str, frames: int, bits: int, expected: str) -> None:
    assert class_of(meaning, source, frames, bits) == expected


def test_a_windowed_ct_is_an_8_bit_secondary_capture_without_units(processors: dict[str, BaseProcessor]) -> None:
    result = windowed(
        processors,
        ct(
            RAMP,
            RescaleSlope="1",
            RescaleIntercept="-1024",
            RescaleType="HU",
            WindowCenter="1",
            WindowWidth="2",
            PixelPaddingValue=-7,
        ),
    )
    assert result.SOPClassUID == SecondaryCaptureImageStorage
    assert (result.BitsAllocated, result.BitsStored, result.HighBit, result.PixelRepresentation) == (8, 8, 7, 0)
    assert result.PhotometricInterpretation == "MONOCHROME2"
    for name in (
        "RescaleSlope",
        "RescaleIntercept",
        "RescaleType",
        "WindowCenter",
        "WindowWidth",
        "VOILUTSequence",
        "PixelPaddingValue",
    ):
        assert name not in result
    assert "HU" not in [str(element.value) for element in result if element.keyword != "PixelData"]


def test_geometry_and_frame_of_reference_are_kept(processors: dict[str, BaseProcessor]) -> None:
    octets = image("explicit_VR-UN.dcm")
    source = parsed(octets)
    for result in (windowed(processors, octets), grey(processors, octets)):
        for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "FrameOfReferenceUID"):
            assert result[name].value == source[name].value


def test_a_grey_ct_keeps_bits_rescale_and_padding(processors: dict[str, BaseProcessor]) -> None:
    source, result = parsed(image("CT_small.dcm")), grey(processors, image("CT_small.dcm"))
    for name in ("RescaleSlope", "RescaleIntercept", "PixelPaddingValue", "PixelRepresentation", "KVP"):
        assert result[name].value == source[name].value
    fourteen = grey(processors, image("693_UNCR.dcm"))
    assert (fourteen.BitsAllocated, fourteen.BitsStored, fourteen.HighBit, fourteen["PixelData"].VR) == (16, 14, 13, "OW")
    assert result.ImageType[:2] == ["DERIVED", "SECONDARY"]
    assert result.ImageType[2:] == source.ImageType[2:3]


def test_times_are_those_of_the_job_in_the_zone_of_the_source(processors: dict[str, BaseProcessor]) -> None:
    result = windowed(processors, ct(RAMP))
    assert (result.ContentDate, result.ContentTime) == ("20240131", "100000.000000")
    zoned = windowed(processors, ct(RAMP, TimezoneOffsetFromUTC="-1130"))
    assert (zoned.ContentDate, zoned.ContentTime, zoned.TimezoneOffsetFromUTC) == ("20240130", "223000.000000", "-1130")
    assert zoned.StudyTime == "120000"
    assert ACCEPTED_AT.startswith("2024-01-31T10")


def test_another_job_on_the_same_image_has_other_uids(processors: dict[str, BaseProcessor]) -> None:
    """A fault of the older implementation: the result kept the source's SOPInstanceUID, so a PACS threw it away."""
    one, other = (windowed(processors, ct(RAMP), job_id=job) for job in ("job-1", "job-2"))
    uids = {one.SOPInstanceUID, other.SOPInstanceUID, one.SeriesInstanceUID, other.SeriesInstanceUID, "1.2.3.4.5", "1.2.3.4"}
    assert len(uids) == 6


@pytest.mark.parametrize("name", ["693_UNCI.dcm", "693_J2KI.dcm"])
def test_a_lossy_history_is_inherited_with_ratio_and_method(processors: dict[str, BaseProcessor], name: str) -> None:
    source, result = parsed(image(name)), windowed(processors, image(name))
    assert result.LossyImageCompression == "01"
    assert result.get("LossyImageCompressionRatio") == source.get("LossyImageCompressionRatio")


def test_a_lossy_transfer_syntax_is_history_even_where_the_source_keeps_silent(processors: dict[str, BaseProcessor]) -> None:
    octets = image("SC_rgb_jls_lossy_line.dcm")
    source, result = parsed(octets), grey(processors, octets)
    assert "LossyImageCompression" not in source
    assert (result.LossyImageCompression, result.LossyImageCompressionMethod) == ("01", "ISO_14495_1")
    assert result.LossyImageCompressionRatio > 1
    assert any("with a loss" in note for note in notes(processors, "grayscale", octets))


def test_a_lossless_source_claims_no_loss(processors: dict[str, BaseProcessor]) -> None:
    for name in ("CT_small.dcm", "MR_small_RLE.dcm", "explicit_VR-UN.dcm"):
        assert windowed(processors, image(name)).get("LossyImageCompression") in (None, "00")


def test_burned_in_annotation_is_inherited_and_absent_stays_absent(processors: dict[str, BaseProcessor]) -> None:
    assert windowed(processors, ct(RAMP, BurnedInAnnotation="YES")).BurnedInAnnotation == "YES"
    assert "BurnedInAnnotation" not in windowed(processors, ct(RAMP))


def test_text_beyond_ascii_is_kept_whole(processors: dict[str, BaseProcessor]) -> None:
    for name in (
        "J2K_pixelrep_mismatch.dcm",
        "chrJapMulti.dcm",
        "chrFrenMulti.dcm",
        "chrRuss.dcm",
        "chrKoreanMulti.dcm",
        "chrArab.dcm",
    ):
        source = parsed(image(name))
        if "PixelData" not in source:
            continue
        result = grey(processors, image(name))
        assert str(result.PatientName) == str(source.PatientName)
        assert "�" not in str(result.PatientName)
        if not str(source.PatientName).isascii():
            assert result.SpecificCharacterSet == "ISO_IR 192"


def test_text_of_any_language_in_one_dataset_is_kept(processors: dict[str, BaseProcessor]) -> None:
    name = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    result = windowed(processors, ct(RAMP, SpecificCharacterSet="ISO_IR 192", PatientName=name, StudyDescription="Größe Обзор"))
    assert str(result.PatientName) == name
    assert result.StudyDescription == "Größe Обзор"


def test_our_own_text_is_ascii_and_fits_its_vr(processors: dict[str, BaseProcessor]) -> None:
    result = windowed(processors, ct(RAMP))
    assert result.DerivationDescription.isascii()
    assert len(result.DerivationDescription) <= 1024
    assert len(result.SeriesDescription) <= 64
    assert all(len(value) <= 64 for value in result.ContributingEquipmentSequence[0].SoftwareVersions)


def test_private_elements_are_dropped_at_any_depth_and_counted(processors: dict[str, BaseProcessor]) -> None:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CTImageStorage, "1.2"
    item.private_block(0x0009, "HIDDEN", create=True).add_new(1, "LO", "canary")
    source = parsed(ct(RAMP, ReferencedStudySequence=[item], PatientComments="canary", ImageComments="canary"))
    source.private_block(0x0011, "HIDDEN", create=True).add_new(1, "LO", "canary")
    octets = written(source)
    assert b"canary" not in run(processors, "window-level", octets, WINDOW)[0].octets
    assert "2 private elements were not carried on" in notes(processors, "window-level", octets)


def test_what_was_absent_and_what_was_dropped_is_in_the_manifest(processors: dict[str, BaseProcessor]) -> None:
    said = notes(processors, "window-level", ct(RAMP, PatientSex=None))
    assert said == ["PatientSex was absent from the source and was added empty"]
    assert any("overlay" in note for note in notes(processors, "grayscale", image("MR-SIEMENS-DICOM-WithOverlays.dcm")))


def test_an_odd_number_of_bytes_is_padded(processors: dict[str, BaseProcessor]) -> None:
    result = grey(processors, image("SC_rgb_small_odd.dcm"))
    assert len(result.PixelData) == 10
    assert result.pixel_array.shape == (3, 3)


def test_a_multi_frame_result_keeps_its_frames_and_says_how_to_step_through_them(processors: dict[str, BaseProcessor]) -> None:
    """A fault of the older implementation: multi-frame images failed or came out as PNG."""
    result = windowed(processors, image("emri_small.dcm"))
    assert (result.NumberOfFrames, result.pixel_array.shape) == (10, (10, 64, 64))
    assert result.FrameIncrementPointer == 0x00182001
    assert (result.RescaleSlope, result.RescaleIntercept, result.RescaleType) == (1, 0, "US")
    cine = grey(processors, image("examples_ybr_color.dcm"))
    assert (cine.SOPClassUID, cine.NumberOfFrames) == (UltrasoundMultiFrameImageStorage, 30)
    assert cine.FrameTime == parsed(image("examples_ybr_color.dcm")).FrameTime


def test_a_loop_windowed_to_a_secondary_capture_keeps_its_frame_time(processors: dict[str, BaseProcessor]) -> None:
    result = windowed(processors, ct(np.stack([RAMP, RAMP]), FrameTime="33", FrameIncrementPointer=0x00181063))
    assert (result.FrameTime, result.FrameIncrementPointer) == (33, 0x00181063)
    assert "PageNumberVector" not in result


def test_an_image_of_a_class_that_is_not_known_works_too(processors: dict[str, BaseProcessor]) -> None:
    result = grey(processors, ct(RAMP, SOPClassUID="1.2.840.10008.5.1.4.1.1.6"))
    assert np.array_equal(result.pixel_array, RAMP)


def test_the_manifest_tells_from_what_by_what_and_into_what(processors: dict[str, BaseProcessor]) -> None:
    octets = ct(RAMP)
    *results, manifest = run(processors, "window-level", octets, WINDOW)
    content = json.loads(manifest.octets)
    assert [output["sha256"] for output in content["outputs"]] == [file.sha256 for file in results]
    assert content["algorithm"] == "window-level"
    assert content["parameters"] == WINDOW
    assert content["times"] == {"accepted_at": ACCEPTED_AT, "started_at": ACCEPTED_AT}
    assert {"commit", "plan_digest", "image_digest", "version", "inputs", "work_key", "notes"} <= content.keys()
    equal = json.loads(run(processors, "window-level", octets, WINDOW, job_id="job-2")[-1].octets)
    other = json.loads(run(processors, "window-level", octets, {**WINDOW, "width": 401.0})[-1].octets)
    assert equal["work_key"] == content["work_key"] != other["work_key"]
