"""Takes one guard away from a worker and its children, so that a test can be seen to fail without it: ``MIP_TEST_WITHOUT``."""

import os
import sys
import time
from collections.abc import Callable


def _conditional_finish() -> None:
    from mip_sdk import jobs

    update = jobs.Jobs._update

    def anyhow(self, job, values, **options):
        return update(self, job, values, **{**options, "allowed": (*jobs._OPEN, "succeeded")})

    jobs.Jobs._update = anyhow


def _outlives() -> None:
    from mip_sdk import worker

    receive = worker.Worker._receive

    def once(self):
        try:
            return receive(self)
        except Exception:
            os._exit(1)

    worker.Worker._receive = once


def _end_with_parent() -> None:
    if "mip_sdk.child" not in sys.orig_argv:
        return
    from multiprocessing.connection import Connection

    receive = Connection.recv

    def waits(self: Connection) -> object:
        try:
            return receive(self)
        except EOFError:
            time.sleep(60)
            raise

    Connection.recv = waits
    # Where it is Linux, a child asks the kernel.
    sys.platform = "elsewhere"


def _count_deaths() -> None:
    from mip_sdk import pool

    def hopes(self: pool.Child) -> object:
        try:
            return self._pipe.recv() if self._pipe.poll(0.1) else None
        except (EOFError, OSError):
            time.sleep(0.1)
            return None

    pool.Child.answer = hopes


def _limits() -> None:
    from mip_sdk import limits

    limits.Limits.watch = lambda self, memory: lambda: None


def _patience() -> None:
    from mip_sdk import worker

    worker.is_transient = lambda error: False


def _ack_last() -> None:
    from mip_sdk import worker

    attempt = worker.Worker._attempt

    def acked_first(self, delivery, job, log):
        self._parts.queue.ack(delivery)
        attempt(self, delivery, job, log)

    worker.Worker._attempt = acked_first


def _hand_back() -> None:
    from mip_sdk import worker

    worker.Worker._hand_back = lambda self, delivery, job, log: self._parts.queue.ack(delivery)


GUARDS: dict[str, Callable[[], None]] = {
    "conditional finish": _conditional_finish,
    "the loop outlives its errors": _outlives,
    "children end with their parent": _end_with_parent,
    "a death is an answer": _count_deaths,
    "limits": _limits,
    "patience": _patience,
    "ack comes last": _ack_last,
    "hand-back": _hand_back,
}

if guard := os.environ.get("MIP_TEST_WITHOUT"):
    GUARDS[guard]()
