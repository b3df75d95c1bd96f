"""Measuring what the instances of a job take, and ending those that take too much."""

import math
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
_UNLIMITED_DISK_SECONDS = 5.0
# Where nothing is limited, nobody may notice that files are counted; a job of more is not measured.
_COUNTING_SECONDS = 0.3
# Over how long CPUs are busy; less would say more of this machine's scheduler than of the job.
_CPU_SECONDS = 5.0
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
        self.peak_disk: int | None = 0
        self.cpu_seconds = 0.0
        self.cpu_percent = 0.0
        self._name = name
        self._directory = directory
        self._limits = limits
        self._began = self._since = time.monotonic()
        self._cpu_then = 0.0
        self._next_disk = 0.0 if limits.disk else self._began + _DISK_SECONDS
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
        if time.monotonic() >= self._since + _CPU_SECONDS:
            self._note_cpu()
        disk = self._disk() if time.monotonic() >= self._next_disk else 0
        return self._limits.fault(self._name, self.peak_memory, disk)

    def settle(self) -> None:
        """Take in what only the end of its processes tells."""
        usage = self.container.process.usage
        if usage is not None:
            self.cpu_seconds = max(self.cpu_seconds, usage.ru_utime + usage.ru_stime)
            largest = usage.ru_maxrss * 1024
            if largest > self._ours or not self.peak_memory:
                self.peak_memory = max(self.peak_memory, largest)
        if self._since == self._began or time.monotonic() >= self._since + _CPU_SECONDS / 2:
            self._note_cpu()
        self._disk()

    def _note_cpu(self) -> None:
        """How busy CPUs were since the last time, in percent of one."""
        now = time.monotonic()
        busy = self.cpu_seconds - self._cpu_then
        self.cpu_percent = max(self.cpu_percent, 100 * busy / max(now - self._since, 0.01))
        self._since, self._cpu_then = now, self.cpu_seconds

    def _disk(self) -> int:
        limited = self._limits.disk is not None
        if self.peak_disk is None and not limited:
            return 0
        began = time.monotonic()
        taken = disk_bytes(self._directory, math.inf if limited else _COUNTING_SECONDS)
        ended = time.monotonic()
        pause = _DISK_SECONDS if limited else _UNLIMITED_DISK_SECONDS
        # A million files are to cost little too.
        self._next_disk = ended + max(pause, 20 * (ended - began))
        self.peak_disk = None if taken is None else max(self.peak_disk or 0, taken)
        return taken or 0


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
        hosts = {name: _host_members(uses) for name, uses in self._uses.items()}
        return {
            "PeakMemoryBytes": max((host["PeakMemoryBytes"] for host in hosts.values()), default=0),
            "CpuSeconds": round(sum(host["CpuSeconds"] for host in hosts.values()), 2),
            "Hosts": hosts,
        }


def _host_members(uses: Sequence[InstanceUse]) -> dict[str, Any]:
    """What one host took in all its containers."""
    disks = [use.peak_disk for use in uses if use.peak_disk is not None]
    return {
        "PeakMemoryBytes": max(use.peak_memory for use in uses),
        "PeakCpuPercent": round(max(use.cpu_percent for use in uses), 1),
        "CpuSeconds": round(sum(use.cpu_seconds for use in uses), 2),
        **({"PeakDiskBytes": max(disks)} if len(disks) == len(uses) else {}),
    }
