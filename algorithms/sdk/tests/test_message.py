import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mip_sdk.faults import MalformedMessage
from mip_sdk.message import Override, Pacs, check_key, deduplication_id, parse_message, with_delivery

SCHEMAS = Path(__file__).parents[3] / "schemas"
SCHEMA = Draft202012Validator(json.loads((SCHEMAS / "job-message.schema.json").read_text()))
VALID: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted((SCHEMAS / "examples/valid/job-message").glob("*.json"))
}
FULL, CONFORMANCE = VALID["full"], VALID["conformance"]
REJECTED = [
    pytest.param(case, id=f"{path.stem}-{index}")
    for path in sorted((SCHEMAS / "examples/invalid/job-message").glob("*.json"))
    for index, case in enumerate(json.loads(path.read_text())["cases"])
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
PLACES = (
    [(name,) for name in CONFORMANCE]
    + [("trace_id",), ("overrides",), ("overrides", 0)]
    + [("overrides", 0, name) for name in FULL["overrides"][0]]
    + [("pacs", name) for name in FULL["pacs"]]
    + [("parameters", "center"), ("more",), ("pacs", "more")]
)


def accepts(document: object) -> bool:
    try:
        parse_message(json.dumps(document))
    except MalformedMessage:
        return False
    return True


def changed(case: dict[str, Any]) -> Any:
    """The valid example with the case's change made."""
    root: dict[str, Any] = {"": copy.deepcopy(VALID[case.get("of", "full")])}
    changes = [("set", pointer, value) for pointer, value in case.get("set", {}).items()]
    changes += [("remove", pointer, None) for pointer in case.get("remove", [])]
    changes += [("lengthen", pointer, length) for pointer, length in case.get("lengthen", {}).items()]
    changes += [("widen", pointer, count) for pointer, count in case.get("widen", {}).items()]
    changes += [("repeat", pointer, count) for pointer, count in case.get("repeat", {}).items()]
    for verb, pointer, value in changes:
        *path, last = ["", *pointer.split("/")[1:]]
        holder: Any = root
        for key in path:
            holder = holder[int(key) if isinstance(holder, list) else key]
        last = int(last) if isinstance(holder, list) else last
        if verb == "set":
            holder[last] = value
        elif verb == "remove":
            del holder[last]
        elif verb == "widen":
            holder[last] = {f"key{number}": 1 for number in range(value)}
        elif verb == "repeat":
            holder[last] *= value
        else:
            holder[last] = (str(holder[last]) * value)[:value]
    return root[""]


def test_the_valid_example_is_read_whole() -> None:
    job = parse_message(json.dumps(FULL))
    assert job.pacs == Pacs("1.2.3", "1.2.3.4", "1.2.3.4.5", "built-in")
    assert job.parameters == {"center": 40.5, "function": "LINEAR"}
    assert (job.client_id, job.job_id, job.algorithm, job.delivery) == ("viewer", "job-1", "window-level", 1)
    assert (job.purpose, job.images) == ("clinical", ())
    assert job.trace_id == FULL["trace_id"]
    assert job.overrides == (Override("ImageType", "No original series is left.", "radiologist"),)


def test_a_conformance_job_names_its_images_by_their_digest() -> None:
    job = parse_message(json.dumps(CONFORMANCE))
    assert (job.purpose, list(job.images)) == ("conformance", CONFORMANCE["images"])
    assert job.pacs == Pacs("1.2.3", "1.2.3.4")


@pytest.mark.parametrize("case", REJECTED)
def test_what_the_schema_rejects_is_malformed(case: dict[str, Any]) -> None:
    document = changed(case)
    assert not SCHEMA.is_valid(document), "the case does not show what it should"
    assert not accepts(document)


@given(st.sampled_from(sorted(VALID)), st.sampled_from(PLACES), ANYTHING)
def test_parser_and_schema_agree_on_any_value_in_any_place(example: str, place: tuple[str | int, ...], value: Any) -> None:
    document: Any = copy.deepcopy(VALID[example])
    if place[0] == "overrides":
        document["overrides"] = copy.deepcopy(FULL["overrides"])
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    assert accepts(document) == SCHEMA.is_valid(document)


DIGESTS = st.lists(st.text("0123456789abcdefF", min_size=63, max_size=65) | st.sampled_from(CONFORMANCE["images"]), max_size=3)


@given(st.sampled_from(["clinical", "conformance", "shadow"]), st.none() | DIGESTS)
def test_parser_and_schema_agree_on_which_purpose_names_images(purpose: str, images: list[str] | None) -> None:
    document = {**FULL, "purpose": purpose, **({} if images is None else {"images": images})}
    del document["overrides"]  # of no conformance job
    assert accepts(document) == SCHEMA.is_valid(document)


@pytest.mark.parametrize("body", ["", "{", "null", "[]", '"text"', "[" * 100_000, '{"parameters": NaN}', "\0"])
def test_what_is_no_json_object_is_malformed(body: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_message(body)


def test_a_malformed_message_is_named_by_its_field_and_never_quoted() -> None:
    document = {**FULL, "job_id": "DOE^JOHN canary"}
    with pytest.raises(MalformedMessage, match="job_id") as caught:
        parse_message(json.dumps(document))
    assert "canary" not in str(caught.value)


def test_a_key_of_another_job_is_malformed() -> None:
    with pytest.raises(MalformedMessage, match="job_key"):
        check_key(parse_message(json.dumps(FULL)))
    cases = json.loads((SCHEMAS / "vectors/job-keys.json").read_text())["jobs"]
    for case in cases:
        document = {**FULL, **{name: case[name] for name in ("client_id", "job_id", "job_key")}}
        job = check_key(parse_message(json.dumps(document)))
        assert deduplication_id(job, case["delivery"]) == case["deduplication_id"]


def test_the_same_body_as_another_delivery_differs_in_that_only() -> None:
    for document in VALID.values():
        again = json.loads(with_delivery(json.dumps(document), 7))
        assert again == {**document, "delivery": 7}
