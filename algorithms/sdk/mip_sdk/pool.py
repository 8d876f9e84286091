"""Long-lived children, one job each at a time: what ends or is killed is replaced, and no process is started for a job."""

import os
import queue
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Pipe
from typing import Protocol, cast

from mip_sdk.answer import Answer, Broken, Down, Reached
from mip_sdk.jobs import Started
from mip_sdk.limits import resident
from mip_sdk.message import JobMessage

# What a child says at once when it has a job.
TAKEN = "taken"
CHILD = (sys.executable, "-m", "mip_sdk.child")
# How long a child may take to load its libraries and the algorithm.
_START_S = 120.0
_TICK_S = 0.1

Stop = Callable[[], Answer | None]
"""Asked ten times a second while a job runs: an answer kills the child and stands for the one that it did not give."""
Hear = Callable[[int], None]
"""Told how many per cent of a job are done."""


class ChildFault(Exception):
    """A child could not be started: the algorithm cannot be loaded, or there is no memory for it."""


class Child:
    """The parent's end of one child process."""

    def __init__(self, command: Sequence[str]) -> None:
        self._pipe, other = Pipe()
        with other:
            arguments = [*command, str(os.getpid()), str(other.fileno())]
            self._process = subprocess.Popen(arguments, pass_fds=[other.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603 - our own interpreter
        self._ready = False

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked, or may be soon."""
        return self._process.poll() is None and not self._pipe.closed

    def wait(self) -> None:
        """Return when it can take a job.

        Raises
        ------
        ChildFault
            When it does not get that far.
        """
        if self._ready:
            return
        try:
            said = self._pipe.recv() if self._pipe.poll(_START_S) else "it did not start in time"
        except (EOFError, OSError):
            said = f"it ended with {self.end()}"
        if said is not None:
            self.kill()
            raise ChildFault(said)
        self._ready = True

    def ask(self, job: JobMessage, started: Started) -> bool:
        """Give it a job; False when it was not there to take it, and so never began."""
        try:
            self._pipe.send((job, started))
            return self._pipe.recv() == TAKEN
        except (EOFError, OSError):
            return False

    def answer(self) -> Answer | Reached | None:
        """Wait a moment for what it has to say. One that has died says so."""
        try:
            return cast(Answer | Reached, self._pipe.recv()) if self._pipe.poll(_TICK_S) else None
        except (EOFError, OSError):
            fault = self.end()
            self.kill()
            return Broken("worker-lost", "the process that worked on the job died", fault)

    def end(self) -> str:
        """How it ended: ``SIGKILL``, ``code 1``."""
        try:
            code = self._process.wait(_TICK_S * 10)
        except subprocess.TimeoutExpired:
            return "no end"
        return signal.Signals(-code).name if code < 0 else f"code {code}"

    def kill(self) -> None:
        """End it whatever it does, a loop in C too."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()

    def close(self) -> None:
        """Let it end by itself: the end of the pipe tells it."""
        self._pipe.close()
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self.kill()


class Runner(Protocol):
    """Where jobs run. ``stop`` is asked, and ``hear`` told, while one does, in the thread that waits for it."""

    size: int

    def start(self) -> None:
        """Be able to run ``size`` jobs at a time."""
        ...

    def run(self, job: JobMessage, started: Started, stop: Callable[[Callable[[], int]], Stop], hear: Hear) -> Answer:
        """Run one job to its answer."""
        ...

    def close(self) -> None:
        """Run no other."""
        ...


class Pool:
    """``size`` children that run ``command``."""

    def __init__(self, size: int, command: Sequence[str] = CHILD) -> None:
        self.size = size
        self._command = command
        self._free: queue.SimpleQueue[Child] = queue.SimpleQueue()

    def start(self) -> None:
        """Start all children at once and wait until each can take a job.

        Raises
        ------
        ChildFault
            When one cannot.
        """
        children = [Child(self._command) for _ in range(self.size)]
        for child in children:
            self._free.put(child)
        for child in children:
            child.wait()

    def run(self, job: JobMessage, started: Started, stop: Callable[[Callable[[], int]], Stop], hear: Hear) -> Answer:
        """Give a job to a free child and wait for its answer.

        Parameters
        ----------
        stop
            Called when the child has the job, with what tells its memory in bytes.
        hear
            Called with each whole per cent of the job that the child says is done.

        Raises
        ------
        Down
            When no child can be started just now.
        """
        child = self._free.get()
        try:
            while not (child.alive and self._given(child, job, started)):
                child = self._replaced(child)
            answer = _watched(child, stop(lambda: resident(child.pid)), hear)
        finally:
            # At once, so that it is ready when the next job comes.
            self._free.put(child if child.alive else Child(self._command))
        return answer

    def close(self) -> None:
        """End the children; none has a job any more."""
        while not self._free.empty():
            self._free.get().close()

    def _given(self, child: Child, job: JobMessage, started: Started) -> bool:
        try:
            child.wait()
        except ChildFault as fault:
            raise Down("ChildFault", "pool.py") from fault
        return child.ask(job, started)

    def _replaced(self, child: Child) -> Child:
        child.kill()
        return Child(self._command)


def _watched(child: Child, stop: Stop, hear: Hear) -> Answer:
    while (answer := child.answer()) is None or isinstance(answer, Reached):
        if answer is not None:
            hear(answer.percent)
        if (answer := stop()) is not None:
            child.kill()
            break
    return answer
