"""Where everything the local service keeps lies on disk."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from local_sagemaker.kinds import JobKind
from local_sagemaker.trees import remove_tree


@dataclass(frozen=True)
class Home:
    """The service's home directory (``.ml_pipeline/`` of a project).

    Args:
        root: The directory. It and all below it belong to this user alone (0700).
    """

    root: Path

    def create(self) -> "Home":
        """Make the directory and those the service expects to find in it.

        Returns:
            This home.

        Raises:
            OSError: It cannot be made, or has a path that jobs could not live with.
        """
        if os.pathsep in str(self.root):
            raise OSError(errno.EINVAL, f"its path has a {os.pathsep!r}, which ends a PATH entry")
        for directory in (self.root, self.s3, self.logs, self.jobs, self.runtimes):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)  # It may have been there before.
        return self

    def clear(self, *, runtimes: bool) -> None:
        """Delete all jobs, pipelines, feature groups, logs and objects.

        Args:
            runtimes: Whether to delete the runtimes too.
        """
        databases = (self.job_database, self.feature_database, self.pipeline_database)
        for file in (*databases, self.daemon_log):
            for path in self.root.glob(f"{file.name}*"):
                path.unlink()
        for directory in (self.s3, self.logs, self.jobs, *([self.runtimes] if runtimes else [])):
            remove_tree(directory)

    @property
    def daemon_lock(self) -> Path:
        """Held with ``flock`` by the daemon for as long as it lives."""
        return self.root / "daemon.lock"

    @property
    def daemon_record(self) -> Path:
        """JSON: the daemon's process, port and version."""
        return self.root / "daemon.json"

    @property
    def daemon_log(self) -> Path:
        """What the daemon prints."""
        return self.root / "daemon.log"

    @property
    def job_database(self) -> Path:
        """The SQLite file of ``JobStore``."""
        return self.root / "jobs.db"

    @property
    def feature_database(self) -> Path:
        """The SQLite file of ``FeatureStore``."""
        return self.root / "features.db"

    @property
    def pipeline_database(self) -> Path:
        """The SQLite file of ``PipelineStore``."""
        return self.root / "pipelines.db"

    @property
    def sdk_defaults(self) -> Path:
        """A configuration file of the SageMaker Python SDK (``sdk_defaults``)."""
        return self.root / "sagemaker-sdk.yaml"

    @property
    def s3(self) -> Path:
        """The root of the object store."""
        return self.root / "s3"

    @property
    def logs(self) -> Path:
        """The root of ``LogFiles``."""
        return self.root / "logs"

    @property
    def jobs(self) -> Path:
        """Working directories of jobs."""
        return self.root / "jobs"

    @property
    def runtimes(self) -> Path:
        """Virtual environments that stand in for images."""
        return self.root / "runtimes"

    def job_directory(self, kind: JobKind, name: str) -> Path:
        """The working directory of one job; job names are validated before they get here."""
        return self.jobs / kind.name / name

    def supervisor_log(self, kind: JobKind, name: str) -> Path:
        """What a job's supervisor prints; the job's own output is in its log stream."""
        return self.job_directory(kind, name) / "supervisor.log"
