"""The worker, READ FIRST: receive → parse → start → fetch → process → store → finish → tell → ack.

One parent and some long-lived children, one for each core. The parent receives as many messages as it has free children, keeps them
by heartbeat, writes the job's record, acks. A child (``run_job``) fetches, processes and stores; it is killed at a limit. What it
says of its progress goes into the record, and to the client, no oftener than the heartbeat comes (``watch``).
A message is deleted in one place, ``RequestQueue.ack``: when its job has ended in the record, or is on a queue as another message.

What goes wrong, and what follows:

==============================  =====================================================================================
a message that is no job        put among the dead letters, with its cause; no record is touched
a job for another major         handed back, for a worker of its version; after many times it fails
``JobFault`` (invalid input …)  the job fails at once, with words for the user
a dependency is down            the message is kept and nothing is received, until it is back; no attempt is counted
the worker has to stop          running jobs have a while to end; what has not is handed back, and no attempt is counted
a time or memory limit          the child is killed and replaced; the attempt is counted
anything else, a child's death  the attempt is counted, the message sent again; the third one ends the job as dead, and
                                its message goes to the dead letters with the cause
this process dies               the message comes back by itself; three such receives, and the queue buries it
==============================  =====================================================================================

Where a worker has no dead letters (``MIP_DEAD_LETTERS=none``, a candidate's), what would lie there is only recorded and logged.
A worker with a lifetime (``MIP_LIFETIME``) stops at its end as it does when it is told to.

Handed back means: sent again as a delivery of its own, with all its receives before it, then acked. A message that died between the
two is there twice, in one message group: the second comes when the first is done, and finds the job ended.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from mip_sdk.answer import Answer, Broken, Down, Dropped, Finished, Refused
from mip_sdk.events import Events
from mip_sdk.faults import MalformedMessage, VersionWithdrawn
from mip_sdk.heartbeat import Heartbeat
from mip_sdk.jobs import MOST_ATTEMPTS, Jobs, NotOpen, Started, now
from mip_sdk.limits import Limits
from mip_sdk.log import Log
from mip_sdk.message import JobMessage, check_key, parse_message
from mip_sdk.pool import Runner, Stop
from mip_sdk.protection import TaskProtection
from mip_sdk.request_queue import BATCH, Cause, Delivery, RequestQueue
from mip_sdk.transient import is_transient, pause_s, where
from mip_sdk.watch import Watch

T = TypeVar("T")
# SQS keeps no message invisible for more than 12 h from its receipt.
_LONGEST_HOLD_S = 11 * 3600.0
# A job for another major version is tried by so many deliveries before nobody is believed to run that version any more.
_MOST_DELIVERIES_ELSEWHERE = 20
_PAUSE_ELSEWHERE_S = 5.0


@dataclass(frozen=True)
class Parts:
    """What a worker is put together from."""

    queue: RequestQueue
    jobs: Jobs
    runner: Runner
    protection: TaskProtection
    events: Events


@dataclass(frozen=True)
class Rules:
    """How a worker works. ``grace_s``: what running jobs have after a stop, within the 120 s that Fargate gives at most."""

    version: str
    limits: Limits = field(default_factory=Limits)
    grace_s: float = 90.0
    longest_pause_s: float = 30.0


class Stopped(BaseException):
    """Raised out of the wait for a message, when there is no job to finish."""


class GiveBack(Exception):
    """The message is to be handed back: this worker cannot or will not end its job."""


class Worker:
    """Works until it is stopped."""

    def __init__(self, parts: Parts, rules: Rules, log: Log) -> None:
        self._parts = parts
        self._rules = rules
        self._log = log
        self._beats = Heartbeat(parts.queue, log)
        self._stopping = threading.Event()
        self._stop_at = float("inf")
        self._waiting = False
        self._free = threading.Semaphore(parts.runner.size)
        self._down: set[object] = set()

    def stop(self) -> None:
        """Take no other job; those that run have the grace to end."""
        self._stop_at = min(self._stop_at, time.monotonic() + self._rules.grace_s)
        self._stopping.set()

    def stop_on_signal(self) -> None:
        """``stop``, called by a signal's handler in the thread that runs the worker: the wait for a message ends at once."""
        self.stop()
        if self._waiting:
            self._waiting = False
            raise Stopped

    def run(self) -> None:
        """Work until ``stop``; returns when no job of this worker runs any more."""
        self._beats.start()
        self._parts.protection.start()
        with ThreadPoolExecutor(self._parts.runner.size, "job") as threads, suppress(Stopped):
            self._loop(threads)
        self._beats.stop()
        self._parts.protection.stop()

    def _loop(self, threads: ThreadPoolExecutor) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                deliveries = self._receive()
                failures = 0
            except Exception as error:
                failures += 1
                self._log.error("dependency-failed", fault=type(error).__name__, where=where(error))
                self._rest(pause_s(failures, self._rules.longest_pause_s))
                continue
            for delivery in deliveries:
                threads.submit(self._take, delivery)

    def _rest(self, seconds: float) -> None:
        """Not ``wait``: in this thread a signal may come while that holds its lock, and ``stop`` would wait for it for ever."""
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and time.monotonic() < until:
            time.sleep(0.1)

    def _receive(self) -> list[Delivery]:
        """As many as there are free children; none while a dependency is down. The children are taken for what is returned."""
        self._waiting = True
        free = 0
        deliveries: list[Delivery] = []
        try:
            while self._down:
                time.sleep(0.1)
            self._free.acquire()
            free = 1
            while free < BATCH and self._free.acquire(blocking=False):
                free += 1
            deliveries = self._parts.queue.receive(free)
            self._waiting = False
            return deliveries
        finally:
            self._waiting = False
            for _ in range(free - len(deliveries)):
                self._free.release()

    def _take(self, delivery: Delivery) -> None:
        self._parts.protection.count(+1)
        try:
            self.handle(delivery)
        except Exception as error:
            # Nothing more can be done for it: the message comes back by itself.
            self._log.error("message-left", fault=type(error).__name__, where=where(error))
        finally:
            self._parts.protection.count(-1)
            self._free.release()

    def handle(self, delivery: Delivery) -> None:
        """One message, from parse to ack."""
        queue = self._parts.queue
        with self._beats.keeping(delivery):
            try:
                job = check_key(parse_message(delivery.body))
            except MalformedMessage as fault:
                self._log.error("message-malformed", reason=str(fault), receives=delivery.receives)
                self._bury(delivery, None, Cause("malformed", str(fault)))
                return
            log = self._log.of(job_key=job.job_key, **({"trace_id": job.trace_id} if job.trace_id else {}))
            try:
                self._attempt(delivery, job, log)
                self._patiently(log, lambda: queue.ack(delivery))
            except NotOpen as closed:
                self._closed(delivery, job, closed, log)
            except GiveBack:
                self._hand_back(delivery, job, log)

    def _attempt(self, delivery: Delivery, job: JobMessage, log: Log) -> None:
        """From start to finish. Returns when the job has ended in its record."""
        jobs = self._parts.jobs
        if self._is_of_another_major(job) and job.delivery < _MOST_DELIVERIES_ELSEWHERE:
            self._stopping.wait(_PAUSE_ELSEWHERE_S)
            raise GiveBack
        if self._stopping.is_set():
            raise GiveBack
        started = self._patiently(log, lambda: jobs.start(job))
        log.info("job-started", attempts=started.attempts)
        self._tell_running(job, log)
        watch = Watch(job, jobs, self._parts.events, log)
        answer = self._patiently(log, lambda: self._answer(job, started, watch))
        if isinstance(answer, Dropped):
            raise GiveBack
        self._tell_end(self._patiently(log, lambda: self._finish(delivery, job, started, answer, log)), log)

    def _is_of_another_major(self, job: JobMessage) -> bool:
        return job.version.split(".")[0] != self._rules.version.split(".")[0]

    def _answer(self, job: JobMessage, started: Started, watch: Watch) -> Answer:
        """What a child has to say. Raises Down where a dependency is down."""
        if self._is_of_another_major(job):
            return Refused(VersionWithdrawn.code, f"version {job.version} of the algorithm is not run any more")
        answer = self._parts.runner.run(job, started, lambda memory: self._stop_of(watch, memory), watch.hear)
        if isinstance(answer, Down):
            raise answer
        return answer

    def _stop_of(self, watch: Watch, memory: Callable[[], int]) -> Stop:
        """When the child that runs a job is to be killed. The record is looked at as often as the heartbeat comes."""
        passed = self._rules.limits.watch(memory)
        look_at = time.monotonic()

        def stop() -> Answer | None:
            nonlocal look_at
            now = time.monotonic()
            if now > self._stop_at:
                return Dropped("stopping")
            if now > look_at + self._parts.queue.visibility_s / 3:
                look_at = now
                if watch.is_cancelled():
                    return Dropped("cancelled")
            return passed()

        return stop

    def _finish(self, delivery: Delivery, job: JobMessage, started: Started, answer: Answer, log: Log) -> dict[str, Any]:
        """Write the end into the record, which is returned. Raises GiveBack when it is not the end yet."""
        if isinstance(answer, Finished):
            record = self._parts.jobs.succeed(job, answer)
            log.info("job-succeeded")
        elif isinstance(answer, Refused):
            record = self._parts.jobs.fail(job, answer.code, answer.words, answer.more)
            # An internal one is a store that contradicts itself, or a PACS that mixes up images: somebody has to look.
            write = log.error if answer.code == "internal" else log.info
            write("job-failed", code=answer.code)
        elif isinstance(answer, Broken):
            record = self._count(delivery, job, started, answer, log)
        else:
            raise GiveBack
        return record

    def _tell_running(self, job: JobMessage, log: Log) -> None:
        """Once: nothing depends on it."""
        try:
            self._parts.events.tell(asdict(job), "job.running", now())
        except Exception as error:
            log.warn("event-failed", fault=type(error).__name__, where=where(error))

    def _tell_end(self, record: dict[str, Any], log: Log) -> None:
        """Patiently, but what cannot be told is left to the sweeper: the record says that it is still to be told."""
        try:
            self._patiently(log, lambda: self._parts.events.tell_end(record))
        except Exception as error:
            log.warn("event-failed", fault=type(error).__name__, where=where(error))

    def _count(self, delivery: Delivery, job: JobMessage, started: Started, broken: Broken, log: Log) -> dict[str, Any]:
        attempts = started.attempts + 1
        words = f"{broken.words}; this was attempt {attempts} of {MOST_ATTEMPTS}"
        record = self._parts.jobs.count_attempt(job, attempts, broken.code, words)
        dead = record["state"] == "dead"
        log.error("job-dead" if dead else "attempt-failed", fault=broken.fault, where=broken.where, attempts=attempts)
        if not dead:
            raise GiveBack
        self._parts.queue.bury(delivery, job, Cause(broken.code, words))
        return record

    def _closed(self, delivery: Delivery, job: JobMessage, closed: NotOpen, log: Log) -> None:
        """The job has ended by another delivery, was cancelled, or has no record: the message is put away."""
        log.info("job-not-open", state=closed.state or "not-recorded")
        if closed.state is None:
            self._bury(delivery, job, Cause("not-recorded", "there is no record of this job"))
            return
        # Its worker may have died between the record and the event.
        self._tell_end(closed.record, log)
        if closed.state == "dead":
            # Its worker may have died between the record and the dead letters.
            self._bury(delivery, job, Cause(closed.code, closed.words))
        else:
            self._patiently(log, lambda: self._parts.queue.ack(delivery))

    def _bury(self, delivery: Delivery, job: JobMessage | None, cause: Cause) -> None:
        self._patiently(self._log, lambda: self._parts.queue.bury(delivery, job, cause))
        self._patiently(self._log, lambda: self._parts.queue.ack(delivery))

    def _hand_back(self, delivery: Delivery, job: JobMessage, log: Log) -> None:
        """Sent again, then acked. Where that cannot be, shown again at once; where not even that, it comes back by itself."""
        queue = self._parts.queue
        try:
            queue.send_again(delivery, job, self._parts.jobs.hand_back(job))
            queue.ack(delivery)
            log.info("handed-back")
        except NotOpen as closed:
            self._closed(delivery, job, closed, log)
        except Exception as error:
            log.warn("hand-back-failed", fault=type(error).__name__, where=where(error))
            queue.release(delivery)

    def _patiently(self, log: Log, step: Callable[[], T]) -> T:
        """Try a step until its dependencies are there. Raises GiveBack when the worker has to stop, or cannot keep the message."""
        began = time.monotonic()
        failures = 0
        me = object()
        try:
            while True:
                try:
                    return step()
                except Exception as error:
                    if not is_transient(error):
                        raise
                    failures += 1
                    self._down.add(me)
                    _tell(log, error)
                    if not self._waited(failures, error) or time.monotonic() - began > _LONGEST_HOLD_S:
                        raise GiveBack from error
        finally:
            self._down.discard(me)

    def _waited(self, failures: int, error: Exception) -> bool:
        """Wait before the next try. False when there is none: who stops runs no job again, but still writes down its end."""
        asked = getattr(error, "retry_after_s", None)
        pause = max(pause_s(failures, self._rules.longest_pause_s), asked or 0.0)
        if isinstance(error, Down) or not self._stopping.is_set():
            self._stopping.wait(pause)
        else:
            time.sleep(min(pause, 1.0))
        stops = time.monotonic() > self._stop_at
        return not (stops or (isinstance(error, Down) and self._stopping.is_set()))


def _tell(log: Log, error: Exception) -> None:
    if isinstance(error, Down):
        # The other events of a PACS need a person: waiting alone does not help.
        write = log.warn if error.event in ("dependency-failed", "pacs-down") else log.error
        write(error.event, fault=error.fault, where=error.where, **error.fields)
    else:
        log.warn("dependency-failed", fault=type(error).__name__, where=where(error))
