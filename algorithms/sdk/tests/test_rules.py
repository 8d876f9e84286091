"""The rules on an algorithm's input: the vectors that the router is held to as well, and what the worker alone sees, all images."""

import base64
import json
import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import DataElement, Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from cloud import Cloud
from made import ct, message_of, parsed, processing, stored
from mip_sdk import BaseProcessor
from mip_sdk.attributes import Seen, read_attribute, tag_of
from mip_sdk.facts import derived_by_mip, orientation_of, planes_of, spacing_of
from mip_sdk.faults import ImageUnreadable, InvalidInput
from mip_sdk.input_check import InputCheck
from mip_sdk.message import Override
from mip_sdk.rules import check_rule, is_overridable, words_of

VECTORS = json.loads((Path(__file__).parents[3] / "schemas" / "vectors" / "input-rules.json").read_text())
BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}


def named(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in cases])


def as_read(given: dict[str, Any]) -> Dataset:
    """A dataset as it comes out of a file of these elements: bytes, not yet looked at."""
    dataset = Dataset()
    for tag, element in given.items():
        number = Tag(int(tag, 16))
        if element["vr"] == "SQ":
            dataset.add(DataElement(number, "SQ", Sequence([as_read(item) for item in element.get("Value", [])])))
        else:
            octets = encoded(element)
            raw = RawDataElement(number, element["vr"], len(octets), octets or None, 0, False, True)
            dataset._dict[number] = raw
    return dataset


def encoded(element: dict[str, Any]) -> bytes:
    vr, values = element["vr"], element.get("Value", [])
    if "InlineBinary" in element:
        return base64.b64decode(element["InlineBinary"])
    if "BulkDataURI" in element:
        return b"\0\0"
    if vr in BINARY:
        return b"".join(struct.pack(f"<{BINARY[vr]}", int(value)) for value in values)
    if vr == "AT":
        return b"".join(struct.pack("<HH", int(value[:4], 16), int(value[4:], 16)) for value in values)
    if vr == "PN":
        values = ["=".join(value.values()) for value in values]
    return "\\".join("" if value is None else str(value) for value in values).encode()


@named(VECTORS["tags"])
def test_a_rule_on_an_attribute(case: dict[str, Any]) -> None:
    dataset = as_read(case["dataset"])
    if any(ord(letter) > 127 for letter in json.dumps(case["dataset"], ensure_ascii=False)):
        dataset.SpecificCharacterSet = "ISO_IR 192"
        dataset = reread(dataset)
    tag = tag_of(case["rule"]["tag"])
    looked_at = tag is not None and (case.get("complete", True) or tag in dataset)
    assert check_rule(case["rule"], read_attribute(dataset, tag) if tag is not None and looked_at else None) == case["result"]


def reread(dataset: Dataset) -> Dataset:
    buffer = BytesIO()
    dataset.save_as(buffer, implicit_vr=False, little_endian=True)
    return dcmread(BytesIO(buffer.getvalue()), force=True)


def test_of_several_numbers_one_that_cannot_be_read_hides_no_other() -> None:
    spacing = as_read({"00280030": {"vr": "DS", "Value": ["2.5", "thin"]}})
    tag = tag_of("PixelSpacing")
    assert tag is not None
    for equals, result in [(2.5, "pass"), (3, "unknown")]:
        assert check_rule({"tag": "PixelSpacing", "equals": equals, "severity": "reject"}, read_attribute(spacing, tag)) == result


@named(VECTORS["facts"])
def test_a_rule_on_a_fact(case: dict[str, Any]) -> None:
    fact = case["facts"].get(case["rule"]["fact"])
    seen = None if fact is None else Seen(tuple(fact["values"]), bool(fact["values"]), fact.get("more", False))
    assert check_rule(case["rule"], seen) == case["result"]


@named(VECTORS["overrides"])
def test_whether_a_rule_can_be_overridden(case: dict[str, Any]) -> None:
    assert is_overridable(case["rule"]) is case["overridable"]


@named(VECTORS["derived"])
def test_a_fact_of_an_image(case: dict[str, Any]) -> None:
    dataset = as_read(case["dataset"])
    if case["fact"] == "is_derived_by_mip":
        seen = derived_by_mip(dataset)
    else:
        seen = {"spacing_mm": spacing_of, "orientation": orientation_of}[case["fact"]](planes_of(dataset))
    # What the router does not read, frame by frame, the worker does.
    frame_by_frame = {"spacing_mm": [0.5, 0.75], "orientation": ["coronal"]}
    assert list(seen.values) == (frame_by_frame[case["fact"]] if case["values"] is None else case["values"])


AXES = ["1", "0", "0", "0", "1", "0"]
FLAT = np.zeros((4, 4), np.int16)


def series(positions: list[tuple[float, float, float]], **attributes: Any) -> list[bytes]:
    return [
        ct(
            FLAT,
            SOPInstanceUID=f"1.2.3.4.{index}",
            ImagePositionPatient=[str(one) for one in position],
            **{"ImageOrientationPatient": AXES, "PixelSpacing": ["0.5", "0.5"], "FrameOfReferenceUID": "1.2", **attributes},
        )
        for index, position in enumerate(positions)
    ]


EVEN = series([(0.0, 0.0, z) for z in (0.0, 2.5, 5.0, 7.5)])
TILTED = [(0.0, float(z) * 0.02, float(z)) for z in range(4)]


def refused(images: list[bytes], rule: dict[str, Any]) -> str:
    """The words of the refusal; empty where there is none."""
    try:
        InputCheck({"rules": [{"severity": "reject", **rule}]}).check([stored(octets) for octets in images])
    except InvalidInput as fault:
        return str(fault)
    return ""


@pytest.mark.parametrize(
    ("images", "uniform"),
    [
        (EVEN, True),
        (EVEN[:1], True),
        ([EVEN[2], EVEN[0], EVEN[3], EVEN[1]], True),
        ([EVEN[0], EVEN[1], EVEN[3]], False),
        ([EVEN[0], *EVEN], False),
        ([EVEN[0], EVEN[0], EVEN[0]], False),
        (series(TILTED), False),
        ([*EVEN[:3], *series([(0.0, 0.0, 7.5)], PixelSpacing=["0.6", "0.5"])], False),
        ([*EVEN[:3], *series([(0.0, 0.0, 7.5)], FrameOfReferenceUID="1.3")], False),
        ([*EVEN[:3], *series([(0.0, 0.0, 7.5)], ImageOrientationPatient=["1", "0", "0", "0", "0.999", "0.02"])], False),
    ],
    ids=[
        "even",
        "one",
        "in any order",
        "one missing",
        "one twice",
        "all in one place",
        "tilted",
        "other spacing",
        "other frame",
        "other direction",
    ],
)
def test_what_a_volume_is(images: list[bytes], uniform: bool) -> None:
    assert refused(images, {"fact": "uniform", "equals": True}) == ("" if uniform else "uniform has to be true")
    assert bool(refused(images, {"fact": "uniform", "equals": False})) is uniform


def test_where_images_do_not_say_where_they_lie_nothing_is_refused() -> None:
    images = [ct(FLAT, SOPInstanceUID=f"1.{number}") for number in range(3)]
    assert refused(images, {"fact": "uniform", "equals": True}) == ""
    assert refused(images, {"fact": "spacing_mm", "range": {"maximum": 1, "unit": "mm"}}) == ""
    assert refused(images, {"fact": "orientation", "equals": "axial"}) == ""


def test_slices_are_counted_frames_included() -> None:
    rule: dict[str, Any] = {"fact": "slices", "range": {"minimum": 5, "unit": "1"}}
    assert refused(EVEN, rule) == "slices has to be at least 5"
    assert refused([*EVEN, EVEN[0]], rule) == ""
    assert refused([ct(np.zeros((5, 4, 4), np.int16))], rule) == ""


def test_the_step_between_slices_is_part_of_their_spacing() -> None:
    rule: dict[str, Any] = {"fact": "spacing_mm", "range": {"maximum": 2, "unit": "mm"}}
    assert refused(EVEN, rule) == "image 1 of 4: spacing_mm has to be at most 2 mm"
    assert refused(EVEN[:1], rule) == ""


def test_a_rule_that_fails_names_the_image_by_its_place_and_no_value() -> None:
    images = [EVEN[0], ct(FLAT, PhotometricInterpretation="MONOCHROME1", SOPInstanceUID="1.9")]
    rule = {"tag": "PhotometricInterpretation", "one_of": ["MONOCHROME2", "RGB"], "description": "White is white."}
    words = "image 2 of 2: PhotometricInterpretation has to be one of MONOCHROME2, RGB: White is white."
    assert refused(images, rule) == words
    assert InputCheck({"rules": [{**rule, "severity": "warn"}]}).check([stored(octets) for octets in images]) == [words]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"tag": "Rows", "present": True}, "Rows has to be there"),
        ({"tag": "Rows", "present": False}, "Rows has to be absent"),
        ({"tag": "Rows", "equals": 2.5}, "Rows has to be 2.5"),
        ({"fact": "uniform", "equals": True}, "uniform has to be true"),
        ({"tag": "Rows", "one_of": [8, 16]}, "Rows has to be one of 8, 16"),
        ({"tag": "Modality", "matches": "^C"}, "Modality has to match ^C"),
        ({"tag": "Rows", "range": {"minimum": 1, "maximum": 3, "unit": "mm"}}, "Rows has to be at least 1 and at most 3 mm"),
    ],
)
def test_the_words_of_a_rule(rule: dict[str, Any], words: str) -> None:
    assert words_of(rule) == words


def test_modalities_are_a_rule_and_of_a_study_one_image_is_enough() -> None:
    check = InputCheck({"modalities": ["CT"], "rules": [{"tag": "Rows", "equals": 4, "severity": "reject"}]})
    other = ct(np.zeros((8, 8), np.int16), Modality="MR", SOPInstanceUID="1.9")
    mixed = [stored(EVEN[0]), stored(other)]
    with pytest.raises(InvalidInput, match="image 2 of 2: Modality has to be CT"):
        check.check(mixed)
    assert check.check(mixed, whole_study=True) == []
    with pytest.raises(InvalidInput, match=r"^Modality has to be CT"):
        check.check([stored(other)], whole_study=True)


def test_a_result_of_mip_is_not_processed_again_unless_the_entry_says_so(processors: dict[str, BaseProcessor]) -> None:
    job = message_of(EVEN[0], "window-level", {"center": 40.0, "width": 400.0})
    result = processing(processors["window-level"], "window-level").run(job, [stored(EVEN[0])], job.accepted_at).files[0].octets
    with pytest.raises(InvalidInput, match="is_derived_by_mip has to be false: Results of MIP are not processed again"):
        InputCheck({}).check([stored(result)])
    allowed = {"fact": "is_derived_by_mip", "one_of": [True, False], "severity": "reject"}
    assert InputCheck({"rules": [allowed]}).check([stored(result)]) == []
    assert InputCheck({}).check([stored(EVEN[0])]) == []


def test_an_image_that_cannot_be_read_is_said_to_be_so() -> None:
    with pytest.raises(ImageUnreadable, match=r"^image 2 of 2: the image is not a DICOM file"):
        InputCheck({}).check([stored(EVEN[0]), stored(b"no DICOM")])


def test_the_worker_holds_every_job_against_the_rules(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    given = {
        "modalities": ["CT"],
        "rules": [
            {"tag": "Rows", "range": {"minimum": 100, "unit": "1"}, "severity": "reject"},
            {"tag": "KVP", "present": True, "severity": "warn"},
        ],
    }
    warned = {"rules": given["rules"][1:]}
    for job_id, rules, state in [("job-1", given, "failed"), ("job-2", warned, "succeeded")]:
        job = cloud.submit(EVEN[0], "window-level", {"center": 40.0, "width": 400.0}, job_id)
        checked = processing(processors["window-level"], "window-level", check=InputCheck(rules))
        cloud.deliver(cloud.worker(processors["window-level"], "window-level", processing=checked))
        assert cloud.record(job)["state"] == state
        if state == "failed":
            assert cloud.record(job)["error"] == {"code": "invalid-input", "message": "Rows has to be at least 100"}
    [manifest] = [json.loads(octets) for key, octets in cloud.results().items() if key.endswith("manifest.json")]
    assert "KVP has to be there" in manifest["notes"]
    assert "KVP" not in parsed(EVEN[0])


KVP: dict[str, Any] = {"tag": "KVP", "present": True, "severity": "reject"}
ROWS: dict[str, Any] = {"tag": "Rows", "range": {"minimum": 100, "unit": "1"}, "severity": "reject"}
REASON = "CANARY-REASON"


@pytest.mark.parametrize(
    ("rules", "tags", "said"),
    [
        ([KVP], ["KVP"], ["overridden by the role radiologist: KVP has to be there"]),
        ([KVP], [], "KVP has to be there"),
        ([KVP], ["ImageType"], "KVP has to be there"),
        ([KVP], ["00180060"], "KVP has to be there"),
        ([{**KVP, "severity": "warn"}], ["KVP"], ["KVP has to be there"]),
        ([{**KVP, "present": False}], ["KVP"], []),
        ([ROWS], ["Rows"], "Rows has to be at least 100"),
        ([KVP, ROWS], ["KVP", "Rows"], "Rows has to be at least 100"),
    ],
    ids=["named", "not named", "another", "another spelling", "a warning", "it holds", "the size", "two"],
)
def test_exactly_the_rules_that_are_overridden_refuse_nothing(rules: list[Any], tags: list[str], said: str | list[str]) -> None:
    overrides = [Override(tag, REASON, "radiologist") for tag in tags]

    def check() -> list[str]:
        return InputCheck({"rules": rules}).check([stored(EVEN[0])], overrides=overrides)

    if isinstance(said, list):
        assert check() == said
    else:
        with pytest.raises(InvalidInput, match=f"^{said}$"):
            check()


def test_modalities_and_results_of_mip_are_no_rules_that_can_be_overridden() -> None:
    overrides = [Override(tag, REASON, "radiologist") for tag in ("Modality", "00080060")]
    with pytest.raises(InvalidInput, match=r"^Modality has to be MR$"):
        InputCheck({"modalities": ["MR"]}).check([stored(EVEN[0])], overrides=overrides)


def test_a_job_that_overrides_a_rule_succeeds_and_its_manifest_says_so(
    cloud: Cloud, processors: dict[str, BaseProcessor], capfd: pytest.CaptureFixture[str]
) -> None:
    override = Override("KVP", REASON, "radiologist")
    check = InputCheck({"rules": [KVP]})
    for job_id, overrides, state in [("job-1", (), "failed"), ("job-2", (override,), "succeeded")]:
        job = cloud.submit(EVEN[0], "window-level", {"center": 40.0, "width": 400.0}, job_id, overrides)
        checked = processing(processors["window-level"], "window-level", check=check)
        cloud.deliver(cloud.worker(processors["window-level"], "window-level", processing=checked))
        assert cloud.record(job)["state"] == state
    [manifest] = [json.loads(octets) for key, octets in cloud.results().items() if key.endswith("manifest.json")]
    assert manifest["overrides"] == [{"tag": "KVP", "reason": REASON, "role": "radiologist"}]
    assert "overridden by the role radiologist: KVP has to be there" in manifest["notes"]
    assert REASON not in json.dumps(manifest["notes"])
    assert cloud.lines()
    assert REASON not in json.dumps(cloud.lines())
    assert REASON not in "".join(capfd.readouterr())
