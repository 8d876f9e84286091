"""Takes one guard away from a worker and its children, so that a test can be seen to fail without it: ``MIP_TEST_WITHOUT``."""

import os
from collections.abc import Callable


def _conditional_finish() -> None:
    from mip_sdk import jobs

    jobs._STARTED = (*jobs._OPEN, "succeeded")
    jobs._OPEN = jobs._STARTED


def _heartbeat() -> None:
    from mip_sdk import heartbeat

    heartbeat.Heartbeat.beat = lambda self: None


def _end_with_parent() -> None:
    from mip_sdk import child

    child._live_and_die_with = lambda parent: None
    # The end of the pipe would tell it as well.
    child.suppress = lambda *errors: _Forever()


class _Forever:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> bool:
        import time

        time.sleep(60)
        return True


def _count_deaths() -> None:
    from mip_sdk import pool

    def hopes(self: pool.Child) -> object:
        try:
            return self._pipe.recv() if self._pipe.poll(0.1) else None
        except (EOFError, OSError):
            import time

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


def _own_keys() -> None:
    import uuid

    from mip_sdk import results

    store = results.Results.store

    def elsewhere(self, job_key, files):
        self._image = uuid.uuid4().hex[:16]
        return store(self, job_key, files)

    results.Results.store = elsewhere


GUARDS: dict[str, Callable[[], None]] = {
    "conditional finish": _conditional_finish,
    "heartbeat": _heartbeat,
    "children end with their parent": _end_with_parent,
    "a death is an answer": _count_deaths,
    "limits": _limits,
    "patience": _patience,
    "ack comes last": _ack_last,
    "hand-back": _hand_back,
    "keys derive from the job": _own_keys,
}

if guard := os.environ.get("MIP_TEST_WITHOUT"):
    GUARDS[guard]()
