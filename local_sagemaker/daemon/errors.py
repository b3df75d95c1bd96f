"""What can keep the daemon from running; every text says what to change."""

from pathlib import Path


class DaemonError(Exception):
    """The daemon cannot be started, reached or stopped."""


class AlreadyRunningError(DaemonError):
    """Another daemon has this home."""


class PortInUseError(DaemonError):
    """Another program listens on the port."""


class MissingExtraError(DaemonError):
    """The packages that the daemon needs are not installed."""


class NotRunningError(DaemonError):
    """There is no daemon of this home."""


def home_not_usable(root: Path, error: OSError) -> DaemonError:
    """The error of a home directory that cannot be made or written."""
    return DaemonError(
        f"The local SageMaker cannot use its home directory {root}: {error}. "
        "Make room or change its permissions, or choose another one with ML_PIPELINE_HOME."
    )


def database_not_usable(root: Path, error: Exception) -> DaemonError:
    """The error of a database in the home that SQLite cannot open, read or write."""
    return DaemonError(
        f"A database of the local SageMaker in {root} cannot be used: {error}. Make room if the "
        "disk is full; to delete all jobs, logs and objects: ml-pipeline local reset"
    )
