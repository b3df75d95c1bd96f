"""The file by which a home's daemon is found: its process, port and version."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from local_sagemaker.process import ProcessId


@dataclass(frozen=True)
class DaemonRecord:
    """A daemon that runs, or ran.

    Args:
        process: Its process.
        port: Where on 127.0.0.1 it listens.
        version: Of this package.
    """

    process: ProcessId
    port: int
    version: str

    def write(self, path: Path) -> None:
        """Put it into a file, whole or not at all."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self)), encoding="utf-8")
        new.replace(path)

    @classmethod
    def read(cls, path: Path) -> "DaemonRecord | None":
        """Read it from a file; None if there is none that makes sense."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            process = ProcessId(int(found["process"]["pid"]), str(found["process"]["started"]))
            return cls(process, int(found["port"]), str(found["version"]))
        except (OSError, ValueError, LookupError, TypeError):
            return None
