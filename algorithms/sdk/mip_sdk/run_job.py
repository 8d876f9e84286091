"""The part of a job that happens in a child process: fetch → process → store → deliver, one call."""

from dataclasses import dataclass

from mip_sdk.answer import Answer, Broken, Down, Finished, Refused
from mip_sdk.conformance import ConformanceImages
from mip_sdk.delivery import PacsDelivery
from mip_sdk.faults import JobFault, ResultTooLarge, is_fault
from mip_sdk.images import Source, StoredImage
from mip_sdk.jobs import Started
from mip_sdk.message import JobMessage
from mip_sdk.processing import Processing
from mip_sdk.progress import UNHEARD, Stretch
from mip_sdk.results import ResultFile, Results
from mip_sdk.transient import Unavailable, is_transient, where

# Where each part of a job ends, in per cent: a rule of thumb, so that a bar moves. How long each takes nobody knows before.
_FETCHED, _PROCESSED, _STORED, _ALL = 20, 90, 99, 100


@dataclass(frozen=True)
class JobRun:
    """Runs jobs of ``algorithm``.

    A conformance job takes its images from ``conformance_images`` and leaves its results in ``quarantine``, any other job takes and
    leaves them in the other two. There is no other way between the two pairs.

    Attributes
    ----------
    most_bytes
        Of the files of one result together, where the platform sets a limit.
    """

    algorithm: str
    images: Source
    conformance_images: ConformanceImages
    processing: Processing
    results: Results
    quarantine: Results
    delivery: PacsDelivery
    most_bytes: int | None = None

    def run_job(self, job: JobMessage, started: Started, progress: Stretch = UNHEARD) -> Finished:
        """Everything between the record's ``running`` and its end. Safe to repeat: the same job leaves the same bytes.

        Raises
        ------
        JobFault
            When the job cannot succeed.
        """
        if job.algorithm != self.algorithm:
            raise JobFault("the job is for another algorithm than this worker's")
        images = self._fetch(job, progress.part(0, _FETCHED, _ALL))
        processed = self.processing.run(job, images, started.started_at, progress.part(_FETCHED, _PROCESSED, _ALL))
        self._check_size(processed.files)
        results = self.quarantine if job.purpose == "conformance" else self.results
        stored = results.store(job.job_key, processed.files, progress.part(_PROCESSED, _STORED, _ALL))
        delivered = self.delivery.deliver(job, processed.files, stored)
        return Finished(stored, processed.outcome, delivered, processed.reason)

    def answer(self, job: JobMessage, started: Started, progress: Stretch = UNHEARD) -> Answer:
        """``run_job``, with what went wrong as an answer: a fault's own words may quote what must not be told."""
        try:
            return self.run_job(job, started, progress)
        except JobFault as fault:
            return Refused(fault.code, str(fault), fault.record)
        except Unavailable as error:
            return error.down()
        except MemoryError as error:
            return Broken("out-of-memory", "the job needed more memory than there is", "MemoryError", where(error))
        except BaseException as error:
            if is_transient(error):
                return Down(type(error).__name__, where(error))
            if not is_fault(error):
                raise
            name = type(error).__name__
            return Broken("internal", f"the algorithm failed unexpectedly ({name})", name, where(error))

    def _fetch(self, job: JobMessage, progress: Stretch) -> list[StoredImage]:
        if job.purpose == "conformance":
            return self.conformance_images.fetch(job.images, progress)
        return self.images.fetch(job.pacs, progress)

    def _check_size(self, files: list[ResultFile]) -> None:
        size = sum(len(file.octets) for file in files)
        if self.most_bytes is not None and size > self.most_bytes:
            raise ResultTooLarge(f"the result has {size} bytes, and this platform takes at most {self.most_bytes} from one job")
