"""Times of jobs, in words."""

import time

from local_sagemaker.records.store import Job

_UNITS = (("d", 86400), ("h", 3600), ("min", 60))


def duration(job: Job) -> str:
    """How long a job took, or has taken so far, from its creation."""
    end = job.state.get(job.kind.end_time, job.modified if job.ended else time.time())
    return span(end - job.created)


def since(moment: float) -> str:
    """How long ago a time was."""
    return f"{span(time.time() - moment)} ago"


def span(seconds: float) -> str:
    """A length of time: ``0.4 s``, ``12 s``, ``3 min 5 s``, ``2 h 4 min``, ``3 d 1 h``."""
    seconds = max(seconds, 0.0)
    if seconds < 10:
        return f"{seconds:.1f} s"
    left = round(seconds)
    parts: list[str] = []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join([*parts, f"{left} s"][:2])
