"""The parent's look at the record of a job that a child runs: was it cancelled, and how far is its client told that it is."""

from dataclasses import asdict

from mip_sdk.events import Events
from mip_sdk.jobs import Jobs, NotOpen, now
from mip_sdk.log import Log
from mip_sdk.message import JobMessage
from mip_sdk.transient import where


class Watch:
    """Of one attempt, in the thread of its job: nothing that it writes comes after the job's end.

    A look costs one call. Where there is progress to note, that call is the write, whose condition says of the state what a read
    would have said; only the event comes on top.
    """

    def __init__(self, job: JobMessage, jobs: Jobs, events: Events, log: Log) -> None:
        self._job = job
        self._jobs = jobs
        self._events = events
        self._log = log
        self._heard = 0
        self._noted = 0

    def hear(self, percent: int) -> None:
        """The child has come so far. One that begins anew, after a dependency was down, says less for a while: that is no news."""
        self._heard = max(self._heard, percent)

    def is_cancelled(self) -> bool:
        """Look at the record, and note in it what was heard since the last look. False where nobody can tell."""
        try:
            if self._heard > self._noted and self._note(self._heard):
                return False
            return self._jobs.state(self._job) == "cancelled"
        except NotOpen as closed:
            return closed.state == "cancelled"
        except Exception as error:
            self._log.warn("state-unknown", fault=type(error).__name__)
            return False

    def _note(self, percent: int) -> bool:
        """False where it could not be written: the next look tries again, and the job goes on."""
        try:
            self._jobs.note_progress(self._job, percent)
        except NotOpen:
            self._noted = percent
            raise
        except Exception as error:
            self._log.warn("progress-failed", fault=type(error).__name__, where=where(error))
            return False
        self._noted = percent
        try:
            self._events.tell_progress(asdict(self._job), percent, now())
        except Exception as error:
            self._log.warn("event-failed", fault=type(error).__name__, where=where(error))
        return True
