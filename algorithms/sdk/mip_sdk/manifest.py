"""``manifest.json``: from what, by what and into what a job went. The same bytes at every delivery of the job."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import rfc8785

from mip_sdk.message import JobMessage, Value
from mip_sdk.results import ResultFile


@dataclass(frozen=True)
class Provenance:
    """What runs, as the task definition says."""

    platform: str
    algorithm: str
    version: str
    image_digest: str
    commit: str
    plan_digest: str


def manifest_of(
    job: JobMessage,
    provenance: Provenance,
    started_at: str,
    inputs: list[str],
    outputs: list[ResultFile],
    notes: list[str],
    ended: Mapping[str, str],
) -> ResultFile:
    """The manifest of a job.

    Parameters
    ----------
    started_at
        When the first attempt started, from the job's record, so that a second attempt writes the same.
    inputs
        SHA-256 of each input file, in the order of the series.
    notes
        What was repaired, inherited or dropped.
    ended
        ``outcome``, and ``outcome_reason`` where the algorithm was not applicable.
    """
    content: dict[str, Any] = {
        "schema": "manifest/1",
        "job_key": job.job_key,
        "job_id": job.job_id,
        **({"trace_id": job.trace_id} if job.trace_id else {}),
        "purpose": job.purpose,
        "algorithm": provenance.algorithm,
        "version": provenance.version,
        "requested_version": job.version,
        "image_digest": provenance.image_digest,
        "commit": provenance.commit,
        "plan_digest": provenance.plan_digest,
        "platform": provenance.platform,
        "parameters": job.parameters,
        **({"overrides": [asdict(one) for one in job.overrides]} if job.overrides else {}),
        "work_key": work_key(provenance.image_digest, job.parameters, inputs),
        "inputs": [{"index": index, "sha256": sha256} for index, sha256 in enumerate(inputs, start=1)],
        "outputs": [
            {"name": file.name, "media_type": file.media_type, "size": len(file.octets), "sha256": file.sha256} for file in outputs
        ],
        **ended,
        "notes": notes,
        "times": {"accepted_at": job.accepted_at, "started_at": started_at},
    }
    return ResultFile("manifest.json", "application/json", (json.dumps(content, indent=2, sort_keys=True) + "\n").encode())


def work_key(image_digest: str, parameters: dict[str, Value], inputs: list[str]) -> str:
    """Digest of what the pixels of a result depend on, so that an equal earlier result can be found."""
    recipe: Any = ["mip-work-v1", image_digest, parameters, inputs]
    return f"sha256:{hashlib.sha256(rfc8785.dumps(recipe)).hexdigest()}"
