import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mip_sdk.images import hashed
from mip_sdk.uids import UidScope, uid_from

VECTORS = Path(__file__).parents[3] / "schemas" / "vectors"
UIDS = json.loads((VECTORS / "uids.json").read_text())["cases"]
KEYS = json.loads((VECTORS / "image-keys.json").read_text())
TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=12)


@pytest.mark.parametrize("case", UIDS, ids=[case["name"] for case in UIDS])
def test_a_uid_is_the_one_of_the_vector(case: dict[str, Any]) -> None:
    scope = UidScope(case["platform"], case["client_id"], case["job_id"], case["image_digest"])
    assert scope.uid(case["role"], case["index"]) == case["uid"]


def test_the_vectors_are_all_different() -> None:
    assert len({case["uid"] for case in UIDS}) == len(UIDS)


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_every_uid_is_a_uuid_of_version_8_and_fits_dicom(parts: list[str]) -> None:
    uid = uid_from([*parts])
    number = uuid.UUID(int=int(uid.removeprefix("2.25.")))
    assert number.version == 8
    assert number.variant == uuid.RFC_4122
    assert len(uid) <= 64


@given(st.lists(TEXT, min_size=1, max_size=4), st.lists(TEXT, min_size=1, max_size=4))
def test_other_parts_make_another_uid(one: list[str], other: list[str]) -> None:
    assert (uid_from([*one]) == uid_from([*other])) == (one == other)


@pytest.mark.parametrize("case", KEYS["hashes"])
def test_a_uid_in_a_key_is_the_keyed_hash_of_the_vector(case: dict[str, str]) -> None:
    assert hashed(case["secret"], case["level"], case["uid"]) == case["hash"]
