"""Which store a job's images come from: the one that its request names, else the platform's default."""

from collections.abc import Mapping

from mip_sdk.faults import InvalidInput
from mip_sdk.images import Source, StoredImage
from mip_sdk.message import Pacs
from mip_sdk.progress import UNHEARD, Stretch


class Sources:
    """All sources of the platform, by name; itself a ``Source``."""

    def __init__(self, sources: Mapping[str, Source], default: str) -> None:
        self._sources = sources
        self._default = default

    def fetch(self, pacs: Pacs, progress: Stretch = UNHEARD) -> list[StoredImage]:
        """As ``Source`` says, from the source that ``pacs`` names."""
        source = self._sources.get(pacs.source or self._default)
        if source is None:
            raise InvalidInput("the request's pacs.source is no PACS of this platform")
        return source.fetch(pacs, progress)
