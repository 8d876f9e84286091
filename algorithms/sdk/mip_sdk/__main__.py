"""The entry point of an algorithm's container: ``python3 -m mip_sdk``. Only here and in ``case`` is the environment read."""

import os
import signal
import sys
from types import FrameType
from typing import Any

import boto3
from botocore.config import Config

from mip_sdk.images import Images
from mip_sdk.jobs import Jobs
from mip_sdk.loading import load_processing
from mip_sdk.log import Log, silence_libraries
from mip_sdk.request_queue import LONG_POLL_S, RequestQueue
from mip_sdk.results import Results
from mip_sdk.settings import Settings, SettingsFault, settings_from
from mip_sdk.transient import where
from mip_sdk.worker import Parts, Worker


def main() -> int:
    """Work until SIGTERM or SIGINT. 0 when stopped, 1 when it could not start."""
    silence_libraries()
    # OpenMP's threads sleep between two images instead of spinning: a task may have a quarter of a processor.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    log = Log(sys.stdout)
    try:
        settings = settings_from(os.environ)
        worker = build_worker(settings, log)
    except SettingsFault as fault:
        log.error("cannot-start", reason=str(fault))
        return 1
    except Exception as error:
        log.error("cannot-start", fault=type(error).__name__, where=where(error))
        return 1
    _stop_on_signals(worker)
    log.info("worker-started", algorithm=settings.provenance.algorithm, version=settings.provenance.version)
    worker.run()
    log.info("worker-stopped")
    return 0


def build_worker(settings: Settings, log: Log) -> Worker:
    """Put the worker together from its settings."""
    about = settings.provenance
    config = Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=5, read_timeout=LONG_POLL_S + 10)
    session = boto3.Session(region_name=settings.region or None)
    client: Any = session.client
    s3 = client("s3", config=config)
    parts = Parts(
        queue=RequestQueue(client("sqs", config=config), settings.queue_url),
        jobs=Jobs(client("dynamodb", config=config), settings.jobs_table, about.image_digest, about.version),
        images=Images(s3, settings.images_bucket, settings.images_key),
        processing=load_processing(settings),
        results=Results(s3, settings.results_bucket, about.algorithm, about.image_digest),
    )
    return Worker(parts, about.algorithm, log)


def _stop_on_signals(worker: Worker) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stop_on_signal()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


if __name__ == "__main__":
    sys.exit(main())
