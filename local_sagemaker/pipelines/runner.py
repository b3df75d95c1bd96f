"""The thread that takes executions on: it sleeps until something happens to one."""

import logging
import queue
import threading
import time

from local_sagemaker.pipelines.advancing import Advancer
from local_sagemaker.pipelines.store import PipelineStore
from local_sagemaker.records.job import Job

_RETRY_SECONDS = 10.0
_LAST_SECONDS = 3.0

_log = logging.getLogger(__name__)


class PipelineRunner:
    """Takes on executions, one at a time; their jobs run beside each other.

    Args:
        store: Where executions are recorded.
        advancer: Takes one as far as it gets.
    """

    def __init__(self, store: PipelineStore, advancer: Advancer) -> None:
        self._store = store
        self._advancer = advancer
        self._events: queue.SimpleQueue[tuple[str, str] | None] = queue.SimpleQueue()
        self._due: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name="pipelines", daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier daemon left."""
        for execution in self._store.unfinished():
            self.wake(execution.id)
        self._thread.start()

    def stop(self) -> None:
        """End; the next daemon goes on."""
        self._events.put(None)
        self._thread.join(_LAST_SECONDS)

    def wake(self, execution: str) -> None:
        """Take an execution on: it has begun, or is to stop or to go on."""
        self._events.put(("execution", execution))

    def job_ended(self, job: Job) -> None:
        """Take on the execution of a job that has ended, if it is of one."""
        self._events.put(("job", f"{job.kind}/{job.name}"))

    def _run(self) -> None:
        while True:
            soonest = min(self._due.values(), default=None)
            patience = None if soonest is None else max(0.0, soonest - time.time())
            try:
                event = self._events.get(timeout=patience)
            except queue.Empty:
                self._advance_due()
                continue
            if event is None:
                return
            what, name = event
            execution = self._execution_of(name) if what == "job" else name
            if execution is not None:
                self._advance(execution)

    def _execution_of(self, job: str) -> str | None:
        try:
            return self._store.execution_of_job(job)
        except Exception:
            _log.exception("cannot tell which execution %s is of", job)
            return None

    def _advance_due(self) -> None:
        now = time.time()
        for execution in [name for name, due in self._due.items() if due <= now]:
            self._advance(execution)

    def _advance(self, execution: str) -> None:
        self._due.pop(execution, None)
        try:
            due = self._advancer.advance(execution)
        except Exception:
            # A full disk, for one: what is recorded stays right, and the next look goes on.
            _log.exception("cannot take on pipeline execution %s", execution)
            due = time.time() + _RETRY_SECONDS
        if due is not None:
            self._due[execution] = due
