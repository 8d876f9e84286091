"""The rate at which a PACS may be asked."""

import threading
import time


class Rate:
    """At most so many requests a second, evenly spaced, by all threads together. ``None`` is no limit."""

    def __init__(self, per_second: float | None) -> None:
        self._gap_s = 0.0 if per_second is None else 1.0 / per_second
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may be sent."""
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next)
            self._next = at + self._gap_s
        if at > now:
            time.sleep(at - now)
