"""What an instance of a job may take of this machine, by the service's settings."""

import math
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local_sagemaker.jobs.reasons import ClientFault

MEMORY_VARIABLE = "ML_PIPELINE_LOCAL_JOB_MEMORY_MB"
"""The memory of an instance; as much as there is if it is not set."""

DISK_VARIABLE = "ML_PIPELINE_LOCAL_JOB_DISK_MB"
"""The disk of an instance: megabytes, or ``volume`` for the request's ``VolumeSizeInGB``."""

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """The most that an instance may take.

    Args:
        memory: Bytes of all its processes together; None for no limit.
        disk: Bytes of all its files together; None for no limit.
    """

    memory: int | None = None
    disk: int | None = None

    @classmethod
    def from_settings(cls, environment: Mapping[str, str], volume: int) -> "Limits":
        """Read the settings.

        Args:
            environment: Where they are.
            volume: The request's ``VolumeSizeInGB``, which may be the limit; zero without one.

        Raises:
            ClientFault: A setting makes no sense.
        """
        disk = environment.get(DISK_VARIABLE, "")
        if disk == "volume":
            # Instances with a disk of their own have no volume.
            disk = str(volume * 1024 or "")
        return cls(
            _bytes(MEMORY_VARIABLE, environment.get(MEMORY_VARIABLE, "")),
            _bytes(DISK_VARIABLE, disk),
        )

    def fault(self, host: str, memory: int, disk: int) -> ClientFault | None:
        """What is wrong with an instance that takes this much; None if nothing is.

        The first sentence is the real service's, where it has one.
        """
        if self.memory is not None and memory > self.memory:
            return ClientFault(
                "Please use an instance type with more memory, or reduce the size of job data "
                f"processed on an instance. {_taken(host, memory, 'memory')}; "
                f"{MEMORY_VARIABLE} allows {self.memory // _MEGABYTE} MB."
            )
        if self.disk is not None and disk > self.disk:
            return ClientFault(
                "Please use an instance with more disk space (VolumeSizeInGB), or reduce the size "
                f"of job data processed on an instance. {_taken(host, disk, 'disk')}; "
                f"{DISK_VARIABLE} allows {self.disk // _MEGABYTE} MB."
            )
        return None


def disk_bytes(directory: Path, seconds: float = math.inf) -> int | None:
    """What the files of a directory take of the disk; links are not followed.

    Args:
        directory: Where they are.
        seconds: How long to count them.

    Returns:
        Bytes; None if there are more files than could be counted.
    """
    total = 0
    end = time.monotonic() + seconds
    for folder, _, names in os.walk(directory):
        if time.monotonic() > end:
            return None
        for path in (folder, *(f"{folder}/{name}" for name in names)):
            with suppress(OSError):  # Removed meanwhile, or the script forbids it even itself.
                total += os.stat(path, follow_symlinks=False).st_blocks * 512  # noqa: PTH116
    return total


def _bytes(name: str, text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not int(text):
        raise ClientFault(f"{name}: {text!r} is not a number of megabytes; change or unset it")
    return int(text) * _MEGABYTE


def _taken(host: str, taken: int, what: str) -> str:
    return f"On this machine {host} took {taken / _MEGABYTE:.0f} MB of {what}"
