"""The entry point of an algorithm's container: ``python3 -m mip_sdk``. Only in entry points is the environment read."""

import os
import signal
import sys
from types import FrameType
from typing import Any

import boto3
from botocore.config import Config

from mip_sdk.events import Events
from mip_sdk.jobs import Jobs
from mip_sdk.log import Log, silence_libraries
from mip_sdk.pool import ChildFault, Pool
from mip_sdk.protection import TaskProtection
from mip_sdk.request_queue import LONG_POLL_S, RequestQueue
from mip_sdk.settings import Settings, SettingsFault, settings_from
from mip_sdk.transient import where
from mip_sdk.worker import Parts, Rules, Worker


def main() -> int:
    """Work until SIGTERM, SIGINT or the end of ``MIP_LIFETIME``. 0 when stopped, 1 when it could not start."""
    silence_libraries()
    log = Log(sys.stdout)
    try:
        settings = settings_from(os.environ)
        pool = Pool(settings.children)
        worker = build_worker(settings, pool, log)
        _stop_on_signals(worker, settings.lifetime_s)
        pool.start()
    except (SettingsFault, ChildFault) as fault:
        log.error("cannot-start", reason=str(fault))
        return 1
    except Exception as error:
        log.error("cannot-start", fault=type(error).__name__, where=where(error))
        return 1
    log.info("worker-started", algorithm=settings.provenance.algorithm, version=settings.provenance.version, children=pool.size)
    worker.run()
    pool.close()
    log.info("worker-stopped")
    return 0


def build_worker(settings: Settings, pool: Pool, log: Log) -> Worker:
    """Put the worker together from its settings."""
    about = settings.provenance
    session = boto3.Session(region_name=settings.region or None)
    sqs = _client(session, "sqs", LONG_POLL_S + 10)
    queue = RequestQueue(sqs, settings.queue_url, settings.dead_letter_url, settings.visibility_s)
    jobs = Jobs(_client(session, "dynamodb", 10), settings.jobs_table, about.image_digest, about.version)
    rules = Rules(about.version, settings.limits, settings.grace_s, settings.visibility_s / 2)
    events = Events(_client(session, "sqs", 10), settings.results_queue_url)
    return Worker(Parts(queue, jobs, pool, TaskProtection(settings.agent_uri, log), events), rules, log)


def _client(session: boto3.Session, name: Any, read_timeout: int) -> Any:
    retries: Any = {"mode": "standard", "max_attempts": 4}
    # Connections: a call for each job that runs, and the one that waits for messages.
    config = Config(retries=retries, connect_timeout=5, read_timeout=read_timeout, max_pool_connections=64)
    return session.client(name, config=config)


def _stop_on_signals(worker: Worker, lifetime_s: int | None) -> None:
    """The end of a lifetime, counted from here, is a signal too: a worker that nobody looks after any more stops as if told to."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stop_on_signal()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if lifetime_s is not None:
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, lifetime_s)


if __name__ == "__main__":
    sys.exit(main())
