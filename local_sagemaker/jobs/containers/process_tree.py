"""Trees of processes, and what they take of the machine, read from ``/proc``."""

import os
from collections.abc import Sequence

_TICKS = os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> list[int]:
    """All processes below one, as far as they hold still; parents before children."""
    found = _children(pid)
    for one in found:
        found += _children(one)
    return found


def first_child(pid: int) -> int | None:
    """A child of a process: of ``unshare``, process 1 of its container."""
    return next(iter(_children(pid)), None)


def catches(pid: int, number: int) -> bool:
    """Whether a process handles a signal; process 1 of a container must, to notice it at all."""
    lines = _read(f"/proc/{pid}/status").splitlines()
    caught = next((line.split()[1] for line in lines if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (number - 1) & 1)


def cpu_seconds(pids: Sequence[int]) -> float:
    """CPU time of processes, and of those they have seen end."""
    ticks = 0
    for pid in pids:
        # The program's name, in parentheses, may hold anything.
        fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS


def resident_bytes(pids: Sequence[int]) -> tuple[int, int]:
    """Memory of processes; what several share counts for each.

    Returns:
        What all have together now, and the most that one of them ever had.
    """
    now = most = 0
    for pid in pids:
        sizes = _sizes(_read(f"/proc/{pid}/status"))
        now += sizes.get("VmRSS", 0)
        most = max(most, sizes.get("VmHWM", 0))
    return now, most


def proportional_bytes(pids: Sequence[int]) -> int:
    """Memory of processes; what several share counts once. Slower than ``resident_bytes``."""
    total = 0
    for pid in pids:
        sizes = _sizes(_read(f"/proc/{pid}/smaps_rollup"))
        total += sizes["Pss"] if "Pss" in sizes else resident_bytes([pid])[0]
    return total


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - quicker
    except OSError:
        return found
    for thread in threads:
        found += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
    return found


def _sizes(text: str) -> dict[str, int]:
    lines = (line.partition(":") for line in text.splitlines() if line.endswith("kB"))
    return {name: int(value.split()[0]) * 1024 for name, _, value in lines}


def _read(path: str) -> str:
    # A process may end at any moment.
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - quicker
            return file.read()
    except OSError:
        return ""
