"""The worker, READ FIRST: receive → parse → start → fetch → process → store → deliver → finish → ack.

One job at a time. A message is deleted in one place, ``RequestQueue.ack``, and only when its job has ended in the record.

What goes wrong, and what follows:

==============================  =====================================================================================
a message that is no job        handed back, for the queue's redrive policy to set it aside; the worker lives
``JobFault`` (invalid input …)  the job fails at once, with words for the user
a dependency is down            the message is kept, the work is tried again until it works or the worker is stopped
anything else                   the attempt is counted and the message handed back; the third one ends the job as dead
==============================  =====================================================================================
"""

import threading
from dataclasses import dataclass

from mip_sdk.delivery import PacsDelivery
from mip_sdk.faults import JobFault, MalformedMessage, is_fault
from mip_sdk.images import Source
from mip_sdk.jobs import Jobs, NotOpen, Started
from mip_sdk.log import Log
from mip_sdk.message import JobMessage, check_key, parse_message
from mip_sdk.processing import Processing
from mip_sdk.request_queue import Delivery, Heartbeat, RequestQueue
from mip_sdk.results import Results
from mip_sdk.transient import is_transient, log_transient, pause_s, where


@dataclass(frozen=True)
class Parts:
    """What a worker is put together from."""

    queue: RequestQueue
    jobs: Jobs
    images: Source
    processing: Processing
    results: Results
    delivery: PacsDelivery


class Stopped(BaseException):
    """Raised out of the wait for a message, when there is no job to finish."""


class Worker:
    """Works until it is stopped. ``algorithm`` is the one whose jobs it takes."""

    def __init__(self, parts: Parts, algorithm: str, log: Log) -> None:
        self._parts = parts
        self._algorithm = algorithm
        self._log = log
        self._stopping = threading.Event()
        self._waiting = False

    def stop(self) -> None:
        """Finish the current job, take no other."""
        self._stopping.set()

    def stop_on_signal(self) -> None:
        """``stop``, called by a signal's handler in the thread that runs the worker: the wait for a message ends at once."""
        self.stop()
        if self._waiting:
            raise Stopped

    def run(self) -> None:
        """Work until ``stop``."""
        try:
            self._loop()
        except Stopped:
            return

    def _loop(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                delivery = self._receive()
                if delivery is not None:
                    self.handle(delivery)
                failures = 0
            except Exception as error:
                failures += 1
                self._log.error("dependency-failed", fault=type(error).__name__, where=where(error))
                self._stopping.wait(pause_s(failures))

    def _receive(self) -> Delivery | None:
        self._waiting = True
        try:
            return self._parts.queue.receive()
        finally:
            self._waiting = False

    def handle(self, delivery: Delivery) -> None:
        """One message, from parse to ack."""
        try:
            job = check_key(parse_message(delivery.body))
        except MalformedMessage as fault:
            self._log.error("message-malformed", reason=str(fault), receives=delivery.receives)
            self._parts.queue.hand_back(delivery)
            return
        log = self._log.of(job_key=job.job_key)
        with Heartbeat(self._parts.queue, delivery, log):
            ended = self._attempt_until_decided(job, log)
        if ended:
            self._parts.queue.ack(delivery)
        else:
            self._parts.queue.hand_back(delivery)

    def _attempt_until_decided(self, job: JobMessage, log: Log) -> bool:
        """Try until the attempt succeeds or fails for a reason of its own. True when the job has ended and is to be acked."""
        failures = 0
        while True:
            try:
                return self._attempt(job, log)
            except Exception as error:
                if not is_transient(error):
                    raise
                failures += 1
                log_transient(log, error)
                if self._stopping.wait(pause_s(failures, error)):
                    return False

    def _attempt(self, job: JobMessage, log: Log) -> bool:
        try:
            started = self._parts.jobs.start(job)
            log.info("job-started", attempts=started.attempts)
            return self._decide(job, started, log)
        except NotOpen as closed:
            # Ended by another delivery, or cancelled: nothing is left to do. Without a record it is no job of ours.
            log.info("job-not-open", state=closed.state or "not-recorded")
            return closed.state is not None

    def _decide(self, job: JobMessage, started: Started, log: Log) -> bool:
        try:
            self._work(job, started)
        except JobFault as fault:
            return self._failed(job, fault, log)
        except BaseException as error:
            if not is_fault(error) or isinstance(error, NotOpen) or is_transient(error):
                raise
            return self._count(job, started, error, log)
        log.info("job-succeeded")
        return True

    def _work(self, job: JobMessage, started: Started) -> None:
        parts = self._parts
        if job.algorithm != self._algorithm:
            raise JobFault("the job is for another algorithm than this worker's")
        images = parts.images.fetch(job.pacs)
        processed = parts.processing.run(job, images, started.started_at)
        stored = parts.results.store(job.job_key, processed.files)
        delivered = parts.delivery.deliver(job, processed.files, stored)
        parts.jobs.succeed(job, stored, processed.outcome, delivered, processed.reason)

    def _failed(self, job: JobMessage, fault: JobFault, log: Log) -> bool:
        """The fault is final: the client reads its words."""
        self._parts.jobs.fail(job, fault.code, str(fault), fault.record)
        # An internal one is a store that contradicts itself, or a PACS that mixes up images: somebody has to look.
        write = log.error if fault.code == "internal" else log.info
        write("job-failed", code=fault.code)
        return True

    def _count(self, job: JobMessage, started: Started, error: BaseException, log: Log) -> bool:
        """An unforeseen fault: counted. A dead job's message is left to the redrive policy, with the dead letters."""
        attempts = started.attempts + 1
        words = f"the algorithm failed unexpectedly ({type(error).__name__}); this was attempt {attempts}"
        dead = self._parts.jobs.count_attempt(job, attempts, "internal", words)
        log.error("job-dead" if dead else "attempt-failed", fault=type(error).__name__, where=where(error), attempts=attempts)
        return False
