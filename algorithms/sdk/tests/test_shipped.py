"""Every image that pydicom and pydicom-data ship through every algorithm, held against ``tests/matrix.expected.tsv``.

The table was fixed from what the files are, not from what the code does: a file that turns from done to refused fails here.
"""

import csv
import os
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian

import dicom as oracle_dicom
import grayscale
import openmp_template_oracle
import python_advanced_oracle
import python_simple_oracle
import window_level
from dciodvfy import errors, needs_dciodvfy
from made import parsed, processed, run
from mip_sdk import BaseProcessor, InvalidInput
from mip_sdk.results import ResultFile
from segs import mask_of, seg_of
from shipped import shipped

SMALL_BYTES = 600_000
MATRIX = Path(__file__).parents[3] / "tests" / "matrix.expected.tsv"
ROWS = list(csv.DictReader(MATRIX.read_text().splitlines(), delimiter="\t"))


def is_small(image: str) -> bool:
    return shipped()[image].stat().st_size <= SMALL_BYTES


TEMPLATES = ("openmp-template", "python-advanced", "python-simple")
ALGORITHMS = ("grayscale", "threshold-ccl", "window-level", *TEMPLATES)
ALL_DONE = [(row["image"], row["algorithm"]) for row in ROWS if row["outcome"] == "done"]
# The object is the SDK's, whatever the algorithm: those of the templates are looked at in the full tests only.
FULL = os.environ.get("MIP_TEST_FULL") == "1"
DONE = [(image, algorithm) for image, algorithm in ALL_DONE if FULL or algorithm not in TEMPLATES]
PIXELS_ONLY = [(image, algorithm) for image, algorithm in ALL_DONE if (image, algorithm) not in DONE and is_small(image)]
SEGMENTED = [
    (row["image"], row["outcome"]) for row in ROWS if row["algorithm"] == "python-advanced" and row["outcome"] != "refused"
]
OWN_REFUSAL = "colour"  # any other reason is the SDK's, before it asks a template
REFUSED = [
    (row["image"], row["algorithm"], row["reason"])
    for row in ROWS
    if row["outcome"] == "refused"
    and (FULL or row["algorithm"] not in TEMPLATES or (row["reason"] == OWN_REFUSAL and is_small(row["image"])))
]
ORACLES = {
    "window-level": window_level,
    "grayscale": grayscale,
    "openmp-template": openmp_template_oracle,
    "python-simple": python_simple_oracle,
}
WINDOW = {"center": 40.0, "width": 400.0}
# What cannot be mended without inventing something, image → the error it adds.
KNOWN = {
    "OBXXXX1A_2frame.dcm": "BurnedInAnnotation",
    "OBXXXX1A_expb_2frame.dcm": "BurnedInAnnotation",
    "OBXXXX1A_rle_2frame.dcm": "BurnedInAnnotation",
    # The source's own SOPInstanceUID is no UID, and the result has to reference it.
    "bad_sequence.dcm": "Referenced SOP Instance UID",
    "color-pl.dcm": "Referenced SOP Instance UID",
    "color-px.dcm": "Referenced SOP Instance UID",
}


@dataclass(frozen=True)
class Case:
    """A shipped image and what an algorithm made of it."""

    name: str
    algorithm: str
    octets: bytes
    files: list[ResultFile]

    @property
    def result(self) -> bytes:
        return self.files[0].octets


def parameters(algorithm: str) -> dict[str, Any]:
    return WINDOW if algorithm == "window-level" else {}


@pytest.fixture(scope="module", params=DONE, ids=lambda case: f"{case[1]}-{case[0]}")
def case(processors: dict[str, BaseProcessor], request: pytest.FixtureRequest) -> Case:
    """Every combination that has to succeed; of module scope, so that its tests run one after another on one result."""
    name, algorithm = request.param
    octets = shipped()[name].read_bytes()
    return Case(name, algorithm, octets, run(processors, algorithm, octets, parameters(algorithm)))


def test_the_matrix_names_every_shipped_image_and_algorithm_once() -> None:
    listed = [(row["image"], row["algorithm"]) for row in ROWS]
    assert sorted(listed) == sorted((name, algorithm) for name in shipped() for algorithm in ALGORITHMS)
    counts = Counter((row["algorithm"], row["outcome"]) for row in ROWS)
    for (algorithm, outcome), count in sorted(counts.items()):
        print(f"{algorithm:14} {outcome:14} {count:4}")
    succeeded = sum(count for (_, outcome), count in counts.items() if outcome != "refused")
    print(f"{succeeded} of {len(ROWS)} combinations succeed")
    assert succeeded >= 456


def test_the_pixels_equal_the_oracle(case: Case) -> None:
    check_pixels(case.algorithm, case.octets, case.result)


@pytest.mark.parametrize(("name", "algorithm"), PIXELS_ONLY)
def test_the_pixels_of_a_template_equal_its_oracle(processors: dict[str, BaseProcessor], name: str, algorithm: str) -> None:
    octets = shipped()[name].read_bytes()
    check_pixels(algorithm, octets, run(processors, algorithm, octets)[0].octets)


def check_pixels(algorithm: str, octets: bytes, result: bytes) -> None:
    expected = ORACLES[algorithm].expected(dcmread(BytesIO(octets)), parameters(algorithm))
    got = oracle_dicom.samples(dcmread(BytesIO(result)))
    assert got.shape == expected.shape
    assert np.array_equal(got, expected)


@pytest.mark.parametrize(("name", "outcome"), SEGMENTED)
def test_the_segmentation_of_a_template_equals_its_oracle(processors: dict[str, BaseProcessor], name: str, outcome: str) -> None:
    octets = shipped()[name].read_bytes()
    [expected] = python_advanced_oracle.expected(dcmread(BytesIO(octets)), {})
    done = processed(processors, "python-advanced", octets)
    got = mask_of(seg_of(done)) if done.outcome == "found" else np.zeros_like(expected)
    assert done.outcome == outcome
    assert np.array_equal(got, expected)


def test_the_result_is_a_new_object_of_the_same_patient(case: Case) -> None:
    source, result = parsed(case.octets), parsed(case.result)
    assert result.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert result.SOPInstanceUID.startswith("2.25.")
    assert result.SOPInstanceUID != source.SOPInstanceUID
    assert result.SeriesInstanceUID not in (source.get("SeriesInstanceUID"), result.SOPInstanceUID)
    assert result.StudyInstanceUID == source.get("StudyInstanceUID", result.StudyInstanceUID)
    assert result.file_meta.MediaStorageSOPInstanceUID == result.SOPInstanceUID
    for attribute in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "AccessionNumber"):
        assert str(result.get(attribute) or "") == str(source.get(attribute) or ""), attribute
    assert int(result.get("NumberOfFrames") or 1) == int(source.get("NumberOfFrames") or 1)


def test_the_result_says_what_it_is(case: Case) -> None:
    source, result = parsed(case.octets), parsed(case.result)
    assert result.SeriesDescription.startswith("[RESEARCH] ")
    assert result.DerivationDescription.endswith("Not for diagnostic use")
    assert result.ImageType[0] == "DERIVED"
    [reference] = result.SourceImageSequence
    assert (reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID) == (source.SOPClassUID, source.SOPInstanceUID)
    assert reference.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
    [equipment] = result.ContributingEquipmentSequence
    assert equipment.ManufacturerModelName == case.algorithm
    samples = int(result.get("NumberOfFrames") or 1) * result.Rows * result.Columns
    assert len(result.PixelData) == samples * result.BitsAllocated // 8 + samples * result.BitsAllocated // 8 % 2


def test_nothing_private_and_no_overlay_icon_signature_or_comment_is_carried_on(case: Case) -> None:
    for element in parsed(case.result).iterall():
        assert not element.tag.is_private
        assert not 0x6000 <= element.tag.group <= 0x60FF
        assert "Comment" not in element.keyword
        assert element.keyword not in ("IconImageSequence", "DigitalSignaturesSequence")


@needs_dciodvfy
def test_dciodvfy_finds_no_error_that_the_source_did_not_have(case: Case) -> None:
    added = errors(case.result) - errors(case.octets)
    known = KNOWN.get(case.name.rsplit("/", 1)[-1])
    assert not {error for error in added if known is None or known not in error}


def test_a_redelivery_gives_the_same_bytes(processors: dict[str, BaseProcessor], case: Case) -> None:
    assert run(processors, case.algorithm, case.octets, parameters(case.algorithm)) == case.files


@pytest.mark.parametrize(("name", "algorithm", "reason"), REFUSED)
def test_what_cannot_be_an_input_is_refused_for_its_own_reason(
    processors: dict[str, BaseProcessor], name: str, algorithm: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        run(processors, algorithm, shipped()[name].read_bytes(), parameters(algorithm))
