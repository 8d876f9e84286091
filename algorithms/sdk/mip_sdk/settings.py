"""The worker's settings, from the environment that the task definition gives it."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from mip_sdk.declared import DeclaredOutput, Units, declared_output
from mip_sdk.faults import SettingsFault
from mip_sdk.limits import Limits, memory_share
from mip_sdk.manifest import Provenance
from mip_sdk.pacs_server import BUILT_IN, PacsServer, StoreTables, servers_from
from mip_sdk.request_queue import VISIBILITY_S

# What running jobs have after a stop: Fargate gives 120 s, and the hand-back takes some of them.
GRACE_S = 90
__all__ = ["ProcessingSettings", "Settings", "SettingsFault", "case_settings_from", "settings_from"]


@dataclass(frozen=True)
class ProcessingSettings:
    """What the processing of an image depends on, wherever the image comes from and the result goes."""

    provenance: Provenance
    units: Units
    regulatory: str
    folder: Path
    threads: int | None
    most_bytes: int | None
    output: DeclaredOutput
    input: dict[str, Any]


@dataclass(frozen=True)
class Settings(ProcessingSettings):
    """All that a worker's environment says.

    Attributes
    ----------
    dead_letter_url
        None where there are none: what would lie in them is only recorded.
    results_queue_url
        Where the events of jobs go; None: nobody is told.
    lifetime_s
        After so many seconds the worker stops by itself; None: it works until it is stopped.
    """

    queue_url: str
    jobs_table: str
    results_bucket: str
    images: StoreTables
    pacs: tuple[PacsServer, ...]
    default_pacs: str
    region: str
    dead_letter_url: str | None
    results_queue_url: str | None
    children: int
    limits: Limits
    most_result_bytes: int | None
    visibility_s: int
    grace_s: int
    agent_uri: str | None
    lifetime_s: int | None

    @property
    def delivers(self) -> bool:
        """Whether results go to the PACS too."""
        return "pacs" in self.output.store


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises
    ------
    SettingsFault
        Naming all variables that are missing, or the one that cannot be read.
    """
    required = (
        "ALGORITHM",
        "VERSION",
        "IMAGE_DIGEST",
        "QUEUE_URL",
        "JOBS_TABLE",
        "IMAGES_BUCKET",
        "IMAGES_TABLE",
        "RESULTS_BUCKET",
        "PLATFORM",
        "IMAGES_KEY",
    )
    given = _required(environment, required)
    processing = _processing(environment, given["PLATFORM"], given["IMAGE_DIGEST"])
    children = _whole(environment, "MIP_CHILDREN") or processors()
    memory = _whole(environment, "MIP_MEMORY_MIB")
    return Settings(
        **vars(processing),
        queue_url=given["QUEUE_URL"],
        jobs_table=given["JOBS_TABLE"],
        results_bucket=given["RESULTS_BUCKET"],
        images=StoreTables(given["IMAGES_TABLE"], given["IMAGES_BUCKET"], given["IMAGES_KEY"]),
        pacs=servers_from(environment),
        default_pacs=environment.get("MIP_DEFAULT_PACS") or BUILT_IN,
        region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "",
        dead_letter_url=_dead_letters_of(environment, given["QUEUE_URL"]),
        results_queue_url=_beside(given["QUEUE_URL"], environment.get("MIP_RESULTS_QUEUE")),
        children=children,
        limits=Limits(_whole(environment, "MIP_TIMEOUT"), memory_share(memory, children) if memory else None),
        most_result_bytes=_whole(environment, "MIP_MAX_RESULT_BYTES"),
        visibility_s=_whole(environment, "MIP_VISIBILITY") or VISIBILITY_S,
        grace_s=_whole(environment, "MIP_STOP_GRACE") or GRACE_S,
        agent_uri=environment.get("ECS_AGENT_URI"),
        lifetime_s=_whole(environment, "MIP_LIFETIME"),
    )


def processors() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _dead_letters_of(environment: Mapping[str, str], queue_url: str) -> str | None:
    """Where they are; by the name that reconcile gives them, unless the environment says where, or that there are none."""
    said = environment.get("MIP_DEAD_LETTERS")
    if said == "none":
        return None
    if said:
        raise SettingsFault("MIP_DEAD_LETTERS can only be none")
    return environment.get("MIP_DEAD_LETTER_URL") or re.sub(r"\.fifo$", "-dlq.fifo", queue_url)


def _beside(queue_url: str, name: str | None) -> str | None:
    """The URL of another queue of the same account and region."""
    return f"{queue_url.rsplit('/', 1)[0]}/{name}" if name else None


def case_settings_from(environment: Mapping[str, str], platform: str, image_digest: str) -> ProcessingSettings:
    """Read the settings of a single case, which needs nothing of AWS.

    Raises
    ------
    SettingsFault
        As for ``settings_from``.
    """
    _required(environment, ("ALGORITHM", "VERSION"))
    return _processing(environment, platform, image_digest)


def _required(environment: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    missing = [f"MIP_{name}" for name in names if not environment.get(f"MIP_{name}")]
    if missing:
        raise SettingsFault(f"the environment lacks {', '.join(missing)}")
    return {name: environment[f"MIP_{name}"] for name in names}


def _processing(environment: Mapping[str, str], platform: str, image_digest: str) -> ProcessingSettings:
    entry = _entry(environment.get("MIP_ENTRY", "{}"))
    return ProcessingSettings(
        provenance=Provenance(
            platform=platform,
            algorithm=environment["MIP_ALGORITHM"],
            version=environment["MIP_VERSION"],
            image_digest=image_digest,
            commit=environment.get("MIP_COMMIT", ""),
            plan_digest=environment.get("MIP_PLAN_DIGEST", ""),
        ),
        units=_units(entry),
        regulatory=str((entry.get("regulatory") or {}).get("status", "research")),
        folder=Path(environment.get("MIP_ALGORITHM_DIR") or "."),
        threads=_whole(environment, "MIP_THREADS"),
        most_bytes=_whole(environment, "MIP_MAX_IMAGE_BYTES"),
        output=_output(entry),
        input=entry.get("input") or {},
    )


def _entry(text: str) -> dict[str, Any]:
    try:
        entry = json.loads(text)
    except ValueError as error:
        raise SettingsFault("MIP_ENTRY is not JSON") from error
    if not isinstance(entry, dict):
        raise SettingsFault("MIP_ENTRY is not an object")
    return cast(dict[str, Any], entry)


def _units(entry: dict[str, Any]) -> Units:
    units = (entry.get("input") or {}).get("units", "stored")
    if units not in ("stored", "modality", "hu"):
        raise SettingsFault("MIP_ENTRY has units that are not known")
    return units


def _output(entry: dict[str, Any]) -> DeclaredOutput:
    try:
        return declared_output(entry)
    except (AttributeError, KeyError, TypeError) as error:
        raise SettingsFault("MIP_ENTRY has an output that cannot be read") from error


def _whole(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name)
    if not text:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise SettingsFault(f"{name} is not a whole number above 0")
    return int(text)
