"""One instance of a job: a host of its own, as far as its container can tell."""

from dataclasses import dataclass

from local_sagemaker.jobs.directory import HostDirectory
from local_sagemaker.jobs.job_log import JobLog


@dataclass(frozen=True)
class Instance:
    """An instance.

    Args:
        name: Its host name: ``algo-1`` and so on.
        directory: Its files.
        log: Its log stream.
    """

    name: str
    directory: HostDirectory
    log: JobLog
