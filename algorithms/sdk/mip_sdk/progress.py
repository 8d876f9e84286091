"""How far a job is, from whoever knows to whoever asks: stretches of a whole, of which what does the work says how much is done."""

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Stretch:
    """A part of a job, from ``start`` to ``end`` per cent of the whole.

    Attributes
    ----------
    tell
        Takes the per cent of the whole that are done, from any thread.
    """

    tell: Callable[[float], None]
    start: float = 0.0
    end: float = 100.0

    def reached(self, done: float, total: float) -> None:
        """Say that ``done`` of ``total`` of the stretch is done.

        What lies outside is taken for the nearer end, and what means nothing (a total of 0, NaN) is not said: a job is worth more
        than its progress.
        """
        share = min(max(done, 0.0), total) / total if total > 0 else float("nan")
        if share >= 0:
            self.tell(self.start * (1 - share) + self.end * share)

    def part(self, start: float, end: float, total: float) -> "Stretch":
        """What lies between ``start`` and ``end`` of ``total`` equal pieces of the stretch."""
        width = (self.end - self.start) / total
        return Stretch(self.tell, self.start + width * start, self.start + width * end)


def _unheard(_percent: float) -> None:
    """Nobody asks."""


UNHEARD = Stretch(_unheard)
"""Of a job whose progress nobody asks for."""

# Of a hundred, 29 are 28.999999999999996 per cent.
_SLACK = 1e-9


class Gauge:
    """The whole per cent that a job has reached, in the child that runs it: only more than before is told, each number once.

    What does not reach ``tell`` is lost; whoever works on the job never hears of that.
    """

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._percent = 0
        self._over = False
        self._lock = threading.Lock()

    @property
    def whole(self) -> Stretch:
        """All of the job."""
        return Stretch(self._reached)

    def close(self) -> None:
        """Nothing is told after this, whatever threads the algorithm has left behind."""
        with self._lock:
            self._over = True

    def _reached(self, percent: float) -> None:
        whole = int(percent + _SLACK)
        with self._lock:
            if self._over or whole <= self._percent:
                return
            self._percent = whole
            try:
                self._tell(whole)
            except OSError:
                self._over = True
