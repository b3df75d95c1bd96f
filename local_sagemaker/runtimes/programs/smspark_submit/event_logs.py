"""Spark's event logs."""

import shutil
import threading
from pathlib import Path

from .reporting import log

EVENTS = Path("/tmp/spark-events")  # noqa: S108 - the container's own, and the image's choice
_PUBLISH_SECONDS = 20


class Publisher:
    """Copies event logs to where the job's output is taken from, now and then and at the end.

    Args:
        directory: Where that is; nothing is copied without it.
    """

    def __init__(self, directory: "str | None") -> None:
        self._target = Path(directory) if directory else None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        if self._target is not None:
            self._thread.start()

    def close(self) -> None:
        """Copy what there is, for the last time."""
        self._ended.set()
        if self._target is not None:
            self._thread.join()
            self._copy(self._target)

    def _run(self) -> None:
        while self._target is not None and not self._ended.wait(_PUBLISH_SECONDS):
            self._copy(self._target)

    def _copy(self, target: Path) -> None:
        target.mkdir(parents=True, exist_ok=True)
        for path in EVENTS.iterdir():
            name = path.name.replace(".inprogress", "")
            try:
                log.info("copying %s to %s", path, target / name)
                shutil.copyfile(path, target / name)
            except OSError as error:
                log.warning("the event log %s was not copied: %s", path, error)
