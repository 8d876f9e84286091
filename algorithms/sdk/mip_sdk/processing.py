"""What happens to a job's images between fetching and storing: pure, but for the algorithm's own computing."""

from mip_sdk.faults import InvalidInput
from mip_sdk.image_data import Units
from mip_sdk.images import StoredImage, check_identity
from mip_sdk.input_check import InputCheck
from mip_sdk.manifest import Provenance, manifest_of
from mip_sdk.message import JobMessage
from mip_sdk.outputs import Maker, derived_object
from mip_sdk.processor import BaseProcessor
from mip_sdk.reading import read_image
from mip_sdk.results import ResultFile
from mip_sdk.uids import UidScope

OUTCOME = "done"


class Processing:
    """Runs the algorithm on every image of a job and makes the files to store."""

    def __init__(
        self,
        processor: BaseProcessor,
        units: Units,
        provenance: Provenance,
        regulatory: str = "research",
        most_bytes: int | None = None,
        check: InputCheck | None = None,
    ) -> None:
        self._processor = processor
        self._units: Units = units
        self._provenance = provenance
        self._regulatory = regulatory
        self._most_bytes = most_bytes
        self._check = check

    def run(self, job: JobMessage, images: list[StoredImage], started_at: str) -> list[ResultFile]:
        """``result-0001.dcm`` … in the order of the series, then ``manifest.json``.

        Raises
        ------
        InvalidInput
            When an image, a parameter or a rule on the input does not fit; for one of several images the words say which, by its
            place.
        """
        files: list[ResultFile] = []
        notes = self._check.check(images, whole_study=job.pacs.series_uid is None) if self._check else []
        for index, image in enumerate(images, start=1):
            try:
                octets, said = self._derive(job, image, index)
            except InvalidInput as fault:
                if len(images) == 1:
                    raise
                raise type(fault)(f"image {index} of {len(images)}: {fault}") from fault
            files.append(ResultFile(f"result-{index:04d}.dcm", "application/dicom", octets))
            notes += said if len(images) == 1 else [f"image {index}: {note}" for note in said]
        inputs = [image.sha256 for image in images]
        return [*files, manifest_of(job, self._provenance, started_at, inputs, files, notes, OUTCOME)]

    def _derive(self, job: JobMessage, image: StoredImage, index: int) -> tuple[bytes, list[str]]:
        data = read_image(image.octets, self._units, self._most_bytes)
        check_identity(data.source, job.pacs)
        derived = self._processor.process_image(data, job.parameters)
        about = self._provenance
        uids = UidScope(about.platform, job.client_id, job.job_id, about.image_digest)
        maker = Maker(about.algorithm, about.version, about.image_digest, self._regulatory, job.accepted_at)
        made = derived_object(data, derived, uids, maker, index)
        return made.octets, list(made.notes)
