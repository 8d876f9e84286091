"""Segmentations as objects and numbers: several segments, volumes, frames, codes."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.uid import EnhancedCTImageStorage

from dciodvfy import errors, needs_dciodvfy
from made import ACCEPTED_AT, contract_of, ct, message_of, parsed, processing, stored, written
from mip_sdk import (
    BaseProcessor,
    DerivedImage,
    ImageData,
    Meaning,
    NotApplicable,
    Parameters,
    Segmentation,
    Volume,
    VolumeProcessor,
)
from mip_sdk.codes import code_of
from mip_sdk.declared import DeclaredOutput, declared_output
from mip_sdk.faults import InvalidInput
from mip_sdk.measurements import check_declared
from mip_sdk.measuring import components_of
from mip_sdk.processing import Processed
from mip_sdk.reading import read_image
from mip_sdk.volume import volume_of
from segs import measured, seg_of

ENTRY: dict[str, Any] = {
    "output": {
        "kind": "segmentation",
        "segments": [
            {"label": "Right lung", "category": "SCT 123037004", "type": "SCT 39607008", "laterality": "right", "color": "#d0742f"},
            {"label": "Left lung", "category": "SCT 123037004", "type": "SCT 39607008", "laterality": "left"},
            {"label": "Something", "category": "99XX unknown", "type": "99XX 1.2-3", "algorithm": "semiautomatic"},
        ],
        "measurements": [
            {"name": "Volume", "concept": "SCT 118565006", "unit": "ml"},
            {"name": "Mean", "concept": "SCT 373098007", "unit": "[hnsf'U]"},
        ],
    }
}
OUTPUT = declared_output(ENTRY)
PLACED = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": [2, 1], "FrameOfReferenceUID": "1.2.9"}


class Fixed(VolumeProcessor):
    """Marks what a test asks for."""

    def __init__(self, answer: Any) -> None:
        super().__init__(Path())
        self.answer = answer

    def process_image(self, image_data: ImageData, parameters: Parameters) -> Any:
        return self.answer

    def process_volume(self, volume: Volume, parameters: Parameters) -> Any:
        return self.answer


def found(*labels: Any) -> Segmentation:
    return Segmentation(list(labels), "Marked", "Marks", ("123109", "DCM", "Manual Processing"))


def series(count: int = 4) -> list[bytes]:
    return [
        ct(
            np.full((6, 8), 100 * index, np.int16),
            SOPInstanceUID=f"1.2.3.4.5.{index}",
            RescaleType="HU",
            ImagePositionPatient=[0, 0, -3 * index],
            **PLACED,
        )
        for index in range(count)
    ]


def run(answer: Any, octets: list[bytes], output: DeclaredOutput = OUTPUT) -> Processed:
    return run_with(Fixed(answer), octets, output)


def run_with(processor: BaseProcessor, octets: list[bytes], output: DeclaredOutput) -> Processed:
    job = message_of(octets[0], "marks")
    if len(octets) > 1:
        job = replace(job, pacs=replace(job.pacs, instance_uid=None))
    return processing(processor, "marks", output=output).run(job, [stored(one) for one in octets], ACCEPTED_AT)


def three(shape: tuple[int, int, int]) -> list[Any]:
    one, two, three = (np.zeros(shape, np.int32) for _ in range(3))
    one[1, 1:3, 1:3], one[2, 4, 5] = 1, 2
    two[2, 0:2, 0:2] = 1
    return [one, two, three]


def test_each_segment_has_its_codes_side_colour_and_frames() -> None:
    seg = highdicom.seg.segread(BytesIO(seg_of(run(found(*three((4, 6, 8))), series()))))
    right, left, other = seg.SegmentSequence
    assert [one.SegmentLabel for one in (right, left, other)] == ["Right lung", "Left lung", "Something"]
    code = right.SegmentedPropertyTypeCodeSequence[0]
    assert (code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning) == ("39607008", "SCT", "Lung")
    assert code.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Right"
    assert "RecommendedDisplayCIELabValue" in right
    assert "RecommendedDisplayCIELabValue" not in left
    assert (other.SegmentedPropertyTypeCodeSequence[0].CodeMeaning, other.SegmentAlgorithmType) == ("Something", "SEMIAUTOMATIC")
    assert len({one.TrackingUID for one in (right, left, other)}) == 3
    volume = seg.get_volume()
    indices = np.argwhere(volume.array[..., 0] != 0) @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    # Slice 0 is the image that is lowest along the normal, which was the last.
    assert sorted(map(tuple, indices.tolist())) == sorted(
        [(column, 2 * row, -6.0) for row in (1, 2) for column in (1, 2)] + [(5.0, 8.0, -3.0)]
    )


def test_the_algorithm_says_by_name_version_digest_and_parameters_what_it_is() -> None:
    seg = parsed(seg_of(run(found(*three((4, 6, 8))), series())))
    [said] = seg.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence
    assert (said.AlgorithmName, said.AlgorithmVersion, said.AlgorithmSource) == ("marks", "1.0.0", "ab" * 32)
    assert json.loads(said.AlgorithmParameters) == {"image_digest": "sha256:" + "ab" * 32, "parameters": {}}
    assert (seg.ContentDate, seg.ContentTime, seg.InstanceCreationDate) == ("20240131", "100000.000000", "20240131")


def test_every_frame_refers_to_its_own_image_and_the_step_is_that_of_the_volume() -> None:
    seg = parsed(seg_of(run(found(*three((4, 6, 8))), series())))
    for frame in seg.PerFrameFunctionalGroupsSequence:
        [reference] = frame.DerivationImageSequence[0].SourceImageSequence
        index = int(str(reference.ReferencedSOPInstanceUID).rsplit(".", 1)[-1])
        assert frame.PlanePositionSequence[0].ImagePositionPatient[2] == -3 * index
    assert seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices == 3
    assert len(seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 4
    assert len(seg.SourceImageSequence) == 4


def test_a_volume_inherits_the_lossy_history_of_any_of_its_slices() -> None:
    plain = series()
    lossy = parsed(plain[2])
    lossy.LossyImageCompression, lossy.LossyImageCompressionRatio = "01", "12"
    seg = parsed(seg_of(run(found(*three((4, 6, 8))), [*plain[:2], written(lossy), plain[3]])))
    assert (seg.LossyImageCompression, seg.LossyImageCompressionRatio) == ("01", 12)
    assert parsed(seg_of(run(found(*three((4, 6, 8))), plain))).LossyImageCompression == "00"


@needs_dciodvfy
def test_dciodvfy_finds_no_error_in_the_seg_of_a_volume() -> None:
    entry = {"output": {**ENTRY["output"], "segments": ENTRY["output"]["segments"][:2]}}
    octets = [
        ct(np.full((6, 8), 1, np.int16), SOPInstanceUID=f"1.2.3.4.5.{index}", RescaleType="HU", SliceThickness="3",
           ImagePositionPatient=[0, 0, 3 * index], PatientPosition="HFS", **PLACED)
        for index in range(4)
    ]  # fmt: skip
    assert not errors(seg_of(run(found(*three((4, 6, 8))[:2]), octets, declared_output(entry))))


def test_the_parts_of_a_volume_are_measured_in_ml_and_lps() -> None:
    first, second, third = measured(run(found(*three((4, 6, 8))), series()))["segments"]
    assert [(one["count"], one["measurements"][0]["value"]) for one in (first, second, third)] == [(2, 0.03), (1, 0.024), (0, 0)]
    largest, smallest = first["components"]
    assert largest["centroid_lps_mm"] == [1.5, 3, -6]
    assert largest["box_lps_mm"] == {"minimum": [1, 2, -6], "maximum": [2, 4, -6]}
    assert [one["value"] for one in largest["measurements"]] == [0.024, 200]
    assert [one["value"] for one in smallest["measurements"]] == [0.006, 100]


def test_the_frames_of_an_enhanced_image_make_a_volume_and_are_referred_to_by_their_number() -> None:
    def group(name: str, **values: Any) -> Dataset:
        groups, item = Dataset(), Dataset()
        for keyword, value in values.items():
            setattr(item, keyword, value)
        setattr(groups, name, [item])
        return groups

    source = parsed(ct(np.zeros((4, 6, 8), np.int16), SOPClassUID=EnhancedCTImageStorage, FrameOfReferenceUID="1.2.9"))
    shared = group("PlaneOrientationSequence", ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    shared.update(group("PixelMeasuresSequence", PixelSpacing=[2, 1], SliceThickness=3))
    shared.update(group("PixelValueTransformationSequence", RescaleSlope=1, RescaleIntercept=0, RescaleType="HU"))
    source.SharedFunctionalGroupsSequence = [shared]
    source.PerFrameFunctionalGroupsSequence = [
        group("PlanePositionSequence", ImagePositionPatient=[0, 0, 3 * index]) for index in (2, 0, 1, 3)
    ]
    done = run(found(*three((4, 6, 8))), [written(source)])
    seg = parsed(seg_of(done))
    places = {0: 1, 1: 2, 2: 0, 3: 3}  # slice → frame
    for frame in seg.PerFrameFunctionalGroupsSequence:
        [reference] = frame.DerivationImageSequence[0].SourceImageSequence
        assert reference.ReferencedSOPInstanceUID == source.SOPInstanceUID
        assert reference.ReferencedFrameNumber == 1 + places[int(frame.PlanePositionSequence[0].ImagePositionPatient[2] // 3)]
    assert len(seg.SourceImageSequence) == 1


def test_a_job_of_several_images_that_are_no_volume_names_the_one_at_fault() -> None:
    with pytest.raises(InvalidInput, match="image 2 of 4"):
        run(found(*three((4, 6, 8))), [*series()[:1], ct(np.zeros((6, 8), np.int16), ImageType=["DERIVED"]), *series()[2:]])


def test_labels_of_another_shape_or_number_are_a_fault_of_the_algorithm() -> None:
    with pytest.raises(ValueError, match="labels"):
        run(found(*three((3, 6, 8))), series())
    with pytest.raises(ValueError, match="zip"):
        run(found(*three((4, 6, 8))[:2]), series())


class Each(BaseProcessor):
    """Takes images one by one, and answers with the next of a list."""

    def __init__(self, answers: list[Any]) -> None:
        super().__init__(Path())
        self.answers = answers

    def process_image(self, image_data: ImageData, parameters: Parameters) -> Any:
        return self.answers.pop(0)


NOTHING, SOMETHING = np.zeros((1, 6, 8), np.int32), np.ones((1, 6, 8), np.int32)
IMAGE = DerivedImage(np.zeros((1, 6, 8), np.uint8), Meaning.DISPLAY, "Nothing", ("x", "99MIP", "x"), "None")
UNABLE = NotApplicable("no-contrast", "there is no contrast in the image")


@pytest.mark.parametrize(
    ("answers", "outcome", "reason"),
    [
        ([found(NOTHING), found(SOMETHING), UNABLE], "found", None),
        ([found(NOTHING), UNABLE], "nothing-found", None),
        ([UNABLE, UNABLE], "not-applicable", "no-contrast"),
        ([IMAGE, found(NOTHING)], "done", None),
    ],
)
def test_the_outcome_of_several_images_is_that_of_the_one_that_says_most(
    answers: list[Any], outcome: str, reason: str | None
) -> None:
    entry = {"output": {**ENTRY["output"], "segments": ENTRY["output"]["segments"][:1]}}
    done = run_with(Each(answers), series(len(answers)), declared_output(entry))
    assert (done.outcome, done.reason) == (outcome, reason)
    names = [file.name for file in done.files]
    assert len(names) == len(set(names))
    assert names[-1] == "manifest.json"
    if outcome == "found":
        assert names[:4] == ["measurements-0001.json", "result-0002.dcm", "measurements-0002.json", "measurements-0003.json"]


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_components_are_measured_as_numpy_measures_them(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    labels = rng.integers(0, 4, (3, 5, 6))
    stored = rng.integers(-100, 100, (3, 5, 6)).astype(np.int16)
    placed = {**PLACED, "ImageOrientationPatient": [0.6, 0.8, 0, -0.8, 0.6, 0], "RescaleType": "HU", "PixelPaddingValue": -5}
    octets = [ct(stored[index], ImagePositionPatient=[7, -3, 2 * index], **placed) for index in range(3)]
    volume = volume_of([read_image(one, "hu") for one in octets])
    for one in components_of(volume, labels):
        where = labels == one.number
        slices, rows, columns = np.nonzero(where)
        points = np.stack([7 + 0.6 * columns - 1.6 * rows, -3 + 0.8 * columns + 1.2 * rows, 2.0 * slices], axis=-1)
        assert one.samples == len(points)
        assert np.allclose(one.centroid, points.mean(axis=0))
        assert np.allclose(one.box, (points.min(axis=0), points.max(axis=0)))
        values = stored[where & (stored != -5)]
        assert one.mean == (pytest.approx(values.mean()) if len(values) else None)
        assert one.deviation == (pytest.approx(values.std()) if len(values) else None)


def test_codes_have_the_meaning_of_the_standard_or_their_own_label() -> None:
    assert code_of("SCT 87784001", "x") == ("87784001", "SCT", "Soft tissue")
    assert code_of("SCT 85756007", "x") == ("85756007", "SCT", "Tissue")
    assert code_of("99OWN 1", "Mine") == ("1", "99OWN", "Mine")


@pytest.mark.parametrize(("concept", "unit"), [("SCT 1", "mm2"), ("SCT 42798000", "cm2")])
def test_a_measurement_that_is_not_made_is_refused_before_any_job(concept: str, unit: str) -> None:
    with pytest.raises(LookupError, match=r"the measurement Size .* SCT 42798000 in mm2"):
        check_declared(declared_output({"output": {"measurements": [{"name": "Size", "concept": concept, "unit": unit}]}}))


def test_what_the_frozen_contract_declares_can_be_made() -> None:
    output = declared_output(contract_of("threshold-ccl"))
    assert [one.label for one in output.segments] == ["Soft tissue"]
    check_declared(output)
