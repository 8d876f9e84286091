"""The SEG in a real PACS: it lies in its image's study, and comes back with the mask on the right pixels."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import orthanc
import pytest

import threshold_ccl as oracle
from made import parsed, processed
from mip_sdk import BaseProcessor
from segs import marked, places, same_places, seg_of
from shipped import image

pytestmark = pytest.mark.skipif(
    orthanc.program() is None, reason="needs Orthanc with its DICOMweb plugin (Debian: orthanc, orthanc-dicomweb)"
)
JSON = "application/dicom+json"
NAMES = ["CT_small.dcm", "explicit_VR-UN.dcm", "693_UNCR.dcm", "bad_sequence.dcm"]


@pytest.fixture(scope="module")
def pacs() -> Iterator[dict[str, Any]]:
    with orthanc.running() as started:
        yield started


def ask(url: str, accept: str, body: bytes | None = None, kind: str = "") -> bytes:
    with urlopen(Request(url, body, {"accept": accept, **({"content-type": kind} if kind else {})}), timeout=30) as answer:
        return answer.read()


def store(pacs: dict[str, Any], octets: bytes) -> list[Any]:
    """STOW-RS; what the response's body lists as failed."""
    body = b"--part\r\ncontent-type: application/dicom\r\n\r\n" + octets + b"\r\n--part--\r\n"
    kind = 'multipart/related; type="application/dicom"; boundary=part'
    said = json.loads(ask(f"{pacs['url']}/studies", JSON, body, kind))
    return said.get("00081198", {}).get("Value", [])


def listed(pacs: dict[str, Any], path: str) -> list[dict[str, Any]]:
    return json.loads(ask(f"{pacs['url']}/{path}", JSON))


@pytest.mark.parametrize("name", NAMES)
def test_a_seg_lies_in_the_study_of_its_image_and_reads_back_on_the_right_pixels(
    pacs: dict[str, Any], processors: dict[str, BaseProcessor], name: str
) -> None:
    octets = image(name)
    source = parsed(octets)
    made = seg_of(processed(processors, "threshold-ccl", octets, job_id=f"job-{NAMES.index(name)}"))
    seg = parsed(made)
    ask(f"{pacs['http']}/instances", "application/json", octets)  # Orthanc's STOW does not parse explicit_VR-UN; this does
    assert store(pacs, made) == []
    study = f"studies/{source.StudyInstanceUID}"
    series = {item["0020000E"]["Value"][0]: item["00080060"]["Value"][0] for item in listed(pacs, f"{study}/series")}
    assert series[str(source.SeriesInstanceUID)] == "CT"
    assert series[str(seg.SeriesInstanceUID)] == "SEG"
    if name != "explicit_VR-UN.dcm":
        # Its PatientID is of VR UN, of which Orthanc keeps the padding space: it takes both for two patients with one study's UID.
        [found] = listed(pacs, f"studies?StudyInstanceUID={source.StudyInstanceUID}")
        assert found["00201208"]["Value"] == [2]
    place = f"{study}/series/{seg.SeriesInstanceUID}/instances/{seg.SOPInstanceUID}"
    answer = ask(f"{pacs['url']}/{place}", 'multipart/related; type="application/dicom"; transfer-syntax=*')
    back = answer[answer.index(b"\r\n\r\n") + 4 : answer.rindex(b"\r\n--")]
    [expected] = oracle.expected(source, {})
    assert same_places(marked(back), places(source, expected))
    if name == NAMES[0]:
        assert parsed(back) == seg
        assert store(pacs, made) == [], "the same bytes again are no failure"
