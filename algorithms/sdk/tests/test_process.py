"""The worker as its container runs it: ``python3 -m mip_sdk``, an environment, signals."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud import KEY, REGION, Cloud
from made import IMAGE_DIGEST
from mip_sdk import BaseProcessor
from shipped import image

ALGORITHMS = Path(__file__).parents[2]
PATIENCE_S = 60


class Process:
    """A running worker, read line by line."""

    def __init__(self, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "mip_sdk"]
        self.child = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )

    def until(self, event: str) -> dict[str, Any]:
        """The first line of this event; fails when the worker says nothing more for a minute."""
        assert self.child.stdout is not None
        while True:
            ready, _, _ = select.select([self.child.stdout], [], [], PATIENCE_S)
            assert ready, f"the worker does not say {event}"
            line = self.child.stdout.readline()
            assert line, f"the worker ended before it said {event}"
            said = json.loads(line)
            if said["event"] == event:
                return said

    def end(self) -> tuple[int, str, str]:
        out, err = self.child.communicate(timeout=PATIENCE_S)
        return self.child.returncode, out, err


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The emulator of the local cloud, on a free port."""
    home = tmp_path_factory.mktemp("emulator")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
    }
    program = Path(sys.executable).parent / "ministack"
    child = subprocess.Popen([program], env=settings, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not answers(port):
        assert child.poll() is None, "the emulator does not start"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    child.kill()
    child.wait()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=PATIENCE_S) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture
def cloud(server: str, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    urllib.request.urlopen(urllib.request.Request(f"{server}/_ministack/reset", method="POST"), timeout=PATIENCE_S).close()
    return Cloud(server)


def environment(endpoint: str, queue_url: str, algorithm: str) -> dict[str, str]:
    folder = ALGORITHMS / algorithm
    return {
        **{name: os.environ[name] for name in ("PATH", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if name in os.environ},
        "PYTHONPATH": f"{ALGORITHMS / 'sdk'}:{folder}",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "MIP_ALGORITHM": algorithm,
        "MIP_VERSION": "1.0.0",
        "MIP_IMAGE_DIGEST": IMAGE_DIGEST,
        "MIP_QUEUE_URL": queue_url,
        "MIP_JOBS_TABLE": "jobs",
        "MIP_IMAGES_BUCKET": "images",
        "MIP_IMAGES_TABLE": "mip-images",
        "MIP_RESULTS_BUCKET": "results",
        "MIP_PLATFORM": "local",
        "MIP_IMAGES_KEY": KEY,
        "MIP_ALGORITHM_DIR": str(folder),
        "MIP_CHILDREN": "1",
        "MIP_ENTRY": json.dumps({"input": {"units": "modality"}, "regulatory": {"status": "research"}}),
    }


@pytest.mark.usefixtures("processors")
def test_a_worker_takes_a_job_and_leaves_with_0_when_it_is_stopped_in_the_wait_for_the_next(server: str, cloud: Cloud) -> None:
    job = cloud.submit(image("CT_small.dcm"), "window-level", {"center": 40.0, "width": 400.0})
    worker = Process(environment(server, cloud.queue_url, "window-level"))
    worker.until("worker-started")
    assert worker.until("job-succeeded")["job_key"] == job.job_key
    assert cloud.record(job)["state"] == "succeeded"
    worker.child.send_signal(signal.SIGTERM)
    code, out, err = worker.end()
    assert (code, err) == (0, "")
    assert json.loads(out.splitlines()[-1])["event"] == "worker-stopped"


def test_a_worker_stopped_during_a_job_finishes_it_and_takes_no_other(server: str, cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "algorithm.py").write_text(SLOW)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    first = cloud.submit(image("CT_small.dcm"), "window-level", {"gate": str(gate)}, "job-1")
    second = cloud.submit(image("CT_small.dcm"), "window-level", {"gate": str(gate)}, "job-2")
    worker = Process({**environment(server, cloud.queue_url, "window-level"), "MIP_ALGORITHM_DIR": str(tmp_path)})
    worker.until("job-started")
    worker.child.send_signal(signal.SIGTERM)
    gate.write_text("go on")
    code, out, _ = worker.end()
    assert code == 0
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["job-succeeded", "worker-stopped"]
    assert sorted(cloud.record(job)["state"] for job in (first, second)) == ["queued", "succeeded"]


def test_a_candidate_at_the_end_of_its_lifetime_finishes_its_job_takes_no_other_and_leaves_with_0(
    server: str, cloud: Cloud, tmp_path: Path
) -> None:
    """The end of a lifetime is an alarm, which comes here when the test wants it: a slow machine takes long to start."""
    (tmp_path / "algorithm.py").write_text(SLOW)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    jobs = [cloud.submit_conformance([image("CT_small.dcm")], "window-level", {"gate": str(gate)}, f"case-{n}") for n in (1, 2)]
    candidate = {"MIP_ALGORITHM_DIR": str(tmp_path), "MIP_DEAD_LETTERS": "none", "MIP_LIFETIME": "3600"}
    worker = Process({**environment(server, cloud.queue_url, "window-level"), **candidate})
    worker.until("job-started")
    worker.child.send_signal(signal.SIGALRM)
    gate.write_text("go on")
    code, out, _ = worker.end()
    assert code == 0
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["job-succeeded", "worker-stopped"]
    assert sorted(cloud.record(job)["state"] for job in jobs) == ["queued", "succeeded"]
    assert {key.split("/")[0] for key in cloud.results()} == {"quarantine"}


@pytest.mark.usefixtures("processors")
def test_a_candidate_that_nobody_stops_leaves_by_itself(server: str, cloud: Cloud) -> None:
    """As the one of a rollout that was killed."""
    worker = Process({**environment(server, cloud.queue_url, "window-level"), "MIP_LIFETIME": "1"})
    code, out, err = worker.end()
    assert (code, err) == (0, "")
    assert json.loads(out.splitlines()[-1])["event"] == "worker-stopped"


def test_a_job_that_takes_long_says_how_far_it_is_from_its_child_to_its_record_and_its_client(
    server: str, cloud: Cloud, tmp_path: Path
) -> None:
    (tmp_path / "algorithm.py").write_text(SLOW.replace("Path(parameters", "self.progress(1, 2)\n        Path(parameters"))
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    job = cloud.submit(image("CT_small.dcm"), "window-level", {"gate": str(gate)})
    often = {"MIP_VISIBILITY": "6", "MIP_RESULTS_QUEUE": "results.fifo", "MIP_ALGORITHM_DIR": str(tmp_path)}
    worker = Process({**environment(server, cloud.queue_url, "window-level"), **often})
    worker.until("job-started")
    end = time.monotonic() + PATIENCE_S
    while float(cloud.record(job).get("progress", 0)) < 0.55:
        assert time.monotonic() < end, "no progress is noted"
        time.sleep(0.1)
    assert (cloud.record(job)["state"], float(cloud.record(job)["progress"])) == ("running", 0.55)
    gate.write_text("go on")
    worker.until("job-succeeded")
    worker.child.send_signal(signal.SIGTERM)
    code, _, _ = worker.end()
    assert (code, cloud.record(job)["state"], "progress" in cloud.record(job)) == (0, "succeeded", False)
    events = cloud.events()
    assert [event["type"] for event in events if event["type"] != "job.progress"] == ["job.running", "job.succeeded"]
    told = [event["progress"] for event in events if event["type"] == "job.progress"]
    assert told == sorted(set(told))
    assert 0.55 in told


SLOW = """
from pathlib import Path
import numpy as np
from mip_sdk import BaseProcessor, DerivedImage, Meaning

class Slow(BaseProcessor):
    def process_image(self, image_data, parameters):
        Path(parameters["gate"]).read_text()  # waits until the test writes
        return DerivedImage(np.zeros(image_data.stored.shape, np.uint8), Meaning.DISPLAY, "Nothing", ("x", "99MIP", "x"), "Slow")
"""


def test_a_worker_without_its_environment_says_what_is_missing_and_leaves_with_1() -> None:
    code, out, err = Process({"PYTHONPATH": str(ALGORITHMS / "sdk"), "PATH": os.environ["PATH"]}).end()
    [line] = [json.loads(line) for line in out.splitlines()]
    assert (code, line["event"], err) == (1, "cannot-start", "")
    assert "MIP_QUEUE_URL" in line["reason"]
    assert "MIP_IMAGES_KEY" in line["reason"]


def test_a_worker_whose_folder_has_no_algorithm_leaves_with_1_and_tells_no_secret(tmp_path: Path) -> None:
    settings = {**environment("http://127.0.0.1:9", "http://127.0.0.1:9/q", "window-level"), "MIP_ALGORITHM_DIR": str(tmp_path)}
    code, out, _ = Process(settings).end()
    assert code == 1
    assert "cannot-start" in out
    assert KEY not in out


def test_only_the_entry_points_read_the_environment() -> None:
    sources = (ALGORITHMS / "sdk" / "mip_sdk").glob("*.py")
    readers = {path.name for path in sources if re.search(r"environ\b|getenv", path.read_text())}
    assert readers == {"__main__.py", "child.py", "case.py"}
    for adapter in (*ALGORITHMS.glob("*/adapter.py"), *ALGORITHMS.glob("*/algorithm.py")):
        assert "environ" not in adapter.read_text()


def test_the_processors_of_this_repository_load(processors: dict[str, BaseProcessor]) -> None:
    assert {type(processor).__name__ for processor in processors.values()} == {
        "WindowLevel",
        "Grayscale",
        "ThresholdCcl",
        "Algorithm",
    }


def test_the_parent_loads_no_library_for_images_and_every_public_name_is_there() -> None:
    code = """
import sys
import mip_sdk.__main__
assert not {"numpy", "pydicom"} & sys.modules.keys()
assert all(getattr(mip_sdk, name).__name__ == name for name in mip_sdk.__all__ if name != "Parameters")
assert mip_sdk.Parameters
"""
    environment = {"PYTHONPATH": str(ALGORITHMS / "sdk")}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
