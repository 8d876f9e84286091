"""What happens to a job's images between fetching and storing: pure, but for the algorithm's own computing."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from mip_sdk.declared import DeclaredOutput, Units
from mip_sdk.faults import InvalidInput
from mip_sdk.image_data import ImageData
from mip_sdk.images import StoredImage, check_identity
from mip_sdk.input_check import InputCheck
from mip_sdk.manifest import Provenance, manifest_of
from mip_sdk.marks import Maker, Making
from mip_sdk.measurements import measurements_file, measurements_of, not_applicable
from mip_sdk.message import JobMessage
from mip_sdk.outputs import derived_object
from mip_sdk.processor import BaseProcessor, DerivedImage, NotApplicable, Result, Segmentation, VolumeProcessor
from mip_sdk.progress import UNHEARD, Stretch
from mip_sdk.reading import read_image
from mip_sdk.results import ResultFile
from mip_sdk.uids import UidScope
from mip_sdk.volume import Volume, single, volume_of

Outcome = Literal["done", "found", "nothing-found", "not-applicable"]
_FIRST: tuple[Outcome, ...] = ("found", "done", "nothing-found", "not-applicable")
"""Which outcome is that of a job whose images have several."""
_READ, _COMPUTED, _WRITTEN = 10, 90, 100
"""Where each part of the work on a volume ends, in per cent: reading its images, the algorithm, measuring and writing."""


@dataclass(frozen=True)
class Processed:
    """What a job leaves: its files, the manifest last, and what it has to say. ``reason`` is a code where it is not applicable."""

    files: list[ResultFile]
    outcome: Outcome
    reason: str | None = None


@dataclass
class _Made:
    """What came of one image, or of one volume."""

    outcome: Outcome
    files: list[ResultFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reason: str | None = None


class Processing:
    """Runs the algorithm on the images of a job and makes the files to store."""

    def __init__(
        self,
        processor: BaseProcessor,
        units: Units,
        provenance: Provenance,
        regulatory: str = "research",
        most_bytes: int | None = None,
        check: InputCheck | None = None,
        output: DeclaredOutput | None = None,
    ) -> None:
        self._processor = processor
        self._units: Units = units
        self._provenance = provenance
        self._regulatory = regulatory
        self._most_bytes = most_bytes
        self._check = check
        self._output = output or DeclaredOutput()

    def run(self, job: JobMessage, images: list[StoredImage], started_at: str, progress: Stretch = UNHEARD) -> Processed:
        """``result-0001.dcm`` … in the order of the series, ``measurements.json`` where there are any, then ``manifest.json``.

        An algorithm that takes volumes gets all images of a series at once, others one image after the other.

        Raises
        ------
        InvalidInput
            When an image, a parameter or a rule on the input does not fit; for one of several images the words say which, by its
            place.
        """
        whole_study = job.pacs.series_uid is None
        notes = self._check.check(images, whole_study, job.overrides) if self._check else []
        if isinstance(self._processor, VolumeProcessor) and len(images) > 1:
            made = [self._volume(self._processor, job, images, progress)]
        else:
            count = len(images)
            made = [self._one(job, images, index, progress.part(index - 1, index, count)) for index in range(1, count + 1)]
        outcome = _FIRST[min(_FIRST.index(one.outcome) for one in made)]
        reason = next((one.reason for one in made if one.reason), None) if outcome == "not-applicable" else None
        files = [file for one in made for file in one.files]
        notes += [note for one in made for note in one.notes]
        ended = {"outcome": outcome, **({"outcome_reason": reason} if reason else {})}
        inputs = [image.sha256 for image in images]
        manifest = manifest_of(job, self._provenance, started_at, inputs, files, notes, ended)
        return Processed([*files, manifest], outcome, reason)

    def _volume(self, processor: VolumeProcessor, job: JobMessage, images: list[StoredImage], progress: Stretch) -> _Made:
        read: list[ImageData] = []
        reading = progress.part(0, _READ, _WRITTEN)
        for index in range(1, len(images) + 1):
            with _of_several(index, images):
                read.append(self._read(job, images[index - 1]))
            reading.reached(index, len(images))
        volume = volume_of(read, processor.takes_positions)
        processor.stretch = progress.part(_READ, _COMPUTED, _WRITTEN)
        result = processor.process_volume(volume, job.parameters)
        processor.stretch.reached(1, 1)
        return self._make(job, volume, result, 1, "")

    def _one(self, job: JobMessage, images: list[StoredImage], index: int, progress: Stretch) -> _Made:
        with _of_several(index, images):
            data = self._read(job, images[index - 1])
            number = f"-{index:04d}" if len(images) > 1 else ""
            processor = self._processor
            processor.stretch = progress
            if isinstance(processor, VolumeProcessor) and data.frames > 1:
                volume = volume_of([data], processor.takes_positions)
                made = self._make(job, volume, processor.process_volume(volume, job.parameters), index, number)
            else:
                made = self._make(job, data, processor.process_image(data, job.parameters), index, number)
        progress.reached(1, 1)
        if len(images) > 1:
            made.notes = [f"image {index}: {note}" for note in made.notes]
        return made

    def _read(self, job: JobMessage, image: StoredImage) -> ImageData:
        data = read_image(image.octets, self._units, self._most_bytes)
        check_identity(data.source, job.pacs)
        return data

    def _make(self, job: JobMessage, of: ImageData | Volume, result: Result, index: int, number: str) -> _Made:
        about = self._provenance
        uids = UidScope(about.platform, job.client_id, job.job_id, about.image_digest)
        maker = Maker(about.algorithm, about.version, about.image_digest, self._regulatory, job.accepted_at, job.parameters)
        making = Making(uids, maker, index)
        if isinstance(result, NotApplicable):
            return self._not_applicable(result, making, number)
        if isinstance(result, DerivedImage):
            if isinstance(of, Volume):
                raise TypeError("an image was derived from a volume; only a segmentation or nothing can come of one")
            made = derived_object(of, result, making)
            return _Made("done", [ResultFile(f"result-{index:04d}.dcm", "application/dicom", made.octets)], list(made.notes))
        return self._segmented(of if isinstance(of, Volume) else single(of), result, making, number)

    def _not_applicable(self, result: NotApplicable, making: Making, number: str) -> _Made:
        file = measurements_file(not_applicable(result, making), f"measurements{number}.json")
        return _Made("not-applicable", [file], [result.words], result.reason)

    def _segmented(self, volume: Volume, result: Segmentation, making: Making, number: str) -> _Made:
        outcome: Outcome = "found" if any(labels.any() for labels in result.labels) else "nothing-found"
        content = measurements_of(volume, result, self._output, outcome, making)
        made = _Made(outcome, [measurements_file(content, f"measurements{number}.json")], _read_notes(volume))
        if outcome == "found":
            # Only here: the images of algorithms that do not segment have no highdicom.
            from mip_sdk.segmentation import segmentation_object

            segmented = segmentation_object(volume, result, self._output.segments, making)
            made.files.insert(0, ResultFile(f"result-{making.index:04d}.dcm", "application/dicom", segmented.octets))
            made.notes += segmented.notes
        made.notes += result.notes
        return made


def _read_notes(volume: Volume) -> list[str]:
    """What was said of the images as they were read, each once."""
    return list(dict.fromkeys(note for one in volume.slices for note in one.image.notes))


@contextmanager
def _of_several(index: int, images: Sequence[StoredImage]) -> Generator[None]:
    """Words on one of several images say which one it is, by its place."""
    try:
        yield
    except InvalidInput as fault:
        if len(images) == 1:
            raise
        raise type(fault)(f"image {index} of {len(images)}: {fault}") from fault
