import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mip_sdk.faults import MalformedMessage
from mip_sdk.message import Pacs, check_key, deduplication_id, parse_message, with_delivery

SCHEMAS = Path(__file__).parents[3] / "schemas"
SCHEMA = Draft202012Validator(json.loads((SCHEMAS / "job-message.schema.json").read_text()))
FULL: dict[str, Any] = json.loads((SCHEMAS / "examples/valid/job-message/full.json").read_text())
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
    [(name,) for name in FULL] + [("pacs", name) for name in FULL["pacs"]] + [("parameters", "center"), ("more",), ("pacs", "more")]
)


def accepts(document: object) -> bool:
    try:
        parse_message(json.dumps(document))
    except MalformedMessage:
        return False
    return True


def changed(case: dict[str, Any]) -> Any:
    """The valid example with the case's change made."""
    root: dict[str, Any] = {"": copy.deepcopy(FULL)}
    changes = [("set", pointer, value) for pointer, value in case.get("set", {}).items()]
    changes += [("remove", pointer, None) for pointer in case.get("remove", [])]
    changes += [("lengthen", pointer, length) for pointer, length in case.get("lengthen", {}).items()]
    changes += [("widen", pointer, count) for pointer, count in case.get("widen", {}).items()]
    for verb, pointer, value in changes:
        *path, last = ["", *pointer.split("/")[1:]]
        holder: Any = root
        for key in path:
            holder = holder[key]
        if verb == "set":
            holder[last] = value
        elif verb == "remove":
            del holder[last]
        elif verb == "widen":
            holder[last] = {f"key{number}": 1 for number in range(value)}
        else:
            holder[last] = (str(holder[last]) * value)[:value]
    return root[""]


def test_the_valid_example_is_read_whole() -> None:
    job = parse_message(json.dumps(FULL))
    assert job.pacs == Pacs("1.2.3", "1.2.3.4", "1.2.3.4.5", "built-in")
    assert job.parameters == {"center": 40.5, "function": "LINEAR"}
    assert (job.client_id, job.job_id, job.algorithm, job.delivery) == ("viewer", "job-1", "window-level", 1)


@pytest.mark.parametrize("case", REJECTED)
def test_what_the_schema_rejects_is_malformed(case: dict[str, Any]) -> None:
    document = changed(case)
    assert not SCHEMA.is_valid(document), "the case does not show what it should"
    assert not accepts(document)


@given(st.sampled_from(PLACES), ANYTHING)
def test_parser_and_schema_agree_on_any_value_in_any_place(place: tuple[str, ...], value: Any) -> None:
    document = copy.deepcopy(FULL)
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
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
    body = json.dumps(FULL)
    again = json.loads(with_delivery(body, 7))
    assert again == {**FULL, "delivery": 7}
