"""Every CT that pydicom and pydicom-data ship, against scikit-image and as highdicom reads it."""

import csv
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import threshold_ccl as oracle
from dciodvfy import errors, needs_dciodvfy
from made import parsed, processed
from mip_sdk import BaseProcessor
from mip_sdk.processing import Processed
from segs import manifest, marked, mask_of, measured, places, same_places, seg_of
from shipped import image, shipped

MATRIX = Path(__file__).parents[3] / "tests" / "matrix.expected.tsv"
ROWS = [row for row in csv.DictReader(MATRIX.read_text().splitlines(), delimiter="\t") if row["algorithm"] == "threshold-ccl"]
TAKEN = [(row["image"], row["outcome"]) for row in ROWS if row["outcome"] != "refused"]
PARAMETERS: dict[str, dict[str, Any]] = {
    "fixed": {},
    "otsu": {"method": "otsu"},
}
if os.environ.get("MIP_TEST_FULL") == "1":
    PARAMETERS |= {
        "every component": {"min_area_mm2": 0},
        "lungs and all": {"low": -900, "high": 200, "threshold": -300.5, "min_area_mm2": 20},
    }
# What cannot be mended without inventing something, image → the errors it adds.
KNOWN = {
    # The source has no SliceThickness. dciodvfy asks a SEG for one with a value, and highdicom reads none without the attribute.
    "explicit_VR-UN.dcm": "Element=<SliceThickness>",
    # The source's own SOPInstanceUID is no UID, and the result has to reference it.
    "bad_sequence.dcm": "Referenced SOP Instance UID",
}


@cache
def expected_of(name: str, given: str) -> Any:
    """What scikit-image finds, which takes it a while."""
    [expected] = oracle.expected(parsed(shipped()[name].read_bytes()), PARAMETERS[given])
    return expected


@dataclass(frozen=True)
class Case:
    name: str
    outcome: str
    octets: bytes
    done: Processed

    @property
    def file(self) -> str:
        return self.name.rsplit("/", 1)[-1]


@pytest.fixture(scope="module", params=TAKEN, ids=lambda row: row[0])
def case(processors: dict[str, BaseProcessor], request: pytest.FixtureRequest) -> Case:
    name, outcome = request.param
    octets = shipped()[name].read_bytes()
    return Case(name, outcome, octets, processed(processors, "threshold-ccl", octets))


def test_the_outcome_is_the_one_that_was_fixed_before(case: Case) -> None:
    assert (case.done.outcome, manifest(case.done)["outcome"], measured(case.done)["outcome"]) == (case.outcome,) * 3


@pytest.mark.parametrize("given", PARAMETERS)
def test_the_mask_is_that_of_scikit_image(processors: dict[str, BaseProcessor], case: Case, given: str) -> None:
    done = processed(processors, "threshold-ccl", case.octets, PARAMETERS[given])
    expected = expected_of(case.name, given)
    got = mask_of(seg_of(done)) if done.outcome == "found" else np.zeros_like(expected)
    both = np.count_nonzero(got) + np.count_nonzero(expected)
    dice = 2 * np.count_nonzero(got & expected) / both if both else 1.0
    counts = [ndimage.label(mask, np.ones((3, 3)))[1] for mask in (got, expected)]
    differ = np.count_nonzero(got != expected)
    print(f"threshold-ccl {case.file:28} {given:16} Dice {dice:.6f}, {differ} pixels differ, {counts[0]} components")
    assert dice >= 0.999
    assert counts[0] == counts[1]
    assert measured(done)["segments"][0]["count"] == counts[1]


def test_nothing_found_measures_0_and_writes_no_seg(case: Case) -> None:
    names = [file.name for file in case.done.files]
    if case.outcome == "found":
        assert names == ["result-0001.dcm", "measurements.json", "manifest.json"]
        return
    assert names == ["measurements.json", "manifest.json"]
    [segment] = measured(case.done)["segments"]
    assert (segment["count"], segment["components"]) == (0, [])
    assert [(one["name"], one["value"], one["unit"]) for one in segment["measurements"]] == [("Area", 0, "mm2")]


FOUND = [name for name, outcome in TAKEN if outcome == "found"]


@pytest.fixture(scope="module", params=FOUND)
def found(processors: dict[str, BaseProcessor], request: pytest.FixtureRequest) -> Case:
    octets = shipped()[request.param].read_bytes()
    return Case(request.param, "found", octets, processed(processors, "threshold-ccl", octets))


def test_highdicom_finds_the_mask_at_the_right_places_in_the_patient(found: Case) -> None:
    source = parsed(found.octets)
    expected = expected_of(found.name, "fixed")
    assert same_places(marked(seg_of(found.done)), places(source, expected))


def test_the_areas_are_those_of_the_mask(found: Case) -> None:
    source = parsed(found.octets)
    expected = expected_of(found.name, "fixed")
    labels, count = ndimage.label(expected, np.ones((3, 3)))
    pixel = float(source.PixelSpacing[0]) * float(source.PixelSpacing[1])
    areas = sorted((np.bincount(labels.ravel())[1:] * pixel).tolist(), reverse=True)
    [segment] = measured(found.done)["segments"]
    assert [one["measurements"][0]["value"] for one in segment["components"]] == pytest.approx(areas, abs=1e-4)
    assert segment["measurements"][0]["value"] == pytest.approx(sum(areas), abs=1e-3)
    assert count == segment["count"]
    hu = oracle.modality(source, 0, oracle.samples(source)[0])
    values = hu[labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))]
    largest = {one["name"]: one["value"] for one in segment["components"][0]["measurements"]}
    assert (largest["Mean"], largest["Standard deviation"]) == pytest.approx((values.mean(), values.std()), abs=1e-3)


@needs_dciodvfy
def test_dciodvfy_finds_no_error_that_the_source_did_not_have(found: Case) -> None:
    known = KNOWN.get(found.file)
    added = errors(seg_of(found.done)) - errors(found.octets)
    assert not {error for error in added if known is None or known not in error}


def test_a_redelivery_gives_the_same_bytes(processors: dict[str, BaseProcessor], found: Case) -> None:
    """highdicom makes up UIDs and takes the time of the clock; nothing of that is left."""
    assert processed(processors, "threshold-ccl", found.octets) == found.done


def test_another_job_has_other_uids_in_the_same_frame_of_reference(processors: dict[str, BaseProcessor], found: Case) -> None:
    one, other = (
        parsed(seg_of(done)) for done in (found.done, processed(processors, "threshold-ccl", found.octets, job_id="job-2"))
    )
    for name in ("SOPInstanceUID", "SeriesInstanceUID"):
        assert one[name].value != other[name].value
    assert one.FrameOfReferenceUID == other.FrameOfReferenceUID
    assert one.SegmentSequence[0].TrackingUID != other.SegmentSequence[0].TrackingUID
    made = {element.value for element in one.iterall() if element.VR == "UI" and str(element.value).startswith("2.25.")}
    assert len(made - {one.get("FrameOfReferenceUID")}) == 4  # instance, series, dimensions, tracking


def test_the_seg_is_of_the_same_patient_and_study_and_says_what_it_is(found: Case) -> None:
    source, seg = parsed(found.octets), parsed(seg_of(found.done))
    for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "AccessionNumber"):
        assert str(seg.get(name) or "") == str(source.get(name) or ""), name
    assert seg.Modality == "SEG"
    assert seg.SeriesDescription.startswith("[RESEARCH] ")
    assert seg.DerivationDescription.endswith("Not for diagnostic use")
    [equipment] = seg.ContributingEquipmentSequence
    assert equipment.ManufacturerModelName == "threshold-ccl"
    [reference] = seg.SourceImageSequence
    assert reference.ReferencedSOPInstanceUID == source.SOPInstanceUID
    [series] = seg.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == source.SeriesInstanceUID
    frame = seg.PerFrameFunctionalGroupsSequence[0]
    [reference] = frame.DerivationImageSequence[0].SourceImageSequence
    assert (reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID) == (source.SOPClassUID, source.SOPInstanceUID)
    assert frame.PlanePositionSequence[0].ImagePositionPatient == source.ImagePositionPatient
    shared = seg.SharedFunctionalGroupsSequence[0]
    assert shared.PlaneOrientationSequence[0].ImageOrientationPatient == source.ImageOrientationPatient
    measures = shared.PixelMeasuresSequence[0]
    assert measures.PixelSpacing == source.PixelSpacing
    assert measures.get("SliceThickness") == source.get("SliceThickness")
    assert "SpacingBetweenSlices" not in measures


def test_nothing_private_and_nothing_of_the_library_is_carried_on(found: Case) -> None:
    for element in parsed(seg_of(found.done)).iterall():
        assert not element.tag.is_private
        assert "Comment" not in element.keyword
        assert "highdicom" not in str(element.value).lower()


@pytest.mark.parametrize(("name", "said"), [("693_UNCR.dcm", True), ("693_J2KR.dcm", True), ("CT_small.dcm", False)])
def test_a_missing_frame_of_reference_is_derived_from_the_series_and_noted(
    processors: dict[str, BaseProcessor], name: str, said: bool
) -> None:
    done = processed(processors, "threshold-ccl", image(name))
    assert any("FrameOfReferenceUID" in note for note in manifest(done)["notes"]) is said
    assert parsed(seg_of(done)).FrameOfReferenceUID.startswith("2.25.") is said


def test_images_of_one_series_share_the_repaired_frame_of_reference(processors: dict[str, BaseProcessor]) -> None:
    one, other = (parsed(seg_of(processed(processors, "threshold-ccl", image(name)))) for name in ("693_UNCR.dcm", "693_J2KR.dcm"))
    assert parsed(image("693_UNCR.dcm")).SeriesInstanceUID == parsed(image("693_J2KR.dcm")).SeriesInstanceUID
    assert one.FrameOfReferenceUID == other.FrameOfReferenceUID


@pytest.mark.parametrize("name", ["693_UNCI.dcm", "693_J2KI.dcm"])
def test_a_lossy_history_is_inherited(processors: dict[str, BaseProcessor], name: str) -> None:
    source, seg = parsed(image(name)), parsed(seg_of(processed(processors, "threshold-ccl", image(name))))
    assert seg.LossyImageCompression == "01"
    assert seg.get("LossyImageCompressionRatio") == source.get("LossyImageCompressionRatio")


def test_japanese_text_is_kept_whole(processors: dict[str, BaseProcessor]) -> None:
    octets = image("J2K_pixelrep_mismatch.dcm")
    source, seg = parsed(octets), parsed(seg_of(processed(processors, "threshold-ccl", octets)))
    assert str(seg.PatientName) == str(source.PatientName)
    assert str(seg.get("StudyDescription")) == str(source.get("StudyDescription"))
