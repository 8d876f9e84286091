"""The built-in store: what the index says is what is fetched, and nothing else."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cloud import TABLES, Cloud
from made import ct, message_of
from mip_sdk.built_in import BuiltInStore
from mip_sdk.faults import InvalidInput, JobFault
from mip_sdk.images import hashed
from mip_sdk.message import Pacs
from mip_sdk.sources import Sources

SERIES = Pacs("1.2.3", "1.2.3.4")


def slice_(number: int, series: str = "1.2.3.4") -> bytes:
    return ct(
        np.full((4, 4), number, np.int16), SOPInstanceUID=f"{series}.{number}", SeriesInstanceUID=series, InstanceNumber=number
    )


@pytest.fixture
def slices(cloud: Cloud) -> list[bytes]:
    made = [slice_(number) for number in range(5)]
    for octets in [*made[::-1], slice_(0, "1.2.3.5")]:
        cloud.put_image(octets, message_of(octets, "x"))
    return made


class Counting:
    """A client that notes what is called."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls.append(name)
            return getattr(self._client, name)(**arguments)

        return call


def test_instance_series_and_study_are_what_the_index_lists(cloud: Cloud, slices: list[bytes]) -> None:
    store = BuiltInStore(cloud.dynamodb, cloud.s3, TABLES)
    assert [image.octets for image in store.fetch(Pacs("1.2.3", "1.2.3.4", "1.2.3.4.2"))] == [slices[2]]
    assert [image.octets for image in store.fetch(SERIES)] == slices
    assert {image.octets for image in store.fetch(Pacs("1.2.3"))} == {*slices, slice_(0, "1.2.3.5")}


def test_an_object_that_no_row_names_is_never_an_image(cloud: Cloud, slices: list[bytes]) -> None:
    """As an upload leaves it that lost or died."""
    folder = "/".join(hashed(TABLES.secret, level, uid) for level, uid in [("study", "1.2.3"), ("series", "1.2.3.4")])
    cloud.s3.put_object(Bucket="images", Key=f"instances/{folder}/{'0' * 32}/lost.dcm", Body=b"rubbish")
    assert [image.octets for image in BuiltInStore(cloud.dynamodb, cloud.s3, TABLES).fetch(SERIES)] == slices


def test_a_series_of_many_pages_of_the_index_is_whole(cloud: Cloud, slices: list[bytes]) -> None:
    class Paged:
        def query(self, **call: Any) -> Any:
            return cloud.dynamodb.query(**{"Limit": 2, **call})

    assert len(BuiltInStore(Paged(), cloud.s3, TABLES).fetch(SERIES)) == 5


def test_images_that_are_too_large_are_refused_before_a_byte_is_fetched(cloud: Cloud, slices: list[bytes]) -> None:
    s3 = Counting(cloud.s3)
    size = sum(map(len, slices))
    with pytest.raises(InvalidInput, match=f"the images have {size} bytes together; at most {size - 1} are taken here"):
        BuiltInStore(cloud.dynamodb, s3, TABLES, size - 1).fetch(SERIES)
    assert s3.calls == []
    assert len(BuiltInStore(cloud.dynamodb, s3, TABLES, size).fetch(SERIES)) == 5
    assert s3.calls == ["get_object"] * 5


def test_the_source_of_a_job_is_the_one_it_names_else_the_default(cloud: Cloud, slices: list[bytes]) -> None:
    store = BuiltInStore(cloud.dynamodb, cloud.s3, TABLES)
    one = Pacs("1.2.3", "1.2.3.4", "1.2.3.4.2")
    assert [image.octets for image in Sources({"built-in": store}, "built-in").fetch(one)] == [slices[2]]
    elsewhere = Sources({"built-in": store}, "hospital")
    assert [image.octets for image in elsewhere.fetch(replace(one, source="built-in"))] == [slices[2]]
    with pytest.raises(InvalidInput, match="no PACS of this platform"):
        elsewhere.fetch(one)


@pytest.mark.parametrize(("fault", "words"), [("other bytes", "SHA-256 differs"), ("gone", "bytes are gone")])
def test_an_index_that_the_bucket_contradicts_fails_the_job_loudly(cloud: Cloud, fault: str, words: str) -> None:
    octets = slice_(0)
    job = cloud.submit(octets, "window-level")
    [item] = cloud.s3.list_objects_v2(Bucket="images")["Contents"]
    if fault == "gone":
        cloud.s3.delete_object(Bucket="images", Key=item["Key"])
    else:
        cloud.s3.put_object(Bucket="images", Key=item["Key"], Body=slice_(1))
    with pytest.raises(JobFault, match=words):
        BuiltInStore(cloud.dynamodb, cloud.s3, TABLES).fetch(job.pacs)
    cloud.deliver(cloud.worker(None, "window-level"))  # type: ignore[arg-type]  (never reached)
    assert (cloud.record(job)["state"], cloud.record(job)["error"]["code"]) == ("failed", "internal")
    [line] = [line for line in cloud.lines() if line["event"] == "job-failed"]
    assert line["level"] == "error"
