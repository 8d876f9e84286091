"""The vectors of ``schemas/vectors`` against the recipes, and against the worker SDK where it has them."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from mip_sdk.images import hashed
from mip_sdk.message import job_key

VECTORS = Path(__file__).parents[1] / "vectors"


def read(name: str, key: str) -> list[dict[str, Any]]:
    return json.loads((VECTORS / f"{name}.json").read_text())[key]


@pytest.mark.parametrize("case", read("image-keys", "hashes"))
def test_hash_of_a_uid(case: dict[str, str]) -> None:
    message = case["level"].encode() + b"\0" + case["uid"].encode()
    assert hmac.new(case["secret"].encode(), message, hashlib.sha256).hexdigest()[:32] == case["hash"]
    assert hashed(case["secret"], case["level"], case["uid"]) == case["hash"]


@pytest.mark.parametrize("case", read("image-keys", "keys"))
def test_key_of_an_instance(case: dict[str, Any]) -> None:
    parts = [hashed(case["secret"], level, case["uids"][level]) for level in ("study", "series", "instance")]
    assert "instances/" + "/".join([*parts, case["upload"]]) + ".dcm" == case["key"]


@pytest.mark.parametrize("case", read("job-keys", "jobs"))
def test_key_and_deduplication_id_of_a_job(case: dict[str, Any]) -> None:
    key = rfc8785.dumps(["mip-job-v1", case["client_id"], case["job_id"]])
    delivery = rfc8785.dumps(["mip-delivery-v1", case["client_id"], case["job_id"], case["delivery"]])
    assert hashlib.sha256(key).hexdigest()[:32] == case["job_key"]
    assert job_key(case["client_id"], case["job_id"]) == case["job_key"]
    assert hashlib.sha256(delivery).hexdigest() == case["deduplication_id"]
