"""What a worker tells of its jobs, and that a fault in telling it costs no job."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from jsonschema import Draft202012Validator

from cloud import Cloud
from made import ct
from mip_sdk import BaseProcessor
from mip_sdk.events import Events, event_id, job_event
from mip_sdk.faults import InvalidInput
from test_worker import WINDOW, Failing

SCHEMAS = Path(__file__).parents[3] / "schemas"
EVENT = Draft202012Validator(json.loads((SCHEMAS / "job-event.schema.json").read_text()))
VECTORS = json.loads((SCHEMAS / "vectors" / "job-events.json").read_text())["events"]
CT = ct(np.arange(64, dtype=np.int16).reshape(8, 8))


def types(cloud: Cloud) -> list[str]:
    events = cloud.events()
    assert [error.message for event in events for error in EVENT.iter_errors(event)] == []
    return [event["type"] for event in events]


@pytest.mark.parametrize("vector", VECTORS)
def test_the_id_of_an_event_is_that_of_the_other_language(vector: dict[str, Any]) -> None:
    assert event_id(vector["job_key"], vector["type"], vector["delivery"], vector.get("step")) == vector["event_id"]


def test_an_event_says_no_more_of_a_record_than_it_may() -> None:
    record = json.loads((SCHEMAS / "examples" / "valid" / "job-record" / "full.json").read_text())
    event = job_event(record, "job.succeeded", record["finished_at"])
    assert EVENT.is_valid(event)
    assert event["outcome"] == record["outcome"]
    assert not {"pacs", "parameters", "results", "callback_url"} & set(event)


def test_a_job_that_succeeds_is_told_as_running_and_as_succeeded(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level"))
    events = cloud.events()
    assert [event["type"] for event in events] == ["job.running", "job.succeeded"]
    assert [error.message for event in events for error in EVENT.iter_errors(event)] == []
    assert (events[1]["at"], events[1]["outcome"]) == (cloud.record(job)["finished_at"], "done")


def test_a_job_that_fails_and_one_that_dies_are_told_with_their_error(cloud: Cloud) -> None:
    cloud.submit(CT, "window-level")
    cloud.deliver(cloud.worker(Failing(InvalidInput("does not fit")), "window-level"))
    assert types(cloud) == ["job.running", "job.failed"]
    worker = cloud.worker(Failing(ValueError("x")), "window-level")
    job = cloud.submit(CT, "window-level", job_id="job-2")
    for _ in range(3):
        cloud.deliver(worker)
    events = cloud.events()
    # Every attempt is another delivery, and so another event.
    assert [event["type"] for event in events] == ["job.running"] * 3 + ["job.dead"]
    assert len({event["event_id"] for event in events}) == 4
    assert events[3]["error"]["code"] == cloud.record(job)["error"]["code"] == "internal"


def test_nobody_is_told_of_a_conformance_job_and_its_end_has_no_mark(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    job = cloud.submit_conformance([CT], "window-level", WINDOW)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level"))
    assert (cloud.record(job)["state"], cloud.events()) == ("succeeded", [])
    assert "open_state" not in cloud.record(job)


class DiesBeforeTelling(Events):
    def tell_end(self, record: dict[str, Any]) -> None:
        raise KeyboardInterrupt


def test_a_redelivery_that_finds_the_job_over_tells_its_end(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    dying = DiesBeforeTelling(cloud.sqs, cloud.results_url)
    with pytest.raises(KeyboardInterrupt):
        cloud.deliver(cloud.worker(processors["window-level"], "window-level", events=dying))
    assert (cloud.record(job)["state"], types(cloud)) == ("succeeded", ["job.running"])
    cloud.send(job)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level"))
    assert types(cloud) == ["job.succeeded"]


def test_an_end_that_was_told_is_not_told_by_every_redelivery(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    worker = cloud.worker(processors["window-level"], "window-level")
    cloud.deliver(worker)
    cloud.events()
    key = {"client_id": {"S": job.client_id}, "job_id": {"S": job.job_id}}
    cloud.dynamodb.update_item(TableName="jobs", Key=key, UpdateExpression="REMOVE open_state")
    sent: list[dict[str, Any]] = []

    class Counting(Events):
        def tell(self, record: dict[str, Any], what: Any, at: str) -> None:
            sent.append(record)

    cloud.send(job)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level", events=Counting(cloud.sqs, cloud.results_url)))
    assert sent == []


class Faulty(Events):
    """Fails so many times at the end of a job, and always at its start."""

    def __init__(self, cloud: Cloud, faults: list[Exception]) -> None:
        super().__init__(cloud.sqs, cloud.results_url)
        self.faults = faults

    def tell(self, record: dict[str, Any], what: Any, at: str) -> None:
        if what == "job.running":
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        if self.faults:
            raise self.faults.pop()
        super().tell(record, what, at)


def test_a_results_queue_that_is_down_costs_no_job_and_no_event(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    events = Faulty(cloud, [EndpointConnectionError(endpoint_url="http://127.0.0.1:1")])
    cloud.deliver(cloud.worker(processors["window-level"], "window-level", events=events))
    assert (cloud.record(job)["state"], cloud.record(job)["attempts"], types(cloud)) == ("succeeded", 0, ["job.succeeded"])
    assert (cloud.waiting(), cloud.hidden()) == (0, 0)


def test_an_end_that_may_not_be_told_is_left_to_the_sweeper(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "SendMessage")
    cloud.deliver(cloud.worker(processors["window-level"], "window-level", events=Faulty(cloud, [denied])))
    assert (cloud.record(job)["state"], cloud.record(job)["open_state"], types(cloud)) == ("succeeded", "untold", [])
    assert (cloud.waiting(), cloud.hidden()) == (0, 0)
