"""UIDs of everything that MIP makes: the same job on the same image makes the same UIDs, another job makes others.

The recipe is in ``medical.md`` §3; the vectors that hold it are in ``schemas/vectors/uids.json``.
"""

import hashlib
from dataclasses import dataclass

import rfc8785


@dataclass(frozen=True)
class UidScope:
    """What every UID of one job depends on. ``image_digest`` is that of the OCI image, ``sha256:…``."""

    platform: str
    client_id: str
    job_id: str
    image_digest: str

    def uid(self, role: str, index: int) -> str:
        """The UID of the ``index``-th object (from 1) that plays ``role`` in the job: ``series`` or ``instance``."""
        recipe = ["mip-uid-v1", self.platform, self.client_id, self.job_id, self.image_digest, role, index]
        return uid_from(recipe)


def uid_from(recipe: list[str | int]) -> str:
    """``2.25.`` and the decimal of the UUIDv8 made of the first 16 bytes of SHA-256 over the recipe's RFC 8785 JSON."""
    octets = bytearray(hashlib.sha256(rfc8785.dumps(recipe)).digest()[:16])
    octets[6] = 0x80 | (octets[6] & 0x0F)
    octets[8] = 0x80 | (octets[8] & 0x3F)
    return f"2.25.{int.from_bytes(octets, 'big')}"
