"""Measuring what the instances of a job take, and ending those that take too much."""

import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from local_sagemaker.jobs.containers import process_tree
from local_sagemaker.jobs.containers.container import Container
from local_sagemaker.jobs.containers.limits import Limits, disk_bytes
from local_sagemaker.jobs.ending import Ending
from local_sagemaker.jobs.reasons import ClientFault
from local_sagemaker.jobs.record import Record

_FIRST_SECONDS = 0.1
_SECONDS = 2.0
# A program may take a gigabyte in half a second.
_LIMITED_SECONDS = 0.25
_DISK_SECONDS = 1.0
_FIRST_REPORT_SECONDS = 1.0
_REPORT_SECONDS = 5.0


class InstanceUse:
    """What one instance has taken so far.

    Args:
        name: The instance's.
        directory: All its files.
        container: Its processes.
        limits: What it may take.
    """

    def __init__(self, name: str, directory: Path, container: Container, limits: Limits) -> None:
        self.container = container
        self.peak_memory = 0
        self.cpu_seconds = 0.0
        self._name = name
        self._directory = directory
        self._limits = limits
        self._next_disk = 0.0
        # What a process that was started by this one may have been measured at before it became
        # what it was to be.
        self._ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def look(self) -> ClientFault | None:
        """Measure; what is wrong if it takes more than it may."""
        pids = self.container.processes()
        together, most = process_tree.resident_bytes(pids)
        if together > max(self.peak_memory, most):
            together = process_tree.proportional_bytes(pids)
        self.peak_memory = max(self.peak_memory, together, most)
        self.cpu_seconds = max(self.cpu_seconds, process_tree.cpu_seconds(pids))
        return self._limits.fault(self._name, self.peak_memory, self._disk())

    def settle(self) -> None:
        """Take in what only the end of its processes tells."""
        usage = self.container.process.usage
        if usage is None:
            return
        self.cpu_seconds = max(self.cpu_seconds, usage.ru_utime + usage.ru_stime)
        largest = usage.ru_maxrss * 1024
        if largest > self._ours or not self.peak_memory:
            self.peak_memory = max(self.peak_memory, largest)

    def _disk(self) -> int:
        if self._limits.disk is None or time.monotonic() < self._next_disk:
            return 0
        began = time.monotonic()
        taken = disk_bytes(self._directory)
        ended = time.monotonic()
        # A million files are to cost little too.
        self._next_disk = ended + max(_DISK_SECONDS, 20 * (ended - began))
        return taken


class ResourceMeter:
    """Looks after the instances of a job while they run.

    Args:
        record: The job's record, whose member ``ResourceUse`` tells of it, also while they run.
        settings: The environment that says what each may take.
    """

    def __init__(self, record: Record, settings: Mapping[str, str]) -> None:
        self._record = record
        self._settings = settings
        self._limits = Limits()
        self._fault: ClientFault | None = None
        self._uses: dict[str, list[InstanceUse]] = {}
        self._running: list[InstanceUse] = []
        self._pause = _FIRST_SECONDS
        self._next = self._next_report = 0.0

    def check(self) -> None:
        """Read the settings; raises ``ClientFault`` for one that makes no sense."""
        job = self._record.job
        volume = job.kind.resources(job.request).get("VolumeSizeInGB", 0)
        self._limits = Limits.from_settings(self._settings, volume)

    def start(self, instances: Sequence[tuple[str, Path, Container]]) -> None:
        """Begin with the containers of a run: names, directories, containers."""
        self._running = [InstanceUse(*instance, self._limits) for instance in instances]
        for (name, _, _), use in zip(instances, self._running, strict=True):
            self._uses.setdefault(name, []).append(use)
        self._pause = _FIRST_SECONDS
        self._next = time.monotonic() + self._pause
        self._next_report = time.monotonic() + _FIRST_REPORT_SECONDS

    def look(self) -> float:
        """Measure if it is time to, and kill what takes too much.

        Returns:
            In how many seconds it will be time.
        """
        if time.monotonic() >= self._next:
            for use in self._running:
                if use.container.process.exit_code is None and (fault := use.look()):
                    self._fault = self._fault or fault
                    use.container.kill()
            limited = self._limits != Limits()
            self._pause = min(self._pause * 2, _LIMITED_SECONDS if limited else _SECONDS)
            self._next = time.monotonic() + self._pause
            if time.monotonic() >= self._next_report:
                self._next_report = time.monotonic() + _REPORT_SECONDS
                self._record.note(ResourceUse=self._members())
                self._record.write_notes()
        return max(0.0, self._next - time.monotonic())

    def settle(self) -> None:
        """Take in what the end of the containers tells."""
        for use in self._running:
            use.settle()
        self._running = []
        self._record.note(ResourceUse=self._members())

    def judge(self, ending: Ending) -> Ending:
        """Say why a job failed, if it is that an instance was killed for what it took."""
        if self._fault is None or ending.status != "Failed":
            return ending
        return replace(ending, reason=self._fault.reason)

    def _members(self) -> dict[str, Any]:
        """What the job took: the largest instance's memory, and the CPU time of all.

        A job whose containers are started again goes on where it was.
        """
        hosts = {
            name: {
                "PeakMemoryBytes": max(use.peak_memory for use in uses),
                "CpuSeconds": round(sum(use.cpu_seconds for use in uses), 2),
            }
            for name, uses in self._uses.items()
        }
        return {
            "PeakMemoryBytes": max((host["PeakMemoryBytes"] for host in hosts.values()), default=0),
            "CpuSeconds": round(sum(host["CpuSeconds"] for host in hosts.values()), 2),
            "Hosts": hosts,
        }
