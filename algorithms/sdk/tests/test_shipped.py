"""Every image that pydicom and pydicom-data ship through every algorithm, held against ``tests/matrix.expected.tsv``.

The table was fixed from what the files are, not from what the code does: a file that turns from done to refused fails here.
"""

import csv
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import dicom as oracle_dicom
import grayscale
import numpy as np
import pytest
import window_level
from dciodvfy import errors, needs_dciodvfy
from made import message_of, parsed, processing, run, stored
from mip_sdk import BaseProcessor, InvalidInput
from mip_sdk.results import ResultFile
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian
from shipped import shipped

MATRIX = Path(__file__).parents[3] / "tests" / "matrix.expected.tsv"
ROWS = list(csv.DictReader(MATRIX.read_text().splitlines(), delimiter="\t"))
DONE = [(row["image"], row["algorithm"]) for row in ROWS if row["outcome"] == "done"]
REFUSED = [(row["image"], row["algorithm"], row["reason"]) for row in ROWS if row["outcome"] == "refused"]
ORACLES = {"window-level": window_level, "grayscale": grayscale}
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


def parameters(algorithm: str) -> dict[str, Any]:
    return WINDOW if algorithm == "window-level" else {}


@lru_cache(maxsize=4)
def octets_of(name: str) -> bytes:
    return shipped()[name].read_bytes()


@pytest.fixture
def result(processors: dict[str, BaseProcessor], request: pytest.FixtureRequest) -> list[ResultFile]:
    name, algorithm = request.param
    return made(name, algorithm, processors[algorithm])


@lru_cache(maxsize=4)
def made(name: str, algorithm: str, processor: BaseProcessor) -> list[ResultFile]:
    return run({algorithm: processor}, algorithm, octets_of(name), parameters(algorithm))


def test_the_matrix_names_every_shipped_image_and_algorithm_once() -> None:
    listed = [(row["image"], row["algorithm"]) for row in ROWS]
    assert sorted(listed) == sorted((name, algorithm) for name in shipped() for algorithm in ORACLES)
    print(f"{len(DONE)} of {len(ROWS)} combinations succeed")
    assert len(DONE) >= 240


@pytest.mark.parametrize(("name", "algorithm"), DONE)
def test_the_pixels_equal_the_oracle(processors: dict[str, BaseProcessor], name: str, algorithm: str) -> None:
    source = dcmread(BytesIO(octets_of(name)))
    expected = ORACLES[algorithm].expected(source, parameters(algorithm))
    got = oracle_dicom.samples(dcmread(BytesIO(made(name, algorithm, processors[algorithm])[0].octets)))
    assert got.shape == expected.shape
    assert np.array_equal(got, expected)


@pytest.mark.parametrize(("name", "algorithm"), DONE)
def test_the_result_is_a_new_object_of_the_same_patient(processors: dict[str, BaseProcessor], name: str, algorithm: str) -> None:
    source, result = parsed(octets_of(name)), parsed(made(name, algorithm, processors[algorithm])[0].octets)
    assert result.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert result.SOPInstanceUID.startswith("2.25.")
    assert result.SOPInstanceUID != source.SOPInstanceUID
    assert result.SeriesInstanceUID not in (source.get("SeriesInstanceUID"), result.SOPInstanceUID)
    assert result.StudyInstanceUID == source.get("StudyInstanceUID", result.StudyInstanceUID)
    assert result.file_meta.MediaStorageSOPInstanceUID == result.SOPInstanceUID
    for attribute in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "AccessionNumber"):
        assert str(result.get(attribute) or "") == str(source.get(attribute) or ""), attribute
    assert int(result.get("NumberOfFrames") or 1) == int(source.get("NumberOfFrames") or 1)
    assert result.SeriesDescription.startswith("[RESEARCH] ")
    assert result.DerivationDescription.endswith("Not for diagnostic use")
    assert result.ImageType[0] == "DERIVED"
    [reference] = result.SourceImageSequence
    assert (reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID) == (source.SOPClassUID, source.SOPInstanceUID)
    assert reference.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
    assert len(result.PixelData) >= result.Rows * result.Columns * result.BitsAllocated // 8


@pytest.mark.parametrize(("name", "algorithm"), DONE)
def test_nothing_private_and_no_overlay_icon_signature_or_comment_is_carried_on(
    processors: dict[str, BaseProcessor], name: str, algorithm: str
) -> None:
    result = parsed(made(name, algorithm, processors[algorithm])[0].octets)
    for element in result.iterall():
        assert not element.tag.is_private
        assert not 0x6000 <= element.tag.group <= 0x60FF
        assert "Comment" not in element.keyword
        assert element.keyword not in ("IconImageSequence", "DigitalSignaturesSequence", "ImageComments")


@needs_dciodvfy
@pytest.mark.parametrize(("name", "algorithm"), DONE)
def test_dciodvfy_finds_no_error_that_the_source_did_not_have(processors: dict[str, BaseProcessor], name: str, algorithm: str) -> None:
    added = errors(made(name, algorithm, processors[algorithm])[0].octets) - errors(octets_of(name))
    known = KNOWN.get(name.rsplit("/", 1)[-1])
    assert not {error for error in added if known is None or known not in error}


@pytest.mark.parametrize(("name", "algorithm"), DONE)
def test_a_redelivery_gives_the_same_bytes(processors: dict[str, BaseProcessor], name: str, algorithm: str) -> None:
    octets, job = octets_of(name), message_of(octets_of(name), algorithm, parameters(algorithm))
    again = processing(processors[algorithm], algorithm).run(job, [stored(octets)], made_at(name, algorithm, processors))
    assert again == made(name, algorithm, processors[algorithm])


def made_at(name: str, algorithm: str, processors: dict[str, BaseProcessor]) -> str:
    import json

    return json.loads(made(name, algorithm, processors[algorithm])[-1].octets)["times"]["started_at"]


@pytest.mark.parametrize(("name", "algorithm", "reason"), REFUSED)
def test_what_cannot_be_an_input_is_refused_for_its_own_reason(
    processors: dict[str, BaseProcessor], name: str, algorithm: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        made(name, algorithm, processors[algorithm])
