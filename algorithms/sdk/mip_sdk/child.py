"""A child of the worker, which runs one job after the other. An entry point: ``python3 -m mip_sdk.child PARENT PIPE``."""

import ctypes
import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from mip_sdk.answer import Reached
from mip_sdk.built_in import BuiltInStore
from mip_sdk.conformance import ConformanceImages
from mip_sdk.delivery import PacsDelivery
from mip_sdk.dicomweb import DicomWebPacs
from mip_sdk.images import Source
from mip_sdk.loading import load_processing
from mip_sdk.log import silence_libraries
from mip_sdk.pacs_http import PacsHttp
from mip_sdk.pacs_server import BUILT_IN
from mip_sdk.pool import TAKEN
from mip_sdk.progress import Gauge
from mip_sdk.results import Results
from mip_sdk.run_job import JobRun
from mip_sdk.settings import Settings, processors, settings_from
from mip_sdk.sources import Sources
from mip_sdk.stow import Stow
from mip_sdk.transient import where

_PR_SET_PDEATHSIG = 1


def main(parent: int, pipe: int) -> int:
    """Serve the parent until it closes its end of the pipe."""
    _live_and_die_with(parent)
    silence_libraries()
    # OpenMP's threads sleep between two images instead of spinning: a task may have a quarter of a processor.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    connection = Connection(pipe)
    try:
        run = build_run(settings_from(os.environ))
    except Exception as error:
        connection.send(f"{type(error).__name__} at {where(error)}")
        return 1
    with suppress(EOFError, OSError):
        connection.send(None)
        while True:
            job, started = connection.recv()
            connection.send(TAKEN)
            gauge = Gauge(lambda percent: connection.send(Reached(percent)))
            answer = run.answer(job, started, gauge.whole)
            gauge.close()
            connection.send(answer)
    return 0


def build_run(settings: Settings) -> JobRun:
    """Put together what a job needs between its start and its end."""
    about = settings.provenance
    config = Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=5, read_timeout=30)
    client: Any = boto3.Session(region_name=settings.region or None).client
    s3 = client("s3", config=config)
    sources, delivery = stores_of(settings, client("dynamodb", config=config), s3)
    results = Results(s3, settings.results_bucket, about.algorithm, about.image_digest)
    quarantine = Results(s3, settings.results_bucket, about.algorithm, about.image_digest, quarantined=True)
    threads = settings.threads or max(1, processors() // settings.children)
    return JobRun(
        algorithm=about.algorithm,
        images=sources,
        conformance_images=ConformanceImages(s3, settings.images.bucket, settings.most_bytes),
        processing=load_processing(replace(settings, threads=threads)),
        results=results,
        quarantine=quarantine,
        delivery=delivery,
        most_bytes=settings.most_result_bytes,
    )


def stores_of(settings: Settings, dynamodb: Any, s3: Any) -> tuple[Sources, PacsDelivery]:
    """Where images come from and where results go; the rate of a PACS is shared with the other children."""
    clients = {server.name: DicomWebPacs(PacsHttp(server, settings.children), settings.most_bytes) for server in settings.pacs}
    built_in: Source = BuiltInStore(dynamodb, s3, settings.images, settings.most_bytes)
    sources: dict[str, Source] = {**clients, BUILT_IN: built_in}
    stows = {name: Stow(client) for name, client in clients.items()}
    return Sources(sources, settings.default_pacs), PacsDelivery(stows, settings.default_pacs, settings.delivers)


def _live_and_die_with(parent: int) -> None:
    """Signals to stop are for the parent, which tells its children. When it dies, so do they, in whatever C code they are.

    Linux only; elsewhere the end of the pipe tells a child, once it looks. Where memory is short, a child goes first.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
