"""What one job may take of time and memory, and how much a child process has."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mip_sdk.answer import Broken

_MIB = 1 << 20
# What the parent and the libraries that children share need beside the children.
_RESERVE_MIB = 128
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Limits:
    """Of one job. None: no limit."""

    seconds: float | None = None
    octets: int | None = None

    def watch(self, memory: Callable[[], int]) -> Callable[[], Broken | None]:
        """Start the clock of a job; what is returned says when it has passed a limit. ``memory``: bytes that its process has."""
        began = time.monotonic()

        def passed() -> Broken | None:
            if self.seconds is not None and time.monotonic() - began > self.seconds:
                return Broken("timeout", f"the job took longer than its limit of {self.seconds:g} s", "TimeLimit")
            if self.octets is not None and memory() > self.octets:
                words = f"the job needed more memory than its limit of {self.octets // _MIB} MiB"
                return Broken("out-of-memory", words, "MemoryLimit")
            return None

        return passed


def memory_share(task_mib: int, children: int) -> int:
    """The bytes that each child of a task may have: RSS, because address space says nothing of what NumPy and OpenMP use."""
    return max(task_mib - _RESERVE_MIB, task_mib // 2) * _MIB // children


def resident(pid: int) -> int:
    """The bytes of a process in memory; 0 where it is gone, or where there is no /proc (macOS: no memory limit there)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0
