"""Starting the supervisor of a job: one process a job, which outlives the daemon."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from local_sagemaker.home import Home
from local_sagemaker.records.store import Job

SUPERVISOR = (sys.executable, "-m", "local_sagemaker.jobs.supervisor")
"""The supervisor's command line, up to the arguments that say which job it is."""


class SupervisorLauncher:
    """Starts supervisors.

    Args:
        home: The service's home.
        endpoint: The daemon's URL.
        command: The supervisor's command.
    """

    def __init__(self, home: Home, endpoint: str, command: Sequence[str] = SUPERVISOR) -> None:
        self._home = home
        self._endpoint = endpoint
        self._command = command

    def launch(self, job: Job) -> "subprocess.Popen[bytes]":
        """Start a job's supervisor, in a session of its own and with its output in a log.

        Raises:
            OSError: It cannot be started: no memory, no disk, no process left.
        """
        directory = self._home.job_directory(job.kind, job.name)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        which = ("--home", str(self._home.root), "--kind", job.kind.name, "--name", job.name)
        with self._home.supervisor_log(job.kind, job.name).open("ab") as log:
            return subprocess.Popen(
                [*self._command, *which, "--endpoint", self._endpoint],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",  # not where a job could put modules in Python's way
                env=without_aws(os.environ),
                start_new_session=True,
            )


def without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what tells an AWS client where to go and as whom."""
    return {
        name: value for name, value in environment.items() if not name.startswith(("AWS_", "BOTO"))
    }
