"""Results back to the PACS that the images came from, where the catalog entry asks for it."""

from collections.abc import Mapping
from typing import Any

from mip_sdk.faults import DeliveryRefused
from mip_sdk.message import JobMessage
from mip_sdk.multipart import DICOM
from mip_sdk.results import ResultFile
from mip_sdk.stow import Stow, outgoing


class PacsDelivery:
    """Delivers results.

    Parameters
    ----------
    pacs
        What stores in each PACS, by its name.
    default
        The PACS of a job whose request names none.
    wanted
        Whether the entry's ``output.store`` has ``pacs``.
    """

    def __init__(self, pacs: Mapping[str, Stow], default: str, wanted: bool) -> None:
        self._pacs = pacs
        self._default = default
        self._wanted = wanted

    def deliver(self, job: JobMessage, files: list[ResultFile], stored: list[dict[str, Any]]) -> dict[str, Any] | None:
        """Store a job's DICOM results in its PACS; again is as good as once. Only a clinical job's results ever go there.

        Parameters
        ----------
        stored
            The results as the record lists them: a job whose results were refused lists them too.

        Returns
        -------
        The record's ``pacs_delivery``; None where nothing is to be delivered.

        Raises
        ------
        DeliveryRefused
            Where the PACS did not take all of them.
        Unavailable
            Where it is not known what it took.
        """
        if not self._wanted or job.purpose != "clinical":
            return None
        objects = [outgoing(file.octets) for file in files if file.media_type == DICOM]
        if not objects:
            return None
        name = job.pacs.source or self._default
        stow = self._pacs.get(name)
        if stow is None:
            raise DeliveryRefused("the platform has no server that stores results in that PACS", {"results": stored})
        refused = stow.store(objects)
        said: dict[str, Any] = {"pacs": name, "state": "stored", "stored": len(objects) - len(refused), "failed": len(refused)}
        if not refused:
            return said
        reason = min(refused.values())
        said |= {"state": "failed", "reason": reason}
        words = f"the PACS {name} did not take {len(refused)} of {len(objects)} results (reason {reason}); the job keeps them"
        raise DeliveryRefused(words, {"results": stored, "pacs_delivery": said})
