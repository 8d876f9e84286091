"""Keeps the messages of running jobs invisible to other workers: one thread for all of them."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from mip_sdk.log import Log
from mip_sdk.request_queue import Delivery, RequestQueue


class Heartbeat:
    """Extends what is kept every third of its visibility, so that two beats in a row may fail."""

    def __init__(self, queue: RequestQueue, log: Log) -> None:
        self._queue = queue
        self._log = log
        self._every_s = queue.visibility_s / 3
        self._kept: dict[str, Delivery] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """No beat comes after this."""
        self._over.set()
        self._thread.join()

    @contextmanager
    def keeping(self, delivery: Delivery) -> Generator[None]:
        """While the block runs, its message is kept."""
        with self._lock:
            self._kept[delivery.receipt] = delivery
        try:
            yield
        finally:
            with self._lock:
                self._kept.pop(delivery.receipt, None)

    def beat(self) -> None:
        """Extend everything once. What fails is logged and tried again at the next beat."""
        with self._lock:
            kept = list(self._kept.values())
        try:
            lost = self._queue.keep(kept)
        except Exception as error:
            self._log.warn("heartbeat-failed", fault=type(error).__name__, messages=len(kept))
        else:
            if lost:
                self._log.warn("heartbeat-failed", fault="Lost", messages=lost)

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            self.beat()
