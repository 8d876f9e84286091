"""The entry point of an algorithm's container: ``python3 -m mip_sdk``. Only here and in ``case`` is the environment read."""

import os
import signal
import sys
from types import FrameType
from typing import Any

import boto3
from botocore.config import Config

from mip_sdk.built_in import BuiltInStore
from mip_sdk.delivery import PacsDelivery
from mip_sdk.dicomweb import DicomWebPacs
from mip_sdk.images import Source
from mip_sdk.jobs import Jobs
from mip_sdk.loading import load_processing
from mip_sdk.log import Log, silence_libraries
from mip_sdk.pacs_http import PacsHttp
from mip_sdk.pacs_server import BUILT_IN
from mip_sdk.request_queue import LONG_POLL_S, RequestQueue
from mip_sdk.results import Results
from mip_sdk.settings import Settings, SettingsFault, settings_from
from mip_sdk.sources import Sources
from mip_sdk.stow import Stow
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
    s3, dynamodb = client("s3", config=config), client("dynamodb", config=config)
    sources, delivery = stores_of(settings, dynamodb, s3)
    parts = Parts(
        queue=RequestQueue(client("sqs", config=config), settings.queue_url),
        jobs=Jobs(dynamodb, settings.jobs_table, about.image_digest, about.version),
        images=sources,
        processing=load_processing(settings),
        results=Results(s3, settings.results_bucket, about.algorithm, about.image_digest),
        delivery=delivery,
    )
    return Worker(parts, about.algorithm, log)


def stores_of(settings: Settings, dynamodb: Any, s3: Any, share: int = 1) -> tuple[Sources, PacsDelivery]:
    """Where images come from and where results go, for one of ``share`` processes of a task."""
    clients = {server.name: DicomWebPacs(PacsHttp(server, share), settings.most_bytes) for server in settings.pacs}
    built_in: Source = BuiltInStore(dynamodb, s3, settings.images, settings.most_bytes)
    sources: dict[str, Source] = {**clients, BUILT_IN: built_in}
    stows = {name: Stow(client) for name, client in clients.items()}
    return Sources(sources, settings.default_pacs), PacsDelivery(stows, settings.default_pacs, settings.delivers)


def _stop_on_signals(worker: Worker) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stop_on_signal()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


if __name__ == "__main__":
    sys.exit(main())
