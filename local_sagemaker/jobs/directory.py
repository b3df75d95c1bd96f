"""Where one job's files lie, on the host and in its container."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from local_sagemaker.jobs.reasons import ClientFault
from local_sagemaker.trees import remove_tree


@dataclass(frozen=True)
class JobDirectory:
    """A job's working directory.

    Args:
        root: ``<home>/jobs/<kind>/<name>``; it belongs to this user alone.
    """

    root: Path

    def create(self) -> None:
        """Make it anew: nothing of an earlier job of that name stays but its log."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.clear()
        self.hosts.mkdir(mode=0o700)

    def clear(self) -> None:
        """Remove all that is bulky: inputs, outputs, scratch files."""
        remove_tree(self.hosts)

    @property
    def hosts(self) -> Path:
        """Holds a ``HostDirectory`` for every instance."""
        return self.root / "hosts"

    @property
    def request(self) -> Path:
        """The create call, for people to look at."""
        return self.root / "request.json"


@dataclass(frozen=True)
class HostDirectory:
    """The files of one instance of a job.

    Args:
        root: The directory.
    """

    root: Path

    def create(self) -> None:
        """Make it and what is always in it."""
        for directory in (self.root, self.ml, self.home, self.tmp):
            directory.mkdir(mode=0o700)
        self.tmp.chmod(0o1777)  # As anywhere; nobody else gets as far as its parents.

    @property
    def ml(self) -> Path:
        """The container's ``/opt/ml``."""
        return self.root / "ml"

    @property
    def home(self) -> Path:
        """The container's home and first working directory."""
        return self.root / "home"

    @property
    def tmp(self) -> Path:
        """The container's ``/tmp``."""
        return self.root / "tmp"

    @property
    def layer(self) -> Path:
        """The Python environment of this job, on top of its runtime."""
        return self.root / "layer"

    def of(self, path: str) -> Path:
        """Where a path in the container lies on the host.

        Raises:
            ClientFault: It does not lie below ``/opt/ml``, or can be no path at all.
        """
        parts = PurePosixPath(path).parts
        if parts[:3] != ("/", "opt", "ml") or ".." in parts or "\0" in path:
            raise ClientFault(f"LocalPath {path!r} must lie below /opt/ml, without null bytes")
        return self.ml.joinpath(*parts[3:])
